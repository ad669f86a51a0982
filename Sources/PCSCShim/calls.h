// Every function that libpcsclite.so.1 exports, listed once: what the real library must have, and what this one has.
#ifndef PCSCSHIM_CALLS_H
#define PCSCSHIM_CALLS_H

#include <winscard.h>

#define PCSC_CALLS(CALL) \
    CALL(SCardEstablishContext, (DWORD, LPCVOID, LPCVOID, LPSCARDCONTEXT)) \
    CALL(SCardReleaseContext, (SCARDCONTEXT)) \
    CALL(SCardIsValidContext, (SCARDCONTEXT)) \
    CALL(SCardConnect, (SCARDCONTEXT, LPCSTR, DWORD, DWORD, LPSCARDHANDLE, LPDWORD)) \
    CALL(SCardReconnect, (SCARDHANDLE, DWORD, DWORD, DWORD, LPDWORD)) \
    CALL(SCardDisconnect, (SCARDHANDLE, DWORD)) \
    CALL(SCardBeginTransaction, (SCARDHANDLE)) \
    CALL(SCardEndTransaction, (SCARDHANDLE, DWORD)) \
    CALL(SCardStatus, (SCARDHANDLE, LPSTR, LPDWORD, LPDWORD, LPDWORD, LPBYTE, LPDWORD)) \
    CALL(SCardGetStatusChange, (SCARDCONTEXT, DWORD, SCARD_READERSTATE *, DWORD)) \
    CALL(SCardControl, (SCARDHANDLE, DWORD, LPCVOID, DWORD, LPVOID, DWORD, LPDWORD)) \
    CALL(SCardTransmit, \
        (SCARDHANDLE, const SCARD_IO_REQUEST *, LPCBYTE, DWORD, SCARD_IO_REQUEST *, LPBYTE, LPDWORD)) \
    CALL(SCardListReaderGroups, (SCARDCONTEXT, LPSTR, LPDWORD)) \
    CALL(SCardListReaders, (SCARDCONTEXT, LPCSTR, LPSTR, LPDWORD)) \
    CALL(SCardFreeMemory, (SCARDCONTEXT, LPCVOID)) \
    CALL(SCardCancel, (SCARDCONTEXT)) \
    CALL(SCardGetAttrib, (SCARDHANDLE, DWORD, LPBYTE, LPDWORD)) \
    CALL(SCardSetAttrib, (SCARDHANDLE, DWORD, LPCBYTE, DWORD))

#define PCSC_POINTER(name, parameters) LONG(*name) parameters;
struct pcsc_calls {
    PCSC_CALLS(PCSC_POINTER)
    const char *(*stringify_error)(const LONG);
};
#undef PCSC_POINTER

#endif
