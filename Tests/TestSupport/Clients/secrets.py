"""Sends commands whose data or answer is secret, and writes down what lies in the probe's ring: secrets.py RING_FILE CANARY.

CANARY, 16 hex digits, is part of every secret; SELECT carries its bytes backwards in the clear, so that whoever looks
can see that looking works. What the card answers is for its script to say.
"""
import re
import sys

from smartcard.Exceptions import SmartcardException
from smartcard.System import readers

canary = bytes.fromhex(sys.argv[2])
connection = readers()[0].createConnection()
connection.connect()


def send(header, data=b"", tail=b""):
    """A command as it stands; its answer, and behind 61XX and 6CXX what a terminal does about it."""
    count = len(data)
    length = b"" if count == 0 else bytes([count]) if count < 256 else bytes([0, count >> 8, count & 0xFF])
    command = bytes.fromhex(header) + length + data + tail
    answer, sw1, sw2 = connection.transmit(list(command))
    if sw1 == 0x6C:
        answer, sw1, sw2 = connection.transmit(list(command[:-1]) + [sw2])
    if sw1 == 0x61:
        answer, sw1, sw2 = connection.transmit([0x00, 0xC0, 0x00, 0x00, sw2])
    return bytes(answer), sw1, sw2


def tlv(tag, value):
    count = len(value)
    return bytes([tag]) + (bytes([count]) if count < 128 else bytes([0x81, count])) + value


send("00A40400", canary[::-1])

# PINs, PUKs and keys: ISO, GSM, GlobalPlatform, a reader's own; with channels, chaining, secure messaging and wrong lengths.
for header in [
    "00200001", "01200081", "40200001", "00240001", "00260001", "00280001", "002C0001",
    "A0200001", "A0240001", "A0260001", "A0280001", "A02C0001",
    "00820001", "00880081", "00860000", "00870000", "A0880000", "80500000", "80820000", "84820100", "84500000",
    "80D80181", "84D80181", "80E29100", "80E20000", "00DA0000", "00DB3FFF", "80DB0000", "80E60200", "80E80000",
    "002A9E9A", "002A8086", "00220141", "00460000", "00730000", "00750000",
    "10200001", "0C200001", "0CA40400", "84A40400", "04B00000", "60D60000", "E0A40400",
    "FF820000", "FF860000", "FFD60007", "FF000000", "90AA0000", "80FF0000",
]:
    send(header, canary)
    send(header, canary + canary)
for malformed in ["0020000107", "0020000109", "00B0000007", "8014000003", "80C2000004", "002000010000"]:
    connection.transmit(list(bytes.fromhex(malformed)) + list(canary))
send("00200001", canary * 40)
send("80E20000", canary * 200)

# Contents of files.
for header in ["00D60000", "00DC0104", "00D70000", "00DD0104", "00E20000", "A0D60000", "A0DC0104", "00A20104", "00D00000"]:
    send(header, canary)

# A secured packet by SMS, whole and in the two other shapes that a network sends; a broken one.
packet = bytes.fromhex("440591214365F77FF6221121000000000C027000") + canary * 4
download = tlv(0x82, b"\x83\x81") + tlv(0x06, bytes.fromhex("91214365F7")) + tlv(0x8B, packet)
send("80C20000", tlv(0xD1, download))
send("A0C20000", tlv(0xD1, download))
send("80C20000", tlv(0xD2, tlv(0x82, b"\x83\x81") + tlv(0x0C, canary)))
send("80C20000", tlv(0xD1, download)[:-3])
send("80C20000", tlv(0xC1, download))
# USSD, a location, and a menu's choice with a text beside it.
send("80C20000", tlv(0xD9, tlv(0x82, b"\x83\x81") + tlv(0x0A, canary)))
send("80C20000", tlv(0xD6, tlv(0x99, b"\x03") + tlv(0x82, b"\x82\x81") + tlv(0x13, canary)))
send("80C20000", tlv(0xD3, tlv(0x82, b"\x01\x81") + tlv(0x90, b"\x01") + tlv(0x8D, b"\x04" + canary)))

# What a terminal answers: text that a user typed, channel data that came in, its IMEI, where it is.
for command, answers in [
    (0x23, tlv(0x8D, b"\x04" + canary)), (0x22, tlv(0x8D, b"\x04" + canary)), (0x42, tlv(0xB6, canary * 2) + tlv(0xB7, b"\x00")),
    (0x26, tlv(0x14, canary)), (0x26, tlv(0x13, canary)), (0x13, tlv(0x0B, canary)), (0x34, tlv(0x25, canary)),
    (0x40, tlv(0x47, canary) + tlv(0x0D, b"\xF4" + canary)), (0x42, tlv(0x36, canary * 20)), (0x42, tlv(0xB6, canary)[:-1]),
]:
    details = tlv(0x81, bytes([1, command, 0])) + tlv(0x82, b"\x82\x81") + tlv(0x83, b"\x00")
    send("80140000", details + answers)
    send("A0140000", details + answers)

# What the card says: proactive commands as long as it has some, files, challenges and answers.
while True:
    answer, sw1, sw2 = send("80F2000C")
    if sw1 != 0x91:
        break
    answer, sw1, sw2 = send("80120000", tail=bytes([sw2]))
    start = answer.find(b"\x81\x03")
    send("80140000", answer[start:start + 5] + tlv(0x82, b"\x82\x81") + tlv(0x83, b"\x00") + tlv(0xB7, b"\x00"))
for header, identifier in [("00A40000", "3F00"), ("00A40000", "2FE2")]:
    send(header, bytes.fromhex(identifier))
send("00B00000", tail=b"\x0A")
send("00A40000", b"\x2F\x99")
send("00B00000", tail=b"\x08")
send("00A40404", bytes.fromhex("A0000000871002"))
send("00A40000", bytes.fromhex("6F07"))
send("00B00000", tail=b"\x09")
for header in ["00B08700", "00B20104", "00CA0066", "80CA00E0", "00840000", "00C00000", "00B10000", "A0B00000", "80F24000"]:
    send(header, tail=b"\x00")
try:
    connection.control(0x42000D48, list(canary))
except SmartcardException:
    pass  # The reader has no PIN pad.

with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb") as memory, open(sys.argv[1], "wb") as out:
    for line in maps:
        if "memfd:cardlink-ring" in line:
            start, end = (int(word, 16) for word in re.match(r"(\w+)-(\w+)", line).groups())
            memory.seek(start)
            out.write(memory.read(end - start))
