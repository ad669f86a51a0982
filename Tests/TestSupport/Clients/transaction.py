"""Two programs at one card: transaction.py hold|send.

hold  holds a transaction for half a second
send  when a line comes in, sends two commands
"""
import sys
import time

from smartcard.scard import *

_, context = SCardEstablishContext(SCARD_SCOPE_USER)
_, readers = SCardListReaders(context, [])
_, card, protocol = SCardConnect(context, readers[0], SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1)
if sys.argv[1] == "hold":
    SCardBeginTransaction(card)
    print("held", flush=True)
    time.sleep(0.5)
    SCardEndTransaction(card, SCARD_LEAVE_CARD)
else:
    print("here", flush=True)
    sys.stdin.readline()
    for _ in range(2):
        SCardTransmit(card, protocol, [0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00])
SCardDisconnect(card, SCARD_LEAVE_CARD)
SCardReleaseContext(context)
