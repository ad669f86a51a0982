// A libpcsclite that answers at once, so that what is measured is what stands before it.
#include <string.h>
#include <winscard.h>

const SCARD_IO_REQUEST g_rgSCardT0Pci = {SCARD_PROTOCOL_T0, sizeof(SCARD_IO_REQUEST)};
const SCARD_IO_REQUEST g_rgSCardT1Pci = {SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST)};
const SCARD_IO_REQUEST g_rgSCardRawPci = {SCARD_PROTOCOL_RAW, sizeof(SCARD_IO_REQUEST)};

LONG SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *pci, LPCBYTE command, DWORD count,
    SCARD_IO_REQUEST *received, LPBYTE response, LPDWORD length) {
    (void)card, (void)pci, (void)command, (void)count, (void)received;
    memset(response, 0xAB, 10);
    response[10] = 0x90;
    response[11] = 0x00;
    *length = 12;
    return SCARD_S_SUCCESS;
}

LONG SCardEstablishContext(DWORD scope, LPCVOID a, LPCVOID b, LPSCARDCONTEXT context) {
    (void)scope, (void)a, (void)b;
    *context = 1;
    return SCARD_S_SUCCESS;
}

LONG SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD mode, DWORD wanted, LPSCARDHANDLE card, LPDWORD protocol) {
    static long handles;
    (void)context, (void)reader, (void)mode, (void)wanted;
    *card = __atomic_add_fetch(&handles, 1, __ATOMIC_RELAXED);
    *protocol = SCARD_PROTOCOL_T1;
    return SCARD_S_SUCCESS;
}

// What the measured program does not call, or only at its end.
#define NOTHING(name, ...) \
    LONG name(__VA_ARGS__) { return SCARD_S_SUCCESS; }
NOTHING(SCardReleaseContext, SCARDCONTEXT a)
NOTHING(SCardIsValidContext, SCARDCONTEXT a)
NOTHING(SCardReconnect, SCARDHANDLE a, DWORD b, DWORD c, DWORD d, LPDWORD e)
NOTHING(SCardDisconnect, SCARDHANDLE a, DWORD b)
NOTHING(SCardBeginTransaction, SCARDHANDLE a)
NOTHING(SCardEndTransaction, SCARDHANDLE a, DWORD b)
NOTHING(SCardStatus, SCARDHANDLE a, LPSTR b, LPDWORD c, LPDWORD d, LPDWORD e, LPBYTE f, LPDWORD g)
NOTHING(SCardGetStatusChange, SCARDCONTEXT a, DWORD b, SCARD_READERSTATE *c, DWORD d)
NOTHING(SCardControl, SCARDHANDLE a, DWORD b, LPCVOID c, DWORD d, LPVOID e, DWORD f, LPDWORD g)
NOTHING(SCardListReaderGroups, SCARDCONTEXT a, LPSTR b, LPDWORD c)
NOTHING(SCardListReaders, SCARDCONTEXT a, LPCSTR b, LPSTR c, LPDWORD d)
NOTHING(SCardFreeMemory, SCARDCONTEXT a, LPCVOID b)
NOTHING(SCardCancel, SCARDCONTEXT a)
NOTHING(SCardGetAttrib, SCARDHANDLE a, DWORD b, LPBYTE c, LPDWORD d)
NOTHING(SCardSetAttrib, SCARDHANDLE a, DWORD b, LPCBYTE c, DWORD d)

const char *pcsc_stringify_error(const LONG error) {
    (void)error;
    return "";
}
