/// What a PC/SC function returned: the low 32 bits of its LONG, which is 64 bits wide on LP64 systems.
public struct PCSCResult: Hashable, Sendable {
    /// The code: 0 or 801000XX.
    public let code: UInt32

    /// Takes the low 32 bits.
    public init(_ result: some BinaryInteger) {
        code = UInt32(truncatingIfNeeded: result)
    }

    /// SCARD_S_SUCCESS.
    public static var success: PCSCResult { PCSCResult(0) }

    /// The label value: the name without its prefix (REMOVED_CARD), `other` when the table has none.
    public var name: String { PCSCResult.table[code]?.name ?? "other" }

    /// The name in pcsclite.h (SCARD_W_REMOVED_CARD), or the code in hex.
    public var symbol: String {
        guard let row = PCSCResult.table[code] else { return "0x" + String(code, radix: 16, uppercase: true) }
        return "SCARD_\(row.kind)_\(row.name)"
    }

    /// The function did what it was asked.
    public var isSuccess: Bool { code == 0 }

    /// The label value `error_type` of an APDU that ended so; nil for success.
    public var errorType: APDUErrorType? {
        guard let row = PCSCResult.table[code] else { return .transport }
        return row.errorType
    }

    /// Success, or what programs meet every day: a wait that ran out or was cancelled.
    public var isRoutine: Bool { code == 0 || code == 0x8010_000A || code == 0x8010_0002 }

    /// Every name, without prefix, sorted; `other` is the last.
    public static let names: [String] = table.values.map(\.name).sorted() + ["other"]
}

extension PCSCResult: CustomStringConvertible {
    /// The name in pcsclite.h, or the code in hex.
    public var description: String { symbol }
}

extension PCSCResult {
    private struct Row: Sendable {
        let code: UInt32
        let kind: String
        let name: String
        let errorType: APDUErrorType?

        init(_ code: UInt32, _ kind: String, _ name: String, _ errorType: APDUErrorType?) {
            (self.code, self.kind, self.name, self.errorType) = (code, kind, name, errorType)
        }
    }

    private static let table = Dictionary(rows.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })

    // pcsclite.h. 8010001F has two names there; pcsc-lite uses this one.
    private static let rows: [Row] = [
        Row(0x0000_0000, "S", "SUCCESS", nil),
        Row(0x8010_0001, "F", "INTERNAL_ERROR", .transport),
        Row(0x8010_0002, "E", "CANCELLED", .other),
        Row(0x8010_0003, "E", "INVALID_HANDLE", .transport),
        Row(0x8010_0004, "E", "INVALID_PARAMETER", .malformed),
        Row(0x8010_0005, "E", "INVALID_TARGET", .transport),
        Row(0x8010_0006, "E", "NO_MEMORY", .transport),
        Row(0x8010_0007, "F", "WAITED_TOO_LONG", .timeout),
        Row(0x8010_0008, "E", "INSUFFICIENT_BUFFER", .wrongLength),
        Row(0x8010_0009, "E", "UNKNOWN_READER", .transport),
        Row(0x8010_000A, "E", "TIMEOUT", .timeout),
        Row(0x8010_000B, "E", "SHARING_VIOLATION", .conditions),
        Row(0x8010_000C, "E", "NO_SMARTCARD", .cardRemoved),
        Row(0x8010_000D, "E", "UNKNOWN_CARD", .notSupported),
        Row(0x8010_000E, "E", "CANT_DISPOSE", .transport),
        Row(0x8010_000F, "E", "PROTO_MISMATCH", .transport),
        Row(0x8010_0010, "E", "NOT_READY", .transport),
        Row(0x8010_0011, "E", "INVALID_VALUE", .malformed),
        Row(0x8010_0012, "E", "SYSTEM_CANCELLED", .other),
        Row(0x8010_0013, "F", "COMM_ERROR", .transport),
        Row(0x8010_0014, "F", "UNKNOWN_ERROR", .transport),
        Row(0x8010_0015, "E", "INVALID_ATR", .transport),
        Row(0x8010_0016, "E", "NOT_TRANSACTED", .transport),
        Row(0x8010_0017, "E", "READER_UNAVAILABLE", .transport),
        Row(0x8010_0018, "P", "SHUTDOWN", .transport),
        Row(0x8010_0019, "E", "PCI_TOO_SMALL", .wrongLength),
        Row(0x8010_001A, "E", "READER_UNSUPPORTED", .notSupported),
        Row(0x8010_001B, "E", "DUPLICATE_READER", .transport),
        Row(0x8010_001C, "E", "CARD_UNSUPPORTED", .notSupported),
        Row(0x8010_001D, "E", "NO_SERVICE", .transport),
        Row(0x8010_001E, "E", "SERVICE_STOPPED", .transport),
        Row(0x8010_001F, "E", "UNSUPPORTED_FEATURE", .notSupported),
        Row(0x8010_002E, "E", "NO_READERS_AVAILABLE", .transport),
        Row(0x8010_002F, "E", "COMM_DATA_LOST", .transport),
        Row(0x8010_0031, "E", "SERVER_TOO_BUSY", .transport),
        Row(0x8010_0065, "W", "UNSUPPORTED_CARD", .notSupported),
        Row(0x8010_0066, "W", "UNRESPONSIVE_CARD", .transport),
        Row(0x8010_0067, "W", "UNPOWERED_CARD", .transport),
        Row(0x8010_0068, "W", "RESET_CARD", .transport),
        Row(0x8010_0069, "W", "REMOVED_CARD", .cardRemoved),
        Row(0x8010_006A, "W", "SECURITY_VIOLATION", .security),
        Row(0x8010_006B, "W", "WRONG_CHV", .security),
        Row(0x8010_006C, "W", "CHV_BLOCKED", .pinBlocked),
        Row(0x8010_006E, "W", "CANCELLED_BY_USER", .other),
        Row(0x8010_006F, "W", "CARD_NOT_AUTHENTICATED", .security),
    ]
}
