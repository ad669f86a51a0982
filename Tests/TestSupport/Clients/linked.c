// A program that is linked with libpcsclite: reads EF.ICCID, with a NULL pioRecvPci as many programs have it.
#include <stdio.h>
#include <winscard.h>

static const SCARD_IO_REQUEST *pci;

static void transmit(SCARDHANDLE card, const BYTE *command, DWORD count) {
    BYTE response[258];
    DWORD length = sizeof response;
    LONG result = SCardTransmit(card, pci, command, count, NULL, response, &length);
    if (result != SCARD_S_SUCCESS || length < 2) {
        printf("%s\n", pcsc_stringify_error(result));
        return;
    }
    printf("%02X%02X\n", response[length - 2], response[length - 1]);
}

int main(void) {
    SCARDCONTEXT context;
    SCARDHANDLE card;
    DWORD protocol, length = SCARD_AUTOALLOCATE;
    LPSTR readers;
    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS) return 1;
    if (SCardListReaders(context, NULL, (LPSTR)&readers, &length) != SCARD_S_SUCCESS) return 2;
    if (SCardConnect(context, readers, SCARD_SHARE_SHARED, SCARD_PROTOCOL_ANY, &card, &protocol) != SCARD_S_SUCCESS) return 3;
    pci = protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
    SCardBeginTransaction(card);
    transmit(card, (const BYTE *)"\x00\xA4\x00\x04\x02\x2F\xE2", 7);
    transmit(card, (const BYTE *)"\x00\xB0\x00\x00\x0A", 5);
    transmit(card, (const BYTE *)"\x00\x20\x00\x81\x08\x39\x39\x39\x39\xFF\xFF\xFF\xFF", 13);
    SCardEndTransaction(card, SCARD_LEAVE_CARD);
    SCardDisconnect(card, SCARD_LEAVE_CARD);
    SCardFreeMemory(context, readers);
    SCardReleaseContext(context);
    return 0;
}
