#define _GNU_SOURCE
#include "receiver.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool somebody_answers(const struct sockaddr_un *address) {
    int probe = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) return true;
    bool answered = connect(probe, (const struct sockaddr *)address, sizeof *address) == 0 || errno != ECONNREFUSED;
    close(probe);
    return answered;
}

static int close_keeping_errno(int file) {
    int saved = errno;
    close(file);
    errno = saved;
    return -1;
}

int receiver_listen(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) return -1;
    int bound = bind(listener, (const struct sockaddr *)&address, sizeof address);
    struct stat status;
    if (bound != 0 && errno == EADDRINUSE && lstat(path, &status) == 0 && S_ISSOCK(status.st_mode) &&
        !somebody_answers(&address)) {
        unlink(path);
        bound = bind(listener, (const struct sockaddr *)&address, sizeof address);
    }
    if (bound != 0 || chmod(path, 0660) != 0 || listen(listener, SOMAXCONN) != 0) return close_keeping_errno(listener);
    return listener;
}

int receiver_accept(int listener, struct receiver_peer *peer) {
    int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return -1;
    struct ucred credentials;
    socklen_t bytes = sizeof credentials;
    if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &credentials, &bytes) != 0) return close_keeping_errno(client);
    *peer = (struct receiver_peer){credentials.pid, credentials.uid, credentials.gid};
    return client;
}

enum receiver_step receiver_read(int client, struct ring_message *message, int *file) {
    struct iovec part = {.iov_base = message, .iov_len = sizeof *message};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    // CMSG_LEN, not CMSG_SPACE, in whose padding a second descriptor would come in.
    struct msghdr envelope = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_LEN(sizeof(int))};
    *file = -1;
    ssize_t received = recvmsg(client, &envelope, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (received < 0) return errno == EAGAIN || errno == EINTR ? RECEIVER_NOTHING : RECEIVER_END;
    struct cmsghdr *header = CMSG_FIRSTHDR(&envelope);
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof(int))) {
        memcpy(file, CMSG_DATA(header), sizeof *file);
    }
    if (received == sizeof *message && !(envelope.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) return RECEIVER_MESSAGE;
    if (*file >= 0) close(*file);
    *file = -1;
    return received == 0 ? RECEIVER_END : RECEIVER_JUNK;
}

int receiver_bell(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void receiver_ring_bell(int bell) { eventfd_write(bell, 1); }

void *receiver_map(int file, bool looks_only) {
    struct stat status;
    int seals = fcntl(file, F_GET_SEALS);
    if (seals < 0 || (seals & (F_SEAL_SHRINK | F_SEAL_GROW)) != (F_SEAL_SHRINK | F_SEAL_GROW)) return NULL;
    if (fstat(file, &status) != 0 || status.st_size != RING_TOTAL_BYTES) return NULL;
    void *base = mmap(NULL, RING_TOTAL_BYTES, looks_only ? PROT_READ : PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return base == MAP_FAILED ? NULL : base;
}

void receiver_unmap(void *base) { munmap(base, RING_TOTAL_BYTES); }
