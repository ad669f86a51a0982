internal import CCrypt
internal import Glibc

/// bcrypt hashes, checked by libxcrypt.
enum PasswordHash {
    /// Whether a password has this hash. It takes a thread for as long as the hash's cost says.
    static func matches(_ hash: String, password: String) -> Bool {
        // C would take what is before the zero for the whole.
        guard !password.utf8.contains(0) else { return false }
        let length = crypt_scratch_bytes()
        let scratch = UnsafeMutableRawPointer.allocate(byteCount: length, alignment: 16)
        scratch.initializeMemory(as: UInt8.self, repeating: 0, count: length)
        defer {
            explicit_bzero(scratch, length)
            scratch.deallocate()
        }
        // As crypt_r, but nil where that gives a text to be told from a hash.
        guard let made = crypt_rn(password, hash, scratch, CInt(length)) else { return false }
        return isEqual(Array(hash.utf8), Array(UnsafeBufferPointer(start: made, count: strlen(made))))
    }

    /// As long for texts that differ early as for those that differ late.
    private static func isEqual(_ first: [UInt8], _ second: [CChar]) -> Bool {
        guard first.count == second.count else { return false }
        return zip(first, second).reduce(UInt8(0)) { $0 | ($1.0 ^ UInt8(bitPattern: $1.1)) } == 0
    }
}
