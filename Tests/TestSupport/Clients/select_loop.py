"""Reads EF.ICCID so many times: select_loop.py ROUNDS [kill]. With `kill` it ends itself by SIGKILL.

SELECT in the environment has another command to begin each round with.
"""
import os
import signal
import sys

from smartcard.System import readers

connection = readers()[0].createConnection()
connection.connect()
select = list(bytes.fromhex(os.environ.get("SELECT", "00A40004022FE2")))
for _ in range(int(sys.argv[1])):
    data, sw1, sw2 = connection.transmit(select)
    if sw1 == 0x61:
        connection.transmit([0x00, 0xC0, 0x00, 0x00, sw2])
    data, sw1, sw2 = connection.transmit([0x00, 0xB0, 0x00, 0x00, 0x00])
    if sw1 == 0x6C:
        data, sw1, sw2 = connection.transmit([0x00, 0xB0, 0x00, 0x00, sw2])
    print(bytes(data).hex(), "%02X%02X" % (sw1, sw2))
if sys.argv[2:] == ["kill"]:
    os.kill(os.getpid(), signal.SIGKILL)
connection.disconnect()
