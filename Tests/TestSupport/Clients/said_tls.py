"""Lets a recorded TLS connection pass through a relay: said_tls.py FILE, with a line `c|HEX` or `s|HEX` for each side.

Prints the port of its server, and reads that of the relay; then says the lines in turn, each side waiting until the other
one's bytes have come, and prints as JSON what each side said.
"""
import json
import socket
import sys

lines = [line.strip().split("|") for line in open(sys.argv[1]) if line.strip() and not line.startswith("#")]
said = [(line[0].strip(), bytes.fromhex(line[1])) for line in lines]
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
client = socket.create_connection(("127.0.0.1", int(sys.stdin.readline())))
server, _ = listener.accept()
for who, data in said:
    sender, receiver = (client, server) if who == "c" else (server, client)
    sender.sendall(data)
    while data:
        data = data[len(receiver.recv(len(data))):]
client.close()
server.recv(1)
server.close()
whole = {side: b"".join(data for who, data in said if who == side).hex() for side in "cs"}
print(json.dumps(whole), flush=True)
