-- A history as the first version of its schema wrote it.
PRAGMA journal_mode = WAL;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES ('1: tables');

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, program TEXT NOT NULL, pid INTEGER NOT NULL,
    probe_pid INTEGER NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, state TEXT NOT NULL,
    commands INTEGER NOT NULL, errors INTEGER NOT NULL, probe TEXT NOT NULL, bench TEXT NOT NULL,
    site TEXT NOT NULL, kernel TEXT NOT NULL, pcsc_lite TEXT, ccid TEXT, load REAL, library TEXT);
CREATE TABLE devices (
    id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    name TEXT NOT NULL, type TEXT NOT NULL, atr TEXT, model TEXT, firmware TEXT, iccid_hash TEXT);
CREATE INDEX devices_by_run ON devices (run);
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    device TEXT NOT NULL, type TEXT NOT NULL, protocol TEXT NOT NULL, started_at TEXT NOT NULL,
    duration_nanoseconds INTEGER, status TEXT, error TEXT, atr TEXT, commands INTEGER NOT NULL,
    errors INTEGER NOT NULL);
CREATE INDEX sessions_by_run ON sessions (run);
CREATE TABLE apdus (
    id INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    started_at TEXT NOT NULL, duration_nanoseconds INTEGER NOT NULL, card_nanoseconds INTEGER NOT NULL,
    is_upper_bound BOOLEAN NOT NULL, interface TEXT NOT NULL, command TEXT NOT NULL, header TEXT NOT NULL,
    sent_bytes INTEGER NOT NULL, received_bytes INTEGER NOT NULL, status_word TEXT, verdict TEXT NOT NULL,
    error_type TEXT, result_code INTEGER NOT NULL, command_bytes BLOB NOT NULL, response_bytes BLOB NOT NULL,
    is_cut BOOLEAN NOT NULL);
CREATE INDEX apdus_by_session ON apdus (session);
CREATE TABLE status_words (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, status_word TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (run, status_word)) WITHOUT ROWID;
CREATE TABLE channels (
    id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    device TEXT NOT NULL, channel INTEGER NOT NULL, bearer TEXT NOT NULL, transport TEXT, port INTEGER,
    started_at TEXT NOT NULL, duration_nanoseconds INTEGER, status TEXT, reason TEXT,
    sent_bytes INTEGER NOT NULL, received_bytes INTEGER NOT NULL);
CREATE INDEX channels_by_run ON channels (run);
CREATE TABLE handshakes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    tap TEXT NOT NULL, started_at TEXT NOT NULL, duration_nanoseconds INTEGER NOT NULL, version TEXT NOT NULL,
    cipher_suite TEXT NOT NULL, result TEXT NOT NULL, error TEXT, step TEXT NOT NULL,
    is_resumed BOOLEAN NOT NULL, identity_hash TEXT);
CREATE INDEX handshakes_by_run ON handshakes (run);
CREATE TABLE tests (
    id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    suite TEXT NOT NULL, test TEXT NOT NULL, started_at TEXT NOT NULL, duration_nanoseconds INTEGER NOT NULL,
    status TEXT NOT NULL, passed_assertions INTEGER, failed_assertions INTEGER, traceparent TEXT);
CREATE INDEX tests_by_run ON tests (run);
INSERT INTO runs VALUES (1, 'opensc-tool', 42, 41, '2025-01-31T03:00:00.000Z', '2025-01-31T03:00:01.000Z', 'ended', 2, 1,
    '0.1.0', 'bench-7', 'lab', '6.1.0', '1.9.9-2', '1.5.2-1', 0.25, '/usr/lib/libpcsclite.so.1');
INSERT INTO sessions VALUES (1, 1, 'Virtual PCD 00 00', 'pcsc', 'T1', '2025-01-31T03:00:00.100Z', 400000000,
    'completed', NULL, '3B00', 2, 1);
INSERT INTO apdus VALUES (1, 1, '2025-01-31T03:00:00.200Z', 200000, 200000, 0, 'pcsc', 'SELECT', '00A40004', 2, 0, '9000',
    'ok', NULL, 0, x'00A40004023F00', x'9000', 0);
INSERT INTO apdus VALUES (2, 1, '2025-01-31T03:00:00.300Z', 200000, 200000, 0, 'pcsc', 'READ BINARY', '00B00000', 0, 0,
    '6982', 'error', 'security', 0, x'00B000000A', x'6982', 0);
INSERT INTO status_words VALUES (1, '6982', 1), (1, '9000', 1);
