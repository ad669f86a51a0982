import Foundation

/// What readers of other people make of texts, as `Clients/peers.py` asks them.
package enum PeerReader: String {
    /// Python's ElementTree, of test reports.
    case junit
    /// prometheus_client's, of Prometheus text.
    case text
    /// prometheus_client's, of OpenMetrics.
    case openmetrics

    /// What it says of each text; nil where it refuses one.
    package func judge<Said: Decodable>(_ texts: [[UInt8]], as type: Said.Type) throws -> [Said?] {
        let lines = texts.map { $0.map { String(Int($0) + 0x100, radix: 16).suffix(2) }.joined() + "\n" }.joined()
        let end = try Command.run([TraceSink.python, Files.client("peers.py"), rawValue], input: lines)
        guard end.ending == .exited(0) else { throw TestFailure("\(end.errors.suffix(2_000))") }
        let said = try end.output.split(separator: "\n").map {
            try JSONDecoder().decode(Said?.self, from: Data($0.utf8))
        }
        guard said.count == texts.count else { throw TestFailure("\(said.count) answers for \(texts.count) texts") }
        return said
    }
}

extension SeededGenerator {
    /// Bytes of which a few are changed, left out, or there twice.
    package mutating func changed(
        _ bytes: [UInt8], alphabet: [UInt8], times: ClosedRange<Int> = 1...3
    ) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: times, using: &self) {
            let place = Int.random(in: 0..<bytes.count, using: &self)
            let end = min(bytes.count, place + Int.random(in: 1...24, using: &self))
            switch Int.random(in: 0..<4, using: &self) {
            case 0: bytes[place] = alphabet.randomElement(using: &self) ?? 0
            case 1: bytes.remove(at: place)
            case 2: bytes.removeSubrange(place..<end)
            default: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0..<bytes.count, using: &self))
            }
        }
        return bytes
    }
}
