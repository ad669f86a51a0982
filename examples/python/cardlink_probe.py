"""Tells a running CardLink Probe what a tester does: tests, database operations, or any other event.

    import cardlink_probe
    sender = cardlink_probe.Sender("my-tester")
    sender.send(cardlink_probe.source_state(True, ""))

Needs nothing but Python 3.9. A sender never raises and never waits: events go into a bounded queue, a thread of its own
writes them, and what could not be told is counted. The lines are those of `cardlink-probe events schema`.
"""

import atexit
import collections
import json
import os
import random
import socket
import string
import sys
import threading
import time
import weakref

VERSION = 1
"""The version of the lines."""

LONGEST_LINE = 524_288
"""Bytes of a line that a probe reads."""


def socket_path():
    """Where the probe's event socket is: CARDLINK_EVENTS, else in the usual runtime directory."""
    named = os.environ.get("CARDLINK_EVENTS")
    if named:
        return named
    if os.geteuid() == 0:
        return "/run/cardlink-probe/events.sock"
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.geteuid()}"
    return os.path.join(runtime, "cardlink-probe", "events.sock")


# Events ---------------------------------------------------------------------------------------------------------------


class Moment:
    """A time on both clocks: the one that durations are measured with, and the one that people read."""

    __slots__ = ("monotonic", "wall")

    def __init__(self):
        self.monotonic = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        self.wall = time.time_ns()


def event(kind, began=None, **members):
    """An event of any kind: now, or from a moment until now. Members that are None are left out."""
    now = Moment()
    began = began or now
    stamp = {
        "source": "tester_socket",
        "start_nanoseconds": began.monotonic,
        "duration_nanoseconds": max(0, now.monotonic - began.monotonic),
        "wall_nanoseconds": began.wall,
    }
    told = {name: value for name, value in members.items() if value is not None}
    return {"v": VERSION, "event": kind, "stamp": stamp, **told}


def new_number():
    """A random number for a run or a pool; JavaScript reads it exactly, too."""
    return random.SystemRandom().getrandbits(53)


def _cut(text, longest):
    """The text with at most so many bytes of UTF-8; what is no text becomes question marks."""
    return text.encode("utf-8", "replace")[:longest].decode("utf-8", "ignore")


def _suite(run, suite):
    return {"run": run, "suite": _cut(suite, 255)}


def suite_began(
    run, suite, began=None, traceparent=None, parent=None, tester_version=None, tester_commit=None,
):
    """A suite of tests began; `run` is a `new_number()` of the runner, `parent` the span that the runner was given."""
    members = dict(suite=_suite(run, suite), traceparent=traceparent, parent=parent)
    members.update(tester_version=tester_version and _cut(tester_version, 64), tester_commit=tester_commit)
    return _begin(event("suite_began", began, **members))


def suite_ended(run, suite, began):
    """A suite that began then has ended."""
    return event("suite_ended", began, suite=_suite(run, suite))


def test_began(run, suite, test, began=None, traceparent=None, expects=None):
    """A test began in this process; `expects` lists failures that it means to see: `VERIFY=63CX`, `SELECT=not_found`."""
    members = dict(
        suite=_suite(run, suite), test=_cut(test, 4096), traceparent=traceparent, pid=os.getpid(), expects=expects)
    return _begin(event("test_began", began, **members))


def test_ended(run, suite, test, status, began, passed_assertions=None, failed_assertions=None, traceparent=None):
    """A test that began then has ended: `passed`, `failed`, `skipped` or `error`."""
    return event(
        "test_ended", began, suite=_suite(run, suite), test=_cut(test, 4096), status=status,
        passed_assertions=passed_assertions, failed_assertions=failed_assertions, traceparent=traceparent,
        pid=os.getpid(),
    )


def database_operation(operation, table, began, error=None, system=None):
    """An operation that began then has ended; the statement and its values stay here.

    `system` is OpenTelemetry's name of the database: `sqlite`, `postgresql`. It is part of the span in TRACEPARENT.
    """
    members = dict(operation=operation, table=_cut(table, 255), status="failed" if error else "success", error=error)
    return event(
        "database_operation", began, **members, system=system, traceparent=os.environ.get("TRACEPARENT", "")[:255] or None)


def database_pool(pool, connections):
    """A pool, a `new_number()`, has so many connections open."""
    return event("database_pool", pool=pool, connections=connections)


def source_state(is_working, message):
    """The tester cannot see what it should, or can again; one line of what to do."""
    return event("source_state", is_working=is_working, message=_cut(message, 4096))


def _begin(told):
    told["stamp"]["duration_nanoseconds"] = 0
    return told


def tester_commit(folder):
    """The commit that the folder's repository is at, from git's own files; None where there is none."""
    try:
        given = os.environ.get("CARDLINK_TESTER_COMMIT", "")
        if 7 <= len(given) <= 64 and set(given) <= set(string.hexdigits):
            return given
        own = _git_directory(os.path.abspath(folder))
        common = os.path.join(own, _first_line(os.path.join(own, "commondir")) or "")
        said = _first_line(os.path.join(own, "HEAD"))
        for _ in range(5):
            if len(said) in (40, 64) and set(said) <= set(string.hexdigits):
                return said
            if not said.startswith("ref: refs/") or ".." in said:
                return None
            name = said[5:]
            said = _first_line(os.path.join(own, name)) or _first_line(os.path.join(common, name)) or _packed(name, common)
    except (OSError, TypeError, ValueError, AttributeError):
        pass
    return None


def _git_directory(folder):
    """Where the repository of a folder is; in a further work tree and in a submodule `.git` is a file."""
    while True:
        git = os.path.join(folder, ".git")
        if os.path.isdir(git):
            return git
        link = _first_line(git)
        if link and link.startswith("gitdir: "):
            return os.path.join(folder, link[8:])
        if os.path.dirname(folder) == folder:
            return None
        folder = os.path.dirname(folder)


def _first_line(path):
    """None where there is no such file, or an empty one."""
    if not os.path.isfile(path):
        return None
    with open(path, encoding="utf-8") as file:
        return file.readline().rstrip("\n") or None


def _packed(name, directory):
    with open(os.path.join(directory, "packed-refs"), encoding="utf-8") as file:
        return next((row.split(" ")[0] for row in file if row.rstrip("\n").endswith(" " + name)), None)


# Trace context --------------------------------------------------------------------------------------------------------


class Trace:
    """The trace that tests are part of: the caller's, by TRACEPARENT, else a new one."""

    def __init__(self, traceparent=None):
        given = traceparent if traceparent is not None else os.environ.get("TRACEPARENT", "")
        parts = given.split("-")
        hexes = zip(parts, (2, 32, 16, 2))
        if len(parts) >= 4 and all(_is_hex(part, length) for part, length in hexes):
            self.parent, self.trace, self.flags = given, parts[1], parts[3]
        else:
            self.parent = None
            self.trace, self.flags = f"{random.SystemRandom().getrandbits(128) or 1:032x}", "01"

    def span(self):
        """A traceparent with a new span."""
        return f"00-{self.trace}-{random.SystemRandom().getrandbits(64) or 1:016x}-{self.flags}"


def _is_hex(text, length):
    return len(text) == length and set(text) <= set("0123456789abcdef") and (length == 2 or set(text) != {"0"})


# Asking ---------------------------------------------------------------------------------------------------------------


def failed_tests(run, suite, path=None, within=1.0):
    """What was said to cards in the tests of a suite that failed, by test; empty where no probe answers in time.

    Each is a dictionary: `count` and `errors` of commands, the `slowest` one and its `slowest_nanoseconds`, the last one
    that `failed` and its `failed_status_word`.
    """
    try:
        deadline = time.monotonic() + within
        link = _Link(path or socket_path(), "asks", within)
        try:
            link.give([_line({"ask": "tests", "suite": _suite(run, suite), "v": VERSION})])
            is_there = True
            while is_there and time.monotonic() < deadline:
                link.flush()
                is_there = link.hear()
                if link.tests is not None:
                    return {failed["test"]: failed["commands"] for failed in link.tests}
                time.sleep(0.002)
        finally:
            link.close()
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return {}


# Sending --------------------------------------------------------------------------------------------------------------

Tally = collections.namedtuple("Tally", "queued confirmed skipped dropped unconfirmed")
Tally.__doc__ = """What became of the events that were given to a sender.

queued: given; confirmed: taken by a probe; skipped: read by a probe and not taken; dropped: never left this process;
unconfirmed: sent, and no probe said that it has read them. queued is the sum of the others once a sender is closed.
"""

_senders = weakref.WeakSet()


class Sender:
    """Sends events to a probe from a thread of its own; any thread may give it some, and a forked child has its own.

    While nobody listens, events wait; of more than `capacity` the oldest are dropped. A new probe is told first what was
    open with the one before.
    """

    POLL_SECONDS = 0.02
    RETRY_SECONDS = 1.0
    # A probe that is busy greets late; nobody waits for the thread that waits.
    PATIENCE_SECONDS = 2.0

    def __init__(self, name="python", path=None, capacity=50_000):
        self.name = name
        self.path = path or socket_path()
        self.capacity = capacity
        self.reason = ""
        self._begin()
        _senders.add(self)

    def _begin(self):
        """Begins anew: at first, and in a forked child, to whom no thread and no promise of its parent's belongs."""
        self._lock = threading.Lock()
        self._queue = collections.deque()
        self._wake = threading.Event()
        self._queued = self._dropped = self._unconfirmed = self._confirmed = self._skipped = 0
        self._thread = None
        self._deadline = None
        self._link = None
        self._open = {}
        self._retry_at = 0.0
        self._is_absent = False

    def send(self, told, soon=False):
        """Takes an event; never raises, never waits. False when it is too late for it.

        `soon` is for what others must know of first, such as a test's begin; the rest goes in packets.
        """
        try:
            with self._lock:
                if self._deadline is not None:
                    return False
                self._queued += 1
                self._queue.append(told)
                length = len(self._queue)
                if length > self.capacity:
                    self._queue.popleft()
                    self._dropped += 1
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="cardlink-probe", daemon=True)
                    self._thread.start()
            if soon or length % 1024 == 0:
                self._wake.set()
            return True
        except Exception as error:  # no thread to be had, the interpreter ends
            self.reason = str(error)
            return False

    @property
    def tally(self):
        """What became of the events so far."""
        link = self._link
        confirmed, skipped = (max(0, link.received - link.extra), link.skipped) if link else (0, 0)
        return Tally(
            self._queued, self._confirmed + confirmed, self._skipped + skipped, self._dropped, self._unconfirmed)

    def settle(self, within=0.25):
        """Waits, for so many seconds at most, until a probe has taken all that was given so far; whether it has.

        For what must be known before the next command to a card, such as what a test expects.
        """
        deadline = time.monotonic() + within
        goal = self._queued
        while sum(self.tally[1:]) < goal:
            if self._thread is None or self._is_absent or time.monotonic() > deadline:
                return False
            self._wake.set()
            time.sleep(0.001)
        return True

    def close(self, within=2.0):
        """Sends what waits, for so many seconds at most, and returns the tally. Safe to call twice."""
        try:
            with self._lock:
                if self._deadline is None:
                    self._deadline = time.monotonic() + within
                thread = self._thread
            self._wake.set()
            if thread is not None and thread is not threading.current_thread():
                thread.join(within + 1)
            with self._lock:
                self._dropped += len(self._queue)
                self._queue.clear()
        except Exception as error:
            self.reason = str(error)
        return self.tally

    def complaint(self):
        """One line on what was not told; empty when all was."""
        tally = self.tally
        lost = tally.dropped + tally.unconfirmed
        if not lost and not tally.skipped:
            return ""
        words = f"{lost} of {tally.queued} events did not reach {self.path}"
        if tally.skipped:
            words += f"; {tally.skipped} were not taken"
        return words + (f": {self.reason}" if self.reason else "")

    # The thread

    def _run(self):
        while True:
            try:
                self._wake.wait(self.POLL_SECONDS)
                self._wake.clear()
                if self._connect():
                    self._write()
                if self._deadline is not None and (self._is_late() or self._is_absent or not self._queue):
                    break
            except Exception as error:
                self._lose(str(error))
        self._finish()

    def _is_late(self):
        return self._deadline is not None and time.monotonic() > self._deadline

    def _connect(self):
        if self._link is not None:
            if self._link.hear():
                return True
            self._lose("the probe ended")
        if not self._queue or (time.monotonic() < self._retry_at and self._deadline is None):
            return False
        self._retry_at = time.monotonic() + self.RETRY_SECONDS
        patience = self.PATIENCE_SECONDS
        if self._deadline is not None:
            patience = min(patience, max(0.01, self._deadline - time.monotonic()))
        try:
            self._link = _Link(self.path, self.name, patience)
            self._is_absent = False
        except OSError as error:
            self._is_absent = not isinstance(error, (socket.timeout, BlockingIOError))
            self.reason = error.strerror or str(error)
            return False
        reopened = [_line(told) for told in self._open.values()]
        self._link.extra = len(reopened)
        self._link.give(reopened)
        return True

    def _write(self):
        link = self._link
        while link.flush() and self._queue and not self._is_late():
            link.give(self._lines(512))
            if not link.hear():
                raise OSError("the probe ended")

    def _lines(self, most):
        """The next lines; one that cannot be written is dropped."""
        lines = []
        while len(lines) < most:
            with self._lock:
                if not self._queue:
                    break
                told = self._queue.popleft()
            try:
                line = _line(told)
                if len(line) > LONGEST_LINE + 1:
                    raise ValueError(f"an event of {len(line)} bytes; at most {LONGEST_LINE} are read")
                self._note(told)
                lines.append(line)
            except Exception as error:
                self.reason = str(error)
                with self._lock:
                    self._dropped += 1
        return lines

    def _note(self, told):
        """What a probe must be told first when it has not heard the beginning."""
        kind, suite = told.get("event"), told.get("suite")
        if kind in ("suite_began", "suite_ended"):
            key = ("suite", suite["run"], suite["suite"])
        elif kind in ("test_began", "test_ended"):
            key = ("test", suite["run"], suite["suite"], told["test"])
        elif kind == "database_pool":
            key = ("pool", told["pool"])
        else:
            return
        if kind.endswith("_ended") or told.get("connections") == 0:
            self._open.pop(key, None)
        elif len(self._open) < 4096:
            self._open[key] = told

    def _lose(self, reason):
        link, self._link = self._link, None
        self.reason = reason
        if link is None:
            return
        link.close()
        with self._lock:
            received = max(0, link.received - link.extra)
            self._confirmed += received
            self._skipped += link.skipped
            self._unconfirmed += max(0, link.given - link.extra - received - link.skipped)

    def _finish(self):
        link = self._link
        if link is None:
            return
        try:
            link.end(self._deadline)
        except Exception as error:
            self.reason = str(error)
        self._lose(self.reason)


class _Link:
    """One connection to a probe."""

    def __init__(self, path, name, patience):
        self.received = self.skipped = self.given = self.extra = 0
        self.tests = None
        self._unsent = b""
        self._heard = b""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(patience)
            self._socket.connect(path)
            while b"\n" not in self._heard:
                piece = self._socket.recv(4096)
                if not piece:
                    raise OSError("nothing of a probe was heard")
                self._heard += piece
            line, self._heard = self._heard.split(b"\n", 1)
            greeting = json.loads(line)
            if greeting.get("hello") != "cardlink-probe" or greeting.get("v") != VERSION:
                raise OSError(str(greeting.get("refused", "no probe of this version")))
            self._socket.setblocking(False)
        except ValueError:
            self._socket.close()
            raise OSError("no probe listens there")
        except OSError:
            self._socket.close()
            raise
        self._unsent = _line({"hello": name, "v": VERSION})

    def give(self, lines):
        self._unsent += b"".join(lines)
        self.given += len(lines)

    def flush(self):
        """Sends what the socket takes; whether that is all."""
        while self._unsent:
            try:
                self._unsent = self._unsent[self._socket.send(self._unsent):]
            except BlockingIOError:
                return False
        return True

    def hear(self):
        """Reads receipts; whether the connection still is."""
        while True:
            try:
                piece = self._socket.recv(65536)
            except BlockingIOError:
                return True
            except OSError:
                return False
            if not piece:
                return False
            *lines, self._heard = (self._heard + piece).split(b"\n")
            for line in lines:
                said = json.loads(line)
                if "received" in said:
                    self.received, self.skipped = said["received"], said["skipped"]
                self.tests = said.get("tests", self.tests)

    def end(self, deadline):
        """Sends the rest and waits for the last receipt."""
        while not self.flush() and time.monotonic() < deadline and self.hear():
            time.sleep(0.005)
        self._socket.shutdown(socket.SHUT_WR)
        while self.hear() and time.monotonic() < deadline:
            time.sleep(0.002)

    def close(self):
        self.hear()
        self._socket.close()


def _line(told):
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def _after_fork():
    for sender in list(_senders):
        link = sender._link
        sender._begin()
        if link is not None:
            link._socket.close()


def _at_exit():
    for sender in list(_senders):
        is_open = sender._deadline is None
        sender.close()
        complaint = sender.complaint()
        if is_open and complaint:
            print(f"cardlink_probe: {complaint}", file=sys.stderr)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)
