#define _GNU_SOURCE
#include "detach.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { most_descriptors = 8 };

static sigset_t mask_at_start;

// Swift's thread pools block signals in their threads, and exec keeps the mask of the thread that calls it.
__attribute__((constructor)) static void note_mask(void) { pthread_sigmask(SIG_BLOCK, NULL, &mask_at_start); }

int detach_own_end(void) {
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, getpid(), 0);
#else
    errno = ENOSYS;
    return -1;
#endif
}

// From here to exec only calls that are safe after fork in a program with threads.
static int place_descriptors(const int descriptors[], int count, int *complaint) {
    int moved[most_descriptors];
    // first out of the way: a source may stand where another one goes to
    for (int i = 0; i < count; i++)
        if ((moved[i] = fcntl(descriptors[i], F_DUPFD_CLOEXEC, 2 * most_descriptors)) < 0) return -1;
    int kept = fcntl(*complaint, F_DUPFD_CLOEXEC, 2 * most_descriptors);
    if (kept < 0) return -1;
    for (int i = 0; i < count; i++)
        if (dup2(moved[i], i) < 0) return -1;
    if (dup3(kept, count, O_CLOEXEC) < 0) return -1;
    *complaint = count;
    close_range((unsigned)count + 1, ~0U, 0);
    return 0;
}

static void run(
    char *const arguments[], char *const environment[], const int descriptors[], int count, int complaint) {
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    if (place_descriptors(descriptors, count, &complaint) == 0) execve(arguments[0], arguments, environment);
    int code = errno;
    (void)!write(complaint, &code, sizeof code);
    _exit(127);
}

// What the pipe tells: nothing when exec closed it, else the errno.
static int complaint_of(int pipe_end) {
    int code = 0;
    ssize_t count;
    do count = read(pipe_end, &code, sizeof code);
    while (count < 0 && errno == EINTR);
    return count == sizeof code ? code : 0;
}

static pid_t start(
    char *const arguments[], char *const environment[], const int descriptors[], int count, bool detached) {
    int ends[2];
    if (count > most_descriptors) {
        errno = EINVAL;
        return -1;
    }
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        if (detached) {
            setsid();
            pid_t grandchild = fork();
            if (grandchild > 0) _exit(0);
            if (grandchild < 0) {
                int code = errno;
                (void)!write(ends[1], &code, sizeof code);
                _exit(127);
            }
        }
        run(arguments, environment, descriptors, count, ends[1]);
    }
    int code = child < 0 ? errno : 0;
    close(ends[1]);
    if (child > 0) code = complaint_of(ends[0]);
    close(ends[0]);
    // the one between ends at once; a child that did not become the program has ended
    if (child > 0 && (detached || code != 0))
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
    errno = code;
    return code == 0 ? child : -1;
}

int detach_start(char *const arguments[], char *const environment[], const int descriptors[], int count) {
    return start(arguments, environment, descriptors, count, true) < 0 ? errno : 0;
}

pid_t detach_child(char *const arguments[], char *const environment[], const int descriptors[], int count) {
    return start(arguments, environment, descriptors, count, false);
}

int detach_become(char *const arguments[], char *const environment[]) {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, &mask_at_start, &mask);
    execvpe(arguments[0], arguments, environment);
    int code = errno;
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    return code;
}
