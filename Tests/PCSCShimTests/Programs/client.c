// A PC/SC client that does as the lines of its standard input say, and answers each with a line.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <reader.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

#define GARBAGE ((void *)0x10)

extern char **environ;
static SCARDCONTEXT context;
static SCARDHANDLE cards[512];
static int card_count;
static const char select_file[] = {0x00, (char)0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00};

static LONG establish(void) { return SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context); }

static LONG connect_card(void) {
    DWORD active;
    LONG result = SCardConnect(
        context, "Stub Reader 00", SCARD_SHARE_SHARED, SCARD_PROTOCOL_ANY, &cards[card_count], &active);
    if (result == SCARD_S_SUCCESS) card_count++;
    return result;
}

static LONG transmit(SCARDHANDLE card, const void *command, DWORD count) {
    BYTE response[300];
    DWORD room = sizeof response;
    return SCardTransmit(card, SCARD_PCI_T0, command, count, NULL, response, &room);
}

static long transmit_many(SCARDHANDLE card, long count) {
    long good = 0;
    while (count-- > 0) good += transmit(card, select_file, sizeof select_file) == SCARD_S_SUCCESS;
    return good;
}

static void show(const char *what, LONG result) { printf(" %s=%08lX", what, result & 0xFFFFFFFF); }

static void show_bytes(const char *what, const BYTE *bytes, DWORD count) {
    printf(" %s=", what);
    for (DWORD i = 0; i < count; i++) printf("%02X", bytes[i]);
}

// Calls as strange programs make them; what each gives must be what it gives without the probe.
static void strange_calls(void) {
    SCARDHANDLE card = cards[0];
    BYTE buffer[70000];
    DWORD room, other;
    LPBYTE allocated;
    room = sizeof buffer;
    show("room-too-big", SCardTransmit(card, SCARD_PCI_T0, (LPCBYTE)select_file, 7, NULL, buffer, &room));
    room = 2;
    show("null-pci", SCardTransmit(card, SCARD_PCI_T0, (LPCBYTE)select_file, 7, NULL, buffer, &room));
    show("null-room", SCardTransmit(card, SCARD_PCI_T0, (LPCBYTE)select_file, 7, NULL, buffer, NULL));
    show("null-send", SCardTransmit(card, SCARD_PCI_T0, NULL, 7, NULL, buffer, &room));
    show("null-response", SCardTransmit(card, SCARD_PCI_T0, (LPCBYTE)select_file, 7, NULL, NULL, &room));
    show("null-send-pci", SCardTransmit(card, NULL, GARBAGE, 7, NULL, GARBAGE, GARBAGE));
    room = 264;
    show("empty-command", SCardTransmit(card, SCARD_PCI_T0, (LPCBYTE)select_file, 0, NULL, buffer, &room));
    room = 0;
    show("no-room", SCardTransmit(card, SCARD_PCI_T0, (LPCBYTE)select_file, 7, NULL, buffer, &room));
    printf(" room=%lu", room);
    room = 264;
    show("huge-command", SCardTransmit(card, SCARD_PCI_T0, GARBAGE, (DWORD)-1, NULL, buffer, &room));
    room = (DWORD)-1;
    show("huge-room", SCardTransmit(card, SCARD_PCI_T0, (LPCBYTE)select_file, 7, NULL, GARBAGE, &room));
    memcpy(buffer, select_file, 7);
    room = 264;
    show("over-itself", SCardTransmit(card, SCARD_PCI_T0, buffer, 7, NULL, buffer, &room));
    show_bytes("response", buffer, room);
    room = 264;
    show("bad-handle", SCardTransmit(77, SCARD_PCI_T0, GARBAGE, 9, GARBAGE, GARBAGE, &room));
    printf(" room=%lu", room);
    show("bad-handles", SCardStatus(77, GARBAGE, GARBAGE, GARBAGE, GARBAGE, GARBAGE, GARBAGE));
    show("attribute", SCardGetAttrib(77, SCARD_ATTR_ATR_STRING, GARBAGE, GARBAGE));
    show("disconnect", SCardDisconnect(77, SCARD_LEAVE_CARD));
    show("begin", SCardBeginTransaction(77));
    show("control", SCardControl(77, 1, GARBAGE, 1, GARBAGE, 1, GARBAGE));
    show("connect", SCardConnect(context, GARBAGE, 2, 3, NULL, NULL));
    show("status-nulls", SCardStatus(card, NULL, NULL, NULL, NULL, NULL, NULL));
    room = other = 0;
    show("status-lengths", SCardStatus(card, NULL, &room, NULL, NULL, NULL, &other));
    printf(" lengths=%lu,%lu", room, other);
    LPSTR name = NULL;
    room = other = SCARD_AUTOALLOCATE;
    show("status-allocates", SCardStatus(card, (LPSTR)&name, &room, NULL, NULL, (LPBYTE)&allocated, &other));
    printf(" name=%s", name);
    show_bytes("atr", allocated, other);
    SCardFreeMemory(context, name);
    SCardFreeMemory(context, allocated);
    room = SCARD_AUTOALLOCATE;
    show("attribute-allocates", SCardGetAttrib(card, SCARD_ATTR_ATR_STRING, (LPBYTE)&allocated, &room));
    show_bytes("atr", allocated, room);
    SCardFreeMemory(context, allocated);
    show("attribute-null", SCardGetAttrib(card, SCARD_ATTR_ATR_STRING, buffer, NULL));
    room = SCARD_AUTOALLOCATE;
    show("readers", SCardListReaders(context, NULL, (LPSTR)&name, &room));
    printf(" first=%s", name);
    SCardFreeMemory(context, name);
    show("groups", SCardListReaderGroups(context, NULL, NULL));
    show("valid", SCardIsValidContext(context));
    show("set", SCardSetAttrib(card, 1, GARBAGE, 1));
    printf(" text=%s", pcsc_stringify_error(SCARD_S_SUCCESS));
    const BYTE sets_errno[] = {0x00, 0xE5, ENOTTY, 0x00};
    errno = 0;
    transmit(card, sets_errno, sizeof sets_errno);
    printf(" errno=%d", errno);
    errno = EXDEV;
    SCardStatus(card, NULL, NULL, NULL, NULL, NULL, NULL);
    printf(" errno=%d", errno);
    // Copied into a program that is linked at a fixed address.
    printf(" pci=%lu,%lu,%lu,%lu,%lu,%lu", g_rgSCardT0Pci.dwProtocol, g_rgSCardT0Pci.cbPciLength,
        g_rgSCardT1Pci.dwProtocol, g_rgSCardT1Pci.cbPciLength, g_rgSCardRawPci.dwProtocol, g_rgSCardRawPci.cbPciLength);
}

static void *one_thread(void *count) {
    SCARDCONTEXT own;
    SCARDHANDLE card;
    DWORD active;
    SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &own);
    SCardConnect(own, "Stub Reader 00", SCARD_SHARE_SHARED, SCARD_PROTOCOL_ANY, &card, &active);
    transmit_many(card, (long)count);
    SCardDisconnect(card, SCARD_LEAVE_CARD);
    SCardReleaseContext(own);
    return NULL;
}

// All on the first card, with what its session becomes and sessions of their own; every so often our descriptors are gone.
static void *sharing_thread(void *count) {
    BYTE atr[MAX_ATR_SIZE];
    for (long i = 0; i < (long)count; i++) {
        SCARDHANDLE own;
        DWORD active, room = sizeof atr;
        transmit_many(cards[0], 2);
        SCardBeginTransaction(cards[0]);
        SCardStatus(cards[0], NULL, NULL, NULL, NULL, atr, &room);
        SCardReconnect(cards[0], SCARD_SHARE_SHARED, SCARD_PROTOCOL_ANY, SCARD_LEAVE_CARD, &active);
        SCardEndTransaction(cards[0], SCARD_LEAVE_CARD);
        SCardConnect(context, "Stub Reader 00", SCARD_SHARE_SHARED, SCARD_PROTOCOL_ANY, &own, &active);
        transmit_many(own, 1);
        SCardDisconnect(own, SCARD_LEAVE_CARD);
        if (i % 8 == 7) closefrom(3);
    }
    return NULL;
}

static void threads(void *(*body)(void *), long number, long count) {
    pthread_t all[64];
    for (long i = 0; i < number; i++) pthread_create(&all[i], NULL, body, (void *)count);
    for (long i = 0; i < number; i++) pthread_join(all[i], NULL);
}

static void *blocked_thread(void *unused) {
    const BYTE blocks[] = {0x00, 0xE1, 0x00, 0x00};
    transmit(cards[0], blocks, sizeof blocks);
    return unused;
}

static void *waiting_thread(void *unused) {
    show("change", SCardGetStatusChange(context, 10000, NULL, 0));
    return unused;
}

static void other_thread(void *(*body)(void *), bool by_cancel) {
    pthread_t thread;
    pthread_create(&thread, NULL, body, NULL);
    usleep(50000);
    if (by_cancel) pthread_cancel(thread);
    else SCardCancel(context);
    pthread_join(thread, NULL);
}

static void fork_client(long count) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        card_count = 0;
        establish();
        connect_card();
        transmit_many(cards[0], count);
        exit(0);
    }
    waitpid(child, NULL, 0);
}

static void spawn_client(const char *how, char *program, char *script) {
    char *arguments[] = {program, script, NULL};
    pid_t child = -1;
    if (strcmp(how, "spawn") == 0) {
        posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ);
    } else if ((child = strcmp(how, "vfork") == 0 ? vfork() : fork()) == 0) {
        execv("/proc/self/exe", arguments);
        _exit(127);
    }
    waitpid(child, NULL, 0);
}

// Between two getppid: what strace shows there is ours. Also what the calls left on the heap.
static void hot(long count) {
    struct mallinfo2 before = mallinfo2();
    getppid();
    transmit_many(cards[0], count);
    getppid();
    struct mallinfo2 after = mallinfo2();
    printf(" heap=%ld", (long)(after.uordblks - before.uordblks));
}

static int compare(const void *a, const void *b) {
    long left = *(const long *)a, right = *(const long *)b;
    return (left > right) - (left < right);
}

static void speed(long count) {
    long *times = malloc((size_t)count * sizeof *times);
    for (long i = 0; i < count; i++) {
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        transmit_many(cards[0], 16);
        clock_gettime(CLOCK_MONOTONIC, &end);
        times[i] = ((end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec) / 16;
        if (i % 16 == 0) usleep(2000);
    }
    qsort(times, (size_t)count, sizeof *times, compare);
    printf(" median=%ld", times[count / 2]);
    free(times);
}

// At so many a second, in turns a command that is kept whole and one whose answer is cut.
static void paced(long rate, long seconds) {
    static const BYTE read_binary[] = {0x00, 0xB0, 0x00, 0x00, 0x10};
    struct timespec next;
    long good = 0;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (long i = 0; i < rate * seconds; i++) {
        LONG result = i % 2 == 0 ? transmit(cards[0], select_file, sizeof select_file)
                                 : transmit(cards[0], read_binary, sizeof read_binary);
        good += result == SCARD_S_SUCCESS;
        next.tv_nsec += 1000000000 / rate;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
    printf(" good=%ld", good);
}

static void act(char *program, char *line) {
    char verb[32] = "", rest[64] = "";
    long a = 0, b = 0;
    sscanf(line, "%31s %63s", verb, rest);
    sscanf(line, "%*s %ld %ld", &a, &b);
    printf("%s", verb);
    if (strcmp(verb, "establish") == 0) show("result", establish());
    else if (strcmp(verb, "connect") == 0) show("result", connect_card());
    else if (strcmp(verb, "disconnect") == 0) show("result", SCardDisconnect(cards[--card_count], SCARD_LEAVE_CARD));
    else if (strcmp(verb, "release") == 0) show("result", SCardReleaseContext(context)), card_count = 0;
    else if (strcmp(verb, "transmit") == 0) printf(" good=%ld", transmit_many(cards[b], a));
    else if (strcmp(verb, "status") == 0) show("result", SCardStatus(cards[0], NULL, NULL, NULL, NULL, NULL, NULL));
    else if (strcmp(verb, "strange") == 0) strange_calls();
    else if (strcmp(verb, "threads") == 0) threads(one_thread, a, b);
    else if (strcmp(verb, "sharing") == 0) threads(sharing_thread, a, b);
    else if (strcmp(verb, "cancel") == 0) other_thread(waiting_thread, false);
    else if (strcmp(verb, "cancel-thread") == 0) other_thread(blocked_thread, true);
    else if (strcmp(verb, "fork") == 0) fork_client(a);
    else if (strcmp(verb, "exec") == 0 || strcmp(verb, "vfork") == 0 || strcmp(verb, "spawn") == 0) {
        spawn_client(verb, program, strchr(line, ' ') + 1);
    } else if (strcmp(verb, "hot") == 0) hot(a);
    else if (strcmp(verb, "speed") == 0) speed(a);
    else if (strcmp(verb, "paced") == 0) paced(a, b);
    else if (strcmp(verb, "close-all") == 0) closefrom(3);
    else if (strcmp(verb, "reuse") == 0) {
        for (int number = 200; number < 210; number++) dup2(open(rest, O_RDWR), number);
    } else if (strcmp(verb, "hex") == 0) {
        BYTE command[32];
        DWORD count = 0;
        while (count < sizeof command && sscanf(rest + 2 * count, "%2hhx", &command[count]) == 1) count++;
        show("result", transmit(cards[0], command, count));
    } else if (strcmp(verb, "kill") == 0) raise(SIGKILL);
    else if (strcmp(verb, "_exit") == 0) _exit(0);
    else printf(" unknown");
    printf("\n");
    fflush(stdout);
}

// With arguments: their lines, separated by commas.
int main(int count, char **arguments) {
    char line[256];
    if (count > 1) {
        for (char *part = strtok(arguments[1], ","); part != NULL; part = strtok(NULL, ",")) act(arguments[0], part);
        return 0;
    }
    while (fgets(line, sizeof line, stdin) != NULL) act(arguments[0], line);
    return 0;
}
