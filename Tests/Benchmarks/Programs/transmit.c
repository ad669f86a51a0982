// Times SCardTransmit in bursts: transmit calls|clocks BURSTS CALLS PAUSE_US [PACE_US]. Prints nanoseconds per call, a
// line a burst. `clocks` takes two times around each call, as any tap must. With a pace each call is timed by itself
// and the median of the burst is printed.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

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

int main(int count, char **words) {
    if (count < 5) return 64;
    int clocks = strcmp(words[1], "clocks") == 0;
    long bursts = atol(words[2]), calls = atol(words[3]), pause_us = atol(words[4]);
    long pace_us = count > 5 ? atol(words[5]) : 0;
    SCARDCONTEXT context;
    SCARDHANDLE card;
    DWORD protocol;
    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS) return 1;
    if (SCardConnect(context, "Stub Reader 00", SCARD_SHARE_SHARED, SCARD_PROTOCOL_ANY, &card, &protocol) !=
        SCARD_S_SUCCESS) return 1;
    uint64_t *each = malloc((size_t)calls * sizeof *each);
    volatile uint64_t sink = 0;
    for (long burst = 0; burst < bursts; burst++) {
        uint64_t start = now();
        for (long call = 0; call < calls; call++) {
            BYTE response[258];
            DWORD length = sizeof response;
            SCARD_IO_REQUEST received = *SCARD_PCI_T1;
            if (pace_us > 0) pace((uint64_t)pace_us * 1000u);
            uint64_t before = pace_us > 0 || clocks ? now() : 0;
            if (SCardTransmit(card, SCARD_PCI_T1, (const BYTE *)"\x00\xB0\x00\x00\x0A", 5, &received, response, &length) !=
                SCARD_S_SUCCESS) return 2;
            uint64_t after = pace_us > 0 || clocks ? now() : 0;
            each[call] = after - before;
            sink += each[call];
        }
        uint64_t spent = now() - start;
        if (pace_us > 0) {
            qsort(each, (size_t)calls, sizeof *each, ascending);
            printf("%lu\n", each[calls / 2]);
        } else {
            printf("%.2f\n", (double)spent / (double)calls);
        }
        if (pause_us > 0) usleep((useconds_t)pause_us);
    }
    free(each);
    SCardDisconnect(card, SCARD_LEAVE_CARD);
    SCardReleaseContext(context);
    return 0;
}
