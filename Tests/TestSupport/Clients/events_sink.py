"""Stands where a daemon would and writes down every line that comes: events_sink.py SOCKET FILE."""
import json
import socket
import sys

listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(1)
print("ready", flush=True)
connection, _ = listener.accept()
connection.sendall(b'{"hello":"cardlink-probe","v":1,"version":"test"}\n')
received = 0
with open(sys.argv[2], "wb") as out:
    for line in connection.makefile("rb"):
        out.write(line)
        out.flush()
        if b'"event"' in line:
            received += 1
            connection.sendall(json.dumps({"received": received, "skipped": 0, "v": 1}).encode() + b"\n")
