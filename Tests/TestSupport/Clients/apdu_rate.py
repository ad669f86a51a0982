"""Tells a probe's event socket of so many commands a second, and prints how many they were in the end.

usage: apdu_rate.py SOCKET RATE SECONDS
"""
import json
import os
import socket
import sys
import time


def line():
    stamp = {
        "source": "shim", "start_nanoseconds": time.monotonic_ns(), "duration_nanoseconds": 400_000,
        "wall_nanoseconds": time.time_ns(),
    }
    return json.dumps({
        "v": 1, "event": "apdu", "stamp": stamp, "client": {"id": 1, "pid": os.getpid(), "program": "tester"},
        "thread": 1, "session": 1, "reader": "Virtual PCD 00 00", "interface": "pcsc", "session_protocol": "T1",
        "name": "SELECT", "command": "00A4000C023F00", "response": "9000", "is_cut": False, "result_code": 0,
        "wait_nanoseconds": 0, "is_wait_exact": True,
    }) + "\n"


path, rate, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
connection = socket.socket(socket.AF_UNIX)
connection.connect(path)
begin = time.monotonic()
sent = 0
while time.monotonic() < begin + seconds:
    due = int((time.monotonic() - begin) * rate) - sent
    connection.sendall("".join(line() for _ in range(due)).encode())
    sent += due
    time.sleep(0.01)
connection.shutdown(socket.SHUT_WR)
while connection.recv(65536):
    pass
print(sent)
