// What of an APDU may leave the client process: the allow-list of the shim, and its bounded TLV walker.
//
// The twin of `Redaction` at level `.standard` in SmartCard; a test holds the two to one answer over every CLA and INS.
#ifndef CPROBE_ALLOW_H
#define CPROBE_ALLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum allow { ALLOW_NOTHING, ALLOW_ALL, ALLOW_FETCH, ALLOW_TERMINAL_RESPONSE, ALLOW_ENVELOPE };

// By class and instruction; secure messaging, chaining and classes that are not a card's keep nothing.
static inline enum allow allow_command(uint8_t cla, uint8_t ins, uint8_t p1) {
    bool iso = (cla & 0xFC) == 0x00 || (cla & 0xF0) == 0x40;
    bool uicc = (cla & 0xFC) == 0x80 || (cla & 0xE0) == 0xC0;
    bool toolkit = cla == 0x80 || cla == 0xA0;
    switch (ins) {
    case 0xA4: return iso || cla == 0xA0 ? ALLOW_ALL : ALLOW_NOTHING;                         // SELECT
    case 0xF2: return cla == 0xA0 || (uicc && (p1 & 0xF0) == 0) ? ALLOW_ALL : ALLOW_NOTHING;  // STATUS
    case 0x70: return iso || uicc ? ALLOW_ALL : ALLOW_NOTHING;                                // MANAGE CHANNEL
    case 0x10: return toolkit ? ALLOW_ALL : ALLOW_NOTHING;                                    // TERMINAL PROFILE
    case 0x12: return toolkit ? ALLOW_FETCH : ALLOW_NOTHING;
    case 0x14: return toolkit ? ALLOW_TERMINAL_RESPONSE : ALLOW_NOTHING;
    case 0xC2: return toolkit ? ALLOW_ENVELOPE : ALLOW_NOTHING;
    default: return ALLOW_NOTHING;
    }
}

// How a command is built (ISO/IEC 7816-4, 5.1), as far as it decides what is kept.
struct allow_form {
    bool well_formed;
    size_t header;  // bytes before the data field that tell no secret
    size_t data;    // bytes of the data field
};

static inline struct allow_form allow_form(const uint8_t *command, size_t count) {
    struct allow_form malformed = {false, count < 4 ? 0 : 4, 0};
    if (count < 4) return malformed;
    if (count <= 5) return (struct allow_form){true, count, 0};
    if (command[4] != 0) {
        size_t data = command[4];
        return count == 5 + data || count == 6 + data ? (struct allow_form){true, 5, data} : malformed;
    }
    if (count == 7) return (struct allow_form){true, 5, 0};
    size_t data = count > 7 ? (size_t)command[5] << 8 | command[6] : 0;
    return data != 0 && (count == 7 + data || count == 9 + data) ? (struct allow_form){true, 7, data} : malformed;
}

// Command details, device identities, result, bearer description, channel data length, channel status, buffer size,
// transport level (ETSI TS 102 223, 8).
static inline bool allow_tag(unsigned tag) {
    return tag == 0x01 || tag == 0x02 || tag == 0x03 || tag == 0x35 || tag == 0x37 || tag == 0x38 || tag == 0x39 ||
           tag == 0x3C;
}

// A BER length at `in`, of at most `longest` bytes behind the first; the bytes it takes, or 0 when it is broken.
static inline size_t allow_length(const uint8_t *in, size_t available, size_t longest, size_t *length) {
    if (available == 0) return 0;
    if (in[0] < 0x80) {
        *length = in[0];
        return 1;
    }
    size_t more = in[0] & 0x7F;
    if (more < 1 || more > longest || available < 1 + more) return 0;
    *length = 0;
    for (size_t i = 1; i <= more; i++) *length = *length << 8 | in[i];
    return 1 + more;
}

// Copies COMPREHENSION-TLVs, values of allowed tags only, into `out`, which is zeroed. A broken TLV ends it.
static inline void allow_walk(const uint8_t *in, uint8_t *out, size_t count) {
    size_t at = 0;
    while (at < count) {
        size_t tag_bytes = in[at] == 0x7F ? 3 : 1;
        if (in[at] == 0x00 || in[at] == 0x80 || in[at] == 0xFF || count - at < tag_bytes) return;
        unsigned tag = tag_bytes == 3 ? 0x10000u : in[at] & 0x7Fu;
        size_t length = 0;
        size_t length_bytes = allow_length(in + at + tag_bytes, count - at - tag_bytes, 3, &length);
        size_t head = tag_bytes + length_bytes;
        if (length_bytes == 0 || count - at - head < length) return;
        memcpy(out + at, in + at, allow_tag(tag) ? head + length : head);
        at += head + length;
    }
}

// The same inside a BER-TLV of the toolkit (D0 to DF); its contents may be cut short.
static inline void allow_walk_template(const uint8_t *in, uint8_t *out, size_t count) {
    if (count == 0 || (in[0] & 0xF0) != 0xD0) return;
    out[0] = in[0];
    size_t length = 0;
    size_t length_bytes = allow_length(in + 1, count - 1, 2, &length);
    if (length_bytes == 0) return;
    memcpy(out + 1, in + 1, length_bytes);
    size_t start = 1 + length_bytes;
    allow_walk(in + start, out + start, length < count - start ? length : count - start);
}

#endif
