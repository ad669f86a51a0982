/// The three secrets of the card, by their key reference: TS 102 221, 9.5.1.
package enum PINReference: UInt8, CaseIterable, Sendable {
    case pin1 = 0x01
    case pin2 = 0x81
    case administrator = 0x0A
}

/// One PIN with its PUK: values of 8 bytes, FF-padded, and how many tries are left.
package struct PINState: Equatable, Sendable {
    var value: [UInt8]
    var unblockingKey: [UInt8]
    var tries: Int
    var triesLeft: Int
    var unblockTriesLeft = 10
    var isEnabled: Bool
    var isVerified = false

    /// - Parameters:
    ///   - value: 4 to 8 digits.
    ///   - unblockingKey: 8 digits; without them the PIN cannot be unblocked.
    init(value: String, unblockingKey: String, tries: Int, isEnabled: Bool) {
        self.value = Self.padded(value)
        self.unblockingKey = Self.padded(unblockingKey)
        self.tries = tries
        self.triesLeft = tries
        self.isEnabled = isEnabled
    }

    static func padded(_ digits: String) -> [UInt8] {
        let bytes = Array(digits.utf8.prefix(8))
        return bytes + [UInt8](repeating: 0xFF, count: 8 - bytes.count)
    }
}

/// All PINs of the card; each operation returns the status word it ends with.
struct PINStore {
    private(set) var states: [PINReference: PINState]

    init(_ states: [PINReference: PINState]) {
        self.states = states
    }

    subscript(_ reference: PINReference) -> PINState? { states[reference] }

    /// Whether a file with this condition may be used now; a disabled PIN counts as given.
    func allows(_ condition: AccessCondition) -> Bool {
        switch condition {
        case .always: true
        case .pin1: states[.pin1].map { $0.isVerified || !$0.isEnabled } ?? true
        case .administrator: states[.administrator]?.isVerified ?? false
        }
    }

    /// A reset takes back what was verified; counters stay.
    mutating func reset() {
        for reference in states.keys { states[reference]?.isVerified = false }
    }

    /// VERIFY PIN; without data it asks for the tries left.
    mutating func verify(_ reference: UInt8, _ data: [UInt8]) -> UInt16 {
        with(reference) { pin in
            guard pin.isEnabled else { return 0x6984 }
            guard !data.isEmpty else { return pin.triesLeft == 0 ? 0x6983 : pin.counterStatus }
            guard data.count == 8 else { return 0x6700 }
            return pin.present(data)
        }
    }

    /// CHANGE PIN: the old value, then the new one.
    mutating func change(_ reference: UInt8, _ data: [UInt8]) -> UInt16 {
        with(reference) { pin in
            guard data.count == 16 else { return 0x6700 }
            guard pin.isEnabled else { return 0x6984 }
            let status = pin.present(Array(data[..<8]))
            if status == 0x9000 { pin.value = Array(data[8...]) }
            return status
        }
    }

    /// DISABLE PIN or ENABLE PIN.
    mutating func setEnabled(_ enabled: Bool, _ reference: UInt8, _ data: [UInt8]) -> UInt16 {
        with(reference) { pin in
            guard data.count == 8 else { return 0x6700 }
            guard pin.isEnabled != enabled else { return 0x6984 }
            let status = pin.present(data)
            if status == 0x9000 { pin.isEnabled = enabled }
            return status
        }
    }

    /// UNBLOCK PIN: the PUK, then the new PIN; without data it asks for the tries left.
    mutating func unblock(_ reference: UInt8, _ data: [UInt8]) -> UInt16 {
        with(reference) { pin in
            guard pin.unblockTriesLeft > 0 else { return 0x6983 }
            guard !data.isEmpty else { return 0x63C0 | UInt16(pin.unblockTriesLeft) }
            guard data.count == 16 else { return 0x6700 }
            guard Array(data[..<8]) == pin.unblockingKey else {
                pin.unblockTriesLeft -= 1
                return pin.unblockTriesLeft == 0 ? 0x6983 : 0x63C0 | UInt16(pin.unblockTriesLeft)
            }
            pin.value = Array(data[8...])
            pin.triesLeft = pin.tries
            pin.unblockTriesLeft = 10
            pin.isEnabled = true
            pin.isVerified = true
            return 0x9000
        }
    }

    private mutating func with(_ reference: UInt8, _ body: (inout PINState) -> UInt16) -> UInt16 {
        guard let key = PINReference(rawValue: reference), var pin = states[key] else { return 0x6A88 }
        let status = body(&pin)
        states[key] = pin
        return status
    }
}

extension PINState {
    /// 63CX with the tries left, at most 15.
    var counterStatus: UInt16 { 0x63C0 | UInt16(min(triesLeft, 15)) }

    /// Compares a value and counts: the try that uses up the counter still answers 63C0, the next one 6983.
    fileprivate mutating func present(_ data: [UInt8]) -> UInt16 {
        guard triesLeft > 0 else { return 0x6983 }
        guard data == value else {
            triesLeft -= 1
            isVerified = false
            return counterStatus
        }
        triesLeft = tries
        isVerified = true
        return 0x9000
    }
}
