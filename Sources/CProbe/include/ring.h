// The ring between a tap inside a client process and the receiver: one shared-memory file a client.
//
// The writer (PCSCShim) reserves slots without a lock, fills them, and publishes them by their sequence number; it
// never waits and makes no system call. The reader (Taps/PCSC) copies, checks and trusts no byte. A full ring drops the
// new record and counts it.
#ifndef CPROBE_RING_H
#define CPROBE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RING_FILE_NAME "cardlink-ring"     // among the descriptors and mappings of its process: /memfd:NAME
#define RING_MAGIC 0x31474E4952504C43ull  // "CLPRING1"
#define RING_LAYOUT 1u                    // changes with any change below; readers keep reading the layout before
#define RING_SLOTS 4096u                  // a power of two
#define RING_SLOT_BYTES 128u
#define RING_SESSIONS 128u
#define RING_NAME_BYTES 128u              // MAX_READERNAME of PC/SC
#define RING_KEPT_BYTES 1024u             // of a command or a response, what a record holds at most
#define RING_RECORD_SLOTS 20u             // a record's slots at most: 56 + 19 * 120 bytes of payload

// Kinds of record.
enum {
    RING_TRANSMIT = 1,       // payload: kept command bytes, then kept response bytes
    RING_OPERATION = 2,      // payload: the reader's name for SCardConnect, else nothing; `received_bytes`: the context
    RING_SESSION_OPENED = 3, // payload: the reader's name; `received_bytes`: the context
    RING_SESSION_CLOSED = 4, // payload: the reader's name
    RING_CARD_SEEN = 5,      // payload: the ATR (received_kept bytes) after the reader's name (sent_kept bytes)
};

// `operation` of RING_OPERATION; the order is that of `DeviceOperation` in ProbeEvents.
enum {
    RING_CONNECT, RING_RECONNECT, RING_DISCONNECT, RING_BEGIN_TRANSACTION, RING_END_TRANSACTION, RING_CONTROL,
    RING_STATUS, RING_GET_ATTRIBUTE, RING_SET_ATTRIBUTE, RING_WAIT_FOR_CHANGE, RING_CANCEL, RING_ESTABLISH_CONTEXT,
    RING_RELEASE_CONTEXT, RING_LIST_READERS,
};

// `flags` of a record.
enum {
    RING_WAIT_EXACT = 1,  // the library's silent repeats were counted; else the wait is unknown
    RING_CUT = 2,         // bytes of command or response were not written down
};

// A record's first slot. All integers are the machine's own; both sides are on one machine.
struct ring_record {
    uint64_t sequence;  // position + 1 once published
    uint16_t kind;
    uint16_t slots;
    uint32_t thread;
    uint64_t start_ns;  // CLOCK_MONOTONIC
    uint64_t duration_ns;
    uint64_t wait_ns;
    uint64_t session;
    uint32_t result;  // PC/SC's return code, low 32 bits
    uint32_t detail;  // operation, or protocol | share mode << 16, or control code in `sent_bytes`
    uint32_t sent_bytes;
    uint32_t received_bytes;  // with the status word
    uint16_t sent_kept;
    uint16_t received_kept;
    uint16_t status_word;
    uint16_t flags;
    uint8_t payload[56];
};

// A record's further slots.
struct ring_continuation {
    uint64_t sequence;  // (position + 1) | RING_CONTINUATION
    uint8_t payload[120];
};

#define RING_CONTINUATION (1ull << 63)

// A session that is open now, or was a while ago; written under the client's lock, `serial` last.
struct ring_session {
    uint64_t serial;  // 0 for a free entry
    uint64_t opened_ns;
    uint64_t closed_ns;  // 0 while it is open
    uint32_t protocol;
    uint32_t share_mode;
    char reader[RING_NAME_BYTES];
};

// The file: this header (one page), the sessions, the slots.
struct ring_header {
    uint64_t magic;
    uint32_t layout;
    uint32_t header_bytes;
    uint64_t total_bytes;
    uint32_t slot_count;
    uint32_t slot_bytes;
    uint32_t session_count;
    uint32_t session_bytes;
    uint64_t client_id;   // random
    uint64_t created_ns;  // CLOCK_MONOTONIC
    uint64_t lost_before; // records of earlier rings of this process that nobody could read; 0 once told
    uint32_t flags;       // RING_WAIT_EXACT
    int32_t pid;
    char program[64];
    char library[512];
    uint64_t apart[15];  // each side's words on cache lines of their own
    // Written by the client.
    uint64_t head;
    uint64_t dropped;
    uint64_t apart_too[14];
    // Written by the receiver; `tail` by a client, too, that takes back what nobody has read.
    uint64_t tail;
    uint64_t dropped_told;
    uint64_t apart_from_sessions[14];
    // Of the sessions, by their index, under the client's lock: since when one holds a transaction (CLOCK_MONOTONIC, 0:
    // it holds none), and its context, low 32 bits (0 in rings of an earlier shim). Not in `ring_session`, which is full.
    uint64_t transactions_ns[RING_SESSIONS];
    uint32_t contexts[RING_SESSIONS];
};

#define RING_HEADER_BYTES 4096u
#define RING_SESSIONS_OFFSET RING_HEADER_BYTES
#define RING_SLOTS_OFFSET (RING_SESSIONS_OFFSET + 5u * 4096u)
#define RING_TOTAL_BYTES (RING_SLOTS_OFFSET + RING_SLOTS * RING_SLOT_BYTES)

_Static_assert(sizeof(struct ring_record) == RING_SLOT_BYTES, "a slot");
_Static_assert(sizeof(struct ring_continuation) == RING_SLOT_BYTES, "a slot");
_Static_assert(sizeof(struct ring_header) <= RING_HEADER_BYTES, "one page");
_Static_assert(offsetof(struct ring_header, head) % 128 == 0, "a pair of cache lines");
_Static_assert(offsetof(struct ring_header, tail) % 128 == 0, "a pair of cache lines");
_Static_assert(RING_SESSIONS * sizeof(struct ring_session) <= 5 * 4096, "the sessions' room");
_Static_assert(56 + (RING_RECORD_SLOTS - 1) * 120 >= 2 * RING_KEPT_BYTES, "the longest record");

// Messages on the SOCK_SEQPACKET socket, client to receiver; the ring's file comes with the hello.
enum { RING_HELLO = 1, RING_WAKE = 2, RING_BYE = 3 };

struct ring_message {
    uint32_t kind;
    uint32_t layout;
};

// Swift does not import _Atomic: plain integers, and these.
static inline uint64_t ring_load(const uint64_t *cell) { return __atomic_load_n(cell, __ATOMIC_ACQUIRE); }
static inline void ring_store(uint64_t *cell, uint64_t value) { __atomic_store_n(cell, value, __ATOMIC_RELEASE); }
static inline bool ring_move(uint64_t *cell, uint64_t from, uint64_t to) {
    return __atomic_compare_exchange_n(cell, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
static inline uint64_t ring_exchange(uint64_t *cell, uint64_t value) {
    return __atomic_exchange_n(cell, value, __ATOMIC_ACQ_REL);
}

static inline struct ring_header *ring_header_of(void *base) { return (struct ring_header *)base; }
static inline struct ring_session *ring_session_at(void *base, uint32_t index) {
    return (struct ring_session *)((uint8_t *)base + RING_SESSIONS_OFFSET) + index % RING_SESSIONS;
}
static inline struct ring_record *ring_slot_at(void *base, uint64_t position) {
    return (struct ring_record *)((uint8_t *)base + RING_SLOTS_OFFSET) + position % RING_SLOTS;
}

#endif
