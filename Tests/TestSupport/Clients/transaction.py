"""One of several programs at a card: transaction.py STEP...

hold:MS   holds a transaction for so long; says "held" when it has it
hold:line holds it until a line comes
line      waits for a line
pause:MS  sleeps
send:N    sends N commands
rest:N    does the same with a READ BINARY instead of a SELECT
"""
import sys
import time

from smartcard.scard import *

_, context = SCardEstablishContext(SCARD_SCOPE_USER)
_, readers = SCardListReaders(context, [])
_, card, protocol = SCardConnect(context, readers[0], SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1)
COMMANDS = {"send": [0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00], "rest": [0x00, 0xB0, 0x00, 0x00, 0x04]}
print("here", flush=True)
for step in sys.argv[1:]:
    name, _, number = step.partition(":")
    if name == "hold":
        SCardBeginTransaction(card)
        print("held", flush=True)
        if number == "line":
            sys.stdin.readline()
        else:
            time.sleep(int(number) / 1000)
        SCardEndTransaction(card, SCARD_LEAVE_CARD)
    elif name == "line":
        sys.stdin.readline()
    elif name == "pause":
        time.sleep(int(number) / 1000)
    else:
        for _ in range(int(number)):
            result, _ = SCardTransmit(card, protocol, COMMANDS[name])
            assert result == 0, SCardGetErrorMessage(result)
SCardDisconnect(card, SCARD_LEAVE_CARD)
SCardReleaseContext(context)
