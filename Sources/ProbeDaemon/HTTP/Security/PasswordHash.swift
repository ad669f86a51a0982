internal import CCrypt
internal import Glibc

/// bcrypt hashes, checked by libxcrypt.
enum PasswordHash {
    /// Below it is quickly guessed, above it takes seconds a check.
    static let costs = 4...14

    /// The cost of a bcrypt hash (`$2y$10$`, 22 letters of salt, 31 of hash); nil when the text is none.
    static func cost(of hash: String) -> Int? {
        let bytes = Array(hash.utf8)
        guard bytes.count == 60, ["$2a$", "$2b$", "$2y$"].contains(String(decoding: bytes.prefix(4), as: UTF8.self)),
            bytes[6] == UInt8(ascii: "$"), bytes[7...].allSatisfy(isInHash)
        else { return nil }
        let digits = bytes[4..<6]
        return digits.allSatisfy { (0x30...0x39).contains($0) } ? Int(String(decoding: digits, as: UTF8.self)) : nil
    }

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

    private static func isInHash(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "/"): true
        default: false
        }
    }
}
