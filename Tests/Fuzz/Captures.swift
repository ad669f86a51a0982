@testable import Capture

/// libFuzzer: any bytes are packets up to a fault, which stays, and exchanges of no more bytes than packets have.
@_cdecl("LLVMFuzzerTestOneInput")
public func takeCapture(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    var packets: [CaptureReader.Packet] = []
    do throws(CaptureReadError) {
        var reader = try CaptureReader(bytes)
        do throws(CaptureReadError) {
            while let packet = try reader.next() { packets.append(packet) }
        } catch {
            hold(error, bytes)
            holdAgain(error, &reader)
        }
    } catch {
        hold(error, bytes)
    }
    precondition(packets.allSatisfy { $0.data.count <= CaptureReader.longestPacket })
    precondition(packets.reduce(0) { $0 + $1.data.count } <= bytes.count)
    guard var reader = try? CaptureReader(bytes), let exchanges = try? CapturedExchange.all(in: &reader) else {
        return 0
    }
    precondition(exchanges.count <= packets.count)
    return 0
}

private func hold(_ error: CaptureReadError, _ bytes: [UInt8]) {
    precondition((0...bytes.count).contains(error.offset) && !error.explanation.isEmpty)
}

private func holdAgain(_ error: CaptureReadError, _ reader: inout CaptureReader) {
    do throws(CaptureReadError) {
        _ = try reader.next()
        preconditionFailure("a fault went away")
    } catch let again {
        precondition(again == error)
    }
}
