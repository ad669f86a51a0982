internal import GRDB
internal import Observability
internal import ProbeEvents
internal import SmartCard

/// What the history has of a card in a reader: how long its commands take, what it answers.
package struct CardFingerprint: Sendable, Hashable, Encodable {
    /// What is usual for commands of one name.
    package struct Command: Sendable, Hashable, Encodable {
        package var command: String
        /// Those that were answered.
        package var calls: Int
        package var errors: Int
        /// Of those in which no waiting for others can be; nil where there are none.
        package var p50Nanoseconds: UInt64?
        package var p95Nanoseconds: UInt64?
        /// How often each status word came, by its four digits.
        package var statusWords: [String: Int]
        /// The least and the greatest length of the data that was sent.
        package var sentBytes: [Int]
        /// The same of the data that came back.
        package var receivedBytes: [Int]
    }

    /// The reader.
    package var reader: String
    /// The card's ATR in hex.
    package var atr: String
    /// What kind of card that points to, with the protocols and the speed that it offers.
    package var card: String
    /// Commands by name, the one with the most calls first.
    package var commands: [Command]
}

extension HistoryReader {
    /// The fingerprint of the card that was last in a reader; nil where none is known.
    package func fingerprint(ofCardIn reader: String) throws(StoreFault) -> CardFingerprint? {
        try read { database in
            let atr = try String.fetchOne(
                database,
                sql: """
                    SELECT atr FROM sessions WHERE device = ? AND atr IS NOT NULL AND commands > 0
                    ORDER BY id DESC LIMIT 1
                    """, arguments: [reader])
            guard let atr else { return nil }
            var tallies: [CommandName: Tally] = [:]
            try Self.eachExchange(ofCard: atr, in: reader, database) { _, exchange, sentBytes in
                tallies[exchange.command, default: Tally()].note(exchange, sentBytes: sentBytes)
            }
            let commands = tallies.map { CardFingerprint.Command($0.key, $0.value) }
            return CardFingerprint(
                reader: reader, atr: atr, card: Self.words(ofCard: atr),
                commands: commands.sorted { ($1.calls, $0.command) < ($0.calls, $1.command) })
        }
    }

    /// `UICC, T=0 and T=1, Fi 512, Di 32`.
    private static func words(ofCard text: String) -> String {
        guard let atr = HexBytes(hex: text).flatMap({ try? ATR($0.bytes) }) else { return "malformed ATR" }
        let kind = atr.likelyCard == .unknown ? nil : atr.likelyCard.name
        let protocols = atr.protocols.map { "T=\($0)" }.joined(separator: " and ")
        let speed = atr.clockRateConversion.flatMap { fi in atr.baudRateAdjustment.map { "Fi \(fi), Di \($0)" } }
        return [kind, protocols, speed].compactMap(\.self).joined(separator: ", ")
    }
}

/// What is added up for one command.
private struct Tally {
    var calls = 0
    var errors = 0
    var times: [UInt64] = []
    var statusWords: [String: Int] = [:]
    var sent: ClosedRange<Int>?
    var received: ClosedRange<Int>?

    mutating func note(_ exchange: CardExchange, sentBytes: Int) {
        calls += 1
        if exchange.isError { errors += 1 }
        if let time = exchange.nanoseconds { times.append(time) }
        statusWords[exchange.statusWord.description, default: 0] += 1
        sent = Self.widened(sent, sentBytes)
        received = Self.widened(received, exchange.receivedBytes)
    }

    private static func widened(_ range: ClosedRange<Int>?, _ value: Int) -> ClosedRange<Int> {
        min(range?.lowerBound ?? value, value)...max(range?.upperBound ?? value, value)
    }
}

extension CardFingerprint.Command {
    fileprivate init(_ name: CommandName, _ tally: Tally) {
        let times = tally.times.sorted()
        self.init(
            command: name.name, calls: tally.calls, errors: tally.errors,
            p50Nanoseconds: times.isEmpty ? nil : times.quantile(50),
            p95Nanoseconds: times.isEmpty ? nil : times.quantile(95), statusWords: tally.statusWords,
            sentBytes: tally.sent.map { [$0.lowerBound, $0.upperBound] } ?? [],
            receivedBytes: tally.received.map { [$0.lowerBound, $0.upperBound] } ?? [])
    }
}
