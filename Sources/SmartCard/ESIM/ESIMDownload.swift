/// A profile's download to an eUICC, as far as it was followed: from AuthenticateServer to the result of the installation
/// (SGP.22, 3.1).
public struct ESIMDownload: Hashable, Sendable {
    /// What ended it.
    public enum Ending: UInt8, Hashable, Sendable, CaseIterable {
        /// The profile is installed.
        case installed
        /// A step came to nothing, or the card could not install the profile.
        case failed
        /// The device cancelled it.
        case cancelled
        /// The next one began, or the session ended, in the middle of it.
        case abandoned
        /// The card was reset or taken away in the middle of it.
        case cardReset
        /// Nothing followed the authentication, as with a server that only tells of profiles.
        case authenticated
    }

    /// What the device asked of the card in it, in order; as many as `mostSteps`.
    public private(set) var steps: [DoneFunction]
    /// What ended it.
    public private(set) var ending = Ending.abandoned

    /// A download has no more; a step beyond stands in the place of the last one.
    static let mostSteps = 8

    init(_ first: DoneFunction) { steps = [first] }

    /// When its first step began, nanoseconds of the caller's clock.
    public var startNanoseconds: UInt64 { steps.first?.startNanoseconds ?? 0 }
    /// When its last step was over.
    public var endNanoseconds: UInt64 { steps.last?.endNanoseconds ?? 0 }
    /// The step that failed; nil when none did.
    public var failedStep: DoneFunction? { steps.last { $0.result != .ok } }
    /// The loading of the package; nil when it did not come so far.
    public var load: DoneFunction? { steps.last { $0.function == .loadBoundProfilePackage } }
    /// Why it was cancelled; nil when it was not, or the card did not say so.
    public var cancelReason: ESIMCancelReason? { steps.last?.answer?.cancelReason }

    mutating func add(_ step: DoneFunction) {
        if steps.count >= Self.mostSteps { steps.removeLast() }
        steps.append(step)
    }

    func ended(_ ending: Ending) -> ESIMDownload {
        var ended = self
        let isAlone = steps.count == 1 && failedStep == nil
        ended.ending = isAlone && (ending == .abandoned || ending == .cardReset) ? .authenticated : ending
        return ended
    }
}

/// Puts the functions that a session asks of an eUICC together to downloads.
public struct ESIMDownloads: Hashable, Sendable {
    private var open: ESIMDownload?

    /// A session without downloads.
    public init() {}

    /// Takes a function that is over; the downloads that end by it, the older first.
    public mutating func observe(_ done: DoneFunction) -> [ESIMDownload] {
        switch done.function {
        case .authenticateServer:
            let before = end(.abandoned)
            open = ESIMDownload(done)
            return [before, failure(done)].compactMap(\.self)
        case .prepareDownload:
            open?.add(done)
            return [failure(done)].compactMap(\.self)
        case .loadBoundProfilePackage:
            open?.add(done)
            // One that was broken off may be cancelled yet.
            guard done.answer != nil || done.isRefused else { return [] }
            return [end(done.result == .ok ? .installed : .failed)].compactMap(\.self)
        case .cancelSession:
            open?.add(done)
            return [end(.cancelled)].compactMap(\.self)
        default: return []
        }
    }

    /// A step that came to nothing is the last; one that was broken off may come again.
    private mutating func failure(_ done: DoneFunction) -> ESIMDownload? {
        done.result == .ok || done.isAbandoned ? nil : end(.failed)
    }

    /// The card was reset, or nobody follows it any more; the download that it did not finish.
    public mutating func end(_ ending: ESIMDownload.Ending) -> ESIMDownload? {
        defer { open = nil }
        return open?.ended(ending)
    }
}
