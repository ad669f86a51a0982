"""Is the terminal of the card in a modem, over its AT port: modem_terminal.py PORT COMMAND [WORD...].

COMMAND makes the modem tell what the card asks; each time an answer goes back in the maker's own command. Words, for the
command of the card with number N, from 1: silent=N never answers it; wrong=N answers something else first; refuse=N:RESULT
gives that general result, in hex, with the cause 00. late=N answers after the modem has given up. run=PROGRAM runs it at the first
SEND DATA and waits for its end. It ends when the modem has been quiet for a second, and prints what it did as JSON, with all
bytes that went and came.
"""
import json
import re
import subprocess
import sys
import time

import serial

from toolkit_objects import objects, tlv

# What a command of the card looks like, and how it is answered: whole, or by type and result.
RAW = [(re.compile(r'\+CUSATP: "([0-9A-F]+)"'), 'AT+CUSATT="%s"'),
       (re.compile(r'\+STKPCI: 0,"([0-9A-F]+)"'), 'AT+STKTR="%s"'),
       (re.compile(r'\+SPUSATPROCMDIND:"([0-9A-F]+)"'), 'AT+SPUSATTERMINAL="%s"'),
       (re.compile(r'\^SSTK: "([0-9A-F]+)",\d+,"00"'), "AT^SSTR=%d,%d")]
TYPES = [(re.compile(r"\+QSTKURC: (\d+)"), 10, "AT+QSTKRSP=%d,%d"), (re.compile(r"#STN: (\d+)"), 10, "AT#STSR=%d,%d"),
         (re.compile(r"\+STKPRO: (\d+)"), 10, "AT+STKTR=%d,%d"), (re.compile(r"!STKC: ([0-9A-F]+)"), 16, "AT!STKCR=%X,%d"),
         (re.compile(r"\+STIN: ([0-9A-F]+)"), 16, "AT+STGR=%X,%d")]
END = (0x81, 254)

path, enabling = sys.argv[1:3]
words = dict(word.partition("=")[::2] for word in sys.argv[3:])
silent, wrong, late = (int(words.get(word, 0)) for word in ("silent", "wrong", "late"))
refused, _, refusal = words.get("refuse", "0:").partition(":")
done = {"types": [], "sent": 0, "received": 0, "opened": 0, "results": [], "said": "", "heard": ""}
port = serial.Serial(path, 115200, timeout=1)


def say(line):
    data = line.encode() + b"\r"
    done["said"] += data.hex().upper()
    port.write(data)


def hear():
    """A line that is not empty; nothing after a second of silence."""
    while True:
        data = port.read_until(b"\n")
        done["heard"] += data.hex().upper()
        if not data.endswith(b"\n"):
            return None
        if data.strip():
            return data.decode().strip()


def response(asked, result):
    """The TERMINAL RESPONSE (TS 102 223, 6.8) to what was asked."""
    head = tlv(0x81, asked[0x01]) + tlv(0x82, b"\x82\x81")
    if result >= 0x20:
        return head + tlv(0x83, [result, 0])
    more = {0x40: lambda: tlv(0x38, b"\x81\0") + tlv(0x35, asked[0x35]) + tlv(0x39, asked[0x39]),
            0x42: lambda: tlv(0xB6, bytes(asked[0x37][0])) + tlv(0x37, b"\0"), 0x43: lambda: tlv(0x37, b"\xff"),
            0x44: lambda: tlv(0x38, b"\x81\0")}
    return head + tlv(0x83, b"\0") + more.get(asked[0x01][1], lambda: b"")()


def read(line):
    """The type that a line asks for, the objects where they are told, and what answers it with a result."""
    for pattern, answer in RAW:
        if found := pattern.fullmatch(line):
            data = bytes.fromhex(found[1])
            asked = objects(data[3:] if data[1] == 0x81 else data[2:])
            kind = asked[0x01][1]
            whole = lambda result: answer % response(asked, result).hex().upper()
            return kind, asked, (lambda result: answer % (kind, result)) if "%d" in answer else whole
    for pattern, base, answer in TYPES:
        if (found := pattern.fullmatch(line)) and int(found[1], base) not in END:
            kind = int(found[1], base)
            return kind, {}, lambda result: answer % (kind, result)
    return None


def ask(line):
    """A command and its result; lines of the card in between are kept for later."""
    say(line)
    while (heard := hear()) is not None:
        if heard in ("OK", "ERROR") or heard.startswith("+CME ERROR"):
            return heard
        waiting.append(heard)
    return "none"


waiting = []
done["results"].append(ask("ATE0"))
done["results"].append(ask(enabling))
while (line := waiting.pop(0) if waiting else hear()) is not None:
    told = read(line)
    if told is None:
        continue
    kind, asked, answer = told
    done["types"].append("%02X" % kind)
    number = len(done["types"])
    if number == silent:
        continue
    if kind == 0x43 and "run" in words:
        subprocess.run([words.pop("run")], check=True, stdout=subprocess.DEVNULL)
    if number == late:
        time.sleep(float(words["pause"]))
    if number == wrong:
        done["results"].append(ask(answer(0).replace("=\"81030", "=\"81034") if asked else answer(0).replace(",0", ",x")))
    result = int(refusal, 16) if number == int(refused) else 0
    outcome = ask(answer(result))
    done["results"].append(outcome)
    if outcome != "OK" or result:
        continue
    done["opened"] += kind == 0x40
    done["sent"] += len(asked.get(0x36, b""))
    if kind == 0x42 and asked:
        done["received"] += asked[0x37][0]
print(json.dumps(done))
