// Programs that the virtual bench starts, and the program that its starter becomes: what of fork, exec and pidfd Swift
// cannot say.
#ifndef CPROBE_DETACH_H
#define CPROBE_DETACH_H

#include <sys/types.h>

// A descriptor that becomes readable when this process ends, through any exec. -1 with errno (Linux 5.3 and later).
int detach_own_end(void);

// Starts a program, given by its path, in a session of its own and as nobody's child, so that whoever waits for our
// children never meets it. Its descriptors 0 to count - 1 are those given, it has no others; no signal is blocked or
// ignored. 0, or the errno.
int detach_start(char *const arguments[], char *const environment[], const int descriptors[], int count);

// Starts a program in the same manner as a child in our session. Its id, or -1 with errno.
pid_t detach_child(char *const arguments[], char *const environment[], const int descriptors[], int count);

// Becomes the program, found along PATH, with the signals blocked that were blocked when this process began. Returns
// only when that failed: the errno.
int detach_become(char *const arguments[], char *const environment[]);

#endif
