/// The status words that are known: one row each for pattern, label, category, error type, meaning.
///
/// To add a status word, add a row; the narrower pattern stands over the wider one, and among patterns of one width a
/// row with a dialect over one without. A label with fixed digits stands for exactly that status word.
enum StatusWordTable {
    // Sources: TS 102 221, 10.2; TS 51.011, 9.4; TS 31.102, 7.3; GPCS, 11.1.3; ISO/IEC 7816-4, 5.6.
    static let rows: [StatusWordRow] = [
        StatusWordRow(0x9000, .exact, .success, nil, "normal ending"),
        StatusWordRow(0x9100, .lowByte, .success, nil, "normal ending, proactive command pending"),
        StatusWordRow(0x9200, .lowNibble, .success, nil, "normal ending, data transfer or internal retries"),
        // TS 102 221 has 92XX for a data transfer session; only 920X is named as success by the metrics' contract.
        StatusWordRow(0x9200, .lowByte, .warning, nil, "data transfer session going on"),
        StatusWordRow(0x9200, .lowByte, .error, .memory, "memory management problem", .gsm),
        StatusWordRow(0x9240, .exact, .error, .memory, "memory problem", .gsm),
        StatusWordRow(0x9300, .exact, .retry, nil, "toolkit busy, command refused for now"),
        StatusWordRow(0x6100, .lowByte, .continued, nil, "more response data, GET RESPONSE"),
        StatusWordRow(0x9F00, .lowByte, .continued, nil, "response data, GET RESPONSE"),
        StatusWordRow(0x9E00, .lowByte, .warning, .other, "SIM data download error, response data available"),
        StatusWordRow(0x6C00, .lowByte, .retry, nil, "wrong Le, send again with the length given"),

        StatusWordRow(0x6200, .lowByte, .warning, nil, "warning, memory unchanged"),
        StatusWordRow(0x6200, .folded, .warning, nil, "no information, memory unchanged"),
        StatusWordRow(0x6281, .exact, .warning, nil, "part of the data may be corrupted"),
        StatusWordRow(0x6282, .exact, .warning, nil, "end of file or record before Le bytes, or search without result"),
        StatusWordRow(0x6283, .exact, .warning, nil, "selected file deactivated, or card locked"),
        StatusWordRow(0x6284, .exact, .warning, nil, "selected file in termination state, or FCI badly formatted"),
        StatusWordRow(0x62F1, .folded, .warning, nil, "more data available"),
        StatusWordRow(0x62F2, .folded, .warning, nil, "more data available, proactive command pending"),
        StatusWordRow(0x62F3, .folded, .warning, nil, "response data available"),
        StatusWordRow(0x6300, .lowByte, .warning, .other, "warning, memory changed"),
        StatusWordRow(0x6300, .exact, .warning, .security, "verification or authentication failed"),
        StatusWordRow(0x6310, .exact, .continued, nil, "more data available, send the next occurrence"),
        StatusWordRow(0x63C0, .lowNibble, .warning, .security, "verification failed, tries left; or internal retries"),
        StatusWordRow(0x63F1, .folded, .warning, nil, "more data expected"),
        StatusWordRow(0x63F2, .folded, .warning, nil, "more data expected, proactive command pending"),

        StatusWordRow(0x6400, .lowByte, .error, .cardInternal, "execution error, memory unchanged"),
        StatusWordRow(0x6500, .lowByte, .error, .cardInternal, "execution error, memory changed"),
        StatusWordRow(0x6581, .exact, .error, .memory, "memory problem"),
        StatusWordRow(0x6700, .lowByte, .error, .wrongLength, "wrong length"),
        StatusWordRow(0x6700, .exact, .error, .wrongLength, "wrong length"),
        StatusWordRow(0x6800, .lowByte, .error, .notSupported, "function of the class not supported"),
        StatusWordRow(0x6881, .folded, .error, .notSupported, "logical channel not supported"),
        StatusWordRow(0x6882, .folded, .error, .notSupported, "secure messaging not supported"),
        StatusWordRow(0x6883, .folded, .error, .conditions, "last command of the chain expected"),
        StatusWordRow(0x6884, .folded, .error, .notSupported, "command chaining not supported"),
        StatusWordRow(0x6900, .lowByte, .error, .conditions, "command not allowed"),
        StatusWordRow(0x6900, .exact, .error, .conditions, "command not allowed"),
        StatusWordRow(0x6981, .exact, .error, .conditions, "incompatible with file structure"),
        StatusWordRow(0x6982, .exact, .error, .security, "security status not satisfied"),
        StatusWordRow(0x6983, .exact, .error, .pinBlocked, "authentication or PIN method blocked"),
        StatusWordRow(0x6984, .exact, .error, .conditions, "referenced data invalidated"),
        StatusWordRow(0x6985, .exact, .error, .conditions, "conditions of use not satisfied"),
        StatusWordRow(0x6986, .exact, .error, .conditions, "no EF selected"),
        StatusWordRow(0x6987, .folded, .error, .security, "secure messaging object missing"),
        StatusWordRow(0x6988, .folded, .error, .security, "secure messaging object incorrect"),
        StatusWordRow(0x6989, .exact, .error, .security, "secure channel security not satisfied"),
        StatusWordRow(0x6A00, .lowByte, .error, .other, "wrong parameters"),
        StatusWordRow(0x6A80, .exact, .error, .malformed, "incorrect data field"),
        StatusWordRow(0x6A81, .exact, .error, .notSupported, "function not supported"),
        StatusWordRow(0x6A82, .exact, .error, .notFound, "file or application not found"),
        StatusWordRow(0x6A83, .exact, .error, .notFound, "record not found"),
        StatusWordRow(0x6A84, .exact, .error, .memory, "not enough memory"),
        StatusWordRow(0x6A86, .exact, .error, .malformed, "incorrect P1 or P2"),
        StatusWordRow(0x6A87, .exact, .error, .wrongLength, "Lc inconsistent with P1 and P2"),
        StatusWordRow(0x6A88, .exact, .error, .notFound, "referenced data not found"),
        StatusWordRow(0x6A89, .folded, .error, .conditions, "file exists already"),
        StatusWordRow(0x6A8A, .folded, .error, .conditions, "DF name exists already"),
        StatusWordRow(0x6B00, .lowByte, .error, .malformed, "wrong P1 or P2"),
        StatusWordRow(0x6B00, .exact, .error, .malformed, "wrong P1 or P2"),
        StatusWordRow(0x6D00, .lowByte, .error, .notSupported, "instruction not supported"),
        StatusWordRow(0x6D00, .exact, .error, .notSupported, "instruction not supported"),
        StatusWordRow(0x6E00, .lowByte, .error, .notSupported, "class not supported"),
        StatusWordRow(0x6E00, .exact, .error, .notSupported, "class not supported"),
        StatusWordRow(0x6F00, .lowByte, .error, .cardInternal, "technical problem"),
        StatusWordRow(0x6F00, .exact, .error, .cardInternal, "technical problem, no diagnosis"),

        StatusWordRow(0x9400, .lowByte, .error, .other, "error in referencing"),
        StatusWordRow(0x9400, .exact, .error, .conditions, "no EF selected"),
        StatusWordRow(0x9402, .exact, .error, .notFound, "address out of range"),
        StatusWordRow(0x9404, .exact, .error, .notFound, "file or pattern not found"),
        StatusWordRow(0x9408, .exact, .error, .conditions, "file inconsistent with command"),
        StatusWordRow(0x9484, .folded, .error, .notSupported, "algorithm not supported"),
        StatusWordRow(0x9485, .folded, .error, .security, "invalid key check value"),
        StatusWordRow(0x9800, .lowByte, .error, .security, "security error"),
        StatusWordRow(0x9802, .exact, .error, .security, "no CHV initialised"),
        StatusWordRow(
            0x9804, .exact, .error, .security, "access condition not fulfilled, or CHV or authentication failed"),
        StatusWordRow(0x9808, .folded, .error, .conditions, "in contradiction with CHV status"),
        StatusWordRow(0x9810, .folded, .error, .conditions, "in contradiction with invalidation status"),
        StatusWordRow(0x9840, .exact, .error, .pinBlocked, "CHV or UNBLOCK CHV blocked"),
        StatusWordRow(0x9850, .exact, .error, .conditions, "cannot increase, maximum reached"),
        StatusWordRow(0x9862, .exact, .error, .security, "authentication error, application specific"),
        StatusWordRow(0x9863, .exact, .error, .security, "security session or association expired"),
        StatusWordRow(0x9864, .exact, .error, .conditions, "minimum suspension time too long"),
        StatusWordRow(0x9865, .folded, .error, .security, "key freshness failure"),
        StatusWordRow(0x9866, .folded, .error, .security, "authentication error, no memory left"),
        StatusWordRow(0x9867, .folded, .error, .security, "authentication error, no memory left in key file"),

        // Under class 90 the second byte is a DESFire status. It is no 91XX of a UICC, so never a success of the
        // contract's; the two that report progress are no errors either.
        StatusWordRow(0x9100, .lowByte, .error, .other, "DESFire error", .desfire),
        StatusWordRow(0x9100, .folded, .warning, nil, "DESFire: done", .desfire),
        StatusWordRow(0x91AF, .folded, .warning, nil, "DESFire: one more frame", .desfire),
        StatusWordRow(0x910E, .folded, .error, .memory, "DESFire: not enough memory", .desfire),
        StatusWordRow(0x911C, .folded, .error, .notSupported, "DESFire: command not supported", .desfire),
        StatusWordRow(0x917E, .folded, .error, .wrongLength, "DESFire: wrong length", .desfire),
        StatusWordRow(0x919D, .folded, .error, .security, "DESFire: permission denied", .desfire),
        StatusWordRow(0x91A0, .folded, .error, .notFound, "DESFire: application not found", .desfire),
        StatusWordRow(0x91AE, .folded, .error, .security, "DESFire: authentication error", .desfire),
        StatusWordRow(0x91F0, .folded, .error, .notFound, "DESFire: file not found", .desfire),
    ]
}

/// How much of a status word a row fixes, and what its label is.
enum StatusWordMatch: Int, Hashable, Sendable {
    /// SW1; the label is SW1 and XX.
    case lowByte
    /// All but the low nibble. 63CX has a label of its own.
    case lowNibble
    /// One status word, under the label of its SW1.
    case folded
    /// One status word, with a label of its own.
    case exact
}

/// Who defined a status word, as far as the class of the command tells.
enum StatusWordDialect: Int, Hashable, Sendable, CaseIterable {
    /// Every class without rows of its own.
    case common
    /// A0.
    case gsm
    /// 90.
    case desfire
}

/// A row of the status word table.
struct StatusWordRow: Sendable {
    let value: UInt16
    let match: StatusWordMatch
    let category: StatusWordCategory
    let errorType: APDUErrorType?
    let meaning: String
    /// Nil: in every class.
    let dialect: StatusWordDialect?

    init(
        _ value: UInt16, _ match: StatusWordMatch, _ category: StatusWordCategory, _ errorType: APDUErrorType?,
        _ meaning: String, _ dialect: StatusWordDialect? = nil
    ) {
        (self.value, self.match, self.category) = (value, match, category)
        (self.errorType, self.meaning, self.dialect) = (errorType, meaning, dialect)
    }

    /// Every status word of the row.
    var values: ClosedRange<UInt16> {
        switch match {
        case .lowByte: (value & 0xFF00)...(value | 0x00FF)
        case .lowNibble: (value & 0xFFF0)...(value | 0x000F)
        case .folded, .exact: value...value
        }
    }

    /// The label value.
    var label: String {
        switch match {
        case .exact: hexByte(UInt8(truncatingIfNeeded: value >> 8)) + hexByte(UInt8(truncatingIfNeeded: value))
        case .lowNibble where value == StatusWordRow.triesLeft: "63CX"
        case .lowByte, .lowNibble, .folded: hexByte(UInt8(truncatingIfNeeded: value >> 8)) + "XX"
        }
    }

    /// 63C0: with a count in the low nibble, the one label with three fixed digits.
    static let triesLeft: UInt16 = 0x63C0
}
