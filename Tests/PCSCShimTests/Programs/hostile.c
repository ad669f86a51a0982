// A client that lies to the receiver: hostile SOCKET WHAT COUNT SEED
//   junk      messages of random bytes
//   rings     rings with random seals, sizes, headers, slots and session tables, that change while they are read
//   shared    one hello with two descriptors
//   silent    COUNT connections that say nothing; prints how many the receiver ended
//   flood     one client that never stops to send messages, for a second
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "ring.h"

static uint64_t state;

static uint64_t random_number(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t below(uint64_t limit) { return random_number() % limit; }

// Numbers at which arithmetic breaks.
static uint64_t nasty(void) {
    static const uint64_t numbers[] = {0, 1, 2, 55, 56, 57, 127, 128, 255, 4095, 4096, 4097, 0x7FFF, 0xFFFF, 0x10000,
        0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, UINT64_MAX - 1, UINT64_MAX};
    uint64_t choice = below(sizeof numbers / sizeof *numbers + 3);
    return choice < sizeof numbers / sizeof *numbers ? numbers[choice] : random_number() >> below(64);
}

static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int number = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    for (int tries = 0; connect(number, (struct sockaddr *)&address, sizeof address) != 0; tries++) {
        if (tries == 1000) exit(1);
        usleep(1000);
    }
    return number;
}

static void send_files(int socket, struct ring_message message, const int *files, size_t count) {
    char control[CMSG_SPACE(2 * sizeof(int))] = {0};
    struct iovec part = {&message, sizeof message};
    struct msghdr envelope = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control};
    envelope.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&envelope);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), files, count * sizeof(int));
    sendmsg(socket, &envelope, MSG_NOSIGNAL);
}

static void junk(const char *path, long count) {
    while (count > 0) {
        int socket = connect_to(path);
        for (uint64_t left = below(4) + 1; left > 0; left--, count--) {
            uint64_t bytes[32];
            for (size_t i = 0; i < 32; i++) bytes[i] = below(4) == 0 ? nasty() : random_number();
            struct ring_message message = {(uint32_t)below(5), (uint32_t)below(3)};
            if (below(2) == 0) memcpy(bytes, &message, sizeof message);
            send(socket, bytes, below(2) == 0 ? sizeof message : below(sizeof bytes + 1), MSG_NOSIGNAL);
        }
        close(socket);
    }
}

static void lie_in_header(struct ring_header *header) {
    header->magic = below(8) == 0 ? nasty() : RING_MAGIC;
    header->layout = below(8) == 0 ? (uint32_t)nasty() : RING_LAYOUT;
    header->client_id = random_number();
    header->lost_before = nasty();
    header->flags = (uint32_t)nasty();
    header->head = nasty();
    header->tail = below(2) == 0 ? header->head - below(5000) : nasty();
    header->dropped = nasty();
    header->dropped_told = nasty();
    for (size_t i = 0; i < sizeof header->program; i++) header->program[i] = (char)random_number();
    for (size_t i = 0; i < sizeof header->library; i++) header->library[i] = (char)random_number();
}

static void lie_in_slots(uint8_t *base, struct ring_header *header) {
    for (uint64_t count = below(200); count > 0; count--) {
        uint64_t position = header->tail + below(300);
        struct ring_record *slot = ring_slot_at(base, position);
        slot->kind = (uint16_t)(below(4) == 0 ? nasty() : below(7));
        slot->slots = (uint16_t)(below(4) == 0 ? nasty() : below(22));
        slot->start_ns = nasty();
        slot->duration_ns = nasty();
        slot->wait_ns = nasty();
        slot->session = below(2) == 0 ? below(8) : nasty();
        slot->result = (uint32_t)nasty();
        slot->detail = (uint32_t)(below(2) == 0 ? below(20) : nasty());
        slot->sent_bytes = (uint32_t)nasty();
        slot->received_bytes = (uint32_t)nasty();
        slot->sent_kept = (uint16_t)(below(2) == 0 ? below(60) : nasty());
        slot->received_kept = (uint16_t)(below(2) == 0 ? below(60) : nasty());
        slot->flags = (uint16_t)random_number();
        for (size_t i = 0; i < sizeof slot->payload; i++) slot->payload[i] = (uint8_t)random_number();
        slot->sequence = below(8) == 0 ? nasty() : below(4) == 0 ? (position + 1) | RING_CONTINUATION : position + 1;
    }
}

static void lie_in_sessions(uint8_t *base) {
    for (uint32_t i = 0; i < RING_SESSIONS; i++) {
        struct ring_session *session = ring_session_at(base, i);
        session->serial = below(2) == 0 ? below(8) : nasty();
        session->opened_ns = nasty();
        session->protocol = (uint32_t)nasty();
        session->share_mode = (uint32_t)nasty();
        for (size_t b = 0; b < sizeof session->reader; b++) session->reader[b] = (char)random_number();
    }
}

static void rings(const char *path, long count) {
    static const off_t sizes[] = {0, 1, 4096, RING_TOTAL_BYTES - 1, RING_TOTAL_BYTES + 4096};
    for (; count > 0; count--) {
        int file = memfd_create("lie", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        bool is_sized = below(6) != 0;
        if (ftruncate(file, is_sized ? RING_TOTAL_BYTES : sizes[below(5)]) != 0) exit(1);
        if (below(6) != 0) fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
        else if (below(2) == 0) fcntl(file, F_ADD_SEALS, below(2) == 0 ? F_SEAL_SHRINK : F_SEAL_GROW);
        uint8_t *base = NULL;
        if (is_sized) {
            base = mmap(NULL, RING_TOTAL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            if (base == MAP_FAILED) exit(1);
            lie_in_header(ring_header_of(base));
            lie_in_slots(base, ring_header_of(base));
            lie_in_sessions(base);
        }
        int socket = connect_to(path);
        send_files(socket, (struct ring_message){RING_HELLO, RING_LAYOUT}, &file, 1);
        // What a receiver must not believe to last.
        for (int again = 0; base != NULL && again < 3; again++) {
            usleep(below(200));
            ring_header_of(base)->head += nasty();
            lie_in_slots(base, ring_header_of(base));
            if (below(4) == 0) lie_in_sessions(base);
        }
        if (ftruncate(file, 0) != 0 && errno != EPERM) exit(1);
        if (base != NULL) munmap(base, RING_TOTAL_BYTES);
        close(file);
        close(socket);
    }
}

static void silent(const char *path, long count) {
    struct pollfd sockets[400];
    if (count > 400) exit(1);
    for (long i = 0; i < count; i++) sockets[i] = (struct pollfd){.fd = connect_to(path), .events = POLLIN};
    long ended = 0;
    for (time_t end = time(NULL) + 30; ended < count && time(NULL) < end;) {
        poll(sockets, (nfds_t)count, 100);
        for (long i = 0; i < count; i++) {
            if (sockets[i].fd >= 0 && sockets[i].revents != 0) ended++, sockets[i].fd = -1;
        }
    }
    printf("%ld", ended);
}

static void flood(const char *path) {
    struct ring_message message = {RING_WAKE, RING_LAYOUT};
    int socket = connect_to(path);
    int file = memfd_create("flood", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (ftruncate(file, RING_TOTAL_BYTES) != 0) exit(1);
    fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
    struct ring_header *header = mmap(NULL, RING_TOTAL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    header->magic = RING_MAGIC;
    header->layout = RING_LAYOUT;
    send_files(socket, (struct ring_message){RING_HELLO, RING_LAYOUT}, &file, 1);
    for (time_t end = time(NULL) + 2; time(NULL) < end;) send(socket, &message, sizeof message, MSG_NOSIGNAL);
}

int main(int count, char **arguments) {
    if (count != 5) return 2;
    const char *what = arguments[2];
    long number = atol(arguments[3]);
    state = strtoull(arguments[4], NULL, 10) | 1;
    if (strcmp(what, "junk") == 0) junk(arguments[1], number);
    else if (strcmp(what, "rings") == 0) rings(arguments[1], number);
    else if (strcmp(what, "silent") == 0) silent(arguments[1], number);
    else if (strcmp(what, "flood") == 0) flood(arguments[1]);
    else if (strcmp(what, "shared") == 0) {
        int files[2] = {memfd_create("a", 0), memfd_create("b", 0)};
        int socket = connect_to(arguments[1]);
        send_files(socket, (struct ring_message){RING_HELLO, RING_LAYOUT}, files, 2);
        close(socket);
    }
    return 0;
}
