import ProbeEvents
import SmartCard
import TestSupport

extension RecordingSink {
    /// What was heard since the last call, a word or two each: `SELECT 9000`, `connect`, `connect 8010000B`, `opened T0`.
    func takeCalls() -> [String] { take().map(Self.call) }

    /// The APDUs that were heard since the last call, as the card's log has them.
    var exchanges: [String] {
        events.compactMap { event in
            guard case .apdu(let exchange) = event else { return nil }
            return "\(exchange.command) -> \(exchange.response)"
        }
    }

    private static func call(_ event: ProbeEvent) -> String {
        switch event {
        case .apdu(let exchange):
            "\(exchange.name) " + (exchange.statusWord?.description ?? hex(exchange.resultCode))
        case .operation(let operation):
            operation.operation.name + (operation.resultCode == 0 ? "" : " " + hex(operation.resultCode))
        case .sessionOpened(let opened): "opened \(opened.sessionProtocol.name)"
        case .sessionClosed(let closed): "closed \(closed.status.name)" + (closed.error.map { " \($0.name)" } ?? "")
        case .cardIdentified(let card): "card \(card.atr)"
        default: "unexpected \(event)"
        }
    }

    private static func hex(_ code: UInt32) -> String { String(code, radix: 16, uppercase: true) }
}
