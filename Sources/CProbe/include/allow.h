// What of an APDU may leave the client process: the allow-list of the shim, and its bounded TLV walker.
//
// The twin of `Redaction` in SmartCard; a test holds the two to one answer at every level.
#ifndef CPROBE_ALLOW_H
#define CPROBE_ALLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum allow {
    ALLOW_NOTHING, ALLOW_ALL, ALLOW_FETCH, ALLOW_TERMINAL_RESPONSE, ALLOW_ENVELOPE, ALLOW_FILE_CONTROL
};

// How much was asked for; each level keeps what those before it keep.
enum allow_level { ALLOW_STANDARD, ALLOW_CAPTURE, ALLOW_CAPTURE_FILES };

// The families of classes without secure messaging and chaining; others keep nothing.
enum allow_family { ALLOW_NO_FAMILY, ALLOW_ISO, ALLOW_UICC, ALLOW_GSM, ALLOW_READER };

static inline enum allow_family allow_family(uint8_t cla) {
    if ((cla & 0xFC) == 0x00 || (cla & 0xF0) == 0x40) return ALLOW_ISO;
    if ((cla & 0xFC) == 0x80 || (cla & 0xE0) == 0xC0) return ALLOW_UICC;
    return cla == 0xA0 ? ALLOW_GSM : cla == 0xFF ? ALLOW_READER : ALLOW_NO_FAMILY;
}

// What is kept at every level.
static inline enum allow allow_always(enum allow_family family, uint8_t cla, uint8_t ins, uint8_t p1) {
    bool toolkit = cla == 0x80 || cla == 0xA0;
    switch (ins) {
    case 0xA4: return family == ALLOW_ISO || family == ALLOW_GSM ? ALLOW_ALL : ALLOW_NOTHING;   // SELECT
    case 0xF2:                                                                                  // STATUS
        return family == ALLOW_GSM || (family == ALLOW_UICC && (p1 & 0xF0) == 0) ? ALLOW_ALL : ALLOW_NOTHING;
    case 0x70: return family == ALLOW_ISO || family == ALLOW_UICC ? ALLOW_ALL : ALLOW_NOTHING;  // MANAGE CHANNEL
    case 0x10: return toolkit ? ALLOW_ALL : ALLOW_NOTHING;                                      // TERMINAL PROFILE
    case 0x12: return toolkit ? ALLOW_FETCH : ALLOW_NOTHING;
    case 0x14: return toolkit ? ALLOW_TERMINAL_RESPONSE : ALLOW_NOTHING;
    case 0xC2: return toolkit ? ALLOW_ENVELOPE : ALLOW_NOTHING;
    default: return ALLOW_NOTHING;
    }
}

// What a capture keeps besides: the management of files and applications.
static inline enum allow allow_capture(enum allow_family family, uint8_t ins, uint8_t p1) {
    if (ins == 0xC0) return family == ALLOW_READER ? ALLOW_NOTHING : ALLOW_FILE_CONTROL;  // GET RESPONSE
    bool kept = false;
    switch (family) {
    case ALLOW_ISO:
        kept = ins == 0x04 || ins == 0x44 || ins == 0xA5 || ins == 0xD4 || ins == 0xE0 || ins == 0xE4 || ins == 0xE6 ||
               ins == 0xE8 || ins == 0xFE;
        break;
    case ALLOW_UICC:
        kept = ins == 0xAA || ins == 0xD4 || ins == 0xE0 || ins == 0xE4 || ins == 0xF0 ||
               (ins == 0xF2 && (p1 & 0xF0) != 0);
        break;
    case ALLOW_GSM: kept = ins == 0x04 || ins == 0x44 || ins == 0xFA; break;
    case ALLOW_READER: kept = ins == 0xCA; break;
    case ALLOW_NO_FAMILY: break;
    }
    return kept ? ALLOW_ALL : ALLOW_NOTHING;
}

// What a capture with the contents of files keeps besides.
static inline enum allow allow_files(enum allow_family family, uint8_t ins) {
    bool kept = false;
    switch (family) {
    case ALLOW_ISO:
        kept = ins == 0x0E || ins == 0x0F || (ins >= 0xA0 && ins <= 0xA2) || (ins >= 0xB0 && ins <= 0xB3) ||
               ins == 0xCA || ins == 0xCB || (ins >= 0xD0 && ins <= 0xD2) || ins == 0xD6 || ins == 0xD7 ||
               ins == 0xDC || ins == 0xDD || ins == 0xE2;
        break;
    case ALLOW_UICC: kept = ins == 0x32 || ins == 0xCA || ins == 0xCB; break;
    case ALLOW_GSM:
        kept = ins == 0x32 || ins == 0xA2 || ins == 0xB0 || ins == 0xB2 || ins == 0xD6 || ins == 0xDC;
        break;
    case ALLOW_READER:  // a block of a storage card may be its keys (MIFARE sector trailer)
    case ALLOW_NO_FAMILY: break;
    }
    return kept ? ALLOW_ALL : ALLOW_NOTHING;
}

static inline enum allow allow_command(uint8_t cla, uint8_t ins, uint8_t p1, enum allow_level level) {
    enum allow_family family = allow_family(cla);
    enum allow allowed = allow_always(family, cla, ins, p1);
    if (allowed == ALLOW_NOTHING && level >= ALLOW_CAPTURE) allowed = allow_capture(family, ins, p1);
    if (allowed == ALLOW_NOTHING && level >= ALLOW_CAPTURE_FILES) allowed = allow_files(family, ins);
    return family == ALLOW_NO_FAMILY ? ALLOW_NOTHING : allowed;
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

// Command details, device identities, result, event list, bearer description, channel data length, channel status,
// buffer size, transport level (ETSI TS 102 223, 8).
static inline bool allow_tag(unsigned tag) {
    return tag == 0x01 || tag == 0x02 || tag == 0x03 || tag == 0x19 || tag == 0x35 || tag == 0x37 || tag == 0x38 || tag == 0x39 ||
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

// Whether the header of a message's user data says that a command packet follows (3GPP TS 31.115, 4.2).
static inline bool allow_names_packet(const uint8_t *in, size_t count) {
    for (size_t at = 0; at + 1 < count; at += 2 + (size_t)in[at + 1]) {
        if (in[at] == 0x70) return true;
    }
    return false;
}

// Copies of a message to the card (3GPP TS 23.040, 9.2.2.1) how it is coded, and of the secured packet in it the lengths,
// SPI, KIc, KID and TAR; of any other message nothing. Never its sender, its time, what it says, or its checksum.
static inline void allow_message(const uint8_t *in, uint8_t *out, size_t count) {
    if (count <= 3 || (in[0] & 0x43) != 0x40 || in[1] > 20) return;
    size_t coding = 3 + ((size_t)in[1] + 1) / 2;
    size_t length = coding + 9;
    if (length + 1 >= count || in[coding] != 0x7F) return;
    size_t packet = length + 2 + in[length + 1];
    if (packet > count || !allow_names_packet(in + length + 2, in[length + 1])) return;
    memcpy(out, in, 3);
    memcpy(out + coding, in + coding, 2);
    memcpy(out + length, in + length, packet - length);
    memcpy(out + packet, in + packet, count - packet < 10 ? count - packet : 10);
}

// Copies COMPREHENSION-TLVs, values of allowed tags only, into `out`, which is zeroed; of a message to the card what
// `allow_message` lets out. A broken TLV ends it. True when all was copied.
static inline bool allow_walk(const uint8_t *in, uint8_t *out, size_t count, bool download) {
    bool whole = true;
    size_t at = 0;
    while (at < count) {
        size_t tag_bytes = in[at] == 0x7F ? 3 : 1;
        if (in[at] == 0x00 || in[at] == 0x80 || in[at] == 0xFF || count - at < tag_bytes) return false;
        unsigned tag = tag_bytes == 3 ? 0x10000u : in[at] & 0x7Fu;
        size_t length = 0;
        size_t length_bytes = allow_length(in + at + tag_bytes, count - at - tag_bytes, 3, &length);
        size_t head = tag_bytes + length_bytes;
        if (length_bytes == 0 || count - at - head < length) return false;
        bool allowed = allow_tag(tag);
        memcpy(out + at, in + at, allowed ? head + length : head);
        if (download && tag == 0x0B) allow_message(in + at + head, out + at + head, length);
        whole = whole && (allowed || length == 0);
        at += head + length;
    }
    return whole;
}

// The same inside a BER-TLV of the toolkit (D0 to DF); its contents may be cut short.
static inline bool allow_walk_template(const uint8_t *in, uint8_t *out, size_t count) {
    if (count == 0) return true;
    if ((in[0] & 0xF0) != 0xD0) return false;
    out[0] = in[0];
    size_t length = 0;
    size_t length_bytes = allow_length(in + 1, count - 1, 2, &length);
    if (length_bytes == 0) return count == 1;
    memcpy(out + 1, in + 1, length_bytes);
    size_t start = 1 + length_bytes;
    size_t inside = length < count - start ? length : count - start;
    return allow_walk(in + start, out + start, inside, in[0] == 0xD1) && start + inside == count;
}

// Whether response data is the control parameters of a file and nothing else (TS 102 221, 11.1.1.3): template 62 that
// ends with the data, the file descriptor first, objects with tags of one byte. What AUTHENTICATE computed is none.
static inline bool allow_is_file_control(const uint8_t *in, size_t count) {
    if (count < 2 || in[0] != 0x62) return false;
    size_t length = 0;
    size_t length_bytes = allow_length(in + 1, count - 1, 2, &length);
    size_t at = 1 + length_bytes;
    if (length_bytes == 0 || length != count - at || length == 0 || in[at] != 0x82) return false;
    while (at < count) {
        bool known = (in[at] & 0xD0) == 0x80 || in[at] == 0xC6;
        length_bytes = allow_length(in + at + 1, count - at - 1, 1, &length);
        if (!known || length_bytes == 0 || count - at - 1 - length_bytes < length) return false;
        at += 1 + length_bytes + length;
    }
    return true;
}

// What of one exchange is kept: leading bytes of the command and of the response data (the status word is told apart).
struct allow_selection {
    const uint8_t *command;
    const uint8_t *response;
    size_t command_kept;
    size_t response_kept;
    bool cut;  // anything of either is not kept, or is kept as 0
};

// Selects from a command and a response with its status word. `scratch` holds walked data, `most` bytes long; neither
// side keeps more than that.
static inline struct allow_selection allow_select(const uint8_t *command, size_t sent, const uint8_t *response,
    size_t received, uint8_t *scratch, size_t most, enum allow_level level) {
    struct allow_form form = allow_form(command, sent);
    enum allow allowed = form.well_formed ? allow_command(command[0], command[1], command[2], level) : ALLOW_NOTHING;
    size_t data = received >= 2 ? received - 2 : 0;
    size_t walked = form.header + form.data;
    struct allow_selection kept = {command, response, form.header, 0, true};
    switch (allowed) {
    case ALLOW_NOTHING:
        kept.cut = form.header < sent || received == 1 || data > 0;
        break;
    case ALLOW_FILE_CONTROL:
        if (data <= most && allow_is_file_control(response, data)) kept.response_kept = data;
        kept.cut = form.header < sent || received == 1 || kept.response_kept < data;
        break;
    case ALLOW_ALL:
        kept.command_kept = sent < most ? sent : most;
        kept.response_kept = data < most ? data : most;
        kept.cut = kept.command_kept < sent || kept.response_kept < data || received == 1;
        break;
    case ALLOW_FETCH:
        if (data > most) break;
        memset(scratch, 0, data);
        kept.cut = !allow_walk_template(response, scratch, data) || form.header < sent || received == 1;
        kept.response = scratch;
        kept.response_kept = data;
        break;
    case ALLOW_TERMINAL_RESPONSE:
    case ALLOW_ENVELOPE: {
        if (walked > most) break;
        memset(scratch, 0, walked);
        memcpy(scratch, command, form.header);
        bool whole = allowed == ALLOW_ENVELOPE
                         ? allow_walk_template(command + form.header, scratch + form.header, form.data)
                         : allow_walk(command + form.header, scratch + form.header, form.data, false);
        kept.cut = !whole || walked < sent || received == 1 || data > 0;
        kept.command = scratch;
        kept.command_kept = walked;
        break;
    }
    }
    return kept;
}

#endif
