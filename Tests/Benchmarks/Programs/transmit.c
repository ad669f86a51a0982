// Times SCardTransmit: transmit calls|clocks|cold|cold-clocks [THREADS], one line of input at a time:
//   BURSTS CALLS PAUSE_US PACE_US
// First it calls SCardStatus, as programs do now and then. It prints nanoseconds per call, a line a burst, then an empty
// line. Each thread makes that many calls. `clocks` takes two times around each call, as any tap must. With a pace, and
// with caches emptied before each call (`cold`), each call is timed by itself and the median of the burst is printed.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

#define MOST_THREADS 16

struct worker {
    pthread_t thread;
    SCARDHANDLE card;
    double figure;
};

static bool clocks, cold;
static long bursts, calls, pause_us, pace_us;
static long thread_count = 1;
static pthread_barrier_t start_line;
static struct worker workers[MOST_THREADS];
static uint8_t *emptying;
static size_t emptying_bytes;

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int ascending(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static void pace(uint64_t nanoseconds) {
    for (uint64_t end = now() + nanoseconds; now() < end;) {}
}

// Goes over more memory than the caches hold.
static void empty_caches(void) {
    for (size_t at = 0; at < emptying_bytes; at += 64) emptying[at]++;
}

static void transmit(SCARDHANDLE card) {
    BYTE response[258];
    DWORD length = sizeof response;
    SCARD_IO_REQUEST received = *SCARD_PCI_T1;
    if (SCardTransmit(card, SCARD_PCI_T1, (const BYTE *)"\x00\xB0\x00\x00\x0A", 5, &received, response, &length) !=
        SCARD_S_SUCCESS) exit(2);
}

static void transmit_with_clocks(SCARDHANDLE card) {
    static volatile __thread uint64_t spent;
    uint64_t before = now();
    transmit(card);
    spent = now() - before;
    (void)spent;
}

static double one_by_one(SCARDHANDLE card) {
    uint64_t *each = malloc((size_t)calls * sizeof *each);
    for (long call = 0; call < calls; call++) {
        if (cold) empty_caches();
        else pace((uint64_t)pace_us * 1000u);
        uint64_t before = now();
        (clocks ? transmit_with_clocks : transmit)(card);
        each[call] = now() - before;
    }
    qsort(each, (size_t)calls, sizeof *each, ascending);
    double middle = (double)each[calls / 2];
    free(each);
    return middle;
}

static double in_a_row(SCARDHANDLE card) {
    uint64_t start = now();
    if (clocks) {
        for (long call = 0; call < calls; call++) transmit_with_clocks(card);
    } else {
        for (long call = 0; call < calls; call++) transmit(card);
    }
    return (double)(now() - start) / (double)calls;
}

static void *work(void *argument) {
    struct worker *worker = argument;
    pthread_barrier_wait(&start_line);
    worker->figure = cold || pace_us > 0 ? one_by_one(worker->card) : in_a_row(worker->card);
    return NULL;
}

static double burst(void) {
    if (thread_count == 1) return work(&workers[0]), workers[0].figure;
    double sum = 0;
    for (long i = 0; i < thread_count; i++) pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    for (long i = 0; i < thread_count; i++) {
        pthread_join(workers[i].thread, NULL);
        sum += workers[i].figure;
    }
    return sum / (double)thread_count;
}

static void connect_cards(SCARDCONTEXT *context) {
    DWORD protocol;
    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, context) != SCARD_S_SUCCESS) exit(1);
    for (long i = 0; i < thread_count; i++) {
        if (SCardConnect(*context, "Stub Reader 00", SCARD_SHARE_SHARED, SCARD_PROTOCOL_ANY, &workers[i].card,
                &protocol) != SCARD_S_SUCCESS) exit(1);
    }
}

int main(int count, char **words) {
    if (count < 2) return 64;
    clocks = strstr(words[1], "clocks") != NULL;
    cold = strncmp(words[1], "cold", 4) == 0;
    if (count > 2) thread_count = atol(words[2]);
    if (thread_count < 1 || thread_count > MOST_THREADS) return 64;
    pthread_barrier_init(&start_line, NULL, (unsigned)thread_count);
    if (cold) {
        long last_level = sysconf(_SC_LEVEL3_CACHE_SIZE);
        emptying_bytes = 2u * (size_t)(last_level > 1 << 24 ? last_level : 1 << 24);
        emptying = calloc(emptying_bytes, 1);
    }
    SCARDCONTEXT context;
    connect_cards(&context);
    while (scanf("%ld %ld %ld %ld", &bursts, &calls, &pause_us, &pace_us) == 4) {
        SCardStatus(workers[0].card, NULL, NULL, NULL, NULL, NULL, NULL);
        for (long i = 0; i < bursts; i++) {
            usleep((useconds_t)pause_us);
            printf("%.2f\n", burst());
        }
        printf("\n");
        fflush(stdout);
    }
    for (long i = 0; i < thread_count; i++) SCardDisconnect(workers[i].card, SCARD_LEAVE_CARD);
    SCardReleaseContext(context);
    return 0;
}
