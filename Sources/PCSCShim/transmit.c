// SCardTransmit: forward, then write down what may be told.
#include "allow.h"
#include "shim.h"

// Results after which the library has not looked at the caller's buffers.
static bool reached_library(LONG result) {
    uint32_t code = pcsc_code(result);
    return code != pcsc_code(SCARD_E_INVALID_PARAMETER) && code != pcsc_code(SCARD_E_INVALID_HANDLE) &&
           code != pcsc_code(SCARD_E_INVALID_VALUE) && code != pcsc_code(SCARD_E_INSUFFICIENT_BUFFER);
}

static bool overlap(const uint8_t *a, size_t a_bytes, const uint8_t *b, size_t b_bytes) {
    return (uintptr_t)a < (uintptr_t)b + b_bytes && (uintptr_t)b < (uintptr_t)a + a_bytes;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// What of the exchange is kept, in the record and in `kept` (zeroed, for walked data).
struct selection {
    const uint8_t *command;
    const uint8_t *response;
};

static struct selection select_bytes(
    struct ring_record *record, const uint8_t *command, const uint8_t *response, uint8_t kept[RING_KEPT_BYTES]) {
    struct selection selected = {command, response};
    size_t sent = record->sent_bytes, received = record->received_bytes >= 2 ? record->received_bytes - 2 : 0;
    struct allow_form form = allow_form(command, sent);
    enum allow allowed = form.well_formed ? allow_command(command[0], command[1], command[2]) : ALLOW_NOTHING;
    size_t sent_kept = form.header, received_kept = 0;
    switch (allowed) {
    case ALLOW_ALL:
        sent_kept = smaller(sent, RING_KEPT_BYTES);
        received_kept = smaller(received, RING_KEPT_BYTES);
        break;
    case ALLOW_FETCH:
        if (received > RING_KEPT_BYTES) break;
        memset(kept, 0, received);
        allow_walk_template(response, kept, received);
        received_kept = received;
        selected.response = kept;
        break;
    case ALLOW_TERMINAL_RESPONSE:
    case ALLOW_ENVELOPE:
        if (form.header + form.data > RING_KEPT_BYTES) break;
        sent_kept = form.header + form.data;
        memset(kept, 0, sent_kept);
        memcpy(kept, command, form.header);
        if (allowed == ALLOW_ENVELOPE) {
            allow_walk_template(command + form.header, kept + form.header, form.data);
        } else {
            allow_walk(command + form.header, kept + form.header, form.data);
        }
        selected.command = kept;
        break;
    case ALLOW_NOTHING: break;
    }
    record->sent_kept = (uint16_t)sent_kept;
    record->received_kept = (uint16_t)received_kept;
    if (allowed != ALLOW_ALL ? sent_kept < sent || received > 0 : sent_kept < sent || received_kept < received) {
        record->flags |= RING_CUT;
    }
    return selected;
}

static void write_down(struct ring_record *record, SCARDHANDLE card, const uint8_t *command, size_t sent,
    const uint8_t *response, size_t received) {
    uint8_t kept[RING_KEPT_BYTES];
    record->kind = RING_TRANSMIT;
    record->session = session_of(card);
    record->flags = pcsc_counts_sleep() ? RING_WAIT_EXACT : 0;
    record->sent_bytes = (uint32_t)sent;
    record->received_bytes = (uint32_t)received;
    record->status_word = 0;
    record->detail = 0;
    if (received >= 2) record->status_word = (uint16_t)(response[received - 2] << 8 | response[received - 1]);
    struct selection selected = select_bytes(record, command, response, kept);
    tap_write(record, selected.command, selected.response);
}

EXPORT LONG SCardTransmit(SCARDHANDLE hCard, const SCARD_IO_REQUEST *pioSendPci, LPCBYTE pbSendBuffer,
    DWORD cbSendLength, SCARD_IO_REQUEST *pioRecvPci, LPBYTE pbRecvBuffer, LPDWORD pcbRecvLength) {
    const struct pcsc_calls *real = pcsc_real();
    if (real->SCardTransmit == NULL) return SCARD_E_NO_SERVICE;
    if (tap_ring == NULL) {
        return real->SCardTransmit(
            hCard, pioSendPci, pbSendBuffer, cbSendLength, pioRecvPci, pbRecvBuffer, pcbRecvLength);
    }
    // A response may be written over its command.
    uint8_t copy[RING_KEPT_BYTES];
    const uint8_t *command = pbSendBuffer;
    size_t sent = command != NULL ? cbSendLength : 0;
    if (pcbRecvLength != NULL && command != NULL && pbRecvBuffer != NULL && sent <= MAX_BUFFER_SIZE_EXTENDED &&
        overlap(command, sent, pbRecvBuffer, *pcbRecvLength)) {
        memcpy(copy, command, smaller(sent, sizeof copy));
        command = copy;
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
    size_t received = result == SCARD_S_SUCCESS && pcbRecvLength != NULL && pbRecvBuffer != NULL ? *pcbRecvLength : 0;
    if (!reached_library(result) || sent > MAX_BUFFER_SIZE_EXTENDED) sent = 0;
    write_down(&record, hCard, command, sent, pbRecvBuffer, received);
    return result;
}
