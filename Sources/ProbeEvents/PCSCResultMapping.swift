// What PC/SC's return codes (low 32 bits) mean for sessions, devices and operations: one table.

private struct ResultRow {
    let code: UInt32
    let status: OperationStatus
    let device: DeviceErrorType?
    let session: SessionErrorType?

    init(_ code: UInt32, _ status: OperationStatus, _ device: DeviceErrorType?, _ session: SessionErrorType?) {
        (self.code, self.status, self.device, self.session) = (code, status, device, session)
    }
}

private let resultRows: [ResultRow] = [
    ResultRow(0x8010_0002, .cancelled, nil, nil),  // E_CANCELLED
    // What the caller got wrong, or tries in order to learn a length or a feature, says nothing about the device.
    ResultRow(0x8010_0003, .failed, nil, nil),  // E_INVALID_HANDLE
    ResultRow(0x8010_0004, .failed, nil, nil),  // E_INVALID_PARAMETER
    ResultRow(0x8010_0008, .failed, nil, nil),  // E_INSUFFICIENT_BUFFER
    ResultRow(0x8010_0011, .failed, nil, nil),  // E_INVALID_VALUE
    ResultRow(0x8010_001F, .failed, nil, nil),  // E_UNSUPPORTED_FEATURE
    ResultRow(0x8010_0009, .failed, .unavailable, .readerUnavailable),  // E_UNKNOWN_READER
    ResultRow(0x8010_000A, .timeout, nil, nil),  // E_TIMEOUT: SCardGetStatusChange waited as long as asked
    ResultRow(0x8010_000B, .failed, .sharingViolation, .sharingViolation),  // E_SHARING_VIOLATION
    ResultRow(0x8010_000C, .failed, .cardRemoved, .noCard),  // E_NO_SMARTCARD
    ResultRow(0x8010_000F, .failed, .protocolMismatch, .other),  // E_PROTO_MISMATCH
    ResultRow(0x8010_0012, .cancelled, nil, nil),  // E_SYSTEM_CANCELLED
    ResultRow(0x8010_0013, .failed, .communication, .readerUnavailable),  // F_COMM_ERROR
    ResultRow(0x8010_0016, .failed, .communication, .other),  // E_NOT_TRANSACTED
    ResultRow(0x8010_0017, .failed, .unavailable, .readerUnavailable),  // E_READER_UNAVAILABLE
    ResultRow(0x8010_001D, .failed, .noService, .readerUnavailable),  // E_NO_SERVICE
    ResultRow(0x8010_001E, .failed, .noService, .readerUnavailable),  // E_SERVICE_STOPPED
    ResultRow(0x8010_002E, .failed, .unavailable, .readerUnavailable),  // E_NO_READERS_AVAILABLE
    ResultRow(0x8010_002F, .failed, .communication, .readerUnavailable),  // E_COMM_DATA_LOST
    ResultRow(0x8010_0066, .failed, .unresponsive, .noCard),  // W_UNRESPONSIVE_CARD
    ResultRow(0x8010_0067, .failed, .unresponsive, .noCard),  // W_UNPOWERED_CARD
    ResultRow(0x8010_0068, .failed, .cardReset, .cardReset),  // W_RESET_CARD
    ResultRow(0x8010_0069, .failed, .cardRemoved, .cardRemoved),  // W_REMOVED_CARD
    ResultRow(0x8010_006A, .failed, .accessDenied, .accessDenied),  // W_SECURITY_VIOLATION
]

private func row(_ code: UInt32) -> ResultRow? {
    resultRows.first { $0.code == code }
}

extension OperationStatus {
    /// How a call ended, from PC/SC's return code, low 32 bits.
    public init(pcscResult code: UInt32) {
        self = code == 0 ? .success : row(code)?.status ?? .failed
    }
}

extension DeviceErrorType {
    /// What was wrong with the reader or its card, from PC/SC's return code, low 32 bits; nil when nothing was.
    public init?(pcscResult code: UInt32) {
        guard code != 0 else { return nil }
        guard let row = row(code) else {
            self = .other
            return
        }
        guard let error = row.device else { return nil }
        self = error
    }
}

extension SessionErrorType {
    /// What ends or prevents a session, from PC/SC's return code, low 32 bits; nil when the code does neither.
    public init?(pcscResult code: UInt32) {
        guard let error = row(code)?.session else { return nil }
        self = error
    }
}
