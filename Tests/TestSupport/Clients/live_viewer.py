"""Watches the live stream: live_viewer.py URL SECONDS [after=N | until=N | asleep]; until so many exchanges have come.

Ends with one line of JSON: statuses, exchanges, the sum of gaps, the ids in order or not, the median and longest
time in milliseconds from an exchange's end to its arrival here, and the words of the last exchanges. Asleep, it reads nothing.
"""
import json
import re
import socket
import statistics
import sys
import time
from datetime import datetime

url, seconds = sys.argv[1], float(sys.argv[2])
how = sys.argv[3] if len(sys.argv) > 3 else ""
host, port = re.match(r"http://([^/:]+):(\d+)", url).groups()
query = "?" + how if how.startswith("after") else ""
connection = socket.create_connection((host, int(port)))
connection.sendall(f"GET /api/v1/stream{query} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
end = time.monotonic() + seconds
enough = int(how[6:]) if how.startswith("until=") else None
if how == "asleep":
    time.sleep(seconds)
    sys.exit()

seen = {"status": 0, "exchanges": 0, "dropped": 0, "in_order": True, "words": [], "batches": 0}
delays = []
last, buffer, head, name = 0, b"", None, ""


def exchange(item, now):
    global last
    seen["exchanges"] += 1
    seen["in_order"] = seen["in_order"] and item["id"] > last
    last = item["id"]
    sent = datetime.fromisoformat(item["time"].replace("Z", "+00:00")).timestamp()
    delays.append((now - sent - item["card_seconds"]) * 1000)
    seen["words"] = (seen["words"] + [item["words"]])[-20:]


def line(text):
    global name
    if text.startswith("event: "):
        name = text[7:]
    elif text.startswith("data: "):
        now, value = time.time(), json.loads(text[6:])
        if name == "apdu":
            seen["batches"] += 1
            for item in value:
                exchange(item, now)
        elif name == "gap":
            seen["dropped"] += value["dropped"]
        else:
            seen["status"] += 1
            seen["commands"] = value["traffic"]["commands"]


# Chunks of the answer end anywhere; their frames are lines of hex digits alone, between line ends of their own.
while time.monotonic() < end and seen["exchanges"] != enough:
    connection.settimeout(max(0.01, end - time.monotonic()))
    try:
        piece = connection.recv(1 << 16)
    except TimeoutError:
        break
    if not piece:
        seen["ended"] = True
        break
    buffer += piece
    if head is None:
        if b"\r\n\r\n" not in buffer:
            continue
        head, buffer = buffer.split(b"\r\n\r\n", 1)
        seen["http"] = int(head.split()[1])
        text = b""
    while b"\r\n" in buffer:
        size, rest = buffer.split(b"\r\n", 1)
        length = int(size, 16)
        if len(rest) < length + 2:
            break
        text += rest[:length]
        buffer = rest[length + 2 :]
        if length == 0:
            seen["ended"] = True
    while b"\n" in text:
        one, text = text.split(b"\n", 1)
        line(one.decode())
if delays:
    seen["median_ms"], seen["slowest_ms"] = statistics.median(delays), max(delays)
print(json.dumps(seen))
