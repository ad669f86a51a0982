internal import FoundationEssentials
package import Observability

/// The JSON documents of a probe.
package enum BenchDocument {
    /// The version of `BenchStatus` that is understood.
    private static let schema = 1

    /// Reads what `/api/v1/status` answers; `place` is where it is from.
    package static func status(
        _ bytes: [UInt8], from place: String
    ) throws(ProbeError) -> ProbeClient.Document<BenchStatus> {
        struct Version: Decodable {
            var schema: Int
        }
        let version: Version = try decode(bytes, from: place)
        guard version.schema == schema else { throw ProbeError(place, .newer(schema: version.schema)) }
        return ProbeClient.Document(value: try decode(bytes, from: place), bytes: bytes)
    }

    /// Reads a document with keys in snake case.
    static func decode<Value: Decodable>(_ bytes: [UInt8], from place: String) throws(ProbeError) -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(Value.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw ProbeError(place, .notAProbe(words(error)))
        } catch {
            throw ProbeError(place, .notAProbe("no JSON"))
        }
    }

    /// A document on one line.
    package static func line(_ status: BenchStatus) -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(status)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    private static func words(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, _): "its answer has no \(key.stringValue)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(context.codingPath.map(\.stringValue).joined(separator: ".")) is of another kind"
        default: "its answer is no JSON"
        }
    }
}
