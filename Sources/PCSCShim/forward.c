// The other calls: forward, then write down; sessions, operations, and the ATR where a call tells it.
#include <reader.h>

#include "shim.h"

// The sizes are the library's own: a linked program copies them (copy relocation).
EXPORT const SCARD_IO_REQUEST g_rgSCardT0Pci = {SCARD_PROTOCOL_T0, sizeof(SCARD_IO_REQUEST)};
EXPORT const SCARD_IO_REQUEST g_rgSCardT1Pci = {SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST)};
EXPORT const SCARD_IO_REQUEST g_rgSCardRawPci = {SCARD_PROTOCOL_RAW, sizeof(SCARD_IO_REQUEST)};

// Forwards one call and takes the two times; `counts` adds the library's own sleeps up.
#define FORWARD(record, counts, name, ...) \
    ({ \
        const struct pcsc_calls *real = pcsc_real(); \
        tap_thread.slept_ns = 0; \
        tap_thread.counts_sleep = (counts); \
        (record).start_ns = tap_now(); \
        LONG forwarded = real->name != NULL ? real->name(__VA_ARGS__) : SCARD_E_NO_SERVICE; \
        (record).duration_ns = tap_now() - (record).start_ns; \
        tap_thread.counts_sleep = false; \
        (record).wait_ns = tap_thread.slept_ns; \
        (record).result = pcsc_code(forwarded); \
        forwarded; \
    })

static COLD void write_text(struct ring_record *record, const char *text) {
    record->sent_kept = text != NULL ? (uint16_t)strnlen(text, RING_NAME_BYTES - 1) : 0;
    tap_write(record, (const uint8_t *)text, NULL);
}

static COLD void note_operation(struct ring_record *record, uint32_t operation, uint64_t session, const char *reader) {
    record->kind = RING_OPERATION;
    record->detail = operation;
    record->session = session;
    if (pcsc_counts_sleep()) record->flags |= RING_WAIT_EXACT;
    write_text(record, reader);
}

static COLD void note_transaction(SCARDHANDLE handle, bool begins) {
    int cancel_state;
    tap_lock(&cancel_state);
    session_transaction(handle, begins);
    tap_unlock(cancel_state);
}

static COLD void note_session_closed(const struct tap_session *session, uint32_t result) {
    struct ring_record record = {.kind = RING_SESSION_CLOSED, .session = session->serial, .result = result};
    record.start_ns = session->opened_ns;
    record.duration_ns = tap_now() - session->opened_ns;
    write_text(&record, session->reader);
}

static COLD bool is_session(SCARDHANDLE handle, struct tap_session *session) {
    int cancel_state;
    tap_lock(&cancel_state);
    bool known = session_copy(handle, session);
    tap_unlock(cancel_state);
    return known;
}

// Ends the session of this handle, if it is still the one with this number.
static COLD void close_session(SCARDHANDLE handle, uint64_t serial, uint32_t result) {
    struct tap_session session;
    int cancel_state;
    tap_lock(&cancel_state);
    bool known = session_copy(handle, &session) && session.serial == serial;
    if (known) session_remove(handle);
    tap_unlock(cancel_state);
    if (known) note_session_closed(&session, result);
}

// What was told of 16 readers' cards: a hash (FNV-1a) of name and ATR.
static uint64_t told[16];

void cards_forget(void) {
    for (size_t slot = 0; slot < sizeof told / sizeof *told; slot++) __atomic_store_n(&told[slot], 0, __ATOMIC_RELAXED);
}

// The ATR of a reader's card, told when it is new.
static COLD void note_card(const char *reader, const uint8_t *atr, size_t atr_bytes) {
    if (reader == NULL || atr == NULL || atr_bytes == 0 || atr_bytes > MAX_ATR_SIZE || tap_ring == NULL) return;
    size_t name_bytes = strnlen(reader, RING_NAME_BYTES - 1);
    uint64_t hash = 0xCBF29CE484222325ull;
    for (size_t i = 0; i < name_bytes; i++) hash = (hash ^ (uint8_t)reader[i]) * 0x100000001B3ull;
    size_t slot = hash % (sizeof told / sizeof *told);
    for (size_t i = 0; i < atr_bytes; i++) hash = (hash ^ atr[i]) * 0x100000001B3ull;
    if (__atomic_exchange_n(&told[slot], hash, __ATOMIC_RELAXED) == hash) return;
    struct ring_record record = {.kind = RING_CARD_SEEN, .start_ns = tap_now()};
    record.sent_kept = (uint16_t)name_bytes;
    record.received_kept = (uint16_t)atr_bytes;
    tap_write(&record, (const uint8_t *)reader, atr);
}

EXPORT LONG SCardEstablishContext(DWORD dwScope, LPCVOID pvReserved1, LPCVOID pvReserved2, LPSCARDCONTEXT phContext) {
    struct ring_record record = {0};
    // First the receiver, then pcscd: whoever looks who is connected to pcscd finds that this program tells of itself.
    pcsc_real();
    tap_attach();
    LONG result = FORWARD(record, false, SCardEstablishContext, dwScope, pvReserved1, pvReserved2, phContext);
    note_operation(&record, RING_ESTABLISH_CONTEXT, 0, NULL);
    return result;
}

EXPORT LONG SCardReleaseContext(SCARDCONTEXT hContext) {
    struct ring_record record = {0};
    LONG result = FORWARD(record, false, SCardReleaseContext, hContext);
    tap_attach();
    note_operation(&record, RING_RELEASE_CONTEXT, 0, NULL);
    for (bool found = result == SCARD_S_SUCCESS; found;) {
        struct tap_session session;
        int cancel_state;
        tap_lock(&cancel_state);
        found = session_remove_any(hContext, &session);
        tap_unlock(cancel_state);
        if (found) note_session_closed(&session, 0);
    }
    return result;
}

EXPORT LONG SCardIsValidContext(SCARDCONTEXT hContext) {
    const struct pcsc_calls *real = pcsc_real();
    return real->SCardIsValidContext != NULL ? real->SCardIsValidContext(hContext) : SCARD_E_NO_SERVICE;
}

EXPORT LONG SCardConnect(SCARDCONTEXT hContext, LPCSTR szReader, DWORD dwShareMode, DWORD dwPreferredProtocols,
    LPSCARDHANDLE phCard, LPDWORD pdwActiveProtocol) {
    struct ring_record record = {0};
    LONG result = FORWARD(record, false, SCardConnect, hContext, szReader, dwShareMode, dwPreferredProtocols, phCard,
        pdwActiveProtocol);
    tap_attach();
    record.received_bytes = (uint32_t)hContext;
    if (result != SCARD_S_SUCCESS || phCard == NULL) {
        // A parameter that the library refused may point anywhere.
        bool readable = pcsc_code(result) != pcsc_code(SCARD_E_INVALID_PARAMETER) &&
                        pcsc_code(result) != pcsc_code(SCARD_E_INVALID_HANDLE);
        note_operation(&record, RING_CONNECT, 0, readable ? szReader : NULL);
        return result;
    }
    struct tap_session opened = {.handle = *phCard, .context = hContext};
    opened.opened_ns = record.start_ns + record.duration_ns;
    opened.protocol = pdwActiveProtocol != NULL ? (uint32_t)*pdwActiveProtocol : 0;
    opened.share_mode = (uint32_t)dwShareMode;
    if (szReader != NULL) strncpy(opened.reader, szReader, sizeof opened.reader - 1);
    // A handle that comes again belonged to a pcscd that is gone.
    close_session(*phCard, session_of(*phCard), pcsc_code(SCARD_E_NO_SERVICE));
    int cancel_state;
    tap_lock(&cancel_state);
    record.session = session_add(&opened);
    tap_unlock(cancel_state);
    if (record.session == 0) {
        note_operation(&record, RING_CONNECT, 0, opened.reader);
        return result;
    }
    record.kind = RING_SESSION_OPENED;
    record.detail = (opened.protocol & 0xFFFF) | opened.share_mode << 16;
    write_text(&record, opened.reader);
    return result;
}

EXPORT LONG SCardReconnect(SCARDHANDLE hCard, DWORD dwShareMode, DWORD dwPreferredProtocols, DWORD dwInitialization,
    LPDWORD pdwActiveProtocol) {
    struct ring_record record = {0};
    LONG result = FORWARD(record, true, SCardReconnect, hCard, dwShareMode, dwPreferredProtocols, dwInitialization,
        pdwActiveProtocol);
    tap_attach();
    if (result == SCARD_S_SUCCESS && pdwActiveProtocol != NULL) {
        record.sent_bytes = (uint32_t)*pdwActiveProtocol;
        int cancel_state;
        tap_lock(&cancel_state);
        session_reconnected(hCard, record.sent_bytes, (uint32_t)dwShareMode);
        tap_unlock(cancel_state);
    }
    note_operation(&record, RING_RECONNECT, session_of(hCard), NULL);
    return result;
}

EXPORT LONG SCardDisconnect(SCARDHANDLE hCard, DWORD dwDisposition) {
    struct ring_record record = {0};
    uint64_t session = session_of(hCard);
    LONG result = FORWARD(record, false, SCardDisconnect, hCard, dwDisposition);
    tap_attach();
    note_operation(&record, RING_DISCONNECT, session, NULL);
    uint32_t code = pcsc_code(result);
    bool ended = result == SCARD_S_SUCCESS || code == pcsc_code(SCARD_E_INVALID_HANDLE) ||
                 code == pcsc_code(SCARD_E_NO_SERVICE) || code == pcsc_code(SCARD_E_READER_UNAVAILABLE);
    if (ended) close_session(hCard, session, code);
    return result;
}

EXPORT LONG SCardBeginTransaction(SCARDHANDLE hCard) {
    struct ring_record record = {0};
    LONG result = FORWARD(record, true, SCardBeginTransaction, hCard);
    tap_attach();
    if (result == SCARD_S_SUCCESS) note_transaction(hCard, true);
    note_operation(&record, RING_BEGIN_TRANSACTION, session_of(hCard), NULL);
    return result;
}

EXPORT LONG SCardEndTransaction(SCARDHANDLE hCard, DWORD dwDisposition) {
    struct ring_record record = {0};
    LONG result = FORWARD(record, false, SCardEndTransaction, hCard, dwDisposition);
    tap_attach();
    if (result == SCARD_S_SUCCESS) note_transaction(hCard, false);
    record.sent_bytes = (uint32_t)dwDisposition;
    note_operation(&record, RING_END_TRANSACTION, session_of(hCard), NULL);
    return result;
}

EXPORT LONG SCardStatus(SCARDHANDLE hCard, LPSTR mszReaderName, LPDWORD pcchReaderLen, LPDWORD pdwState,
    LPDWORD pdwProtocol, LPBYTE pbAtr, LPDWORD pcbAtrLen) {
    bool allocates = session_of(hCard) != 0 && pcbAtrLen != NULL && *pcbAtrLen == SCARD_AUTOALLOCATE;
    struct ring_record record = {0};
    LONG result = FORWARD(record, true, SCardStatus, hCard, mszReaderName, pcchReaderLen, pdwState, pdwProtocol, pbAtr,
        pcbAtrLen);
    tap_attach();
    note_operation(&record, RING_STATUS, session_of(hCard), NULL);
    struct tap_session session;
    if (result == SCARD_S_SUCCESS && pbAtr != NULL && pcbAtrLen != NULL && is_session(hCard, &session)) {
        note_card(session.reader, allocates ? *(LPBYTE *)pbAtr : pbAtr, *pcbAtrLen);
    }
    return result;
}

EXPORT LONG SCardGetStatusChange(
    SCARDCONTEXT hContext, DWORD dwTimeout, SCARD_READERSTATE *rgReaderStates, DWORD cReaders) {
    struct ring_record record = {0};
    LONG result = FORWARD(record, false, SCardGetStatusChange, hContext, dwTimeout, rgReaderStates, cReaders);
    tap_attach();
    record.received_bytes = (uint32_t)hContext;
    note_operation(&record, RING_WAIT_FOR_CHANGE, 0, NULL);
    for (DWORD i = 0; result == SCARD_S_SUCCESS && rgReaderStates != NULL && i < cReaders; i++) {
        const SCARD_READERSTATE *state = &rgReaderStates[i];
        if (state->dwEventState & SCARD_STATE_PRESENT) note_card(state->szReader, state->rgbAtr, state->cbAtr);
    }
    return result;
}

EXPORT LONG SCardControl(SCARDHANDLE hCard, DWORD dwControlCode, LPCVOID pbSendBuffer, DWORD cbSendLength,
    LPVOID pbRecvBuffer, DWORD cbRecvLength, LPDWORD lpBytesReturned) {
    struct ring_record record = {0};
    LONG result = FORWARD(record, false, SCardControl, hCard, dwControlCode, pbSendBuffer, cbSendLength, pbRecvBuffer,
        cbRecvLength, lpBytesReturned);
    record.sent_bytes = (uint32_t)dwControlCode;
    note_operation(&record, RING_CONTROL, session_of(hCard), NULL);
    return result;
}

EXPORT LONG SCardListReaderGroups(SCARDCONTEXT hContext, LPSTR mszGroups, LPDWORD pcchGroups) {
    const struct pcsc_calls *real = pcsc_real();
    if (real->SCardListReaderGroups == NULL) return SCARD_E_NO_SERVICE;
    return real->SCardListReaderGroups(hContext, mszGroups, pcchGroups);
}

EXPORT LONG SCardListReaders(SCARDCONTEXT hContext, LPCSTR mszGroups, LPSTR mszReaders, LPDWORD pcchReaders) {
    struct ring_record record = {0};
    LONG result = FORWARD(record, false, SCardListReaders, hContext, mszGroups, mszReaders, pcchReaders);
    tap_attach();
    record.received_bytes = (uint32_t)hContext;
    note_operation(&record, RING_LIST_READERS, 0, NULL);
    return result;
}

EXPORT LONG SCardFreeMemory(SCARDCONTEXT hContext, LPCVOID pvMem) {
    const struct pcsc_calls *real = pcsc_real();
    return real->SCardFreeMemory != NULL ? real->SCardFreeMemory(hContext, pvMem) : SCARD_E_NO_SERVICE;
}

EXPORT LONG SCardCancel(SCARDCONTEXT hContext) {
    struct ring_record record = {0};
    LONG result = FORWARD(record, false, SCardCancel, hContext);
    tap_attach();
    note_operation(&record, RING_CANCEL, 0, NULL);
    return result;
}

EXPORT LONG SCardGetAttrib(SCARDHANDLE hCard, DWORD dwAttrId, LPBYTE pbAttr, LPDWORD pcbAttrLen) {
    bool allocates = session_of(hCard) != 0 && pcbAttrLen != NULL && *pcbAttrLen == SCARD_AUTOALLOCATE;
    struct ring_record record = {0};
    LONG result = FORWARD(record, false, SCardGetAttrib, hCard, dwAttrId, pbAttr, pcbAttrLen);
    tap_attach();
    note_operation(&record, RING_GET_ATTRIBUTE, session_of(hCard), NULL);
    struct tap_session session;
    if (result == SCARD_S_SUCCESS && dwAttrId == SCARD_ATTR_ATR_STRING && pbAttr != NULL && pcbAttrLen != NULL &&
        is_session(hCard, &session)) {
        note_card(session.reader, allocates ? *(LPBYTE *)pbAttr : pbAttr, *pcbAttrLen);
    }
    return result;
}

EXPORT LONG SCardSetAttrib(SCARDHANDLE hCard, DWORD dwAttrId, LPCBYTE pbAttr, DWORD cbAttrLen) {
    struct ring_record record = {0};
    LONG result = FORWARD(record, false, SCardSetAttrib, hCard, dwAttrId, pbAttr, cbAttrLen);
    tap_attach();
    note_operation(&record, RING_SET_ATTRIBUTE, session_of(hCard), NULL);
    return result;
}

EXPORT const char *pcsc_stringify_error(const LONG pcscError) {
    const struct pcsc_calls *real = pcsc_real();
    return real->stringify_error != NULL ? real->stringify_error(pcscError) : "PC/SC library not found.";
}
