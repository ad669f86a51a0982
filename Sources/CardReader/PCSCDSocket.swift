internal import Glibc

/// The socket of pcscd, and whether it can be seen; only for telling why pcscd does not answer.
struct PCSCDSocket: Sendable, Hashable {
    enum Access: Sendable, Hashable {
        case present, missing, refused
    }

    /// Its path, as libpcsclite finds it.
    var path: String
    /// Whether this process may connect to it.
    var access: Access

    /// Where libpcsclite looks: `PCSCLITE_CSOCK_NAME`, else the path that distributions compile in.
    ///
    /// Read once, since the library reads it once (seen with 1.9.9).
    private static let path = getenv("PCSCLITE_CSOCK_NAME").map { String(cString: $0) } ?? "/run/pcscd/pcscd.comm"

    /// The socket as it is now.
    static var current: PCSCDSocket { PCSCDSocket(path: path, access: access(to: path)) }

    private static func access(to path: String) -> Access {
        guard Glibc.access(path, R_OK | W_OK) != 0 else { return .present }
        return errno == EACCES ? .refused : .missing
    }
}

/// The system's words for an error number.
func systemMessage(_ number: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
        guard let base = buffer.baseAddress, strerror_r(number, base, buffer.count) == 0 else {
            return "errno \(number)"
        }
        return String(cString: base)
    }
}

/// `0x` and eight upper-case digits.
func hexadecimal(_ code: UInt32) -> String {
    let digits = String(code, radix: 16, uppercase: true)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
}
