"""An administration server and a card (GlobalPlatform Amendment B), each over an openssl of its own.

usage: ota_session.py IDENTITY KEY [--option OPTION]... [--session FILE] [--server PORT --once PORT [--log FILE]]

Starts the server and prints its port; then, for each line of its input with a port, lets a card have a session there, and
prints as JSON what went through: commands and responses in hex, and whether each side got what the other one said. With a
file for the TLS session the second card resumes that of the first. With `--once` the server listens on a port that is given,
one card has a session at the other one, and that is all; the server's own log has each record of it.
"""

import argparse
import json
import os
import socket
import subprocess
import sys

COMMANDS = ["00A4040008A000000151000000", "80F22000024F0000", "0020000108313233343536FFFF", "80CA006600"]
RESPONSES = ["6F108408A000000151000000A5049F6501FF9000", "E3024F009000", "63C2", "6A88"]
PROTOCOL = "X-Admin-Protocol: globalplatform-remote-admin/1.0\r\n"
AGENT = "X-Admin-From: //se-id/eid/89049032000000000000000000000001;//aa-id/aid/A000000559/1010\r\n"


def tlv(tag, value):
    length = bytes([len(value)]) if len(value) < 128 else bytes([0x81, len(value)])
    return bytes([tag]) + length + value


def objects(tag, texts):
    return b"".join(tlv(tag, bytes.fromhex(text)) for text in texts)


def request(result, *fields):
    head = "POST /server/adminagent?cmd=1 HTTP/1.1\r\nHost: admin.example\r\n" + PROTOCOL + AGENT
    if result:
        head += "Content-Type: application/vnd.globalplatform.card-content-mgt-response;version=1.0\r\n"
        head += "Content-Length: %d\r\n" % len(result)
    return (head + "".join(field + "\r\n" for field in fields) + "\r\n").encode() + result


def answer(script, chunks=0, following=True):
    head = "HTTP/1.1 %s\r\n" % ("200 OK" if script else "204 No Content") + PROTOCOL
    if following:
        head += "X-Admin-Next-URI: /server/adminagent?cmd=2\r\n"
    if not script:
        return (head + "\r\n").encode()
    head += "Content-Type: application/vnd.globalplatform.card-content-mgt;version=1.0\r\n"
    if not chunks:
        return (head + "Content-Length: %d\r\n\r\n" % len(script)).encode() + script
    parts = [script[place : place + chunks] for place in range(0, len(script), chunks)]
    body = b"".join(b"%x\r\n" % len(part) + part + b"\r\n" for part in parts)
    return (head + "Transfer-Encoding: chunked\r\n\r\n").encode() + body + b"0\r\n\r\n"


# Lengths not given, and given.
TURNS = [
    (request(b""), answer(b"\xae\x80" + objects(0x22, COMMANDS[:2]) + b"\0\0", chunks=7)),
    (
        request(b"\xaf\x80" + objects(0x23, RESPONSES[:2]) + b"\0\0", "X-Admin-Script-Status: ok"),
        answer(tlv(0xAA, objects(0x22, COMMANDS[2:]))),
    ),
    (
        request(tlv(0xAB, b"\x80\x01\x02" + objects(0x23, RESPONSES[2:])), "X-Admin-Script-Status: ok"),
        answer(b"", following=False),
    ),
]


def read(stream, count):
    data = b""
    while len(data) < count:
        part = os.read(stream.fileno(), count - len(data))
        if not part:
            break
        data += part
    return data


def openssl(*words):
    return subprocess.Popen(
        ["openssl", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)


def session(server, port):
    resumption = []
    if options.session:
        resumption = ["-sess_in" if os.path.exists(options.session) else "-sess_out", options.session]
    client = openssl(
        "s_client", "-connect", "127.0.0.1:%d" % port, "-psk", options.key, "-psk_identity", options.identity,
        "-quiet", "-no_ign_eof", *options.option, *resumption)
    right = True
    for asked, answered in TURNS:
        client.stdin.write(asked)
        right = right and read(server.stdout, len(asked)) == asked
        server.stdin.write(answered)
        right = right and read(client.stdout, len(answered)) == answered
    client.stdin.close()
    client.wait()
    return right


parser = argparse.ArgumentParser()
parser.add_argument("identity")
parser.add_argument("key")
parser.add_argument("--option", action="append", default=[])
parser.add_argument("--session")
parser.add_argument("--server", type=int, default=0)
parser.add_argument("--once", type=int)
parser.add_argument("--log", default="/dev/null")
options = parser.parse_args()
with socket.create_server(("127.0.0.1", options.server)) as free:
    own = free.getsockname()[1]
process = openssl(
    "s_server", "-accept", "127.0.0.1:%d" % own, "-nocert", "-psk", options.key, "-psk_identity", options.identity,
    "-quiet", *(["-naccept", "2", "-msg", "-msgfile", options.log] if options.once else []), *options.option)
while True:
    try:
        # It takes one connection after the other: this one ends at once.
        socket.create_connection(("127.0.0.1", own)).close()
        break
    except ConnectionRefusedError:
        pass
if options.once:
    right = session(process, options.once)
    process.wait(10)
    sys.exit(0 if right else 1)
print(own, flush=True)
for line in sys.stdin:
    right = session(process, int(line))
    print(json.dumps({"right": right, "commands": COMMANDS, "responses": RESPONSES}), flush=True)
process.kill()
