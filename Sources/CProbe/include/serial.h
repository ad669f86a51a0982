// Serial ports: what of termios and the ioctls of terminals Swift cannot say.
#ifndef CPROBE_SERIAL_H
#define CPROBE_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

// A port's settings as they were, for putting them back.
struct serial_settings {
    _Alignas(8) uint8_t bytes[64];
};

// Notes a port's settings. 0, or the errno.
int serial_save(int port, struct serial_settings *settings);

// Puts settings back, and throws away what was not sent yet. 0, or the errno.
int serial_restore(int port, const struct serial_settings *settings);

// Makes a port raw: eight bits, no parity, no echo, at any speed; RTS and CTS keep it back when `flow` is true. What
// came before is thrown away. 0, or the errno.
int serial_make_raw(int port, uint32_t speed, bool flow);

// Whether somebody has asked for the port alone; false where the kernel does not say.
bool serial_is_exclusive(int port);

// Asks for the port alone, so that a further open fails for all but root; or ends that. 0, or the errno.
int serial_set_exclusive(int port, bool exclusive);

// A new pseudo terminal: its master, not blocking, with the name of its other end in `name`. -1 with errno.
int serial_new_terminal(char *name, int room);

#endif
