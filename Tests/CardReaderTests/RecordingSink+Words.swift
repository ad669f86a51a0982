import ProbeEvents
import TestSupport

extension RecordingSink {
    /// What was heard since the last call, in words: `readerCame Virtual PCD 00 00`.
    func takeWords() -> [String] { take().map(Self.word) }

    /// What was heard and not yet taken, in words.
    var heard: [String] { events.map(Self.word) }

    private static func word(_ event: ProbeEvent) -> String {
        switch event {
        case .readerChanged(let change):
            "\(change.change) \(change.reader)" + (change.atr.bytes.isEmpty ? "" : " \(change.atr)")
        case .sourceState(let state): state.isWorking ? "working" : "lost: \(state.message)"
        default: "unexpected \(event)"
        }
    }
}
