"""Data objects of the card's toolkit (TS 102 223, 9), as the terminals beside this file write and read them."""


def tlv(tag, value):
    head = bytes([tag, len(value)]) if len(value) < 0x80 else bytes([tag, 0x81, len(value)])
    return head + bytes(value)


def objects(data):
    found, at = {}, 0
    while at < len(data):
        tag, length, at = data[at] & 0x7F, data[at + 1], at + 2
        if length == 0x81:
            length, at = data[at], at + 1
        found[tag] = data[at:at + length]
        at += length
    return found
