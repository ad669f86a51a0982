// The receiver's socket and mappings: what of libc Swift cannot say (control messages, seals, peer credentials).
#ifndef CPROBE_RECEIVER_H
#define CPROBE_RECEIVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ring.h"

struct receiver_peer {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

// A listening SOCK_SEQPACKET socket at `path`, mode 0660, non-blocking; a socket file on which nobody answers is
// replaced. -1 with errno: EADDRINUSE when somebody answers, ENAMETOOLONG above 107 bytes.
int receiver_listen(const char *path);

// The next client; -1 with errno (EAGAIN: none waits).
int receiver_accept(int listener, struct receiver_peer *peer);

// The next message of a client: with `message` and, where one came along, `file` (else -1).
enum receiver_step { RECEIVER_NOTHING, RECEIVER_MESSAGE, RECEIVER_JUNK, RECEIVER_END };
enum receiver_step receiver_read(int client, struct ring_message *message, int *file);

// A descriptor that becomes readable when it is raised, to wake a thread in poll(2); -1 with errno.
int receiver_bell(void);
void receiver_ring_bell(int bell);

// Maps a client's ring, for looking only or for taking records. NULL unless it has the size of this layout and can neither shrink nor grow.
void *receiver_map(int file, bool looks_only);
void receiver_unmap(void *base);

#endif
