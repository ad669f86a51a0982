"""Answers a card's proactive session as a terminal does: toolkit.py. An SMS-PP download begins it."""
from smartcard.System import readers

connection = readers()[0].createConnection()
connection.connect()

# What a terminal answers beside command details and device identities: OPEN CHANNEL, RECEIVE DATA, SEND DATA.
ANSWERS = {0x40: "38028100" "350702000000000002" "39020578", 0x42: "B602AABB" "370100", 0x43: "3701FF"}


def send(header, data=b"", expected=None):
    tail = [len(data)] + list(data) if data else [expected]
    response, sw1, sw2 = connection.transmit(list(bytes.fromhex(header)) + tail)
    return bytes(response), sw1, sw2


def tlv(tag, value):
    return bytes([tag, len(value)]) + value


send("80100000", b"\xFF" * 10)
message = bytes.fromhex("440591214365F77FF6221121000000000C02700000070D0000000000")
download = tlv(0x82, b"\x83\x81") + tlv(0x06, bytes.fromhex("91214365F7")) + tlv(0x8B, message)
_, sw1, sw2 = send("80C20000", tlv(0xD1, download))
while sw1 == 0x91:
    command, _, _ = send("80120000", expected=sw2)
    start = command.find(b"\x81\x03")
    details = command[start:start + 5]
    more = bytes.fromhex(ANSWERS.get(details[3], ""))
    _, sw1, sw2 = send("80140000", details + tlv(0x82, b"\x82\x81") + tlv(0x83, b"\x00") + more)
    print("%02X" % details[3])
