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
    ALLOW_NOTHING, ALLOW_ALL, ALLOW_FETCH, ALLOW_TERMINAL_RESPONSE, ALLOW_ENVELOPE, ALLOW_GET_RESPONSE, ALLOW_STORE_DATA
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
    case 0xE2: return family == ALLOW_UICC && (p1 & 0x7F) == 0x11 ? ALLOW_STORE_DATA : ALLOW_NOTHING;
    case 0xC0: return family == ALLOW_READER ? ALLOW_NOTHING : ALLOW_GET_RESPONSE;
    default: return ALLOW_NOTHING;
    }
}

// What a capture keeps besides: the management of files and applications.
static inline enum allow allow_capture(enum allow_family family, uint8_t ins, uint8_t p1) {
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

// Whether the header of a message's user data has this element: 70, a command packet follows; 71, a response packet
// (3GPP TS 31.115, 4.2 and 4.3).
static inline bool allow_names(uint8_t kind, const uint8_t *in, size_t count) {
    for (size_t at = 0; at + 1 < count; at += 2 + (size_t)in[at + 1]) {
        if (in[at] == kind) return true;
    }
    return false;
}

// Whether it has one element, which says that this is a later part of a message (3GPP TS 23.040, 9.2.3.24.1 and .8).
static inline bool allow_is_later_part(const uint8_t *in, size_t count) {
    return (count == 5 && in[0] == 0x00 && in[1] == 3 && in[4] > 1) ||
           (count == 6 && in[0] == 0x08 && in[1] == 4 && in[5] > 1);
}

// How many bytes at the start of a command packet are kept: its lengths, SPI, KIc, KID, TAR, and counter and padding when
// they are not enciphered (ETSI TS 102 225, 5.1).
static inline size_t allow_packet(const uint8_t *in, size_t count) {
    size_t header = count > 3 && (in[3] & 0x04) ? 10 : 16;
    return count < header ? count : header;
}

// Copies of a message to the card (3GPP TS 23.040, 9.2.2.1) how it is coded, and of the secured packet in it what
// `allow_packet` says; of any other message nothing. Never its sender, its time, what it says, or its checksum. How many
// bytes it copied.
static inline size_t allow_message(const uint8_t *in, uint8_t *out, size_t count) {
    if (count <= 3 || (in[0] & 0x43) != 0x40 || in[1] > 20) return 0;
    size_t coding = 3 + ((size_t)in[1] + 1) / 2;
    size_t length = coding + 9;
    if (length + 1 >= count || in[coding] != 0x7F) return 0;
    size_t elements = in[length + 1];
    size_t packet = length + 2 + elements;
    if (packet > count) return 0;
    bool first = allow_names(0x70, in + length + 2, elements);
    if (!first && !allow_is_later_part(in + length + 2, elements)) return 0;
    memcpy(out, in, 3);
    memcpy(out + coding, in + coding, 2);
    memcpy(out + length, in + length, packet - length);
    size_t kept = first ? allow_packet(in + packet, count - packet) : 0;
    memcpy(out + packet, in + packet, kept);
    return 3 + 2 + packet - length + kept;
}

// The same of a page of a cell broadcast to the card (3GPP TS 31.115, 5): its header, and the packet's on the first page.
static inline size_t allow_page(const uint8_t *in, uint8_t *out, size_t count) {
    if (count <= 6 || in[2] != 0x10 || (in[3] & 0xE0) != 0x80) return 0;
    memcpy(out, in, 6);
    size_t kept = in[5] >> 4 <= 1 ? allow_packet(in + 6, count - 6) : 0;
    memcpy(out + 6, in + 6, kept);
    return 6 + kept;
}

// The bytes of a response packet that are kept: lengths, TAR, counter, padding and status (ETSI TS 102 225, 5.2).
enum { ALLOW_RECEIPT_BYTES = 13 };

static inline bool allow_is_receipt(const uint8_t *elements, size_t count, const uint8_t *packet, size_t available) {
    return available >= ALLOW_RECEIPT_BYTES && allow_names(0x71, elements, count) && packet[2] >= 10;
}

// How many bytes at the start of the card's answer to a message are kept: its header and the head of the proof of
// receipt; none unless the packet ends with the data.
static inline size_t allow_receipt(const uint8_t *in, size_t count) {
    if (count == 0) return 0;
    size_t packet = 1 + (size_t)in[0];
    if (packet > count || !allow_is_receipt(in + 1, in[0], in + packet, count - packet)) return 0;
    size_t length = (size_t)in[packet] << 8 | in[packet + 1];
    return length == count - packet - 2 && length > in[packet + 2] ? packet + ALLOW_RECEIPT_BYTES : 0;
}

// The same of a message that the card has the terminal send (3GPP TS 23.040, 9.2.2.2).
static inline size_t allow_submitted(const uint8_t *in, uint8_t *out, size_t count) {
    static const uint8_t validity[] = {0, 7, 1, 7};
    if (count <= 4 || (in[0] & 0x43) != 0x41 || in[2] > 20) return 0;
    size_t coding = 4 + ((size_t)in[2] + 1) / 2;
    size_t length = coding + 2 + validity[in[0] >> 3 & 0x03];
    if (length + 1 >= count) return 0;
    size_t packet = length + 2 + in[length + 1];
    if (packet > count || !allow_is_receipt(in + length + 2, in[length + 1], in + packet, count - packet)) return 0;
    memcpy(out, in, 4);
    memcpy(out + coding, in + coding, 2);
    memcpy(out + length, in + length, packet + ALLOW_RECEIPT_BYTES - length);
    return 4 + 2 + packet + ALLOW_RECEIPT_BYTES - length;
}

// Copies COMPREHENSION-TLVs inside `outer`, values of allowed tags only, into `out`, which is zeroed; of a secured message
// its header. A broken TLV ends it. True when all was copied.
static inline bool allow_walk(const uint8_t *in, uint8_t *out, size_t count, uint8_t outer) {
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
        const uint8_t *value = in + at + head;
        size_t kept = allowed ? length : 0;
        if (outer == 0xD0 && tag == 0x0B) kept = allow_submitted(value, out + at + head, length);
        if (outer == 0xD1 && tag == 0x0B) kept = allow_message(value, out + at + head, length);
        if (outer == 0xD2 && tag == 0x0C) kept = allow_page(value, out + at + head, length);
        whole = whole && kept == length;
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
    return allow_walk(in + start, out + start, inside, in[0]) && start + inside == count;
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

// How a function of an eUICC answers, by the second byte of its tag (GSMA SGP.22, 5.7).
enum allow_euicc {
    EUICC_UNKNOWN, EUICC_DATA, EUICC_CODE, EUICC_CHOICE, EUICC_LIST, EUICC_CANCELLATION, EUICC_TRANSACTION,
    EUICC_PACKAGE, EUICC_INSTALLATION
};

static inline enum allow_euicc allow_euicc(uint8_t tag) {
    switch (tag) {
    case 0x20: case 0x22: case 0x2E: case 0x3C: case 0x3E: case 0x43: return EUICC_DATA;
    case 0x29: case 0x30: case 0x31: case 0x32: case 0x33: case 0x34: case 0x3F: return EUICC_CODE;
    case 0x28: case 0x2B: case 0x2D: return EUICC_LIST;
    case 0x21: case 0x38: return EUICC_TRANSACTION;
    case 0x35: return EUICC_CHOICE;
    case 0x41: return EUICC_CANCELLATION;
    case 0x36: return EUICC_PACKAGE;
    case 0x37: return EUICC_INSTALLATION;
    default: return EUICC_UNKNOWN;
    }
}

// How many bytes at the start of the first block of a function, or of a segment of a profile package, are kept: its tag
// and length.
static inline size_t allow_block(uint8_t p1, uint8_t p2, const uint8_t *in, size_t count) {
    if (p2 != 0 || count < 2) return 0;
    enum allow_euicc function = in[0] == 0xBF ? allow_euicc(in[1]) : EUICC_UNKNOWN;
    bool segment = (in[0] >= 0x86 && in[0] <= 0x88) || (in[0] >= 0xA0 && in[0] <= 0xA3);
    if (!segment && (function == EUICC_UNKNOWN || function == EUICC_INSTALLATION)) return 0;
    size_t tag_bytes = segment ? 1 : 2;
    size_t length = 0;
    size_t length_bytes = allow_length(in + tag_bytes, count - tag_bytes, 3, &length);
    size_t rest = count - tag_bytes - length_bytes;
    if (length_bytes == 0) return 0;
    bool goes_on = in[0] == 0xA1 || in[0] == 0xA3 || function == EUICC_PACKAGE;
    bool fits = (p1 & 0x80) == 0 ? length > rest : length == rest || (goes_on && length > rest);
    return fits ? tag_bytes + length_bytes : 0;
}

// A walk from tag to tag, in the order in which they must come; what it meets is copied.
struct allow_tlv {
    const uint8_t *in;
    uint8_t *out;
    size_t count;
    size_t at;    // may be behind `count`: nothing more is met then
    size_t kept;  // bytes that were copied
};

static inline void allow_keep(struct allow_tlv *walk, size_t bytes) {
    memcpy(walk->out + walk->at, walk->in + walk->at, bytes);
    walk->kept += bytes;
    walk->at += bytes;
}

// Goes into an object with this tag (0 and more for one of one byte, BF00 and more for two), which ends at `limit` at
// latest.
static inline bool allow_enter(struct allow_tlv *walk, unsigned tag, size_t limit, size_t *end) {
    size_t tag_bytes = tag > 0xFF ? 2 : 1;
    if (walk->at >= walk->count || walk->count - walk->at <= tag_bytes) return false;
    const uint8_t *in = walk->in + walk->at;
    if (tag_bytes == 2 ? in[0] != tag >> 8 || in[1] != (tag & 0xFF) : in[0] != tag) return false;
    size_t length = 0;
    size_t length_bytes = allow_length(in + tag_bytes, walk->count - walk->at - tag_bytes, 3, &length);
    size_t value = walk->at + tag_bytes + length_bytes;
    if (length_bytes == 0 || value > limit || length > limit - value) return false;
    allow_keep(walk, tag_bytes + length_bytes);
    *end = value + length;
    return true;
}

static inline bool allow_skip(struct allow_tlv *walk, unsigned tag, size_t limit) {
    return allow_enter(walk, tag, limit, &walk->at);
}

// An object with this tag and a value of one byte.
static inline bool allow_byte(struct allow_tlv *walk, uint8_t tag, size_t limit) {
    if (walk->at >= walk->count || walk->count - walk->at < 3 || limit < walk->at + 3) return false;
    if (walk->in[walk->at] != tag || walk->in[walk->at + 1] != 1) return false;
    allow_keep(walk, 3);
    return true;
}

// The same, with which everything ends.
static inline bool allow_only_byte(struct allow_tlv *walk, uint8_t tag, size_t limit) {
    return limit == walk->at + 3 && allow_byte(walk, tag, limit);
}

// AuthenticateResponseError, PrepareDownloadResponseError
static inline void allow_failure(struct allow_tlv *walk, size_t end) {
    size_t inner = 0;
    if (!allow_enter(walk, 0xA1, end, &inner) || inner != end || !allow_skip(walk, 0x80, inner)) return;
    allow_only_byte(walk, 0x02, inner);
}

// ProfileInstallationResult
static inline void allow_installation(struct allow_tlv *walk, size_t end) {
    size_t data = 0, metadata = 0, final = 0, error = 0;
    if (!allow_enter(walk, 0xBF27, end, &data) || !allow_skip(walk, 0x80, data) ||
        !allow_enter(walk, 0xBF2F, data, &metadata))
        return;
    if (walk->at + 1 < walk->count && walk->in[walk->at] == 0x80) {
        size_t bytes = 2 + (size_t)walk->in[walk->at + 1];
        size_t least = walk->count < metadata ? walk->count : metadata;
        if (bytes >= 3 && bytes <= 6 && walk->at + bytes <= least) allow_keep(walk, bytes);
    }
    walk->at = metadata;
    if (!allow_skip(walk, 0x06, data) || !allow_enter(walk, 0xA2, data, &final)) return;
    if (allow_enter(walk, 0xA0, final, &error) || !allow_enter(walk, 0xA1, final, &error)) return;
    if (allow_byte(walk, 0x80, error)) allow_byte(walk, 0x81, error);
}

// A serial number, the first object of its template.
static inline void allow_identity(struct allow_tlv *walk, uint8_t bytes, size_t limit, enum allow_level level) {
    size_t stop = walk->at + 2 + bytes;
    if (level < ALLOW_CAPTURE_FILES || stop > walk->count || stop > limit) return;
    if (walk->in[walk->at] == 0x5A && walk->in[walk->at + 1] == bytes) allow_keep(walk, 2 + (size_t)bytes);
}

// ProfileInfo
static inline bool allow_profile(struct allow_tlv *walk, size_t limit, enum allow_level level) {
    size_t end = 0;
    if (!allow_enter(walk, 0xE3, limit, &end)) return false;
    allow_identity(walk, 10, end, level);
    walk->at = end;
    return true;
}

// What of the data behind A0: how much is listed, why a session was cancelled.
static inline void allow_data(struct allow_tlv *walk, enum allow_euicc function, size_t end, enum allow_level level) {
    size_t signed_part = 0;
    if (function == EUICC_LIST) {
        while (walk->at < end && (allow_skip(walk, 0xBF2F, end) || allow_skip(walk, 0xBF37, end) ||
                                     allow_skip(walk, 0x30, end) || allow_profile(walk, end, level))) {
        }
    } else if (function == EUICC_CANCELLATION && allow_enter(walk, 0x30, end, &signed_part) &&
               allow_skip(walk, 0x80, signed_part) && allow_skip(walk, 0x81, signed_part)) {
        allow_only_byte(walk, 0x82, signed_part);
    }
}

// Copies of an eUICC's answer its tag, its result, and what counts what it lists, into `out`, which is zeroed; nothing of
// other response data. How many bytes it copied.
static inline size_t allow_answer(
    const uint8_t *in, uint8_t *out, size_t count, uint8_t sw1, enum allow_level level) {
    if (count < 2 || in[0] != 0xBF) return 0;
    enum allow_euicc function = allow_euicc(in[1]);
    if (function == EUICC_UNKNOWN || function == EUICC_PACKAGE) return 0;
    size_t length = 0;
    size_t length_bytes = allow_length(in + 2, count - 2, 3, &length);
    size_t rest = count - 2 - length_bytes;
    if (length_bytes == 0 || (sw1 == 0x61 ? length <= rest : length != rest)) return 0;
    struct allow_tlv walk = {in, out, count, 0, 0};
    allow_keep(&walk, 2 + length_bytes);
    size_t end = walk.at + length, inner = 0;
    switch (function) {
    case EUICC_CODE: allow_only_byte(&walk, 0x80, end); break;
    case EUICC_INSTALLATION: allow_installation(&walk, end); break;
    case EUICC_DATA:
        if (in[1] == 0x3E) allow_identity(&walk, 16, end, level);
        break;
    case EUICC_CHOICE:
    case EUICC_LIST:
    case EUICC_CANCELLATION:
    case EUICC_TRANSACTION:
        if (allow_enter(&walk, 0xA0, end, &inner)) {
            allow_data(&walk, function, inner, level);
        } else if (function == EUICC_TRANSACTION) {
            allow_failure(&walk, end);
        } else {
            allow_only_byte(&walk, 0x81, end);
        }
        break;
    default: break;
    }
    return walk.kept;
}

// What of one exchange is kept: leading bytes of the command and of the response data (the status word is told apart).
struct allow_selection {
    const uint8_t *command;
    const uint8_t *response;
    size_t command_kept;
    size_t response_kept;
    bool cut;  // anything of either is not kept, or is kept as 0
};

// Keeps of response data what is an eUICC's answer. True when that is all.
static inline bool allow_take_answer(struct allow_selection *kept, const uint8_t *response, size_t data,
    uint8_t *scratch, size_t most, enum allow_level level) {
    if (data == 0 || data > most || response[0] != 0xBF) return data == 0;
    memset(scratch, 0, data);
    size_t copied = allow_answer(response, scratch, data, response[data], level);
    if (copied == 0) return false;
    kept->response = scratch;
    kept->response_kept = data;
    return copied == data;
}

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
    case ALLOW_GET_RESPONSE:
        if (level >= ALLOW_CAPTURE && data <= most && allow_is_file_control(response, data)) {
            kept.response_kept = data;
        } else {
            kept.response_kept = allow_receipt(response, data);
            if (kept.response_kept > most) kept.response_kept = 0;
        }
        kept.cut = kept.response_kept > 0 ? kept.response_kept < data
                                          : !allow_take_answer(&kept, response, data, scratch, most, level);
        kept.cut = kept.cut || form.header < sent || received == 1;
        break;
    case ALLOW_STORE_DATA: {
        size_t head = allow_block(command[2], command[3], command + form.header, form.data);
        if (form.header + head <= most) kept.command_kept = form.header + head;
        bool whole = allow_take_answer(&kept, response, data, scratch, most, level);
        kept.cut = !whole || kept.command_kept < sent || received == 1;
        break;
    }
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
                         : allow_walk(command + form.header, scratch + form.header, form.data, 0);
        kept.response_kept = allowed == ALLOW_ENVELOPE ? allow_receipt(response, data) : 0;
        if (kept.response_kept > most) kept.response_kept = 0;
        kept.cut = !whole || walked < sent || received == 1 || kept.response_kept < data;
        kept.command = scratch;
        kept.command_kept = walked;
        break;
    }
    }
    return kept;
}

#endif
