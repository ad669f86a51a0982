internal import FoundationEssentials

extension BenchStatus {
    /// The JSON text on one line, without a line feed.
    package func json() throws -> [UInt8] { try liveJSON(self) }
}

extension ExchangeDetail {
    /// The JSON text on one line, without a line feed.
    package func json() throws -> [UInt8] { try liveJSON(self) }
}

extension LiveExchange {
    /// The JSON text of several on one line, without a line feed.
    package static func json(_ exchanges: [LiveExchange]) throws -> [UInt8] { try liveJSON(exchanges) }
}

/// Keys in snake case and in order; no line feed, since a server-sent event has one line of data.
private func liveJSON(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value))
}
