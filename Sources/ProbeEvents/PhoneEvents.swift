/// A phone, and what is asked of it through adb.
public enum PhoneEvent: Sendable, Hashable {
    /// It came, went, or changed its state.
    case changed(PhoneChange)
    /// What it is became known.
    case identified(PhoneIdentified)
    /// A service of the adb server was used.
    case operation(ADBOperationDone)

    /// When and by which source it was seen.
    public var stamp: EventStamp {
        switch self {
        case .changed(let event): event.stamp
        case .identified(let event): event.stamp
        case .operation(let event): event.stamp
        }
    }
}

/// A phone came, went, or changed its state.
public struct PhoneChange: Sendable, Hashable, Codable {
    /// When it was noticed.
    public var stamp: EventStamp
    /// The phone's name on this bench: the serial number that adb gives it, or the user's own.
    public var phone: String
    /// Its state now.
    public var state: PhoneState
    /// Its model as adb tells it; empty when it does not.
    public var model: String

    /// A change from its parts.
    public init(stamp: EventStamp, phone: String, state: PhoneState, model: String = "") {
        self.stamp = stamp
        self.phone = phone
        self.state = state
        self.model = model
    }
}

/// What a phone and its card say they are became known; empty for what it does not say.
public struct PhoneIdentified: Sendable, Hashable, Codable {
    /// When it was asked.
    public var stamp: EventStamp
    /// The phone's name on this bench.
    public var phone: String
    /// Its maker's name for it, `Pixel 7`.
    public var model: String
    /// The release of Android, `14`.
    public var release: String
    /// The version of the modem's software.
    public var baseband: String
    /// The operator that it is registered with, as it is shown.
    public var operatorName: String
    /// The state of its card in Android's words, `LOADED`; one a slot, with commas.
    public var simState: String

    /// An identity from its parts.
    public init(
        stamp: EventStamp, phone: String, model: String = "", release: String = "", baseband: String = "",
        operatorName: String = "", simState: String = ""
    ) {
        self.stamp = stamp
        self.phone = phone
        self.model = model
        self.release = release
        self.baseband = baseband
        self.operatorName = operatorName
        self.simState = simState
    }

    enum CodingKeys: String, CodingKey {
        case stamp, phone, model, release, baseband
        case operatorName = "operator_name"
        case simState = "sim_state"
    }
}

/// A service of the adb server was used.
public struct ADBOperationDone: Sendable, Hashable, Codable {
    /// When it was asked for; the duration is that until its end.
    public var stamp: EventStamp
    /// The phone that it is for; nil for the server itself, or when it is not known.
    public var phone: String?
    /// Which service.
    public var operation: ADBOperation
    /// How it ended.
    public var status: OperationStatus
    /// What was wrong; nil when nothing was.
    public var error: DeviceErrorType?
    /// What the client sent, bytes.
    public var sentBytes: UInt64
    /// What it received.
    public var receivedBytes: UInt64

    /// An operation from its parts.
    public init(
        stamp: EventStamp, phone: String? = nil, operation: ADBOperation, status: OperationStatus,
        error: DeviceErrorType? = nil, sentBytes: UInt64 = 0, receivedBytes: UInt64 = 0
    ) {
        self.stamp = stamp
        self.phone = phone
        self.operation = operation
        self.status = status
        self.error = error
        self.sentBytes = sentBytes
        self.receivedBytes = receivedBytes
    }

    enum CodingKeys: String, CodingKey {
        case stamp, phone, operation, status, error
        case sentBytes = "sent_bytes"
        case receivedBytes = "received_bytes"
    }
}
