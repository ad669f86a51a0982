"""Takes steps at the first reader, and says what came of each: card_steps.py STEP...

A step is a command in hex, or
line        says "here" and waits for a line
reconnect   resets the card in its session
reset       resets the card by another session, which ends
kill        ends itself by SIGKILL
"""
import os
import signal
import sys

from smartcard.scard import *

_, context = SCardEstablishContext(SCARD_SCOPE_USER)
_, readers = SCardListReaders(context, [])
PROTOCOLS = SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1
_, card, protocol = SCardConnect(context, readers[0], SCARD_SHARE_SHARED, PROTOCOLS)
for step in sys.argv[1:]:
    if step == "line":
        print("here", flush=True)
        sys.stdin.readline()
    elif step == "reconnect":
        SCardReconnect(card, SCARD_SHARE_SHARED, PROTOCOLS, SCARD_RESET_CARD)
    elif step == "reset":
        _, other, _ = SCardConnect(context, readers[0], SCARD_SHARE_SHARED, PROTOCOLS)
        SCardDisconnect(other, SCARD_RESET_CARD)
    elif step == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    else:
        result, answer = SCardTransmit(card, protocol, list(bytes.fromhex(step)))
        print(step, bytes(answer[-2:]).hex() if result == 0 else "%08X" % (result & 0xFFFFFFFF), flush=True)
SCardDisconnect(card, SCARD_LEAVE_CARD)
SCardReleaseContext(context)
