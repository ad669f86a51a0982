import Observability
import SmartCard
import TestSupport
import Testing

/// Python's hmac is the oracle.
@Suite struct IdentityHashTests {
    @Test(arguments: [1, 9, 10, 32, 33, 45, 100])
    func equalsTheOracles(count: Int) throws {
        var random = SeededGenerator(seed: UInt64(count))
        let (key, value) = (random.bytes(32...32), random.bytes(count...count))
        let hash = IdentityHash(key: key)
        let script = """
            import hmac, sys
            key, value, count = bytes.fromhex(sys.argv[1]), bytes.fromhex(sys.argv[2]), int(sys.argv[3])
            blocks = [hmac.digest(key, b"imsi\\0" + bytes([n]) + value, "sha256") for n in range(count // 32 + 1)]
            print(b"".join(blocks)[:count].hex(), blocks[0][:8].hex())
            """
        func hex(_ bytes: [UInt8]) -> String {
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        let oracle = try Command.run([Files.python, "-c", script, hex(key), hex(value), "\(count)"])
        #expect(oracle.ending == .exited(0), "\(oracle.errors)")
        let told = "\(hex(hash.bytes(of: value, kind: .imsi))) \(hash.text(of: value, kind: .imsi))\n"
        #expect(told == oracle.output)
    }

    @Test func kindAndKeyMakeAnother() {
        let (one, other) = (IdentityHash(key: [1]), IdentityHash(key: [2]))
        let texts = [
            one.text(of: [9], kind: .imsi), one.text(of: [9], kind: .iccid), other.text(of: [9], kind: .imsi),
            one.text(of: [8], kind: .imsi),
        ]
        #expect(Set(texts).count == 4)
        #expect(one.bytes(of: [], kind: .imsi) == [])
    }
}
