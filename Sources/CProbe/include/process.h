// A wrapped program as `env` would run it: what of fork, exec and signals Swift cannot say.
#ifndef CPROBE_PROCESS_H
#define CPROBE_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

// The words that this program was called with, in whatever encoding, and without /proc; their number.
int process_words(char *const **words);

// Keeps what is allocated in two arenas; before the first thread is made. glibc makes eight for each processor, and what
// many threads allocate in turn and others free lies in all of them: a busy daemon took twice the memory.
void process_use_two_arenas(void);

// Gives back what only the start needed of the program's own code and constants; the kernel reads again what is needed.
// Breakpoints of a debugger go with it.
void process_give_back_start(void);

// What this process began with: its signal mask, the ignored signals, the open descriptors.
struct process_origin {
    sigset_t mask;
    sigset_t ignored;
    int descriptor_count;
    int descriptors[256];  // ascending; of more, the lowest
};

// Notes how things stand, then blocks the signals that are handed on; before the first thread is made, so that no
// thread takes one of them.
void process_begin(struct process_origin *origin);

// Starts a program, found along PATH, with what this process began with. The program's id; -1 with errno when it could not be
// started, ENOENT when it was not found.
pid_t process_start(char *const arguments[], char *const environment[], const struct process_origin *origin);

// Becomes a program, found along PATH, with what this process began with. Returns only when that failed: the errno.
int process_become(char *const arguments[], char *const environment[], const struct process_origin *origin);

// Waits until the program has ended; hands on signals, stops when it stops and continues with it. Its status as of
// waitpid(2).
int process_wait(pid_t child);

// The parts of a status of waitpid(2): whether a signal ended it, and the signal or the exit code.
bool process_was_killed(int status);
int process_code(int status);

// Ends this process as the signal would end it, without a core file. Returns when the signal does not end a process.
void process_end_by(int number);

#endif
