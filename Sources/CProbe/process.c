#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const int handed_on[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP};

static sigset_t waited_for(void) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof handed_on / sizeof *handed_on; i++) sigaddset(&set, handed_on[i]);
    sigaddset(&set, SIGCHLD);
    return set;
}

void process_take_signals(struct process_signals *before) {
    sigemptyset(&before->ignored);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN) sigaddset(&before->ignored, number);
    }
    sigset_t set = waited_for();
    pthread_sigmask(SIG_BLOCK, &set, &before->mask);
    // A parent that ignores SIGCHLD would make the program's status unknowable.
    signal(SIGCHLD, SIG_DFL);
}

// Runs in the child, between fork and exec: only what signal-safety(7) allows.
static void become(char *const arguments[], char *const environment[], const struct process_signals *before) {
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action = {.sa_handler = sigismember(&before->ignored, number) == 1 ? SIG_IGN : SIG_DFL};
        sigaction(number, &action, NULL);
    }
    pthread_sigmask(SIG_SETMASK, &before->mask, NULL);
    execvpe(arguments[0], arguments, environment);
}

pid_t process_start(char *const arguments[], char *const environment[], const struct process_signals *before) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        become(arguments, environment, before);
        int failure = errno;
        ssize_t written = write(report[1], &failure, sizeof failure);
        _exit(written == sizeof failure ? 127 : 126);
    }
    int failure = errno;
    close(report[1]);
    if (child > 0) {
        ssize_t received;
        do received = read(report[0], &failure, sizeof failure);
        while (received < 0 && errno == EINTR);
        if (received == sizeof failure) {
            waitpid(child, NULL, 0);
            child = -1;
        }
    }
    close(report[0]);
    errno = failure;
    return child;
}

// One of the terminal's keys: the kernel has sent it to the whole foreground group, the program included.
static bool came_from_terminal(const siginfo_t *signal) { return signal->si_code == SI_KERNEL; }

// True once the child has ended.
static bool follow(pid_t child, int *status) {
    while (waitpid(child, status, WNOHANG | WUNTRACED) == child) {
        if (!WIFSTOPPED(*status)) return true;
        // Whoever waits for this process must see the stop; it goes on when this process is continued.
        raise(SIGSTOP);
        kill(child, SIGCONT);
    }
    return false;
}

int process_wait(pid_t child) {
    sigset_t set = waited_for();
    int status = 0;
    while (!follow(child, &status)) {
        siginfo_t signal;
        int number = sigwaitinfo(&set, &signal);
        if (number > 0 && number != SIGCHLD && !came_from_terminal(&signal)) kill(child, number);
    }
    return status;
}

bool process_was_killed(int status) { return WIFSIGNALED(status); }

int process_code(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status); }

void process_end_by(int number) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(number, SIG_DFL);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, number);
    kill(getpid(), number);
    pthread_sigmask(SIG_UNBLOCK, &only, NULL);
}
