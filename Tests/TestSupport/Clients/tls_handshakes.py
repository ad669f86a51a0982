"""Makes handshakes of TLS 1.2 with a server that needs no certificate, and says how long each took on this side's wire:
from ClientHello going out to the last Finished coming in, microseconds. usage: tls_handshakes.py PORT COUNT"""

import socket
import ssl
import sys
import time

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
context.maximum_version = ssl.TLSVersion.TLSv1_2
context.set_ciphers("ADH-AES128-SHA256:@SECLEVEL=0")
# Each is a whole one.
context.options |= ssl.OP_NO_TICKET

for _ in range(int(sys.argv[2])):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    talk = context.wrap_bio(incoming, outgoing)
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = heard = None
        while True:
            try:
                talk.do_handshake()
                break
            except ssl.SSLWantReadError:
                flight = outgoing.read()
                if flight:
                    began = began or time.perf_counter()
                    connection.sendall(flight)
                incoming.write(connection.recv(65536))
                heard = time.perf_counter()
        print((heard - began) * 1e6)
