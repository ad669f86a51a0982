internal import ProbeEvents
internal import PrometheusClient

/// What is counted of secured packets over all readers.
struct PacketTally: Sendable {
    private(set) var count: UInt64 = 0
    private(set) var receipts: [OTAReceipt: UInt64] = [:]
    /// From a packet's first message to its receipt.
    private(set) var times = LogLinearHistogram()

    mutating func apply(_ event: OTAEvent) {
        guard case .packet(let packet) = event else { return }
        count += 1
        guard let receipt = packet.receipt else { return }
        receipts[receipt, default: 0] += 1
        if receipt != .missing { times.record(packet.stamp.durationNanoseconds) }
    }
}

extension RunReport {
    /// Secured packets in short messages, and what cards said of them.
    package struct SecuredPackets: Sendable, Encodable {
        /// Packets that cards were given, each once however many messages it took.
        package var packetCount: UInt64
        /// Proofs of receipt by their status; `missing` for each that was wanted and did not come.
        package var receipts: [String: UInt64]
        /// From a packet's first message to its receipt; null when none came.
        package var receiptP50Nanoseconds: OrNull<UInt64>
        package var receiptMaxNanoseconds: OrNull<UInt64>

        init(_ tally: PacketTally) {
            packetCount = tally.count
            receipts = RunReport.named(tally.receipts) { $0.name }
            let times = tally.times.count > 0 ? tally.times : nil
            receiptP50Nanoseconds = OrNull(times?.quantile(0.5))
            receiptMaxNanoseconds = OrNull(times?.max)
        }
    }
}

extension SummaryText {
    /// How many packets, what cards said of them, and how long that took.
    static func packets(_ packets: RunReport.SecuredPackets, _ layout: SummaryLayout) -> [String] {
        guard packets.packetCount > 0 else { return [] }
        let receipts = packets.receipts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { name, count in
            let isTaken = OTAReceipt(name: name)?.isTaken ?? false
            return SummaryLayout.Part("\(name.replacing("_", with: " ")) ×\(count)", isTaken ? .plain : .alarm)
        }
        let time = packets.receiptP50Nanoseconds.value.map { SummaryLayout.Part("p50 \(SummaryFormat.latency($0))") }
        return layout.labelled(
            "packets",
            [.init("\(SummaryFormat.count(packets.packetCount)) over SMS")] + receipts + (time.map { [$0] } ?? []))
    }
}
