#define _GNU_SOURCE
#include "serial.h"

// The kernel's own termios, which has speeds as numbers; <termios.h> has another of that name, and must stay out.
#include <asm/termbits.h>
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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

int serial_new_terminal(char *name, int room) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (master < 0) return -1;
    int failure = grantpt(master) < 0 || unlockpt(master) < 0 ? errno : ptsname_r(master, name, (size_t)room);
    if (failure == 0) return master;
    close(master);
    errno = failure;
    return -1;
}
