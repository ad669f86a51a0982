#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int word_count;
static char **own_words;

// glibc hands its constructors what it hands `main`.
__attribute__((constructor)) static void note_words(int count, char **words) {
    word_count = count;
    own_words = words;
}

int process_words(char *const **words) {
    *words = own_words;
    return word_count;
}

void process_use_two_arenas(void) { mallopt(M_ARENA_MAX, 2); }

static int give_back(struct dl_phdr_info *program, size_t size, void *unused) {
    (void)size, (void)unused;
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < program->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &program->dlpi_phdr[i];
        // What can be written to is no longer as the file has it.
        if (part->p_type != PT_LOAD || part->p_flags & PF_W) continue;
        uintptr_t first = (program->dlpi_addr + part->p_vaddr + page - 1) & ~(page - 1);
        uintptr_t end = (program->dlpi_addr + part->p_vaddr + part->p_memsz) & ~(page - 1);
        if (end > first) madvise((void *)first, end - first, MADV_DONTNEED);
    }
    return 1;  // The program itself comes first.
}

void process_give_back_start(void) { dl_iterate_phdr(give_back, NULL); }

static const int handed_on[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP};

static sigset_t waited_for(void) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof handed_on / sizeof *handed_on; i++) sigaddset(&set, handed_on[i]);
    sigaddset(&set, SIGCHLD);
    return set;
}

// Asks for many at once: a limit of a million descriptors is common in containers.
static void note_descriptors(struct process_origin *origin) {
    enum { ASKED = 1024, HIGHEST = 65536 };
    const int most = sizeof origin->descriptors / sizeof *origin->descriptors;
    struct pollfd asked[ASKED];
    origin->descriptor_count = 0;
    for (int first = 0; first < HIGHEST; first += ASKED) {
        for (int i = 0; i < ASKED; i++) asked[i] = (struct pollfd){.fd = first + i};
        // Refused when the limit is lower than what is asked for.
        if (poll(asked, ASKED, 0) < 0) {
            for (int i = 0; i < ASKED; i++) asked[i].revents = fcntl(asked[i].fd, F_GETFD) < 0 ? POLLNVAL : 0;
        }
        for (int i = 0; i < ASKED && origin->descriptor_count < most; i++) {
            if (!(asked[i].revents & POLLNVAL)) origin->descriptors[origin->descriptor_count++] = asked[i].fd;
        }
    }
}

void process_begin(struct process_origin *origin) {
    note_descriptors(origin);
    sigemptyset(&origin->ignored);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN) sigaddset(&origin->ignored, number);
    }
    sigset_t set = waited_for();
    pthread_sigmask(SIG_BLOCK, &set, &origin->mask);
    // A parent that ignores SIGCHLD would make the program's status unknowable.
    signal(SIGCHLD, SIG_DFL);
}

// Not every library opens its descriptors with O_CLOEXEC. (close_range with this flag is there from Linux 5.11 on.)
static void keep_own_descriptors(const struct process_origin *origin) {
    unsigned first = 3;
    for (int i = 0; i < origin->descriptor_count; i++) {
        unsigned kept = (unsigned)origin->descriptors[i];
        if (kept > first) close_range(first, kept - 1, CLOSE_RANGE_CLOEXEC);
        if (kept >= first) first = kept + 1;
    }
    bool knows_all = origin->descriptor_count < (int)(sizeof origin->descriptors / sizeof *origin->descriptors);
    if (knows_all) close_range(first, ~0U, CLOSE_RANGE_CLOEXEC);
}

// Runs in a child, between fork and exec, as well: only what signal-safety(7) allows.
int process_become(char *const arguments[], char *const environment[], const struct process_origin *origin) {
    keep_own_descriptors(origin);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action = {.sa_handler = sigismember(&origin->ignored, number) == 1 ? SIG_IGN : SIG_DFL};
        sigaction(number, &action, NULL);
    }
    pthread_sigmask(SIG_SETMASK, &origin->mask, NULL);
    execvpe(arguments[0], arguments, environment);
    return errno;
}

pid_t process_start(char *const arguments[], char *const environment[], const struct process_origin *origin) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        int failure = process_become(arguments, environment, origin);
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
    // At this thread: one for the process may reach another thread, and come too late.
    raise(number);
    pthread_sigmask(SIG_UNBLOCK, &only, NULL);
}
