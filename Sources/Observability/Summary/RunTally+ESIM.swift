internal import ProbeEvents
internal import SmartCard

/// What is counted of eUICCs over all readers.
struct ESIMTally: Sendable {
    /// What a function came to.
    struct Outcome: Hashable, Sendable {
        var function: ESIMFunction
        var result: ESIMResult
    }

    private(set) var functions: [Outcome: UInt64] = [:]
    /// The first ones, in order of their end.
    private(set) var downloads: [ESIMDownloadDone] = []
    private(set) var downloadCount: UInt64 = 0
    /// As the card told last.
    private(set) var pendingNotifications: UInt32?

    mutating func apply(_ event: ESIMEvent) {
        switch event {
        case .function(let done):
            functions[Outcome(function: done.function, result: done.result), default: 0] += 1
            if done.function == .listNotification { pendingNotifications = done.listed }
        case .download(let done):
            downloadCount += 1
            if downloads.count < RunTally.rememberedNames { downloads.append(done) }
        }
    }
}

extension RunReport {
    /// What a run asked of eUICCs.
    package struct ESIM: Sendable, Encodable {
        /// Functions by name and result, the most frequent first.
        package var functions: [Function]
        /// Notifications that the last list of them had; null when none was asked for, or not all could be seen.
        package var pendingNotifications: OrNull<UInt32>
        /// Downloads of profiles that are over.
        package var downloadCount: UInt64
        /// The first 64 of them.
        package var downloads: [Download]

        /// Functions that came to the same.
        package struct Function: Sendable, Encodable {
            /// `get_eid`.
            package var function: String
            /// `ok`.
            package var result: String
            package var count: UInt64
        }

        /// The download of a profile.
        package struct Download: Sendable, Encodable {
            package var device: String
            /// `installed`, `failed`, `cancelled`, `abandoned`, `card_reset`, `authenticated`.
            package var result: String
            package var durationNanoseconds: UInt64
            package var segments: UInt32
            package var loadedBytes: UInt32
            /// Null when it did not come so far.
            package var packageBytes: OrNull<UInt32>
            /// The step that came to nothing, and its result; null when none did.
            package var failedStep: OrNull<String>
            package var reason: OrNull<String>
            /// The part of the package that could not be installed; null for none.
            package var failedCommand: OrNull<String>
            /// Why it was cancelled; null when it was not.
            package var cancelReason: OrNull<String>
        }

        init(_ tally: ESIMTally) {
            functions = tally.functions.map { outcome, count in
                Function(function: outcome.function.name, result: outcome.result.name, count: count)
            }.sorted { ($1.count, $0.function, $0.result) < ($0.count, $1.function, $1.result) }
            pendingNotifications = OrNull(tally.pendingNotifications)
            downloadCount = tally.downloadCount
            downloads = tally.downloads.map(Download.init)
        }
    }
}

extension RunReport.ESIM.Download {
    fileprivate init(_ done: ESIMDownloadDone) {
        (device, result) = (done.link.device, done.result.name)
        durationNanoseconds = done.stamp.durationNanoseconds
        (segments, loadedBytes) = (done.segments, done.loadedBytes)
        packageBytes = OrNull(done.packageBytes)
        failedStep = OrNull(done.failedStep?.function.name)
        reason = OrNull(done.failedStep?.result.name)
        failedCommand = OrNull(done.failedCommand?.name)
        cancelReason = OrNull(done.cancelReason?.name)
    }
}
