import Capture
import ProbeEvents
import TestSupport
import Testing

/// Bytes of any kind: packets, or a fault with its place.
@Suite struct CaptureReaderTests {
    private static let whole = capture([
        exchange("00A40004023F00", "6110", reader: "A"), exchange("00A40004023F0000", "62009000", reader: "B"),
    ])

    private func packets(_ bytes: [UInt8]) throws(CaptureReadError) -> [CaptureReader.Packet] {
        var reader = try CaptureReader(bytes)
        var packets: [CaptureReader.Packet] = []
        while let packet = try reader.next() { packets.append(packet) }
        return packets
    }

    @Test func readsItsOwn() throws {
        let packets = try packets(Self.whole)
        #expect(packets.map(\.interface) == ["A", "B", "B"])
        #expect(packets.map(\.linkType) == [228, 228, 228])
        #expect(packets[2].comment == ExchangeNote.synthetic)
        #expect(packets[2].nanoseconds - packets[1].nanoseconds == 1_234_567)
        #expect(GSMTAP.payload(of: packets[0].data, linkType: 228).map { hex($0) } == "00A40004023F006110")
    }

    /// Cut after each byte: fewer packets at the end of a block, a fault everywhere else.
    @Test func everyCut() throws {
        var ends: Set<Int> = []
        var at = 0
        while at < Self.whole.count {
            at += Int(Self.whole[at + 4]) | Int(Self.whole[at + 5]) << 8
            ends.insert(at)
        }
        #expect(ends.count == 6)
        for count in 0..<Self.whole.count {
            do throws(CaptureReadError) {
                _ = try packets(Array(Self.whole.prefix(count)))
                #expect(ends.contains(count), "\(count)")
            } catch {
                #expect(!ends.contains(count), "\(count)")
                #expect(error.fault == (count == 0 ? .notACapture : .truncated), "\(count)")
                #expect(error.offset <= count)
            }
        }
    }

    /// Each byte changed: never more than a fault.
    @Test func everyByteChanged() {
        for index in Self.whole.indices {
            for value in [0x00, 0xFF, Self.whole[index] ^ 0x80, Self.whole[index] &+ 4] as [UInt8] {
                var bytes = Self.whole
                bytes[index] = value
                _ = try? packets(bytes)
                if var reader = try? CaptureReader(bytes) { _ = try? CapturedExchange.all(in: &reader) }
            }
        }
    }

    @Test func randomBytes() {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<randomRounds / 10 {
            let magic: [UInt8] =
                [[0x0A, 0x0D, 0x0D, 0x0A], [0xD4, 0xC3, 0xB2, 0xA1], []].randomElement(using: &random) ?? []
            _ = try? packets(magic + random.bytes(0...200))
        }
    }

    @Test(arguments: [true, false], [UInt32(0xA1B2_C3D4), 0xA1B2_3C4D])
    func pcapOfEitherOrder(isBigEndian: Bool, magic: UInt32) throws {
        func number<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
            withUnsafeBytes(of: isBigEndian ? number.bigEndian : number.littleEndian) { Array($0) }
        }
        let header = number(magic) + number(UInt16(2)) + number(UInt16(4)) + number(UInt64(0)) + number(UInt32(65_535))
        let data = GSMTAP.packet([0x00, 0xB0, 0x00, 0x00, 0x01, 0xAA, 0x90, 0x00])
        let record =
            number(UInt32(10)) + number(UInt32(20)) + number(UInt32(data.count)) + number(UInt32(data.count)) + data
        let file = header + number(UInt32(101)) + record
        let packet = try #require(try packets(file).first)
        #expect(packet.nanoseconds == 10_000_000_000 + (magic == 0xA1B2_3C4D ? 20 : 20_000))
        #expect(packet.data == data && packet.linkType == 101)
        var reader = try CaptureReader(file)
        let foreign = try #require(try CapturedExchange.all(in: &reader).first)
        #expect(hex(foreign.command) == "00B0000001" && hex(foreign.response) == "AA9000" && foreign.note == nil)
        for count in 1..<file.count where count != 24 {
            #expect(throws: CaptureReadError.self) { try packets(Array(file.prefix(count))) }
        }
    }

    /// Other programs' clocks: microseconds where nothing is said, powers of two, an offset.
    @Test(arguments: [
        ("", UInt64(1_700_000_000_123_456), UInt64(1_700_000_000_123_456_000)),
        ("000900010300000000000000", 1_700_000_000_123, 1_700_000_000_123_000_000),
        ("000900010C00000000000000", 1_700_000_000_123_456, 1_700_000_000_123),
        ("000900018A00000000000000", 3 << 9, 1_500_000_000),
        ("000E00080000000000000002000000000000", 5_000_000, 7_000_000_000),
        ("000E0008FFFFFFFFFFFFFFFE000000000000", 5_000_000, 3_000_000_000),
        ("000900010000000000000000", .max, .max), ("00090001FF00000000000000", .max, 0),
    ])
    func clocksInBigEndian(option: String, ticks: UInt64, nanoseconds: UInt64) throws {
        func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
            let padded = body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
            let length = withUnsafeBytes(of: UInt32(padded.count + 12).bigEndian) { Array($0) }
            return withUnsafeBytes(of: type.bigEndian) { Array($0) } + length + padded + length
        }
        func bytes(_ hex: String) -> [UInt8] { HexBytes(hex: hex)?.bytes ?? [] }
        let file =
            block(0x0A0D_0D0A, bytes("1A2B3C4D00010000FFFFFFFFFFFFFFFF")) + block(1, bytes("00E4000000000000" + option))
            + block(6, [0, 0, 0, 0] + withUnsafeBytes(of: ticks.bigEndian) { Array($0) } + bytes("0000000100000001AA"))
        #expect(try packets(file).map(\.nanoseconds) == [nanoseconds])
    }

    @Test func aFaultStays() throws {
        var reader = try CaptureReader(Array(Self.whole.dropLast()))
        #expect(try reader.next() != nil)
        #expect(try reader.next() != nil)
        var faults: [CaptureReadError] = []
        for _ in 0..<2 {
            do throws(CaptureReadError) { _ = try reader.next() } catch { faults.append(error) }
        }
        #expect(faults.count == 2 && faults[0] == faults[1] && faults[0].fault == .truncated)
    }
}
