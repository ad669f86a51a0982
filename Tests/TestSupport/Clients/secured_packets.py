"""Prints random secured packets in short messages and proofs of receipt, as pycrate encodes them: secured_packets.py SEED COUNT.

A line of JSON each: the fields, the TPDUs of the messages, and the receipt, as the answer or as a message of the card's.
"""
import json
import random
import sys

from pycrate_mobile.TS23040_SMS import SMS_DELIVER, SMS_SUBMIT, TP_UDH, TP_UDH_IE
from pycrate_mobile.TS31115 import PacketCmdSMSPP, PacketRespSMSPP

seed, count = int(sys.argv[1]), int(sys.argv[2])
random.seed(seed)
BOUND = 140


def some(most):
    return random.randbytes(random.randint(0, most))


def set_all(envelope, values):
    for name, value in values.items():
        envelope[name].set_val(value)


def header(*elements):
    """A user data header of (kind, value), the value's fields by their names, or bytes."""
    udh = TP_UDH()
    for kind, value in elements:
        element = TP_UDH_IE("UDHIE")
        element["T"].set_val(kind)
        element["V"].set_val(value)
        udh["UDH"].append(element)
    return udh


def message(kind, address, udh, data):
    kind["TP_UDHI"].set_val(1)
    kind[7].set_val({"Num": address})
    kind["TP_PID"].from_bytes(b"\x7f")
    kind["TP_DCS"].from_bytes(random.choice([b"\x16", b"\xf6"]))
    kind["TP_UD"]["UDH"].from_bytes(udh.to_bytes())
    kind["TP_UD"]["UD"].set_val(data)
    return kind.to_bytes()


def text(key):
    """What pycrate calls the algorithm."""
    kind, way = key["AlgType"], key["AlgSubtype"]
    return (way.get_dic() or {}).get(way()) or kind.get_dic()[kind()]


def packet():
    spi = {
        "CounterType": random.randint(0, 3), "CipherType": random.randint(0, 1), "IntegrityType": random.randint(0, 3),
        "SMSPoR": random.randint(0, 1), "PoRCipherType": random.randint(0, 1),
        "PoRIntegrityType": random.randint(0, 3), "PoRExpect": random.randint(0, 3),
    }
    command = PacketCmdSMSPP()
    set_all(command["SPI"], spi)
    set_all(command["KIc"], {"Keys": random.randint(0, 15), "AlgSubtype": random.randint(0, 3), "AlgType": random.randint(0, 3)})
    kid = command["KID"].get_alt()
    if spi["IntegrityType"]:
        kid.set_val([random.randint(0, 15), random.randint(0, 3), random.randint(0, 3)])
    application, counter = random.randbytes(3), random.getrandbits(40)
    set_all(command, {"TAR": int.from_bytes(application, "big"), "CNTR": counter, "PCNTR": random.randint(0, 7)})
    checksum = random.choice([4, 8]) if spi["IntegrityType"] else 0
    command["IntegrityCheck"].set_val(random.randbytes(checksum))
    command["Data"].set_val(some(random.choice([100, 500])))
    encoded = command.to_bytes()

    address = "".join(random.choices("0123456789", k=random.randint(0, 20)))
    reference, wide = random.getrandbits(16), random.random() < 0.5
    if not wide:
        reference &= 0xFF
    commanded = (0x70, b"")
    if len(encoded) + 3 <= BOUND:
        pieces = [(header(commanded), encoded)]
    else:
        kind, room = (8, BOUND - 10) if wide else (0, BOUND - 9)
        total = -(-len(encoded) // room)
        pieces = []
        for number in range(total):
            part = (kind, {"MsgRef": reference, "MsgParts": total, "MsgNum": number + 1})
            elements = [part, commanded] if number == 0 else [part]
            pieces.append((header(*elements), encoded[number * room:(number + 1) * room]))
    return {
        "messages": [message(SMS_DELIVER(), address, udh, data).hex() for udh, data in pieces],
        "parts": len(pieces), "reference": reference,
        "length": command["CmdPacketLen"](), "spi": spi,
        "cipher": {"number": command["KIc"]["Keys"](), "name": text(command["KIc"])},
        "checksum": {"number": kid[0](), "name": text(kid)} if spi["IntegrityType"] in (1, 2) else None,
        "application": application.hex(), "counter": counter,
    } | receipt(application, address, spi["SMSPoR"])


def receipt(application, address, is_submitted):
    response = PacketRespSMSPP()
    status, counter = random.choice([random.randint(0, 12), random.getrandbits(8)]), random.getrandbits(40)
    data, padding = some(60), random.randint(0, 7)
    padding = min(padding, len(data))
    set_all(response, {
        "TAR": int.from_bytes(application, "big"), "CNTR": counter, "PCNTR": padding, "Status": status,
        "IntegrityCheck": random.randbytes(random.choice([0, 4, 8])), "Data": data})
    encoded = response.to_bytes()
    udh = header((0x71, b""))
    told = message(SMS_SUBMIT(), address, udh, encoded) if is_submitted else udh.to_bytes() + encoded
    return {
        "receipt": told.hex(), "status": status, "additional": len(data) - padding,
    }


for _ in range(count):
    print(json.dumps(packet()))
