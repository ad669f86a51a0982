"""Prints what comes in UDP on a port of this machine, a line of hex a datagram, behind the port itself."""
import socket

listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
listener.bind(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    print(listener.recv(65_536).hex().upper(), flush=True)
