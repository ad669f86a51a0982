// What the harness in C and its twin in Swift share.
#ifndef FUZZ_TWIN_H
#define FUZZ_TWIN_H

#include "allow.h"

#define FUZZ_LEVELS 3  // of `Redaction.Level` and `enum allow_level`

struct fuzz_exchange {
    const uint8_t *command;
    size_t sent;
    const uint8_t *response;
    size_t received;
    size_t most;    // of each side, what a record holds
    uint8_t level;
};

static inline struct allow_selection fuzz_select(const struct fuzz_exchange *exchange, uint8_t *scratch) {
    return allow_select(
        exchange->command, exchange->sent, exchange->response, exchange->received, scratch, exchange->most,
        (enum allow_level)exchange->level);
}

static inline enum allow fuzz_action(const struct fuzz_exchange *exchange) {
    bool well_formed = allow_form(exchange->command, exchange->sent).well_formed;
    const uint8_t *command = exchange->command;
    enum allow_level level = (enum allow_level)exchange->level;
    return well_formed ? allow_command(command[0], command[1], command[2], level) : ALLOW_NOTHING;
}

// Twin.swift: whether `Redaction` keeps the same of it.
bool redaction_agrees(const struct fuzz_exchange *exchange, const struct allow_selection *kept);

#endif
