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

// Of a message to the card: neither its sender nor its time, and the head of its packet at most.
static void hold_message(const uint8_t *out, size_t count) {
    if (is_zero(out, count)) return;
    HOLDS(count > 3 && (out[0] & 0x43) == 0x40 && out[1] <= 20);
    size_t coding = 3 + ((size_t)out[1] + 1) / 2;
    HOLDS(count > coding + 10 && out[coding] == 0x7F);
    HOLDS(is_zero(out + 3, coding - 3) && is_zero(out + coding + 2, 7));
    size_t packet = coding + 11 + out[coding + 10];
    HOLDS(count >= packet);
    size_t head = count > packet + 3 && (out[packet + 3] & 0x04) ? 10 : 16;
    if (count > packet + head) HOLDS(is_zero(out + packet + head, count - packet - head));
}

// Of a page of a broadcast its header, and the head of its packet at most.
static void hold_page(const uint8_t *out, size_t count) {
    if (is_zero(out, count)) return;
    HOLDS(count > 6 && out[2] == 0x10 && (out[3] & 0xE0) == 0x80);
    if (count > 22) HOLDS(is_zero(out + 22, count - 22));
}

// Of a message from the card neither whom it goes to nor how long it holds, and the head of a proof of receipt at most.
static void hold_submitted(const uint8_t *out, size_t count) {
    if (is_zero(out, count)) return;
    HOLDS(count > 4 && (out[0] & 0x43) == 0x41 && out[2] <= 20);
    size_t coding = 4 + ((size_t)out[2] + 1) / 2;
    size_t validity = (out[0] & 0x18) == 0 ? 0 : (out[0] & 0x18) == 0x10 ? 1 : 7;
    size_t length = coding + 2 + validity;
    HOLDS(count > length + 1 && is_zero(out + 4, coding - 4) && is_zero(out + coding + 2, validity));
    size_t packet = length + 2 + out[length + 1];
    HOLDS(count >= packet + 13 && is_zero(out + packet + 13, count - packet - 13));
}

// Of an answer nothing, or a header and the head of a proof of receipt.
static void hold_receipt(const struct allow_selection *kept) {
    if (kept->response_kept == 0) return;
    HOLDS(kept->response_kept == 1 + (size_t)kept->response[0] + 13);
}

// Of an eUICC's answer no more than the tags, lengths and small values that its function's can have; an EID where
// contents of files were asked for.
static void hold_answer(const struct fuzz_exchange *exchange, const struct allow_selection *kept, size_t data) {
    static const size_t longest[] = {
        [EUICC_DATA] = 6, [EUICC_CODE] = 9, [EUICC_CHOICE] = 11, [EUICC_TRANSACTION] = 19, [EUICC_CANCELLATION] = 29,
        [EUICC_INSTALLATION] = 50};
    if (kept->response_kept == 0) return;
    const uint8_t *out = kept->response;
    HOLDS(kept->response_kept == data && data >= 3 && out[0] == 0xBF);
    enum allow_euicc function = allow_euicc(out[1]);
    HOLDS(function != EUICC_UNKNOWN && function != EUICC_PACKAGE);
    size_t shown = 0;
    for (size_t i = 0; i < data; i++) shown += out[i] != 0;
    size_t identity = exchange->level == ALLOW_CAPTURE_FILES && out[1] == 0x3E ? 18 : 0;
    HOLDS(function == EUICC_LIST || shown <= longest[function] + identity);
}

// Of a block to it the tag and the length.
static void hold_block(const uint8_t *out, size_t count) {
    HOLDS(count <= 6);
    if (count == 0) return;
    HOLDS(out[0] == 0xBF || (out[0] >= 0x86 && out[0] <= 0x88) || (out[0] >= 0xA0 && out[0] <= 0xA3));
}

// Walks what was let out: heads as they were, values of allowed tags only, and nothing behind what is broken.
static void hold_walked(const uint8_t *out, size_t count, uint8_t outer) {
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
        unsigned tag = tag_bytes == 3 ? 0 : out[at] & 0x7Fu;
        if (outer == 0xD1 && tag == 0x0B) {
            hold_message(out + value, length);
        } else if (outer == 0xD2 && tag == 0x0C) {
            hold_page(out + value, length);
        } else if (outer == 0xD0 && tag == 0x0B) {
            hold_submitted(out + value, length);
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
    if (count >= head) hold_walked(out + head, count - head, out[0]);
}

// No byte is another than it was, and none is there that was not.
static void hold_side(const uint8_t *kept, size_t count, const uint8_t *whole, size_t most) {
    HOLDS(count <= most);
    for (size_t i = 0; i < count; i++) HOLDS(kept[i] == whole[i] || kept[i] == 0);
}

static void hold_selection(
    const struct fuzz_exchange *exchange, const struct allow_selection *kept, const uint8_t *scratch) {
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
    case ALLOW_GET_RESPONSE:
        HOLDS(kept->command_kept <= 7);
        if (data > 0 && kept->response_kept > 0 && kept->response[0] == 0xBF && kept->response == scratch) {
            hold_answer(exchange, kept, data);
        } else if (kept->response_kept != data || data == 0 || kept->response[0] != 0x62) {
            hold_receipt(kept);
        }
        break;
    case ALLOW_STORE_DATA:
        hold_block(kept->command + form.header, kept->command_kept - form.header);
        hold_answer(exchange, kept, data);
        break;
    case ALLOW_FETCH:
        HOLDS(kept->command_kept <= 7);
        hold_template(kept->response, kept->response_kept);
        break;
    case ALLOW_TERMINAL_RESPONSE:
    case ALLOW_ENVELOPE:
        if (fuzz_action(exchange) == ALLOW_ENVELOPE) hold_receipt(kept);
        else HOLDS(kept->response_kept == 0);
        if (kept->command_kept <= form.header) break;
        if (fuzz_action(exchange) == ALLOW_ENVELOPE) {
            hold_template(kept->command + form.header, kept->command_kept - form.header);
        } else {
            hold_walked(kept->command + form.header, kept->command_kept - form.header, 0);
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
    hold_selection(&exchange, &kept, scratch);
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
