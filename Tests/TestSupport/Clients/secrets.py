"""Sends commands whose data is secret, and writes down what of them lies in the probe's ring: secrets.py RING_FILE CANARY.

CANARY, 16 hex digits, is part of every secret; SELECT carries it in the clear under the last byte 01, so that whoever
looks for it can see that looking works.
"""
import re
import sys

from smartcard.System import readers

canary = bytes.fromhex(sys.argv[2])
connection = readers()[0].createConnection()
connection.connect()


def send(header, data):
    connection.transmit(list(bytes.fromhex(header)) + [len(data)] + list(data))


def tlv(tag, value):
    return bytes([tag, len(value)]) + value


send("00A40400", canary[:-1] + b"\x01")
send("00200001", canary)
send("00240001", canary + canary)
send("00260001", canary)
send("00280001", canary)
send("002C0001", canary + canary)
send("00D60000", canary)
send("00DC0104", canary)
send("80D80181", canary)
send("00880081", canary + canary)
send("84820100", canary + canary)
send("0CA40400", canary)
send("84A40400", canary)
send("80E29100", canary)
send("80E60200", canary)
send("80E80000", canary)
send("00DA0000", canary)
send("80DB0000", canary)
send("002A9E9A", canary)
send("FF820000", canary)
send("80C20000", tlv(0xD1, tlv(0x82, b"\x83\x81") + tlv(0x8B, canary)))
send("80140000", tlv(0x81, b"\x01\x23\x00") + tlv(0x82, b"\x82\x81") + tlv(0x83, b"\x00") + tlv(0x8D, b"\x04" + canary))
send("00A40000", b"\x2F\xE2")
connection.transmit([0x00, 0xB0, 0x00, 0x00, 0x0A])

with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb") as memory, open(sys.argv[1], "wb") as out:
    for line in maps:
        if "memfd:cardlink-ring" in line:
            start, end = (int(word, 16) for word in re.match(r"(\w+)-(\w+)", line).groups())
            memory.seek(start)
            out.write(memory.read(end - start))
