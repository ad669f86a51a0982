"""A phone's side of adb: what adbd is on a phone, for `adb connect 127.0.0.1:PORT`.

usage: phone.py FOLDER [--features shell_v2,cmd,stat_v2,ls_v2] [--model MODEL] [--locked]

FOLDER stands for the phone's file system. Shell commands run in this machine's shell with FOLDER as their directory; in it
`getprop` knows a handful of properties, and `logcat` goes on until it is closed. Its port is the first line that it prints;
behind that it has a JSON object a line for each service that it was asked for. It takes commands on standard input:

    log LINE    a line in every logcat that is open
    gone        ends every connection, and takes no new one
    back        takes connections again, on the same port
    told        prints {"told": true} when all before it is done

--locked asks for a key and takes none: adb calls such a phone unauthorized.
"""

import argparse
import json
import os
import queue
import socket
import struct
import subprocess
import sys
import threading

CNXN, OPEN, OKAY, CLSE, WRTE, AUTH = (int.from_bytes(word, "little") for word in
                                      (b"CNXN", b"OPEN", b"OKAY", b"CLSE", b"WRTE", b"AUTH"))
VERSION, LARGEST = 0x01000001, 256 * 1024

PROPERTIES = {
    "ro.product.model": "Pixel 7",
    "ro.build.version.release": "14",
    "gsm.version.baseband": "g5300g-230905-231024",
    "gsm.operator.alpha": "CardLink Test",
    "gsm.sim.state": "LOADED",
    "gsm.sim.operator.numeric": "00101",
    "ro.serialno": "R58N00SECRET",
}

printing = threading.Lock()


def tell(**what):
    with printing:
        print(json.dumps(what), flush=True)


class Stream:
    """One service, with as many bytes on their way as the protocol allows: one message a direction."""

    def __init__(self, link, own, theirs):
        self.link, self.own, self.theirs = link, own, theirs
        self.arrived = queue.Queue()
        self.taken = threading.Semaphore(0)
        self.rest = b""
        self.is_open = True

    def write(self, data):
        for start in range(0, len(data), self.link.largest):
            if not self.is_open:
                raise EOFError
            self.link.send(WRTE, self.own, self.theirs, data[start:start + self.link.largest])
            self.taken.acquire()

    def read(self, count):
        while len(self.rest) < count:
            part = self.arrived.get()
            if part is None:
                raise EOFError
            self.link.send(OKAY, self.own, self.theirs)
            self.rest += part
        got, self.rest = self.rest[:count], self.rest[count:]
        return got

    def close(self):
        if self.is_open:
            self.is_open = False
            self.link.send(CLSE, self.own, self.theirs)

    def ended(self):
        self.is_open = False
        self.arrived.put(None)
        self.taken.release()


class Link:
    """A connection of the adb server."""

    def __init__(self, phone, peer):
        self.phone, self.peer = phone, peer
        self.sending = threading.Lock()
        self.streams = {}
        self.largest = 4096

    def send(self, command, first, second, data=b""):
        header = struct.pack("<6I", command, first, second, len(data), sum(data) & 0xFFFFFFFF if len(data) < 4096 else 0,
                             command ^ 0xFFFFFFFF)
        with self.sending:
            try:
                self.peer.sendall(header + data)
            except OSError:
                pass

    def exactly(self, count):
        parts = []
        while count:
            part = self.peer.recv(min(count, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def run(self):
        self.peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while True:
                command, first, second, count, _, _ = struct.unpack("<6I", self.exactly(24))
                self.take(command, first, second, self.exactly(count))
        except (EOFError, OSError):
            pass
        finally:
            self.peer.close()
            for stream in list(self.streams.values()):
                stream.ended()

    def take(self, command, first, second, data):
        if command in (CNXN, AUTH) and self.phone.is_locked:
            # The public key is shown to the phone's owner, who does nothing.
            if command == AUTH and first == 3:
                return
            self.send(AUTH, 1, 0, os.urandom(20))
        elif command == CNXN:
            self.largest = min(second, LARGEST)
            self.send(CNXN, VERSION, LARGEST, self.phone.banner)
        elif command == OPEN:
            stream = Stream(self, len(self.streams) + 1, first)
            self.streams[stream.own] = stream
            threading.Thread(target=self.serve, args=(stream, data.rstrip(b"\0").decode()), daemon=True).start()
        elif second in self.streams:
            stream = self.streams[second]
            if command == OKAY:
                stream.taken.release()
            elif command == WRTE:
                stream.arrived.put(data)
            elif command == CLSE:
                stream.ended()

    def serve(self, stream, name):
        kind, _, command = name.partition(":")
        service = {"shell": shell, "exec": shell, "sync": files, "reboot": reboot}.get(kind.split(",")[0])
        tell(service=kind)
        if service is None:
            return self.send(CLSE, 0, stream.theirs)
        self.send(OKAY, stream.own, stream.theirs)
        try:
            service(self.phone, stream, kind, command)
        except EOFError:
            pass
        stream.close()


def packet(kind, data):
    return struct.pack("<BI", kind, len(data)) + data


def shell(phone, stream, kind, command):
    is_packets = "v2" in kind.split(",")
    wrap = (lambda data: packet(1, data)) if is_packets else (lambda data: data)
    if command.startswith("logcat"):
        lines = queue.Queue()
        phone.logs.append((lines, stream))
        tell(logcat=True)
        while stream.is_open:
            line = lines.get()
            if line is None:
                return
            stream.write(wrap(line.encode() + b"\n"))
        return
    known = "".join(f"{name}) echo '{value}';; " for name, value in PROPERTIES.items())
    done = subprocess.run(["sh", "-c", f'getprop() {{ case "$1" in {known}*) echo;; esac; }}\n{command}'],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE if is_packets else subprocess.STDOUT, cwd=phone.folder)
    if done.stdout:
        for start in range(0, len(done.stdout), 32_000):
            stream.write(wrap(done.stdout[start:start + 32_000]))
    if is_packets:
        if done.stderr:
            stream.write(packet(2, done.stderr))
        stream.write(packet(3, bytes([done.returncode & 0xFF])))


def reboot(phone, stream, kind, command):
    stream.close()
    phone.end_links()


def entry(path, is_second):
    """The fields of STAT, or of version 2 with an error number before them."""
    try:
        it = os.stat(path)
    except OSError as error:
        return struct.pack("<IQQIIIIQqqq", error.errno, *[0] * 10) if is_second else struct.pack("<3I", 0, 0, 0)
    if is_second:
        return struct.pack("<IQQIIIIQqqq", 0, it.st_dev, it.st_ino, it.st_mode, it.st_nlink, it.st_uid, it.st_gid,
                           it.st_size, int(it.st_atime), int(it.st_mtime), int(it.st_ctime))
    return struct.pack("<3I", it.st_mode, it.st_size & 0xFFFFFFFF, int(it.st_mtime))


def files(phone, stream, kind, command):
    while True:
        name, count = struct.unpack("<4sI", stream.read(8))
        if name == b"QUIT":
            return
        text = stream.read(count).decode()
        path = os.path.join(phone.folder, text.rpartition(",")[0] if name == b"SEND" else text).replace("//", "/")
        path = phone.folder + "/" + os.path.relpath("/" + path.removeprefix(phone.folder), "/")
        size = None
        if name in (b"STAT", b"STA2", b"LST2"):
            stream.write(name + entry(path, name != b"STAT"))
        elif name in (b"LIST", b"LIS2"):
            is_second = name == b"LIS2"
            for child in sorted(os.listdir(path)) if os.path.isdir(path) else []:
                encoded = child.encode()
                stream.write((b"DNT2" if is_second else b"DENT") + entry(path + "/" + child, is_second)
                             + struct.pack("<I", len(encoded)) + encoded)
            stream.write(b"DONE" + bytes(72 if is_second else 16))
        elif name == b"RECV":
            size = receive(stream, path)
        elif name == b"SEND":
            size = send(stream, path)
        tell(sync=name.decode(), bytes=size)


def receive(stream, path):
    try:
        data = open(path, "rb").read()
    except OSError as error:
        reason = os.strerror(error.errno).encode()
        return stream.write(b"FAIL" + struct.pack("<I", len(reason)) + reason)
    for start in range(0, len(data), 65_536):
        part = data[start:start + 65_536]
        stream.write(b"DATA" + struct.pack("<I", len(part)) + part)
    stream.write(b"DONE" + bytes(4))
    return len(data)


def send(stream, path):
    data = bytearray()
    while True:
        name, count = struct.unpack("<4sI", stream.read(8))
        if name == b"DONE":
            break
        data += stream.read(count)
    try:
        with open(path, "wb") as file:
            file.write(data)
    except OSError as error:
        reason = os.strerror(error.errno).encode()
        return stream.write(b"FAIL" + struct.pack("<I", len(reason)) + reason)
    stream.write(b"OKAY" + bytes(4))
    return len(data)


class Phone:
    def __init__(self, options):
        self.folder = os.path.abspath(options.folder)
        self.is_locked = options.locked
        facts = f"ro.product.name=panther;ro.product.model={options.model};ro.product.device=panther"
        self.banner = f"device::{facts};features={options.features}".encode()
        self.links, self.logs = [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def accept(self, listener):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            link = Link(self, peer)
            self.links.append(link)
            threading.Thread(target=link.run, daemon=True).start()

    def listen(self):
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def end_links(self):
        for link in self.links:
            try:
                link.peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for lines, _ in self.logs:
            lines.put(None)
        self.links, self.logs = [], []

    def obey(self, line):
        word, _, rest = line.partition(" ")
        if word == "log":
            for lines, _ in self.logs:
                lines.put(rest)
        elif word == "gone":
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.end_links()
        elif word == "back":
            self.listener = socket.create_server(("127.0.0.1", self.port))
            self.listen()
        elif word == "told":
            tell(told=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--features", default="shell_v2,cmd,stat_v2,ls_v2")
    parser.add_argument("--model", default="Pixel_7")
    parser.add_argument("--locked", action="store_true")
    phone = Phone(parser.parse_args())
    phone.listen()
    with printing:
        print(phone.port, flush=True)
    for line in sys.stdin:
        phone.obey(line.rstrip("\n"))


main()
