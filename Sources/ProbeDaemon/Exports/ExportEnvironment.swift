internal import Glibc
internal import Logging
internal import Observability
internal import Synchronization
internal import TelemetryExport

/// What the exports of a program share: the variables that say where they go, who speaks, and where it is told how they do.
struct ExportEnvironment: Sendable {
    /// Which bench speaks.
    let bench: BenchIdentity
    /// Where lines on exports go.
    let log: Logger
    private let told = ToldLines()

    /// The variables of this process.
    var variables: ExportVariables {
        ExportVariables({ name in getenv(name).map { String(cString: $0) } }) { [log, told] line in
            if told.isNew(line) { log.warning("\(line)") }
        }
    }

    /// The span in which this process was started, as its caller says it; nil for none.
    var caller: SpanContext? {
        let bytes = { (name: String) in getenv(name).map { Array(String(cString: $0).utf8) } ?? [] }
        return SpanContext(traceparent: bytes("TRACEPARENT"), tracestate: bytes("TRACESTATE"))
    }

    /// Says how an export does.
    var say: @Sendable (String) -> Void { { [log] line in log.warning("\(line)") } }
}

/// Lines that were told: a variable for all signals is read once for each of them.
final class ToldLines: Sendable {
    private let lines = Mutex<Set<String>>([])

    /// Whether a line comes for the first time.
    func isNew(_ line: String) -> Bool { lines.withLock { $0.insert(line).inserted } }
}
