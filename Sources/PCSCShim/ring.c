// The client's end of the ring: made at the first context, handed over through a socket, written without waiting.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "shim.h"

#define HIGH_DESCRIPTOR 200        // out of the way of programs that count on the lowest free number
#define RETRY_NS 1000000000u       // on the hot path, between two looks for a receiver
#define CHECK_EACH 256u            // records, on the hot path

void *_Atomic tap_ring;

// A descriptor of ours, and what it was: a program may close it and open something else under its number.
struct descriptor {
    int number;
    dev_t device;
    ino_t inode;
};

static struct descriptor ring_file = {.number = -1};
static struct descriptor receiver = {.number = -1};
static char receiver_path[sizeof((struct sockaddr_un *)0)->sun_path];
static uint64_t last_try_ns;
static uint64_t lost_before;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct descriptor own(int number) {
    struct descriptor owned = {.number = -1};
    if (number < 0) return owned;
    int high = fcntl(number, F_DUPFD_CLOEXEC, HIGH_DESCRIPTOR);
    if (high >= 0) {
        close(number);
        number = high;
    }
    struct stat status;
    if (fstat(number, &status) != 0) return owned;
    return (struct descriptor){.number = number, .device = status.st_dev, .inode = status.st_ino};
}

static bool is_ours(const struct descriptor *descriptor) {
    struct stat status;
    return descriptor->number >= 0 && fstat(descriptor->number, &status) == 0 &&
           status.st_dev == descriptor->device && status.st_ino == descriptor->inode;
}

static void give_up(struct descriptor *descriptor) {
    if (is_ours(descriptor)) close(descriptor->number);
    descriptor->number = -1;
}

static COLD bool send_message(uint32_t kind, int file) {
    struct ring_message message = {.kind = kind, .layout = RING_LAYOUT};
    struct iovec part = {.iov_base = &message, .iov_len = sizeof message};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr envelope = {.msg_iov = &part, .msg_iovlen = 1};
    if (file >= 0) {
        envelope.msg_control = &control;
        envelope.msg_controllen = sizeof control;
        struct cmsghdr *header = CMSG_FIRSTHDR(&envelope);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &file, sizeof file);
    }
    return sendmsg(receiver.number, &envelope, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof message;
}

static COLD void describe_client(struct ring_header *header) {
    header->layout = RING_LAYOUT;
    header->header_bytes = RING_HEADER_BYTES;
    header->total_bytes = RING_TOTAL_BYTES;
    header->slot_count = RING_SLOTS;
    header->slot_bytes = RING_SLOT_BYTES;
    header->session_count = RING_SESSIONS;
    header->session_bytes = sizeof(struct ring_session);
    header->created_ns = tap_now();
    if (getrandom(&header->client_id, sizeof header->client_id, GRND_NONBLOCK) != sizeof header->client_id) {
        header->client_id = header->created_ns ^ (uint64_t)getpid() << 40;
    }
    header->lost_before = lost_before;
    header->flags = pcsc_counts_sleep() ? RING_WAIT_EXACT : 0;
    header->pid = getpid();
    strncpy(header->program, program_invocation_short_name, sizeof header->program - 1);
    strncpy(header->library, pcsc_real_path(), sizeof header->library - 1);
    ring_store(&header->magic, RING_MAGIC);
}

// Reserved and filled now: no page fault and no SIGBUS later.
static COLD void make_ring(void) {
    int file = memfd_create(RING_FILE_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0) return;
    void *base = MAP_FAILED;
    if (ftruncate(file, RING_TOTAL_BYTES) == 0 && fallocate(file, 0, 0, RING_TOTAL_BYTES) == 0 &&
        fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
        base = mmap(NULL, RING_TOTAL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0);
    }
    if (base == MAP_FAILED) {
        close(file);
        return;
    }
    ring_file = own(file);
    describe_client(ring_header_of(base));
    tap_ring = base;
    sessions_enter_ring();
}

// A program that closed our file under us cannot hand it to another receiver: what it held and nobody read is lost, and
// taken from a receiver that may still be reading. The old memory stays mapped, since another thread may be writing
// into it.
static COLD void abandon_ring(void) {
    struct ring_header *header = ring_header_of(tap_ring);
    uint64_t head = ring_load(&header->head);
    uint64_t at = ring_exchange(&header->tail, head);
    for (; head - at - 1 < RING_SLOTS; lost_before++) {
        const struct ring_record *record = ring_slot_at(tap_ring, at);
        bool written = ring_load(&record->sequence) == at + 1;
        at += written ? record->slots : 1;
    }
    lost_before += ring_load(&header->dropped) - ring_load(&header->dropped_told);
    ring_file.number = -1;
    give_up(&receiver);
}

static COLD bool is_attached(void) {
    if (!is_ours(&receiver)) {
        receiver.number = -1;
        return false;
    }
    char byte;
    ssize_t received = recv(receiver.number, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    if (received > 0 || (received < 0 && (errno == EAGAIN || errno == EINTR))) return true;
    give_up(&receiver);
    return false;
}

static COLD void connect_receiver(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, receiver_path, sizeof receiver_path);
    int number = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (number < 0) return;
    if (connect(number, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(number);
        return;
    }
    receiver = own(number);
    if (receiver.number >= 0 && !send_message(RING_HELLO, ring_file.number)) give_up(&receiver);
    cards_forget();
}

static COLD void attach_locked(void) {
    int saved = errno;
    last_try_ns = tap_now();
    if (tap_ring != NULL && !is_ours(&ring_file)) abandon_ring();
    if (ring_file.number < 0) make_ring();
    if (ring_file.number >= 0 && !is_attached()) connect_receiver();
    errno = saved;
}

// A thread that is cancelled in here would leave the lock behind.
COLD void tap_lock(int *cancel_state) {
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, cancel_state);
    pthread_mutex_lock(&lock);
}

COLD void tap_unlock(int cancel_state) {
    pthread_mutex_unlock(&lock);
    pthread_setcancelstate(cancel_state, NULL);
}

COLD void tap_attach(void) {
    if (receiver_path[0] == '\0') return;
    int cancel_state;
    tap_lock(&cancel_state);
    attach_locked();
    tap_unlock(cancel_state);
}

// On each 256th record: wakes a receiver when the ring is half full, looks for one when there is none. Never waits.
static COLD void check_receiver(struct ring_header *header, uint64_t head) {
    int saved = errno, cancel_state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    if (pthread_mutex_trylock(&lock) == 0) {
        if (receiver.number >= 0 && head - ring_load(&header->tail) > RING_SLOTS / 2 && is_ours(&receiver) &&
            !send_message(RING_WAKE, -1) && errno != EAGAIN) {
            give_up(&receiver);
        }
        if (receiver.number < 0 && tap_now() - last_try_ns >= RETRY_NS) attach_locked();
        pthread_mutex_unlock(&lock);
    }
    pthread_setcancelstate(cancel_state, NULL);
    errno = saved;
}

static uint32_t thread_id(void) {
    if (tap_thread.id == 0) tap_thread.id = (uint32_t)gettid();
    return tap_thread.id;
}

// Copies the payload, first's bytes and then second's, over the record's slots from `position` on.
static void fill(
    void *base, uint64_t position, struct ring_record *record, const uint8_t *first, const uint8_t *second) {
    struct ring_record *slot = ring_slot_at(base, position);
    memcpy(&slot->kind, &record->kind, offsetof(struct ring_record, payload) - offsetof(struct ring_record, kind));
    const uint8_t *parts[2] = {first, second};
    size_t left[2] = {record->sent_kept, record->received_kept};
    uint8_t *out = slot->payload;
    size_t room = sizeof slot->payload;
    for (int part = 0; part < 2; part++) {
        while (left[part] > 0) {
            if (room == 0) {
                out = ((struct ring_continuation *)ring_slot_at(base, ++position))->payload;
                room = sizeof((struct ring_continuation *)0)->payload;
            }
            size_t count = left[part] < room ? left[part] : room;
            memcpy(out, parts[part], count);
            parts[part] += count;
            out += count;
            room -= count;
            left[part] -= count;
        }
    }
}

void tap_write(struct ring_record *record, const uint8_t *first, const uint8_t *second) {
    void *base = tap_ring;
    if (base == NULL) return;
    struct ring_header *header = ring_header_of(base);
    size_t payload = (size_t)record->sent_kept + record->received_kept;
    uint64_t slots = payload <= 56 ? 1 : 1 + (payload - 56 + 119) / 120;
    uint64_t head = __atomic_load_n(&header->head, __ATOMIC_RELAXED);
    do {
        // Negative when both moved on since head was read; the exchange then fails.
        if ((int64_t)(head + slots - ring_load(&header->tail)) > RING_SLOTS) {
            uint64_t dropped = __atomic_add_fetch(&header->dropped, 1, __ATOMIC_RELAXED);
            if (dropped % CHECK_EACH == 0) check_receiver(header, head);
            return;
        }
    } while (!__atomic_compare_exchange_n(
        &header->head, &head, head + slots, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    record->slots = (uint16_t)slots;
    record->thread = thread_id();
    fill(base, head, record, first, second);
    for (uint64_t further = 1; further < slots; further++) {
        ring_store(&ring_slot_at(base, head + further)->sequence, (head + further + 1) | RING_CONTINUATION);
    }
    ring_store(&ring_slot_at(base, head)->sequence, head + 1);
    if ((head & (CHECK_EACH - 1)) < slots) check_receiver(header, head);
}

// The child of a fork is a client of its own: it has none of the parent's cards.
static void after_fork(void) {
    pthread_mutex_t unlocked = PTHREAD_MUTEX_INITIALIZER;
    lock = unlocked;
    if (tap_ring != NULL) munmap(tap_ring, RING_TOTAL_BYTES);
    tap_ring = NULL;
    give_up(&ring_file);
    give_up(&receiver);
    lost_before = 0;
    tap_thread = (struct tap_thread){0};
    sessions_forget();
    cards_forget();
}

__attribute__((constructor)) static void begin(void) {
    const char *path = secure_getenv("CARDLINK_RECEIVER");
    if (path == NULL || path[0] != '/' || strlen(path) >= sizeof receiver_path) return;
    memcpy(receiver_path, path, strlen(path));
    pthread_atfork(NULL, NULL, after_fork);
}

__attribute__((destructor)) static void end(void) {
    if (is_ours(&receiver)) send_message(RING_BYE, -1);
}
