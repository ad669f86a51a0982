// What the files of the shim share.
#ifndef PCSCSHIM_SHIM_H
#define PCSCSHIM_SHIM_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "calls.h"
#include "ring.h"

#define EXPORT __attribute__((visibility("default")))
#define COLD __attribute__((cold, noinline))

// What each thread of the client keeps; initial-exec, so that reading it is one instruction.
struct tap_thread {
    uint32_t id;
    bool counts_sleep;
    uint64_t slept_ns;
};
extern __thread struct tap_thread tap_thread __attribute__((tls_model("initial-exec"), visibility("hidden")));

// A card handle of the client: where it belongs.
struct tap_session {
    SCARDHANDLE handle;  // 0 free, -1 given up; read without a lock, as the next is
    uint64_t serial;
    SCARDCONTEXT context;
    uint64_t opened_ns;
    uint32_t protocol;
    uint32_t share_mode;
    uint32_t ring_index;
    uint32_t transactions;  // begun and not ended; pcscd counts them, too
    uint64_t transaction_ns;
    char reader[RING_NAME_BYTES];
};

static inline uint64_t tap_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint32_t pcsc_code(LONG result) { return (uint32_t)result; }

// library.c: the real library, opened once.
const struct pcsc_calls *pcsc_real(void);
const char *pcsc_real_path(void);
bool pcsc_counts_sleep(void);

// sessions.c: which handle is which session.
uint64_t session_of(SCARDHANDLE handle);
bool session_copy(SCARDHANDLE handle, struct tap_session *session);  // under the tap's lock
uint64_t session_add(const struct tap_session *opened);
void session_remove(SCARDHANDLE handle);
bool session_remove_any(SCARDCONTEXT context, struct tap_session *removed);
void session_reconnected(SCARDHANDLE handle, uint32_t protocol, uint32_t share_mode);
void session_transaction(SCARDHANDLE handle, bool begins);
void sessions_enter_ring(void);
void sessions_forget(void);

// forward.c: which readers' cards were told.
void cards_forget(void);

// ring.c: the ring and the receiver.
extern void *_Atomic tap_ring;  // NULL until a receiver is named and the first context made; read without a lock
void tap_lock(int *cancel_state);
void tap_unlock(int cancel_state);
void tap_attach(void);
void tap_write(struct ring_record *record, const uint8_t *first, const uint8_t *second);

#endif
