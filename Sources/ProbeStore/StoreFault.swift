internal import GRDB
internal import Glibc
package import ProbeEvents

/// Why the history cannot be written or read.
package struct StoreFault: ExplainedError, Hashable {
    /// The file.
    package var path: String
    /// What is wrong, as metrics have it.
    package var type: DatabaseErrorType
    /// What is wrong, in words.
    package var what: String
    /// Which table was being written; empty for none.
    package var table = ""

    /// One line: what, where, what to do next.
    package var explanation: String { "\(path): \(what); \(remedy)" }

    private var remedy: String {
        switch type {
        case .diskFull: "free some space on its disk, or name another file with store.path"
        case .locked, .timeout: "end the program that holds it"
        case .accessDenied: "make it and its directory writable for this user, or name another with store.path"
        case .corrupt: "move it away"
        case .schema: "use that version, or name another file with store.path"
        case .connection, .constraint, .other: "name another file with store.path, and keep this one for a report"
        }
    }
}

extension StoreFault {
    /// What SQLite says; its texts have no values of ours in them.
    init(_ error: any Error, path: String) {
        if let fault = error as? StoreFault {
            self = fault
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(path: path, type: .other, what: "\(error)")
            return
        }
        let words = error.message ?? error.resultCode.description
        self.init(path: path, type: Self.type(error), what: "\(words) (\(error.extendedResultCode.rawValue))")
    }

    private static func type(_ error: DatabaseError) -> DatabaseErrorType {
        switch error.resultCode {
        case .SQLITE_FULL: .diskFull
        case .SQLITE_BUSY, .SQLITE_LOCKED: .locked
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH: .accessDenied
        case .SQLITE_CONSTRAINT: .constraint
        case .SQLITE_SCHEMA, .SQLITE_ERROR: .schema
        default: .other
        }
    }

    /// The file cannot be made.
    static func cannotMake(_ path: String, errno number: Int32) -> StoreFault {
        StoreFault(
            path: path, type: number == ENOSPC ? .diskFull : .accessDenied,
            what: "cannot be made: \(String(cString: strerror(number)))")
    }
}
