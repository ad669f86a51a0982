internal import GRDB

extension HistoryReader {
    /// A run for a comparison; nil when there is none with this number.
    package func comparedRun(_ id: Int64) throws(StoreFault) -> ComparedRun? {
        guard let run = try run(id, limit: 256) else { return nil }
        let exchanges = try read { try Self.exchanges(ofRun: id, in: $0) }
        return ComparedRun(
            name: "run \(id)", diary: Self.facts(run.run) + run.devices.flatMap(Self.facts),
            exchanges: exchanges.count > ComparedRun.limit ? exchanges.dropLast() : exchanges,
            isCut: exchanges.count > ComparedRun.limit)
    }

    private static func exchanges(ofRun id: Int64, in database: Database) throws -> [ComparedRun.Exchange] {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT command, header, sent_bytes, received_bytes, status_word, card_nanoseconds
                FROM sessions JOIN apdus ON apdus.session = sessions.id WHERE run = ? ORDER BY apdus.id LIMIT ?
                """, arguments: [id, ComparedRun.limit + 1])
        var exchanges: [ComparedRun.Exchange] = []
        while let row = try rows.next() {
            exchanges.append(
                ComparedRun.Exchange(
                    command: row[0], header: row[1], sentBytes: row[2], receivedBytes: row[3], statusWord: row[4],
                    nanoseconds: UInt64(clamping: row[5] as Int64)))
        }
        return exchanges
    }

    private static func facts(_ run: StoredRun) -> [ComparedRun.Fact] {
        [
            ("program", run.program), ("tester", run.testerVersion), ("tester's commit", run.testerCommit),
            ("bench", run.bench), ("site", run.site), ("probe", run.probe), ("kernel", run.kernel),
            ("pcscd", run.pcscLite), ("ccid", run.ccid), ("PC/SC library", run.library),
            // It is never the same.
            ("load, rounded", run.load.map { "\(Int($0.rounded()))" }),
        ].compactMap { ComparedRun.Fact($0.0, $0.1) }
    }

    private static func facts(_ device: StoredDevice) -> [ComparedRun.Fact] {
        ComparedRun.Fact.facts(
            type: device.type, name: device.name, atr: device.atr, port: device.port, model: device.model,
            firmware: device.firmware, iccidHash: device.iccidHash,
            eidHash: device.eidHash)
    }
}
