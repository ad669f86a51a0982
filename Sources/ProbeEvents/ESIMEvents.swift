public import SmartCard

/// What a device asked of an eUICC (GSMA SGP.22).
public enum ESIMEvent: Sendable, Hashable {
    /// It asked for a function, and the card answered or did not.
    case function(ESIMFunctionDone)
    /// The download of a profile is over.
    case download(ESIMDownloadDone)

    /// When and by which source it was seen.
    public var stamp: EventStamp {
        switch self {
        case .function(let event): event.stamp
        case .download(let event): event.stamp
        }
    }

    /// Where it was seen.
    public var link: ESIMLink {
        switch self {
        case .function(let event): event.link
        case .download(let event): event.link
        }
    }
}

/// Where an eUICC was asked for something: on which device, by which tap and whom.
public struct ESIMLink: Sendable, Hashable, Codable {
    /// The reader as PC/SC names it, or the modem's stable name.
    public var device: String
    /// What carried the commands.
    public var interface: APDUInterface
    /// The process that talked to the card.
    public var client: ClientProcess
    /// The session they belong to.
    public var session: UInt64

    /// A link from its parts.
    public init(device: String, interface: APDUInterface, client: ClientProcess, session: UInt64) {
        self.device = device
        self.interface = interface
        self.client = client
        self.session = session
    }
}

/// An eUICC was asked for a function (SGP.22, 5.7).
public struct ESIMFunctionDone: Sendable, Hashable, Codable {
    /// When its first block was sent; the duration is that until the end of the answer.
    public var stamp: EventStamp
    /// Where.
    public var link: ESIMLink
    /// Which function.
    public var function: ESIMFunction
    /// What came of it.
    public var result: ESIMResult
    /// The code that the card gave; nil when it gave none.
    public var code: UInt8?
    /// STORE DATA commands that it took.
    public var blocks: UInt32
    /// Bytes of its request.
    public var sentBytes: UInt32
    /// Bytes of its answer.
    public var receivedBytes: UInt32
    /// How many notifications or profiles the answer lists; nil for other functions, and when not all could be seen.
    public var listed: UInt32?

    /// A function from its parts.
    public init(
        stamp: EventStamp, link: ESIMLink, function: ESIMFunction, result: ESIMResult, code: UInt8? = nil,
        blocks: UInt32, sentBytes: UInt32, receivedBytes: UInt32, listed: UInt32? = nil
    ) {
        self.stamp = stamp
        self.link = link
        self.function = function
        self.result = result
        self.code = code
        self.blocks = blocks
        self.sentBytes = sentBytes
        self.receivedBytes = receivedBytes
        self.listed = listed
    }

    enum CodingKeys: String, CodingKey {
        case stamp, link, function, result, code, blocks, listed
        case sentBytes = "sent_bytes"
        case receivedBytes = "received_bytes"
    }
}

/// The download of a profile to an eUICC is over (SGP.22, 3.1).
public struct ESIMDownloadDone: Sendable, Hashable, Codable {
    /// When its authentication began; the duration is that until its last step was over.
    public var stamp: EventStamp
    /// Where.
    public var link: ESIMLink
    /// What ended it.
    public var result: ESIMDownloadResult
    /// What the card was asked for, in order.
    public var steps: [ESIMStep]
    /// Segments of the package that were sent whole.
    public var segments: UInt32
    /// Bytes of the package that were sent.
    public var loadedBytes: UInt32
    /// Bytes of the package; nil when it did not come so far.
    public var packageBytes: UInt32?
    /// The part of the package that the card could not install; nil when there was none.
    public var failedCommand: BoundProfileCommand?
    /// Why it was cancelled; nil when it was not, or the card did not say so.
    public var cancelReason: ESIMCancelReason?
    /// The number of the notification in which the card tells the server of the installation; nil for none.
    public var notification: UInt32?

    /// A download from its parts.
    public init(
        stamp: EventStamp, link: ESIMLink, result: ESIMDownloadResult, steps: [ESIMStep], segments: UInt32 = 0,
        loadedBytes: UInt32 = 0, packageBytes: UInt32? = nil, failedCommand: BoundProfileCommand? = nil,
        cancelReason: ESIMCancelReason? = nil, notification: UInt32? = nil
    ) {
        self.stamp = stamp
        self.link = link
        self.result = result
        self.steps = steps
        self.segments = segments
        self.loadedBytes = loadedBytes
        self.packageBytes = packageBytes
        self.failedCommand = failedCommand
        self.cancelReason = cancelReason
        self.notification = notification
    }

    /// The step that came to nothing; nil when none did.
    package var failedStep: ESIMStep? { steps.last { $0.result != .ok } }

    /// How it ended, for people: `download failed: prepare download: invalid signature`.
    package var words: String {
        let step = failedStep.map { ": \($0.function.words): \($0.result.words)" } ?? ""
        return "download \(result.words)\(step)"
    }

    enum CodingKeys: String, CodingKey {
        case stamp, link, result, steps, segments, notification
        case loadedBytes = "loaded_bytes"
        case packageBytes = "package_bytes"
        case failedCommand = "failed_command"
        case cancelReason = "cancel_reason"
    }
}

/// A step of a download.
public struct ESIMStep: Sendable, Hashable, Codable {
    /// What the card was asked for.
    public var function: ESIMFunction
    /// What came of it.
    public var result: ESIMResult
    /// When it began after the download's beginning, nanoseconds.
    public var afterNanoseconds: UInt64
    /// How long it took, nanoseconds.
    public var durationNanoseconds: UInt64

    /// A step from its parts.
    public init(
        function: ESIMFunction, result: ESIMResult, afterNanoseconds: UInt64, durationNanoseconds: UInt64
    ) {
        self.function = function
        self.result = result
        self.afterNanoseconds = afterNanoseconds
        self.durationNanoseconds = durationNanoseconds
    }

    enum CodingKeys: String, CodingKey {
        case function, result
        case afterNanoseconds = "after_nanoseconds"
        case durationNanoseconds = "duration_nanoseconds"
    }
}
