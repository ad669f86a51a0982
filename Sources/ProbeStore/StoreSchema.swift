internal import GRDB

/// The tables, and how a file of an older probe gets them; a migration that was released is never changed.
enum StoreSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: tables") { try $0.execute(sql: first) }
        migrator.registerMigration("2: filters") { try $0.execute(sql: second) }
        migrator.registerMigration("3: commands of tests") { try $0.execute(sql: third) }
        migrator.registerMigration("4: diary") { try $0.execute(sql: fourth) }
        migrator.registerMigration("5: eUICCs") { try $0.execute(sql: fifth) }
        migrator.registerMigration("6: sessions over the air") { try $0.execute(sql: sixth) }
        return migrator
    }

    private static let first = """
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
        """

    /// Failures are few among many: only they are in the index.
    private static let second = """
        CREATE INDEX apdus_that_failed ON apdus (session, id) WHERE verdict = 'error';
        """

    /// Most commands belong to no test: only those that do are in the index.
    private static let third = """
        ALTER TABLE tests ADD COLUMN pid INTEGER;
        ALTER TABLE apdus ADD COLUMN test INTEGER REFERENCES tests ON DELETE SET NULL;
        CREATE INDEX apdus_by_test ON apdus (test) WHERE test IS NOT NULL;
        """

    private static let fourth = """
        ALTER TABLE runs ADD COLUMN tester_version TEXT;
        ALTER TABLE runs ADD COLUMN tester_commit TEXT;
        ALTER TABLE devices ADD COLUMN port TEXT;
        """

    private static let fifth = """
        ALTER TABLE devices ADD COLUMN eid_hash TEXT;
        """

    /// Steps are read with their session alone, and never asked for by themselves: a list in JSON.
    private static let sixth = """
        CREATE TABLE ota (
            id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            kind TEXT NOT NULL, device TEXT NOT NULL, tap TEXT, port INTEGER, started_at TEXT NOT NULL,
            duration_nanoseconds INTEGER NOT NULL, status TEXT NOT NULL, error TEXT, identity_hash TEXT,
            steps TEXT NOT NULL);
        CREATE INDEX ota_by_run ON ota (run);
        """
}
