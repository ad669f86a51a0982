"""Tells a running CardLink Probe what SQLAlchemy does: operation, table, duration, errors, open connections.

    import cardlink_probe_sqlalchemy
    cardlink_probe_sqlalchemy.watch(engine)

Statements and their values stay in the program: an operation and a table's name are all that is read of them.
"""

import re
import threading

from sqlalchemy import event

import cardlink_probe

_QUOTED = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_TABLE = re.compile(r"\b(?:from|into|update|table(?: if (?:not )?exists)?)\s+([\w.]+|\"[^\"]+\"|`[^`]+`)", re.IGNORECASE)
_SCHEMA = {"create", "drop", "alter", "truncate", "reindex", "comment"}
_OPERATIONS = {
    "select": "select", "insert": "insert", "update": "update", "delete": "delete", "replace": "insert",
    "begin": "begin", "commit": "commit", "rollback": "rollback",
}
_STATEMENT_LENGTH = 4096
# OpenTelemetry's names, where SQLAlchemy has others.
_SYSTEMS = {"mssql": "microsoft.sql_server", "oracle": "oracle.db"}

# The first that fits a driver's message or the error's class; nothing of the message is told.
_ERRORS = [
    (re.compile(pattern, re.IGNORECASE), error)
    for pattern, error in [
        (r"IntegrityError|constraint|duplicate key", "constraint"),
        (r"timed? ?out", "timeout"),
        (r"locked|deadlock|lock wait|could not obtain lock", "locked"),
        (r"disk (is )?full|no space|SQLITE_FULL", "disk_full"),
        (r"malformed|not a database|corrupt", "corrupt"),
        (r"read-?only|permission|denied|not authorized", "access_denied"),
        (r"no such (table|column)|does not exist|unknown (table|column)|already exists|syntax|ProgrammingError", "schema"),
        (r"connect|unable to open|closed|InterfaceError|server has gone", "connection"),
    ]
]


def watch(engine, sender=None):
    """Tells what an engine does from now on, through a sender of its own when none is given; returns the sender.

    An asynchronous engine is watched as `engine.sync_engine`.
    """
    sender = sender or cardlink_probe.Sender("sqlalchemy")
    engine = getattr(engine, "sync_engine", engine)
    teller = _Teller(engine, sender)
    _Statements(engine, teller)
    _Transactions(engine, teller)
    _Pool(engine.pool, sender)
    return sender


def operation_of(statement):
    """The kind of a statement, and its table; the table is empty when it has none."""
    text = _QUOTED.sub(" ", statement[:_STATEMENT_LENGTH])
    words = re.findall(r"[A-Za-z]+", text[:64])
    first = words[0].lower() if words else ""
    if first == "with":
        first = next((word.lower() for word in re.findall(r"\b(?:insert|update|delete)\b", text, re.I)), "select")
    operation = "schema" if first in _SCHEMA else _OPERATIONS.get(first, "other")
    table = _TABLE.search(text)
    return operation, table.group(1).strip("\"`") if table else ""


def error_of(error):
    """The kind of a driver's error."""
    words = f"{type(error).__name__} {getattr(error, 'sqlite_errorname', '')} {error}"
    return next((kind for pattern, kind in _ERRORS if pattern.search(words)), "other")


class _Teller:
    """Tells the operations of one engine."""

    def __init__(self, engine, sender):
        self.sender = sender
        self.system = _SYSTEMS.get(engine.dialect.name, engine.dialect.name)

    def tell(self, operation, table, began, error=None):
        self.sender.send(cardlink_probe.database_operation(operation, table, began, error, self.system))


class _Statements:
    """Each execution of a statement, once; one with many sets of values is one."""

    def __init__(self, engine, teller):
        self.teller = teller
        event.listen(engine, "before_cursor_execute", self.begin)
        event.listen(engine, "after_cursor_execute", self.end)
        event.listen(engine, "handle_error", self.fail)

    def begin(self, connection, cursor, statement, parameters, context, executemany):
        context.cardlink_probe_begun = (cardlink_probe.Moment(), statement)

    def end(self, connection, cursor, statement, parameters, context, executemany):
        self.tell(context, None)

    def fail(self, context):
        """An error of a commit has no statement, and is told with it."""
        if context.connection is None:
            self.teller.tell("other", "", cardlink_probe.Moment(), "connection")
        elif context.statement is not None:
            self.tell(context.execution_context, error_of(context.original_exception))

    def tell(self, context, error):
        begun = getattr(context, "cardlink_probe_begun", None)
        if begun is None:
            return
        context.cardlink_probe_begun = None
        began, statement = begun
        self.teller.tell(*operation_of(statement), began, error)


class _Transactions:
    """Begin, commit and rollback: the engine's events say that one is meant, and the dialect's call is timed.

    What a pool rolls back when it takes a connection in is none of them.
    """

    def __init__(self, engine, teller):
        self.teller = teller
        self.meant = threading.local()
        for operation in ("begin", "commit", "rollback"):
            event.listen(engine, operation, self.noting(operation))
            name = f"do_{operation}"
            setattr(engine.dialect, name, self.timed(operation, getattr(engine.dialect, name)))

    def noting(self, operation):
        def note(connection):
            self.meant.operation = operation

        return note

    def timed(self, operation, call):
        def run(connection):
            is_meant = getattr(self.meant, "operation", None) == operation
            self.meant.operation = None
            if not is_meant:
                return call(connection)
            began, error = cardlink_probe.Moment(), None
            try:
                return call(connection)
            except Exception as raised:
                error = error_of(raised)
                raise
            finally:
                self.teller.tell(operation, "", began, error)

        return run


class _Pool:
    """How many connections a pool has open."""

    def __init__(self, pool, sender):
        self.sender = sender
        self.number = cardlink_probe.new_number()
        self.lock = threading.Lock()
        self.connections = 0
        event.listen(pool, "connect", lambda connection, record: self.change(1))
        event.listen(pool, "close", lambda connection, record: self.change(-1))
        event.listen(pool, "close_detached", lambda connection: self.change(-1))

    def change(self, by):
        with self.lock:
            self.connections = max(0, self.connections + by)
            self.sender.send(cardlink_probe.database_pool(self.number, self.connections))
