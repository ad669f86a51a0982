"""Reads files that are identities, keys and neither, gives a PIN, and reads before anything is selected: files.py PIN."""
import sys

from smartcard.System import readers

connection = readers()[0].createConnection()
connection.connect()


def send(command):
    data, sw1, sw2 = connection.transmit(list(bytes.fromhex(command)))
    if sw1 == 0x6C:
        data, sw1, sw2 = connection.transmit(list(bytes.fromhex(command[:-2])) + [sw2])
    if sw1 == 0x61:
        data, sw1, sw2 = connection.transmit([int(command[:2], 16), 0xC0, 0x00, 0x00, sw2])
    print(command, bytes(data).hex().upper(), "%02X%02X" % (sw1, sw2))


send("00B0820000")
send("00A40004023F00")
send("00A40004022FE2")
send("00B0000000")
send("00A40004022F05")
send("00B0000000")
send("00A4040410A0000000871002FFFFFFFF8907090000")
send("0020000108" + sys.argv[1].encode().hex() + "FF" * (8 - len(sys.argv[1])))
send("00B0870000")
send("00A40004026F07")
send("00B0000009")
send("00A40004026F46")
send("00B0000011")
send("00A40004026F40")
send("00B201041C")
send("00A40004026F20")
send("00B0000009")
connection.disconnect()
