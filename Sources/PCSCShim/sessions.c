// Which card handle is which session: a small table, read without a lock, written under the tap's lock.
#include "shim.h"

#define HANDLES 256u  // pcscd allows 200 handles a client thread; further ones are told as session 0
#define GIVEN_UP ((SCARDHANDLE)-1)

static struct tap_session sessions[HANDLES];
static uint64_t last_serial;

static inline uint32_t home_of(SCARDHANDLE handle) {
    uint64_t mixed = (uint64_t)handle * 0x9E3779B97F4A7C15ull;
    return (uint32_t)(mixed >> 56) % HANDLES;
}

static struct tap_session *find(SCARDHANDLE handle) {
    if (handle == 0 || handle == GIVEN_UP) return NULL;
    uint32_t home = home_of(handle);
    for (uint32_t step = 0; step < HANDLES; step++) {
        struct tap_session *session = &sessions[(home + step) % HANDLES];
        SCARDHANDLE known = __atomic_load_n(&session->handle, __ATOMIC_ACQUIRE);
        if (known == handle) return session;
        if (known == 0) return NULL;
    }
    return NULL;
}

uint64_t session_of(SCARDHANDLE handle) {
    struct tap_session *session = find(handle);
    return session != NULL ? __atomic_load_n(&session->serial, __ATOMIC_RELAXED) : 0;
}

bool session_copy(SCARDHANDLE handle, struct tap_session *copy) {
    struct tap_session *session = find(handle);
    if (session == NULL) return false;
    memcpy(copy, session, sizeof *copy);
    return true;
}

// What is known of it stays, for a receiver that has yet to read of it.
static void close_ring_entry(uint32_t index) {
    if (tap_ring == NULL || index >= RING_SESSIONS) return;
    ring_store(&ring_header_of(tap_ring)->transactions_ns[index], 0);
    ring_store(&ring_session_at(tap_ring, index)->closed_ns, tap_now());
}

// A free entry, else the one closed longest ago.
static uint32_t take_ring_entry(const struct tap_session *session) {
    uint32_t taken = RING_SESSIONS;
    uint64_t longest = UINT64_MAX;
    for (uint32_t index = 0; tap_ring != NULL && index < RING_SESSIONS; index++) {
        const struct ring_session *entry = ring_session_at(tap_ring, index);
        bool is_open = entry->serial != 0 && entry->closed_ns == 0;
        uint64_t closed = entry->serial == 0 ? 0 : entry->closed_ns;
        if (is_open || closed >= longest) continue;
        taken = index;
        longest = closed;
    }
    if (taken == RING_SESSIONS) return taken;
    struct ring_session *entry = ring_session_at(tap_ring, taken);
    ring_exchange(&entry->serial, 0);
    entry->opened_ns = session->opened_ns;
    entry->closed_ns = 0;
    entry->protocol = session->protocol;
    entry->share_mode = session->share_mode;
    memcpy(entry->reader, session->reader, sizeof entry->reader);
    ring_header_of(tap_ring)->contexts[taken] = (uint32_t)session->context;
    ring_store(&ring_header_of(tap_ring)->transactions_ns[taken], session->transaction_ns);
    ring_store(&entry->serial, session->serial);
    return taken;
}

void session_reconnected(SCARDHANDLE handle, uint32_t protocol, uint32_t share_mode) {
    struct tap_session *session = find(handle);
    if (session == NULL) return;
    session->protocol = protocol;
    session->share_mode = share_mode;
    if (tap_ring == NULL || session->ring_index >= RING_SESSIONS) return;
    struct ring_session *entry = ring_session_at(tap_ring, session->ring_index);
    entry->protocol = protocol;
    entry->share_mode = share_mode;
}

void session_transaction(SCARDHANDLE handle, bool begins) {
    struct tap_session *session = find(handle);
    if (session == NULL || (!begins && session->transactions == 0)) return;
    session->transactions += begins ? 1 : -1u;
    // Nested ones change nothing for others.
    if (session->transactions > (begins ? 1u : 0u)) return;
    session->transaction_ns = begins ? tap_now() : 0;
    if (tap_ring == NULL || session->ring_index >= RING_SESSIONS) return;
    ring_store(&ring_header_of(tap_ring)->transactions_ns[session->ring_index], session->transaction_ns);
}

// The session's number; 0 when there is no room.
uint64_t session_add(const struct tap_session *opened) {
    uint32_t home = home_of(opened->handle);
    for (uint32_t step = 0; step < HANDLES; step++) {
        struct tap_session *session = &sessions[(home + step) % HANDLES];
        if (session->handle != 0 && session->handle != GIVEN_UP) continue;
        struct tap_session entry = *opened;
        entry.serial = ++last_serial;
        entry.ring_index = take_ring_entry(&entry);
        // Another thread may still be reading what was here.
        __atomic_store_n(&session->serial, entry.serial, __ATOMIC_RELAXED);
        memcpy(&session->context, &entry.context, sizeof entry - offsetof(struct tap_session, context));
        __atomic_store_n(&session->handle, opened->handle, __ATOMIC_RELEASE);
        return entry.serial;
    }
    return 0;
}

void sessions_enter_ring(void) {
    for (uint32_t index = 0; index < HANDLES; index++) {
        struct tap_session *session = &sessions[index];
        if (session->handle != 0 && session->handle != GIVEN_UP) session->ring_index = take_ring_entry(session);
    }
}

void session_remove(SCARDHANDLE handle) {
    struct tap_session *session = find(handle);
    if (session == NULL) return;
    close_ring_entry(session->ring_index);
    __atomic_store_n(&session->handle, GIVEN_UP, __ATOMIC_RELEASE);
}

bool session_remove_any(SCARDCONTEXT context, struct tap_session *removed) {
    for (uint32_t index = 0; index < HANDLES; index++) {
        struct tap_session *session = &sessions[index];
        if (session->handle == 0 || session->handle == GIVEN_UP || session->context != context) continue;
        memcpy(removed, session, sizeof *removed);
        session_remove(session->handle);
        return true;
    }
    return false;
}

void sessions_forget(void) {
    memset(sessions, 0, sizeof sessions);
}
