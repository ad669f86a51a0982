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

// What of a port's settings concerns its wire.
struct serial_line {
    // Flags: stop bits, RTS and CTS, hang-up at the end.
    uint32_t control;
    uint32_t in_speed;
    uint32_t out_speed;
};

// Notes how a terminal's wire is set; a pseudo terminal's master tells of the other end. 0, or the errno.
int serial_get_line(int port, struct serial_line *line);

// Sets a port's wire; it stays raw, and speed 0 hangs up. 0, or the errno.
int serial_set_line(int port, const struct serial_line *line);

// Whether the line is hung up when its last user closes it.
bool serial_hangs_up(const struct serial_line *line);

// Raises or drops DTR and RTS, where a port has such lines.
void serial_set_ready(int port, bool ready);

// Throws away what a terminal has received and nobody has read.
void serial_forget_input(int port);

// Puts a pseudo terminal's master into packet mode: each read gives a byte that is 0 before data, and alone when it tells
// of something else. 0, or the errno.
int serial_read_packets(int master);

// A watch over who opens and closes a file, not blocking; -1 with errno.
int serial_watch_opens(const char *path);

// How many opened (+1) and closed (-1) it, from `length` bytes that a watch told; `lost` when some are not known.
int serial_count_opens(const void *bytes, int length, bool *lost);

// A new pseudo terminal: its master, not blocking, with the name of its other end in `name`. -1 with errno.
int serial_new_terminal(char *name, int room);

#endif
