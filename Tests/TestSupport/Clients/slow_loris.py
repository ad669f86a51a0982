"""Holds connections open with requests that never end, a byte now and then; one that is cut off is opened anew.

usage: slow_loris.py PORT COUNT

Prints `ready` when all are open, and at each cut-off `again`.
"""
import selectors
import socket
import sys
import time

port, count = int(sys.argv[1]), int(sys.argv[2])
open_connections = selectors.DefaultSelector()


def begin():
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    connection.setblocking(False)
    open_connections.register(connection, selectors.EVENT_READ)


for _ in range(count):
    begin()
print("ready", flush=True)
while True:
    for key, _ in open_connections.select(timeout=0):
        # Only a cut-off can be read.
        open_connections.unregister(key.fileobj)
        key.fileobj.close()
        begin()
        print("again", flush=True)
    for key in list(open_connections.get_map().values()):
        try:
            key.fileobj.send(b"a")
        except OSError:
            pass
    time.sleep(0.2)
