#define _GNU_SOURCE
#include "sockets.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TCP_ESTABLISHED_BIT (1u << 1)  // of local sockets, too

struct question {
    struct nlmsghdr header;
    struct unix_diag_req body;
};

static bool ask(int netlink) {
    struct question question = {
        .header = {.nlmsg_len = sizeof question, .nlmsg_type = SOCK_DIAG_BY_FAMILY,
            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.sdiag_family = AF_UNIX, .udiag_states = TCP_ESTABLISHED_BIT,
            .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER},
    };
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    return sendto(netlink, &question, sizeof question, 0, (const struct sockaddr *)&kernel, sizeof kernel) ==
           sizeof question;
}

// False for a socket without a peer.
static bool read_pair(const struct nlmsghdr *header, const char *path, struct socket_pair *pair) {
    if (header->nlmsg_len < NLMSG_LENGTH(sizeof(struct unix_diag_msg))) return false;
    const struct unix_diag_msg *message = NLMSG_DATA(header);
    if (message->udiag_type != SOCK_STREAM) return false;
    *pair = (struct socket_pair){.own = message->udiag_ino};
    const uint8_t *at = (const uint8_t *)message + NLMSG_ALIGN(sizeof *message);
    const uint8_t *end = (const uint8_t *)header + header->nlmsg_len;
    while ((size_t)(end - at) >= sizeof(struct nlattr)) {
        const struct nlattr *attribute = (const struct nlattr *)at;
        if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > end - at) break;
        const uint8_t *value = at + NLA_HDRLEN;
        size_t bytes = attribute->nla_len - NLA_HDRLEN;
        if (attribute->nla_type == UNIX_DIAG_PEER && bytes == sizeof pair->peer) {
            memcpy(&pair->peer, value, sizeof pair->peer);
        } else if (attribute->nla_type == UNIX_DIAG_NAME) {
            pair->is_named = true;
            pair->is_at_path = strnlen((const char *)value, bytes) == strlen(path) &&
                               memcmp(value, path, strlen(path)) == 0;
        }
        size_t step = NLA_ALIGN(attribute->nla_len);
        if (step > (size_t)(end - at)) break;
        at += step;
    }
    return pair->peer != 0;
}

// Reads the answer to its end; how many pairs it has, -1 with errno.
static int read_answer(int netlink, const char *path, struct socket_pair *pairs, int room) {
    int count = 0;
    _Alignas(struct nlmsghdr) uint8_t buffer[32768];
    while (true) {
        ssize_t received = recv(netlink, buffer, sizeof buffer, 0);
        if (received < 0 && errno == EINTR) continue;
        if (received <= 0) return -1;
        size_t left = (size_t)received;
        for (const struct nlmsghdr *header = (const struct nlmsghdr *)buffer; NLMSG_OK(header, left);
            header = NLMSG_NEXT(header, left)) {
            if (header->nlmsg_type == NLMSG_DONE) return count;
            if (header->nlmsg_type == NLMSG_ERROR) {
                errno = EOPNOTSUPP;
                return -1;
            }
            struct socket_pair pair;
            if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY || !read_pair(header, path, &pair)) continue;
            if (count < room) pairs[count] = pair;
            count++;
        }
    }
}

int socket_pairs(const char *path, struct socket_pair *pairs, int room) {
    int netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0) return -1;
    // The kernel answers a dump in the calls that read it: a bound all the same, since a caller waits.
    struct timeval patience = {.tv_sec = 1};
    setsockopt(netlink, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    int count = ask(netlink) ? read_answer(netlink, path, pairs, room) : -1;
    int saved = errno;
    close(netlink);
    errno = saved;
    return count;
}
