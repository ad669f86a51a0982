"""Stands between a client and a server, hands on what passes, and cuts the connection at a step of its handshake.

usage: cut_tls.py TARGET-PORT SIDE RECORDS HOW   prints its own port, then cuts each connection
       cut_tls.py TARGET-PORT neither 0 FILE     cuts none, and writes a line of hex digits for each piece

SIDE is client or server: after so many whole records of that side both ends are closed, by HOW: fin or rst. A line in
FILE begins with O for what the client sent and I for what it received.
"""

import select
import socket
import struct
import sys

target, side, records, how = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]


def cut(ends):
    for end in ends:
        if how == "rst":
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.close()


def forward(client, server):
    """Hands on what comes, of one side record by record, until that has had its number."""
    other = {client: server, server: client}
    counted, pending, passed = {"client": client, "server": server}.get(side), b"", 0
    while True:
        for source in select.select([client, server], [], [])[0]:
            data = source.recv(65536)
            if not data:
                return
            if source is not counted:
                other[source].sendall(data)
                if counted is None:
                    record.write(("O " if source is client else "I ") + data.hex() + "\n")
                    record.flush()
                    continue
                # What the client begins with is taken, and answered by nothing.
                if records == 0:
                    return
                continue
            pending += data
            while len(pending) >= 5 and len(pending) >= 5 + int.from_bytes(pending[3:5], "big"):
                length = 5 + int.from_bytes(pending[3:5], "big")
                other[source].sendall(pending[:length])
                pending, passed = pending[length:], passed + 1
                if passed == records:
                    return


record = open(how, "w") if side == "neither" else None
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    ends = listener.accept()[0], socket.create_connection(("127.0.0.1", target))
    for end in ends:
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        forward(*ends)
    except OSError:
        pass
    cut(ends)
