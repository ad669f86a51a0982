// Who is connected to whom by local sockets: what only the kernel's socket diagnosis tells.
#ifndef CPROBE_SOCKETS_H
#define CPROBE_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

// A connected stream socket of this network namespace.
struct socket_pair {
    uint32_t own;   // its inode, as `/proc/PID/fd` shows it
    uint32_t peer;  // the other end's
    bool is_named;  // has a name: the end of a server
    bool is_at_path;  // its name is the path that was asked for
};

// Asks the kernel for all connected local stream sockets and writes down at most `room` of them. How many there are; -1
// with errno.
int socket_pairs(const char *path, struct socket_pair *pairs, int room);

#endif
