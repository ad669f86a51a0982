internal import Observability
internal import TelemetryExport

/// OpenTelemetry's variables for traces, as the probe's own keys change them.
///
/// A key on the command line or in a variable goes before OpenTelemetry's, which goes before a key in the file.
struct TracingVariables {
    private let settings: Settings
    private let read: ExportVariables
    private var said: [String: String] = [:]

    /// The variables of an environment, and the keys.
    init(_ settings: Settings, _ read: ExportVariables) {
        (self.settings, self.read) = (settings, read)
        sayWhether()
        sayWhere()
        if counts(\.tracingSampleRate, besides: ["OTEL_TRACES_SAMPLER"]) {
            said["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio"
            said["OTEL_TRACES_SAMPLER_ARG"] = "\(settings[\.tracingSampleRate])"
        }
    }

    /// What OpenTelemetry's variable of this name says.
    func text(_ name: String) -> String? { said[name] ?? read.variable(name) }

    /// What the settings of an export are, with the resource that the keys name; nil when nothing is exported.
    func export() -> TraceSettings? {
        guard var traces = TraceSettings(ExportVariables(text, warn: read.warn)) else { return nil }
        name("service.name", \.tracingServiceName, besides: ["OTEL_SERVICE_NAME"], in: &traces.export)
        name("service.version", \.tracingServiceVersion, besides: [], in: &traces.export)
        return traces
    }

    private mutating func sayWhether() {
        let names = ["OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"]
        guard settings[\.tracingEnabled] else {
            said["OTEL_SDK_DISABLED"] = "true"
            return
        }
        guard counts(\.tracingEnabled, besides: names) else { return }
        said["OTEL_SDK_DISABLED"] = ""
        if read.variable("OTEL_TRACES_EXPORTER").map({ $0.isEmpty || $0 == "none" }) ?? true {
            said["OTEL_TRACES_EXPORTER"] = "otlp"
        }
    }

    private mutating func sayWhere() {
        var isAddress = false
        let names = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"]
        if let endpoint = settings[\.tracingEndpoint], counts(\.tracingEndpoint, besides: names) {
            isAddress = !endpoint.contains("://")
            said[names[0]] = isAddress ? "http://\(endpoint)" : endpoint
        }
        let wires = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"]
        if let wire = settings[\.tracingProtocol], counts(\.tracingProtocol, besides: wires) {
            said[wires[0]] = wire == "http" ? "http/protobuf" : wire
        } else if isAddress, wires.allSatisfy(isUnset) {
            said[wires[0]] = "grpc"
        }
        let wire = wires.lazy.compactMap(text).first { !$0.isEmpty }
        if let url = said[names[0]], wire != "grpc", !Self.hasPath(url) {
            said[names[0]] = url + (url.hasSuffix("/") ? "" : "/") + "v1/traces"
        }
    }

    private static func hasPath(_ url: String) -> Bool {
        let rest = url.drop { $0 != ":" }.dropFirst(3)
        return rest.contains("?") || rest.firstIndex(of: "/").map { rest.index(after: $0) < rest.endIndex } ?? false
    }

    private func name(
        _ attribute: String, _ key: KeyPath<ConfigKeys, Setting<String?>>, besides names: [String],
        in export: inout ExportSettings
    ) {
        guard let value = settings[key], counts(key, besides: names) else { return }
        let isFromFile = if case .file = settings.origin(of: key) { true } else { false }
        if isFromFile, export.resource.contains(where: { $0.key == attribute }) { return }
        export.resource.removeAll { $0.key == attribute }
        export.resource.append(Attribute(attribute, .text(value)))
    }

    /// Whether a key was given, and in a place that goes before these variables, where one of them is set.
    private func counts<Value>(
        _ key: KeyPath<ConfigKeys, Setting<Value>>, besides names: [String]
    ) -> Bool {
        switch settings.origin(of: key) {
        case .option, .variable: true
        case .file: names.allSatisfy(isUnset)
        case .fallback: false
        }
    }

    private func isUnset(_ name: String) -> Bool { read.variable(name)?.isEmpty ?? true }
}
