/// How a bcrypt hash is written.
package enum BcryptHash {
    /// Below it is quickly guessed, above it takes seconds a check.
    package static let costs = 4...14

    /// The cost of a bcrypt hash (`$2y$10$`, 22 letters of salt, 31 of hash); nil when the text is none.
    package static func cost(of hash: String) -> Int? {
        let bytes = Array(hash.utf8)
        guard bytes.count == 60, ["$2a$", "$2b$", "$2y$"].contains(String(decoding: bytes.prefix(4), as: UTF8.self)),
            bytes[6] == UInt8(ascii: "$"), bytes[7...].allSatisfy(isInHash)
        else { return nil }
        let digits = bytes[4..<6]
        return digits.allSatisfy { (0x30...0x39).contains($0) } ? Int(String(decoding: digits, as: UTF8.self)) : nil
    }

    private static func isInHash(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "/"): true
        default: false
        }
    }
}
