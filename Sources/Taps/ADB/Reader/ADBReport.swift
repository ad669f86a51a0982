package import ProbeEvents

/// A service that a client of the adb server used, from its request to its end.
package struct ADBReport: Sendable, Hashable {
    /// Which.
    package var operation: ADBOperation
    /// The phone; nil for the server itself, or when it was not named.
    package var phone: String?
    /// When it was asked for.
    package var began: EventClock
    /// When it ended, nanoseconds of CLOCK_MONOTONIC.
    package var endedNanoseconds: UInt64
    /// How it ended.
    package var status: OperationStatus
    /// What was wrong; nil when nothing was, or the client left.
    package var error: DeviceErrorType?
    /// What the client sent, bytes.
    package var sentBytes: UInt64
    /// What it received, bytes.
    package var receivedBytes: UInt64
}

/// What a reader found in a connection to the adb server.
package enum ADBNews: Sendable, Hashable {
    /// A service was used.
    case operation(ADBReport)
    /// A side sent what is not adb's; nothing more of the connection is read.
    case unreadable
}

/// An operation that goes on.
struct ADBOpenOperation {
    var operation: ADBOperation
    var phone: String?
    var began: EventClock
    /// What both sides had sent before it, bytes.
    var sentBefore: UInt64
    var receivedBefore: UInt64

    func report(
        _ status: OperationStatus, _ error: DeviceErrorType? = nil, sent: UInt64, received: UInt64, at clock: EventClock
    ) -> ADBNews {
        .operation(
            ADBReport(
                operation: operation, phone: phone, began: began, endedNanoseconds: clock.monotonicNanoseconds,
                status: status, error: error, sentBytes: sent &- sentBefore, receivedBytes: received &- receivedBefore))
    }
}

extension DeviceErrorType {
    /// By words that adb's refusals hold.
    private static let words: [(words: String, error: DeviceErrorType)] = [
        ("unauthorized", .accessDenied), ("authorizing", .accessDenied), ("permission", .accessDenied),
        ("offline", .unresponsive), ("still connecting", .unresponsive), ("not found", .unavailable),
        ("no devices", .unavailable), ("no emulators", .unavailable), ("more than one", .unavailable),
        ("timeout", .timeout), ("timed out", .timeout), ("closed", .communication), ("unknown", .protocolMismatch),
    ]

    /// From the reason behind FAIL.
    init(adbReason bytes: some Collection<UInt8>) {
        let reason = String(decoding: bytes, as: UTF8.self).lowercased()
        self = Self.words.first { reason.contains($0.words) }?.error ?? .other
    }
}
