internal import ProbeEvents
internal import SmartCard

extension SummaryText {
    private static let shownDownloads = 3

    /// A line on all functions, and one each for the last downloads.
    static func esim(_ esim: RunReport.ESIM, _ layout: SummaryLayout) -> [String] {
        let total = esim.functions.reduce(0) { $0 + $1.count }
        guard total > 0 else { return [] }
        var parts: [SummaryLayout.Part] = [.init(SummaryFormat.plural(total, "function"))]
        parts += esim.functions.filter { $0.result != "ok" }.map {
            .init("\(words($0.function)): \(words($0.result)) ×\($0.count)", .alarm)
        }
        if let pending = esim.pendingNotifications.value {
            parts.append(.init(SummaryFormat.plural(UInt64(pending), "notification") + " pending"))
        }
        var lines = layout.labelled("esim", parts)
        let shown = esim.downloads.suffix(shownDownloads)
        let more = esim.downloadCount - min(UInt64(shown.count), esim.downloadCount)
        for download in shown { lines += layout.labelled("esim", Self.parts(of: download)) }
        if more > 0 { lines += layout.labelled("esim", [.init("… \(SummaryFormat.count(more)) more", .dim)]) }
        return lines
    }

    private static func parts(of download: RunReport.ESIM.Download) -> [SummaryLayout.Part] {
        let isGood = [ESIMDownloadResult.installed, .authenticated].map(\.name).contains(download.result)
        let package = download.packageBytes.value.map {
            "\(SummaryFormat.count(UInt64(download.loadedBytes))) of \(SummaryFormat.count(UInt64($0))) B in "
                + SummaryFormat.plural(UInt64(download.segments), "segment")
        }
        let failure = download.failedStep.value.map { words($0) + ": " + words(download.reason.value ?? "") }
        let end = [
            words(download.result), failure, download.failedCommand.value.map { "in " + words($0) },
            download.cancelReason.value.map(words),
        ]
        return [SummaryLayout.Part("download")] + (package.map { [.init($0)] } ?? [])
            + [.init(SummaryFormat.span(download.durationNanoseconds))]
            + end.compactMap(\.self).map { .init($0, isGood ? .plain : .alarm) }
    }

    private static func words(_ name: String) -> String { name.replacing("_", with: " ") }
}
