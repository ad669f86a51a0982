// SCardTransmit: forward, then write down what may be told.
#define _GNU_SOURCE
#include <stdlib.h>

#include "allow.h"
#include "shim.h"

// What the shim may look at of the caller's buffers. Pointers that the library has not followed may point anywhere.
struct exchange {
    SCARDHANDLE card;
    const uint8_t *command;
    size_t sent;
    const uint8_t *response;
    size_t room;
};

// What the receiver's run asked for; read once, since a program changes its environment as it likes.
static enum allow_level level = ALLOW_STANDARD;

__attribute__((constructor)) static void choose_level(void) {
    const char *wanted = secure_getenv("CARDLINK_CAPTURE");
    if (wanted == NULL) return;
    if (strcmp(wanted, "commands") == 0) level = ALLOW_CAPTURE;
    if (strcmp(wanted, "files") == 0) level = ALLOW_CAPTURE_FILES;
}

static bool overlap(const uint8_t *a, size_t a_bytes, const uint8_t *b, size_t b_bytes) {
    return (uintptr_t)a < (uintptr_t)b + b_bytes && (uintptr_t)b < (uintptr_t)a + a_bytes;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// Results after which the library has not looked at the caller's buffers.
static bool reached_library(uint32_t code) {
    return code != pcsc_code(SCARD_E_INVALID_PARAMETER) && code != pcsc_code(SCARD_E_INVALID_HANDLE) &&
           code != pcsc_code(SCARD_E_INVALID_VALUE);
}

static void write_down(struct ring_record *record, const struct exchange *exchange, size_t received) {
    uint8_t scratch[RING_KEPT_BYTES];
    struct allow_selection kept =
        allow_select(exchange->command, exchange->command != NULL ? exchange->sent : 0, exchange->response, received,
            scratch, sizeof scratch, level);
    record->kind = RING_TRANSMIT;
    record->detail = 0;
    record->session = session_of(exchange->card);
    record->sent_bytes = (uint32_t)exchange->sent;
    record->received_bytes = (uint32_t)received;
    record->status_word =
        received >= 2 ? (uint16_t)(exchange->response[received - 2] << 8 | exchange->response[received - 1]) : 0;
    record->sent_kept = (uint16_t)kept.command_kept;
    record->received_kept = (uint16_t)kept.response_kept;
    record->flags = (pcsc_counts_sleep() ? RING_WAIT_EXACT : 0) |
                    (kept.cut || (exchange->command == NULL && exchange->sent > 0) ? RING_CUT : 0);
    tap_write(record, kept.command, kept.response);
}

EXPORT LONG SCardTransmit(SCARDHANDLE hCard, const SCARD_IO_REQUEST *pioSendPci, LPCBYTE pbSendBuffer,
    DWORD cbSendLength, SCARD_IO_REQUEST *pioRecvPci, LPBYTE pbRecvBuffer, LPDWORD pcbRecvLength) {
    const struct pcsc_calls *real = pcsc_real();
    if (real->SCardTransmit == NULL) return SCARD_E_NO_SERVICE;
    if (tap_ring == NULL) {
        return real->SCardTransmit(
            hCard, pioSendPci, pbSendBuffer, cbSendLength, pioRecvPci, pbRecvBuffer, pcbRecvLength);
    }
    struct exchange exchange = {.card = hCard, .command = pbSendBuffer, .response = pbRecvBuffer};
    // The library follows no pointer when one of these is NULL, and no buffer longer than this.
    if (pioSendPci != NULL && pbSendBuffer != NULL && pbRecvBuffer != NULL && pcbRecvLength != NULL &&
        cbSendLength <= MAX_BUFFER_SIZE_EXTENDED && *pcbRecvLength <= MAX_BUFFER_SIZE_EXTENDED) {
        exchange.sent = cbSendLength;
        exchange.room = *pcbRecvLength;
    }
    // A response may be written over its command. A handle that nobody opened comes with buffers that nobody reads.
    uint8_t copy[RING_KEPT_BYTES];
    if (overlap(exchange.command, exchange.sent, exchange.response, exchange.room)) {
        if (session_of(hCard) != 0) memcpy(copy, exchange.command, smaller(exchange.sent, sizeof copy));
        exchange.command = session_of(hCard) != 0 ? copy : NULL;
    }
    struct ring_record record;
    tap_thread.slept_ns = 0;
    tap_thread.counts_sleep = true;
    record.start_ns = tap_now();
    LONG result = real->SCardTransmit(
        hCard, pioSendPci, pbSendBuffer, cbSendLength, pioRecvPci, pbRecvBuffer, pcbRecvLength);
    record.duration_ns = tap_now() - record.start_ns;
    tap_thread.counts_sleep = false;
    record.wait_ns = tap_thread.slept_ns;
    record.result = pcsc_code(result);
    if (!reached_library(record.result)) exchange.sent = 0;
    size_t received = result == SCARD_S_SUCCESS && exchange.room > 0 ? *pcbRecvLength : 0;
    write_down(&record, &exchange, received <= exchange.room ? received : 0);
    return result;
}
