"""A pyscard program, which opens the library by name. Selects and reads; or, with an argument:

hold  holds a transaction for half a second
slow  when a line comes in, sends two commands of 40 ms
"""
import sys
import time

from smartcard.scard import *

_, context = SCardEstablishContext(SCARD_SCOPE_USER)
_, readers = SCardListReaders(context, [])
_, card, protocol = SCardConnect(context, readers[0], SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1)


def transmit(command):
    result, response = SCardTransmit(card, protocol, list(bytes.fromhex(command)))
    print("%08X" % result, bytes(response).hex().upper())


match sys.argv[1:]:
    case ["hold"]:
        SCardBeginTransaction(card)
        print("held", flush=True)
        time.sleep(0.5)
        SCardEndTransaction(card, SCARD_LEAVE_CARD)
    case ["slow"]:
        print("here", flush=True)
        sys.stdin.readline()
        transmit("00E20400")
        transmit("00E20400")
    case _:
        transmit("00A40004023F00")
        transmit("00B0000010")
        transmit("80CA000000")
SCardDisconnect(card, SCARD_LEAVE_CARD)
SCardReleaseContext(context)
