"""What examples/card-reader does with a card, as a program with pyscard does it."""
from smartcard.System import readers

SELECT_MF = [0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00]
SELECT_ICCID = [0x00, 0xA4, 0x00, 0x04, 0x02, 0x2F, 0xE2]
READ_ICCID = [0x00, 0xB0, 0x00, 0x00, 0x00]
SELECT_USIM = [0x00, 0xA4, 0x04, 0x04, 0x07, 0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02]

connection = readers()[0].createConnection()
connection.connect()
for name, command in [
    ("MF", SELECT_MF), ("EF.ICCID", SELECT_ICCID), ("ICCID", READ_ICCID), ("ADF.USIM", SELECT_USIM)
]:
    data, sw1, sw2 = connection.transmit(command)
    if sw1 == 0x6C:
        data, sw1, sw2 = connection.transmit(command[:4] + [sw2])
    elif sw1 == 0x61:
        data, sw1, sw2 = connection.transmit([command[0], 0xC0, 0x00, 0x00, sw2])
    print("%s: %d bytes, %02X%02X" % (name, len(data), sw1, sw2))
connection.disconnect()
