#define _GNU_SOURCE
#include "serial.h"

// The kernel's own termios, which has speeds as numbers; <termios.h> has another of that name, and must stay out.
#include <asm/termios.h>
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

int ioctl(int descriptor, unsigned long request, ...);

_Static_assert(sizeof(struct termios2) <= sizeof(struct serial_settings), "settings have no room");

int serial_save(int port, struct serial_settings *settings) {
    struct termios2 now;
    if (ioctl(port, TCGETS2, &now) < 0) return errno;
    memset(settings, 0, sizeof *settings);
    memcpy(settings->bytes, &now, sizeof now);
    return 0;
}

int serial_restore(int port, const struct serial_settings *settings) {
    struct termios2 before;
    memcpy(&before, settings->bytes, sizeof before);
    // What is not sent yet would be waited for, here and at the close: up to 30 s when the other side holds it back.
    ioctl(port, TCFLSH, TCOFLUSH);
    return ioctl(port, TCSETS2, &before) < 0 ? errno : 0;
}

int serial_make_raw(int port, uint32_t speed, bool flow) {
    struct termios2 raw;
    if (ioctl(port, TCGETS2, &raw) < 0) return errno;
    // HUPCL stays off while it is ours: a modem that sees DTR fall hangs up what it does for others.
    raw.c_cflag &= ~(tcflag_t)(CBAUD | (CBAUD << IBSHIFT) | CSIZE | CSTOPB | PARENB | PARODD | CRTSCTS | HUPCL);
    raw.c_cflag |= CS8 | CLOCAL | CREAD | BOTHER | (BOTHER << IBSHIFT) | (flow ? CRTSCTS : 0);
    raw.c_ispeed = speed;
    raw.c_ospeed = speed;
    raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IUCLC | INPCK | IXON | IXOFF |
                               IXANY);
    raw.c_iflag |= IGNPAR;
    raw.c_oflag = 0;
    raw.c_lflag = 0;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (ioctl(port, TCSETS2, &raw) < 0) return errno;
    return ioctl(port, TCFLSH, TCIOFLUSH) < 0 ? errno : 0;
}

bool serial_is_exclusive(int port) {
    int exclusive = 0;
    return ioctl(port, TIOCGEXCL, &exclusive) == 0 && exclusive != 0;
}

int serial_set_exclusive(int port, bool exclusive) {
    return ioctl(port, exclusive ? TIOCEXCL : TIOCNXCL) < 0 ? errno : 0;
}

// CSIZE and PARENB are not among them: a pseudo terminal always has eight bits without parity.
static const tcflag_t wire_flags = CSTOPB | CRTSCTS | HUPCL;

int serial_get_line(int port, struct serial_line *line) {
    struct termios2 now;
    if (ioctl(port, TCGETS2, &now) < 0) return errno;
    line->control = now.c_cflag & wire_flags;
    line->in_speed = now.c_ispeed;
    line->out_speed = now.c_ospeed;
    return 0;
}

int serial_set_line(int port, const struct serial_line *line) {
    struct termios2 now;
    if (ioctl(port, TCGETS2, &now) < 0) return errno;
    tcflag_t mine = CSTOPB | CRTSCTS;
    now.c_cflag &= ~(tcflag_t)(mine | CBAUD | (CBAUD << IBSHIFT));
    now.c_cflag |= (line->control & mine) | (BOTHER << IBSHIFT) | (line->out_speed == 0 ? B0 : BOTHER);
    now.c_ispeed = line->in_speed;
    now.c_ospeed = line->out_speed;
    return ioctl(port, TCSETS2, &now) < 0 ? errno : 0;
}

bool serial_hangs_up(const struct serial_line *line) { return line->control & HUPCL; }

void serial_set_ready(int port, bool ready) {
    int lines = TIOCM_DTR | TIOCM_RTS;
    ioctl(port, ready ? TIOCMBIS : TIOCMBIC, &lines);
}

void serial_forget_input(int port) { ioctl(port, TCFLSH, TCIFLUSH); }

int serial_read_packets(int master) {
    int on = 1;
    return ioctl(master, TIOCPKT, &on) < 0 ? errno : 0;
}

int serial_watch_opens(const char *path) {
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch < 0 || inotify_add_watch(watch, path, IN_OPEN | IN_CLOSE) >= 0) return watch;
    int failure = errno;
    close(watch);
    errno = failure;
    return -1;
}

int serial_count_opens(const void *bytes, int length, bool *lost) {
    int count = 0;
    const char *next = bytes;
    struct inotify_event event;
    *lost = false;
    while (length >= (int)sizeof event) {
        memcpy(&event, next, sizeof event);
        if (event.mask & IN_OPEN) count++;
        if (event.mask & IN_CLOSE) count--;
        if (event.mask & IN_Q_OVERFLOW) *lost = true;
        int size = (int)sizeof event + (int)event.len;
        next += size;
        length -= size;
    }
    return count;
}

int serial_new_terminal(char *name, int room) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (master < 0) return -1;
    int failure = grantpt(master) < 0 || unlockpt(master) < 0 ? errno : ptsname_r(master, name, (size_t)room);
    if (failure == 0) return master;
    close(master);
    errno = failure;
    return -1;
}
