"""A card in vpcd's first reader that writes down each command (hex, a line), and answers by its INS.

A4 9000 · B0 P2 bytes 00 01 02 … and 9000 · C0 the same · E2 P1 * 10 ms later 9000 · all else 6D00
"""
import socket
import sys
import time

ATR = bytes.fromhex("3B9F96801FC78031A073BE21136743200718000001A5")


def answer(command):
    ins = command[1] if len(command) > 1 else 0
    if ins == 0xA4:
        return b"\x90\x00"
    if ins in (0xB0, 0xC0):
        return bytes(range(command[4] if len(command) > 4 else 0)) + b"\x90\x00"
    if ins == 0xE2:
        time.sleep(command[2] / 100)
        return b"\x90\x00"
    return b"\x6d\x00"


def connect():
    for _ in range(6000):
        try:
            link = socket.create_connection(("127.0.0.1", 35963))
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return link
        except OSError:
            time.sleep(0.01)
    sys.exit("nobody listens at vpcd's port")


link = connect()
stream = link.makefile("rb")
while len(head := stream.read(2)) == 2:
    message = stream.read(int.from_bytes(head, "big"))
    if message == b"\x04":
        reply = ATR
    elif len(message) > 1:
        with open(sys.argv[1], "a") as log:
            log.write(message.hex().upper() + "\n")
        reply = answer(message)
    else:
        continue
    link.sendall(len(reply).to_bytes(2, "big") + reply)
