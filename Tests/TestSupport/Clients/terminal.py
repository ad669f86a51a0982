"""Plays the terminal of a card's proactive session, as a phone does: terminal.py [WORD...]. An SMS-PP download begins it.

Words: data=N bytes wait for the card (1000000); refuse=TYPE:RESULT answers the first command of that type with that
result, both in hex; drop=N:CHANNEL tells after N commands, or when the card asks no more, that this link is gone, and
knows it no more; leave=N goes after N commands without a word; run=PROGRAM runs it at the first SEND DATA and waits for its
end; plain sends a message without a secured packet; modem=PORT reaches the card by +CSIM at that port, in place of the
first reader. It prints what it did as JSON.
"""
import json
import re
import subprocess
import sys

from toolkit_objects import objects, tlv

SECURED = ("D140820283810605" "91214365F7" "8B33" "4407912143" "65F77FF622112110000000" "22"
           "027000" "001D1516211515B000110000000001000102030405060708" "A0A40000023F00")
PLAIN = "D123820283810605" "91214365F7" "8B16" "0407912143" "65F7000022112110000000" "05" "E8329BFD06"

words = dict(word.partition("=")[::2] for word in sys.argv[1:])
waiting = int(words.get("data", 1000000))
refused, _, result = words.get("refuse", "").partition(":")
drop, dropped = (int(word) for word in words.get("drop", "-1:0").split(":"))
leave = int(words.get("leave", -1))
done = {"types": [], "sent": 0, "received": 0, "opened": 0, "dropped": False}
channel, gone = 0, set()


def reader():
    """What sends a command to the card in the first reader, and gives its answer."""
    from smartcard.System import readers
    from smartcard.scard import SCARD_LEAVE_CARD
    connection = readers()[0].createConnection()
    connection.connect(disposition=SCARD_LEAVE_CARD)

    def transmit(command):
        response, sw1, sw2 = connection.transmit(list(command))
        return bytes(response) + bytes([sw1, sw2])
    return transmit


def modem(path):
    """The same by the port of a modem (TS 27.007, 8.17)."""
    import serial
    port = serial.Serial(path, 115200, timeout=10)

    def transmit(command):
        port.write(b'AT+CSIM=%d,"%s"\r' % (2 * len(command), command.hex().upper().encode()))
        return bytes.fromhex(re.search(rb'\+CSIM: \d+,"(\w+)"', port.read_until(b"\r\nOK\r\n"))[1].decode())
    return transmit


transmit = modem(words["modem"]) if "modem" in words else reader()


def send(header, data=b"", expected=None):
    tail = bytes([len(data)]) + data if data else bytes([expected])
    answer = transmit(bytes.fromhex(header) + tail)
    return answer[:-2], answer[-2], answer[-1]


def answer(command):
    """The result of a command, and what stands behind it."""
    global channel, waiting, refused
    kind = command[0x01][1]
    if refused and kind == int(refused, 16):
        refused = ""
        return bytes.fromhex(result), b""
    number = command[0x02][1] & 0x07
    if kind in (0x41, 0x42, 0x43) and number in gone:
        return b"\x3A\x02", b""
    if kind == 0x40:
        channel += 1
        done["opened"] += 1
        more = b"" if 0x35 not in command else tlv(0x35, command[0x35])
        state = 0x40 if command.get(0x3C, b"\0")[0] == 0x03 else 0x80
        return b"\x00", tlv(0x38, [state | channel, 0]) + more + tlv(0x39, command[0x39])
    if kind == 0x43:
        if words.get("run"):
            subprocess.run([words.pop("run")], check=True, stdout=subprocess.DEVNULL)
        done["sent"] += len(command[0x36])
        return b"\x00", tlv(0x37, [0xFF])
    if kind == 0x42:
        count = min(command[0x37][0], waiting, 237)
        waiting -= count
        done["received"] += count
        return b"\x00", tlv(0xB6, bytes(count)) + tlv(0x37, [min(waiting, 255)])
    if kind == 0x44:
        states = [tlv(0xB8, [number | (0 if number in gone else 0x80), 5 if number in gone else 0])
                  for number in range(1, channel + 1)]
        return b"\x00", b"".join(states) or tlv(0xB8, [0, 0])
    return b"\x00", b""


def tell_of_drop():
    global drop
    drop = -1
    gone.add(dropped)
    done["dropped"] = True
    event = tlv(0x99, [0x0A]) + tlv(0x82, [0x82, 0x81]) + tlv(0xB8, [dropped, 0x05])
    return send("80C20000", tlv(0xD6, event))


send("80100000", b"\xFF" * 20)
_, sw1, sw2 = send("80C20000", bytes.fromhex(PLAIN if "plain" in words else SECURED))
while sw1 == 0x91 or drop >= 0:
    if sw1 != 0x91 or len(done["types"]) == drop:
        _, sw1, sw2 = tell_of_drop()
        continue
    command, _, _ = send("80120000", expected=sw2)
    if len(done["types"]) == leave:
        break
    inside = objects(command[3:] if command[1] == 0x81 else command[2:])
    done["types"].append("%02X" % inside[0x01][1])
    outcome, more = answer(inside)
    _, sw1, sw2 = send("80140000", tlv(0x81, inside[0x01]) + tlv(0x82, b"\x82\x81") + tlv(0x83, outcome) + more)
print(json.dumps(done))
