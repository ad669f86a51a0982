// A libpcsclite that needs no pcscd and answers at once. Commands tell it what to do (class 00):
//   E1        blocks until its thread is cancelled
//   E2 P1 P2  sleeps P1 * 10 ms as the real library does between its repeats, then P2 ms as a card would
//   E3 P1 P2  answers P1 P2 (big endian) bytes AB
//   E4        fails with SCARD_W_RESET_CARD
//   E5 P1     leaves errno P1
// Each SCardTransmit is a line of the file STUB_LOG: process, handle, command. STUB_HANDLE is the handle that every
// SCardConnect gives.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <reader.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

#define KNOWN 0x1000

const SCARD_IO_REQUEST g_rgSCardT0Pci = {SCARD_PROTOCOL_T0, sizeof(SCARD_IO_REQUEST)};
const SCARD_IO_REQUEST g_rgSCardT1Pci = {SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST)};
const SCARD_IO_REQUEST g_rgSCardRawPci = {SCARD_PROTOCOL_RAW, sizeof(SCARD_IO_REQUEST)};

static const char reader[] = "Stub Reader 00";
static const BYTE atr[] = {0x3B, 0x02, 0x14, 0x50};
static int log_file = -1;
static long fixed_handle;
static long last_handle = KNOWN;
static volatile int cancelled;

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("STUB_LOG");
    if (name != NULL) log_file = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const char *handle = getenv("STUB_HANDLE");
    if (handle != NULL) fixed_handle = atol(handle);
}

static int is_open(SCARDHANDLE card) { return card >= KNOWN && card < KNOWN + 1000000; }

static void sleep_ms(long ms) {
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static void write_line(SCARDHANDLE card, LPCBYTE command, DWORD count) {
    char line[64 + 2 * 64];
    int length = snprintf(line, sizeof line, "%d %ld ", (int)getpid(), (long)card);
    for (DWORD i = 0; i < count && i < 64; i++) length += sprintf(line + length, "%02X", command[i]);
    line[length++] = '\n';
    if (write(log_file, line, (size_t)length) != length) abort();
}

LONG SCardEstablishContext(DWORD scope, LPCVOID a, LPCVOID b, LPSCARDCONTEXT context) {
    static long last;
    (void)scope, (void)a, (void)b;
    if (context == NULL) return SCARD_E_INVALID_PARAMETER;
    *context = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
    return SCARD_S_SUCCESS;
}
LONG SCardReleaseContext(SCARDCONTEXT context) { return context > 0 ? SCARD_S_SUCCESS : SCARD_E_INVALID_HANDLE; }
LONG SCardIsValidContext(SCARDCONTEXT context) { return context > 0 ? SCARD_S_SUCCESS : SCARD_E_INVALID_HANDLE; }

LONG SCardConnect(SCARDCONTEXT context, LPCSTR name, DWORD share, DWORD protocols, LPSCARDHANDLE card, LPDWORD active) {
    (void)context, (void)share, (void)protocols;
    if (card == NULL || active == NULL) return SCARD_E_INVALID_PARAMETER;
    if (name == NULL || strcmp(name, reader) != 0) return SCARD_E_UNKNOWN_READER;
    *card = fixed_handle != 0 ? fixed_handle : __atomic_add_fetch(&last_handle, 1, __ATOMIC_RELAXED);
    *active = SCARD_PROTOCOL_T0;
    return SCARD_S_SUCCESS;
}
LONG SCardReconnect(SCARDHANDLE card, DWORD share, DWORD protocols, DWORD initialization, LPDWORD active) {
    (void)share, (void)protocols, (void)initialization;
    if (active == NULL) return SCARD_E_INVALID_PARAMETER;
    if (!is_open(card)) return SCARD_E_INVALID_HANDLE;
    *active = SCARD_PROTOCOL_T1;
    return SCARD_S_SUCCESS;
}
LONG SCardDisconnect(SCARDHANDLE card, DWORD disposition) {
    (void)disposition;
    return is_open(card) ? SCARD_S_SUCCESS : SCARD_E_INVALID_HANDLE;
}
LONG SCardBeginTransaction(SCARDHANDLE card) { return is_open(card) ? SCARD_S_SUCCESS : SCARD_E_INVALID_HANDLE; }
LONG SCardEndTransaction(SCARDHANDLE card, DWORD disposition) { return SCardDisconnect(card, disposition); }

static LONG give(const void *bytes, DWORD count, LPBYTE out, LPDWORD room) {
    DWORD available = *room;
    *room = count;
    if (available == SCARD_AUTOALLOCATE) {
        *(LPBYTE *)out = malloc(count);
        out = *(LPBYTE *)out;
    } else if (out == NULL) {
        return SCARD_S_SUCCESS;
    } else if (available < count) {
        return SCARD_E_INSUFFICIENT_BUFFER;
    }
    memcpy(out, bytes, count);
    return SCARD_S_SUCCESS;
}

LONG SCardStatus(SCARDHANDLE card, LPSTR name, LPDWORD name_room, LPDWORD state, LPDWORD protocol, LPBYTE bytes,
    LPDWORD bytes_room) {
    if (!is_open(card)) return SCARD_E_INVALID_HANDLE;
    if (state != NULL) *state = SCARD_PRESENT;
    if (protocol != NULL) *protocol = SCARD_PROTOCOL_T0;
    LONG result = name_room != NULL ? give(reader, sizeof reader, (LPBYTE)name, name_room) : SCARD_S_SUCCESS;
    return result == SCARD_S_SUCCESS && bytes_room != NULL ? give(atr, sizeof atr, bytes, bytes_room) : result;
}

LONG SCardGetStatusChange(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATE *states, DWORD count) {
    (void)context;
    for (DWORD waited = 0; !cancelled && count == 0 && waited < timeout; waited++) sleep_ms(1);
    if (cancelled) return SCARD_E_CANCELLED;
    for (DWORD i = 0; i < count; i++) {
        states[i].dwEventState = SCARD_STATE_PRESENT | SCARD_STATE_CHANGED;
        states[i].cbAtr = sizeof atr;
        memcpy(states[i].rgbAtr, atr, sizeof atr);
    }
    return count > 0 ? SCARD_S_SUCCESS : SCARD_E_TIMEOUT;
}
LONG SCardCancel(SCARDCONTEXT context) {
    (void)context;
    cancelled = 1;
    return SCARD_S_SUCCESS;
}

LONG SCardControl(
    SCARDHANDLE card, DWORD code, LPCVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes, LPDWORD given) {
    (void)code, (void)in, (void)in_bytes, (void)out, (void)out_bytes;
    if (!is_open(card)) return SCARD_E_INVALID_HANDLE;
    if (given != NULL) *given = 0;
    return SCARD_S_SUCCESS;
}

LONG SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *send, LPCBYTE command, DWORD count,
    SCARD_IO_REQUEST *receive, LPBYTE response, LPDWORD room) {
    (void)receive;
    if (send == NULL || command == NULL || response == NULL || room == NULL) return SCARD_E_INVALID_PARAMETER;
    if (!is_open(card)) {
        *room = 0;
        return SCARD_E_INVALID_HANDLE;
    }
    if (count > MAX_BUFFER_SIZE_EXTENDED || *room > MAX_BUFFER_SIZE_EXTENDED) return SCARD_E_INSUFFICIENT_BUFFER;
    if (log_file >= 0) write_line(card, command, count);
    BYTE script[4] = {0};
    memcpy(script, command, count < 4 ? count : 4);
    DWORD data = 0;
    switch (script[1]) {
    case 0xE1:
        for (;;) pause();
    case 0xE2: {
        struct timespec time = {0, script[3] * 1000000l};
        if (script[2] > 0) sleep_ms(script[2] * 10);
        clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
        break;
    }
    case 0xE3: data = (DWORD)script[2] << 8 | script[3]; break;
    case 0xE4: return SCARD_W_RESET_CARD;
    case 0xE5: errno = script[2]; break;
    default: break;
    }
    if (*room < data + 2) {
        *room = data + 2;
        return SCARD_E_INSUFFICIENT_BUFFER;
    }
    memset(response, 0xAB, data);
    response[data] = 0x90;
    response[data + 1] = 0x00;
    *room = data + 2;
    return SCARD_S_SUCCESS;
}

LONG SCardListReaderGroups(SCARDCONTEXT context, LPSTR groups, LPDWORD room) {
    (void)context;
    return room != NULL ? give("SCard$DefaultReaders\0", 22, (LPBYTE)groups, room) : SCARD_E_INVALID_PARAMETER;
}
LONG SCardListReaders(SCARDCONTEXT context, LPCSTR groups, LPSTR readers, LPDWORD room) {
    (void)context, (void)groups;
    return room != NULL ? give("Stub Reader 00\0", 16, (LPBYTE)readers, room) : SCARD_E_INVALID_PARAMETER;
}
LONG SCardFreeMemory(SCARDCONTEXT context, LPCVOID memory) {
    (void)context;
    free((void *)(uintptr_t)memory);
    return SCARD_S_SUCCESS;
}
LONG SCardGetAttrib(SCARDHANDLE card, DWORD id, LPBYTE value, LPDWORD room) {
    if (room == NULL) return SCARD_E_INVALID_PARAMETER;
    if (!is_open(card)) return SCARD_E_INVALID_HANDLE;
    return id == SCARD_ATTR_ATR_STRING ? give(atr, sizeof atr, value, room) : SCARD_E_INVALID_PARAMETER;
}
LONG SCardSetAttrib(SCARDHANDLE card, DWORD id, LPCBYTE value, DWORD count) {
    (void)id, (void)value, (void)count;
    return is_open(card) ? SCARD_S_SUCCESS : SCARD_E_INVALID_HANDLE;
}
const char *pcsc_stringify_error(const LONG code) { return code == SCARD_S_SUCCESS ? "Fine." : "Not fine."; }
