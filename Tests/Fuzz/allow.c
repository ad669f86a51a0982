// libFuzzer: what `allow.h` lets out of any command and response. With TWIN, `Redaction` in Swift has to give the same.
//
// An input: how much a record holds and the level, the command's length in two bytes, the command, the response. What is
// read beyond either is found by AddressSanitizer: each has memory of its own.
#include <stdio.h>
#include <stdlib.h>

#include "allow.h"
#include "ring.h"
#include "twin.h"

static const size_t records[] = {RING_KEPT_BYTES, 7, 16, 100};

#define HOLDS(condition) ((condition) ? (void)0 : fails(#condition, __LINE__))

static _Noreturn void fails(const char *condition, int line) {
    fprintf(stderr, "allow.c:%d: does not hold: %s\n", line, condition);
    abort();
}

static uint8_t *copy(const uint8_t *bytes, size_t count) {
    uint8_t *own = malloc(count);
    if (count > 0) memcpy(own, bytes, count);
    return own;
}

static bool is_zero(const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != 0) return false;
    }
    return true;
}

// Of a message to the card: neither its sender nor its time, and ten bytes of its packet at most.
static void hold_message(const uint8_t *out, size_t count) {
    if (is_zero(out, count)) return;
    HOLDS(count > 3 && (out[0] & 0x43) == 0x40 && out[1] <= 20);
    size_t coding = 3 + ((size_t)out[1] + 1) / 2;
    HOLDS(count > coding + 10 && out[coding] == 0x7F);
    HOLDS(is_zero(out + 3, coding - 3) && is_zero(out + coding + 2, 7));
    size_t packet = coding + 11 + out[coding + 10];
    HOLDS(count >= packet);
    if (count > packet + 10) HOLDS(is_zero(out + packet + 10, count - packet - 10));
}

// Walks what was let out: heads as they were, values of allowed tags only, and nothing behind what is broken.
static void hold_walked(const uint8_t *out, size_t count, bool download) {
    size_t at = 0;
    while (at < count && out[at] != 0) {
        size_t tag_bytes = out[at] == 0x7F ? 3 : 1;
        HOLDS(out[at] != 0x80 && out[at] != 0xFF && count - at > tag_bytes);
        size_t more = out[at + tag_bytes] < 0x80 ? 0 : out[at + tag_bytes] & 0x7Fu;
        HOLDS(more <= 3 && count - at > tag_bytes + more);
        size_t length = more == 0 ? out[at + tag_bytes] : 0;
        for (size_t i = 1; i <= more; i++) length = length * 256 + out[at + tag_bytes + i];
        size_t value = at + tag_bytes + 1 + more;
        HOLDS(length <= count - value);
        if (download && (out[at] & 0x7F) == 0x0B) {
            hold_message(out + value, length);
        } else if (tag_bytes == 3 || strchr("\x01\x02\x03\x19\x35\x37\x38\x39\x3C", out[at] & 0x7F) == NULL) {
            HOLDS(is_zero(out + value, length));
        }
        at = value + length;
    }
    HOLDS(is_zero(out + at, count - at));
}

static void hold_template(const uint8_t *out, size_t count) {
    if (count == 0 || out[0] == 0) return HOLDS(is_zero(out, count));
    HOLDS((out[0] & 0xF0) == 0xD0);
    if (count == 1 || (out[1] >= 0x80 && out[1] != 0x81 && out[1] != 0x82)) return HOLDS(is_zero(out + 1, count - 1));
    size_t head = out[1] == 0x82 ? 4 : out[1] == 0x81 ? 3 : 2;
    if (count >= head) hold_walked(out + head, count - head, out[0] == 0xD1);
}

// No byte is another than it was, and none is there that was not.
static void hold_side(const uint8_t *kept, size_t count, const uint8_t *whole, size_t most) {
    HOLDS(count <= most);
    for (size_t i = 0; i < count; i++) HOLDS(kept[i] == whole[i] || kept[i] == 0);
}

static void hold_selection(const struct fuzz_exchange *exchange, const struct allow_selection *kept) {
    size_t data = exchange->received >= 2 ? exchange->received - 2 : 0;
    size_t most_sent = exchange->sent < exchange->most ? exchange->sent : exchange->most;
    hold_side(kept->command, kept->command_kept, exchange->command, most_sent);
    hold_side(kept->response, kept->response_kept, exchange->response, data < exchange->most ? data : exchange->most);
    if (!kept->cut) {
        HOLDS(kept->command_kept == exchange->sent && kept->response_kept == data && exchange->received != 1);
        HOLDS(memcmp(kept->command, exchange->command, exchange->sent) == 0);
        HOLDS(data == 0 || memcmp(kept->response, exchange->response, data) == 0);
    }
    struct allow_form form = allow_form(exchange->command, exchange->sent);
    switch (fuzz_action(exchange)) {
    case ALLOW_NOTHING: HOLDS(kept->command_kept <= 7 && kept->response_kept == 0); break;
    case ALLOW_FILE_CONTROL:
        HOLDS(kept->command_kept <= 7);
        HOLDS(kept->response_kept == 0 || (kept->response_kept == data && kept->response[0] == 0x62));
        break;
    case ALLOW_FETCH:
        HOLDS(kept->command_kept <= 7);
        hold_template(kept->response, kept->response_kept);
        break;
    case ALLOW_TERMINAL_RESPONSE:
    case ALLOW_ENVELOPE:
        HOLDS(kept->response_kept == 0);
        if (kept->command_kept <= form.header) break;
        if (fuzz_action(exchange) == ALLOW_ENVELOPE) {
            hold_template(kept->command + form.header, kept->command_kept - form.header);
        } else {
            hold_walked(kept->command + form.header, kept->command_kept - form.header, false);
        }
        break;
    default: break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t count) {
    if (count < 3) return 0;
    size_t sent = (size_t)input[1] | (size_t)input[2] << 8;
    if (sent > count - 3) sent = count - 3;
    struct fuzz_exchange exchange = {
        .command = copy(input + 3, sent), .sent = sent,
        .response = copy(input + 3 + sent, count - 3 - sent), .received = count - 3 - sent,
        .most = records[input[0] % 4], .level = input[0] / 4 % FUZZ_LEVELS};
    uint8_t *scratch = malloc(exchange.most);
    struct allow_selection kept = fuzz_select(&exchange, scratch);
    hold_selection(&exchange, &kept);
#ifdef TWIN
    if (exchange.most == RING_KEPT_BYTES && exchange.sent <= exchange.most && exchange.received <= exchange.most) {
        HOLDS(redaction_agrees(&exchange, &kept));
    }
#endif
    free(scratch);
    free((void *)exchange.command);
    free((void *)exchange.response);
    return 0;
}
