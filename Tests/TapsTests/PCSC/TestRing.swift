import CProbe
import Foundation

/// What Swift does not import: the ring's size, and the seals of <fcntl.h>.
let ringBytes = 6 * 4_096 + Int(RING_SLOTS * RING_SLOT_BYTES)
let sealShrink: Int32 = 2
let sealGrow: Int32 = 4
private let addSeals: Int32 = 1_033

private func memoryFile() -> Int32 {
    typealias Create = @convention(c) (UnsafePointer<CChar>, UInt32) -> Int32
    guard let found = dlsym(nil, "memfd_create") else { return -1 }
    // 3: closed on exec, may be sealed.
    return unsafeBitCast(found, to: Create.self)("test-ring", 3)
}

/// A ring's file and the client's view of it, written as a client does or as none would.
final class TestRing {
    let file: Int32
    let base: UnsafeMutableRawPointer

    init(bytes: Int = ringBytes, seals: Int32 = sealShrink | sealGrow) throws {
        file = memoryFile()
        guard file >= 0, ftruncate(file, bytes) == 0, fcntl(file, addSeals, seals) == 0,
            let mapped = mmap(nil, ringBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), mapped != MAP_FAILED
        else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        base = mapped
        guard bytes == ringBytes else { return }
        header.pointee.magic = RING_MAGIC
        header.pointee.layout = RING_LAYOUT
    }

    deinit {
        munmap(base, ringBytes)
        close(file)
    }

    var header: UnsafeMutablePointer<ring_header> { ring_header_of(base) }

    /// Writes one record at the head, as a client does; `isPublished` false leaves it unfinished.
    func write(_ record: ring_record, payload: [UInt8] = [], isPublished: Bool = true) {
        let head = header.pointee.head
        let further = max(0, payload.count - 56 + 119) / 120
        header.pointee.head = head + 1 + UInt64(further)
        guard isPublished, let slot = ring_slot_at(base, head) else { return }
        slot.pointee = record
        slot.pointee.slots = UInt16(1 + further)
        withUnsafeMutableBytes(of: &slot.pointee.payload) { $0.copyBytes(from: payload.prefix(56)) }
        for index in 0..<further {
            guard let next = ring_slot_at(base, head + 1 + UInt64(index)) else { return }
            let bytes = UnsafeMutableRawBufferPointer(start: UnsafeMutableRawPointer(next) + 8, count: 120)
            bytes.copyBytes(from: payload.dropFirst(56 + 120 * index).prefix(120))
            next.pointee.sequence = (head + 2 + UInt64(index)) | 1 << 63
        }
        slot.pointee.sequence = head + 1
    }

    static func transmit(_ command: [UInt8], _ response: [UInt8], session: UInt64 = 0) -> (ring_record, [UInt8]) {
        var record = ring_record()
        record.kind = UInt16(RING_TRANSMIT)
        record.session = session
        record.start_ns = 1_000
        record.duration_ns = 500
        record.sent_bytes = UInt32(command.count)
        record.sent_kept = UInt16(command.count)
        record.received_bytes = UInt32(response.count)
        record.received_kept = UInt16(max(0, response.count - 2))
        if response.count >= 2 {
            record.status_word = UInt16(response[response.count - 2]) << 8 | UInt16(response[response.count - 1])
        }
        return (record, command + response.dropLast(2))
    }
}
