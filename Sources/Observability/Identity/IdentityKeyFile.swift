internal import Crypto
internal import FoundationEssentials
internal import Glibc
internal import ProbeEvents

/// The file with the site's key for ``IdentityHash``: 32 random bytes that only its owner reads.
///
/// A site with several machines copies it to each of them.
package struct IdentityKeyFile: Sendable, Hashable {
    /// Its path.
    package let path: String

    static let keyBytes = 32

    /// A key file at a path.
    package init(path: String) { self.path = path }

    /// The one in this process' state directory.
    package static var usual: IdentityKeyFile { IdentityKeyFile(path: StateDirectory.path + "/identity.key") }

    /// The key; made when there is none.
    package func load() throws(IdentityKeyError) -> [UInt8] {
        if let key = try read() { return key }
        try create()
        guard let key = try read() else { throw .unreadable(path: path, errno: ENOENT) }
        return key
    }

    /// Nil when there is no such file.
    private func read() throws(IdentityKeyError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .unreadable(path: path, errno: errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, errno: errno) }
        guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() || status.st_uid == 0 else {
            throw .readableByOthers(path: path)
        }
        var bytes = [UInt8](repeating: 0, count: Self.keyBytes + 1)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count == Self.keyBytes else { throw .noKey(path: path) }
        return Array(bytes.prefix(count))
    }

    private func create() throws(IdentityKeyError) {
        let key = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        do throws(StateFile.Failure) {
            try StateFile.create(path, key, mode: 0o600)
        } catch {
            throw .cannotCreate(path: path, errno: error.errno)
        }
    }
}

/// Why identities cannot be hashed.
package enum IdentityKeyError: ExplainedError, Hashable {
    /// It cannot be made.
    case cannotCreate(path: String, errno: Int32)
    /// It cannot be read.
    case unreadable(path: String, errno: Int32)
    /// Others may read it, or it is another user's.
    case readableByOthers(path: String)
    /// What it holds is no key.
    case noKey(path: String)

    /// One line: what, where, what to do next.
    package var explanation: String {
        switch self {
        case .cannotCreate(let path, let number):
            "cannot make the identity key \(path): \(String(cString: strerror(number))); make its directory writable"
        case .unreadable(let path, let number):
            "cannot read the identity key \(path): \(String(cString: strerror(number))); make it readable for this user"
        case .readableByOthers(let path):
            "the identity key \(path) can be read by others; run: chmod 600 \(path), as its owner"
        case .noKey(let path):
            "the identity key \(path) has not \(IdentityKeyFile.keyBytes) bytes; remove it, and a new one is made"
        }
    }
}
