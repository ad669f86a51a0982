internal import FoundationEssentials
internal import Logging
internal import Observability
internal import SwiftProtobuf

/// Log records in the protocol's form.
struct LogRequest {
    private let message: Cardlink_Otlp_ExportLogsServiceRequest

    /// A request with records of the probe that the resource describes; a logger is a scope.
    init(_ records: [LogRecord], resource: [Attribute], version: String) {
        // In the order in which they first spoke.
        var names: [String] = []
        var byName: [String: [LogRecord]] = [:]
        for record in records {
            if byName[record.logger] == nil { names.append(record.logger) }
            byName[record.logger, default: []].append(record)
        }
        message = .with {
            $0.resourceLogs = [
                .with {
                    $0.resource = Cardlink_Otlp_Resource(resource)
                    $0.scopeLogs = names.map { name in
                        .with {
                            $0.scope = Cardlink_Otlp_InstrumentationScope(version: version)
                            $0.scope.name = name
                            $0.logRecords = (byName[name] ?? []).map(Cardlink_Otlp_LogRecord.init)
                        }
                    }
                }
            ]
        }
    }

    /// The bytes of the request's body.
    func bytes() throws -> [UInt8] { try message.serializedBytes() }
}

extension Cardlink_Otlp_LogRecord {
    fileprivate init(_ record: LogRecord) {
        self.init()
        timeUnixNano = record.wallNanoseconds
        observedTimeUnixNano = record.wallNanoseconds
        severityNumber = Cardlink_Otlp_SeverityNumber(record.level)
        severityText = record.level.rawValue.uppercased()
        body = .with { $0.stringValue = record.message }
        attributes =
            [Cardlink_Otlp_KeyValue(Attribute("cardlink.component", .text(record.component.rawValue)))]
            + record.fields.map(Cardlink_Otlp_KeyValue.init)
        guard let span = record.span else { return }
        traceID = Data(span.traceID.bytes)
        spanID = Data(span.spanID.bytes)
        flags = UInt32(span.flags.rawValue)
    }
}

extension Cardlink_Otlp_SeverityNumber {
    fileprivate init(_ level: Logger.Level) {
        self =
            switch level {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .notice: .info2
            case .warning: .warn
            case .error: .error
            case .critical: .fatal
            }
    }
}

extension Cardlink_Otlp_KeyValue {
    fileprivate init(_ field: LogField) {
        self.init()
        key = field.key
        value = Cardlink_Otlp_AnyValue(field.value)
    }
}

extension Cardlink_Otlp_AnyValue {
    fileprivate init(_ value: LogValue) {
        self.init()
        self.value =
            switch value {
            case .text(let text): .stringValue(text)
            case .flag(let flag): .boolValue(flag)
            case .integer(let integer): .intValue(integer)
            case .number(let number): .doubleValue(number)
            case .list(let values): .arrayValue(.with { $0.values = values.map(Cardlink_Otlp_AnyValue.init) })
            case .map(let fields): .kvlistValue(.with { $0.values = fields.map(Cardlink_Otlp_KeyValue.init) })
            }
    }
}
