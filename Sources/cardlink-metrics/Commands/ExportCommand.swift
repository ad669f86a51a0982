internal import ArgumentParser
internal import DaemonClient
internal import Observability
internal import PrometheusClient

/// `cardlink-metrics export`.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the metrics of a probe, or of a saved page, in a format of your choice.",
        discussion: """
            A page that goes out in its own format keeps every byte of the families that are asked for.

            Example: cardlink-metrics export --family 'cardlink_apdu_*' --format openmetrics
            Example: cardlink-metrics export --file saved.prom --format json --output saved.json
            """)

    @OptionGroup var probe: ProbeOptions

    @Option(help: "The format (default: prometheus; of a saved page, its own).")
    var format: MetricFormat?

    @Option(
        help: ArgumentHelp(
            "Only this family, by its name or that of a sample; * and ? as in a shell. May be given again.",
            valueName: "name"), completion: .list(Collector().registry.descriptors.map(\.name)))
    var family: [String] = []

    @Option(
        help: ArgumentHelp("A saved page, in place of a probe.", valueName: "file"), completion: .file())
    var file: String?

    @Option(
        help: ArgumentHelp("Write to a file, which has the old text or the new one, never a part.", valueName: "file"),
        completion: .file())
    var output: String?

    func validate() throws {
        if file != nil, probe.url != nil {
            throw ValidationError("--file and --url are two sources; leave one away")
        }
    }

    func run() async throws {
        let bytes = try await page().bytes(format, families: family)
        guard let output else { return Output.write(bytes) }
        try ReplacedFile(output, text: String(decoding: bytes, as: UTF8.self)).commit()
    }

    private func page() async throws -> MetricExport {
        if let file { return MetricExport(try GivenFile.page(file), from: file) }
        let connection = try await probe.connection()
        let answer = try await ProbeClient.with(connection) { try await $0.metrics(format ?? .prometheus) }
        return MetricExport(answer.body, from: connection.address.base)
    }
}

extension MetricFormat: ExpressibleByArgument {}
