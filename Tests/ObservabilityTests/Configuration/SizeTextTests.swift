import Testing

@testable import Observability

struct SizeTextTests {
    @Test(
        arguments: [
            ("0", 0), ("1048576", 1 << 20), ("64MiB", 64 << 20), ("2GB", 2_000_000_000), ("1kB", 1_000), ("7B", 7),
            ("1TiB", 1 << 40),
        ] as [(String, Int64)])
    func reads(_ text: String, _ bytes: Int64) { #expect(SizeText.bytes(text) == bytes) }

    @Test(arguments: ["", "MiB", "1 MiB", "1mib", "-1", "1.5GiB", "9223372036854775808", "9223372036854775807kB", "²"])
    func refuses(_ text: String) { #expect(SizeText.bytes(text) == nil) }

    @Test(
        arguments: [(1 << 20, "1MiB"), (256 << 20, "256MiB"), (1_500_000, "1500kB"), (7, "7B"), (0, "0B")]
            as [(Int64, String)])
    func writes(_ bytes: Int64, _ text: String) {
        #expect(SizeText.text(bytes) == text)
        #expect(SizeText.bytes(text) == bytes)
    }
}
