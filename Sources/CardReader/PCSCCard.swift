internal import CPCSC
internal import ProbeEvents

/// How one call of the PC/SC library went.
struct CallOutcome: Sendable, Hashable {
    /// Its result, low 32 bits.
    var code: UInt32
    /// Both clocks just before it.
    var clock: EventClock
    /// How long it took, nanoseconds.
    var durationNanoseconds: UInt64

    /// Makes a call and takes the times as near to it as can be.
    static func of(_ call: () -> some BinaryInteger) -> CallOutcome {
        let clock = EventClock.now
        let result = call()
        let end = EventClock.monotonicNow
        return CallOutcome(
            code: ResultCode.low(result), clock: clock, durationNanoseconds: end &- clock.monotonicNanoseconds)
    }

    var isSuccess: Bool { code == ResultCode.success }
    var endNanoseconds: UInt64 { clock.monotonicNanoseconds &+ durationNanoseconds }
    var stamp: EventStamp {
        EventStamp(
            source: .cardReader, startNanoseconds: clock.monotonicNanoseconds, durationNanoseconds: durationNanoseconds,
            clock: clock)
    }
}

/// A card handle of the PC/SC library: forwards calls, keeps nothing. Calls block as the library's do.
///
/// It does not end by itself; the end of its context ends it.
struct PCSCCard: Sendable {
    private let handle: SCARDHANDLE

    /// Connects to the card in a reader; nil with the outcome when that failed.
    static func connect(
        _ context: PCSCContext, reader: String, share: ShareMode, protocols: CardProtocols
    ) -> (outcome: CallOutcome, card: PCSCCard?, activeProtocol: UInt32) {
        var handle: SCARDHANDLE = 0
        var active: DWORD = 0
        let outcome = CallOutcome.of {
            SCardConnect(
                context.handle, reader, DWORD(share.rawValue), DWORD(protocols.rawValue), &handle, &active)
        }
        return (outcome, outcome.isSuccess ? PCSCCard(handle: handle) : nil, ResultCode.low(active))
    }

    func reconnect(
        share: ShareMode, protocols: CardProtocols, initialization: Disposition
    ) -> (outcome: CallOutcome, activeProtocol: UInt32) {
        var active: DWORD = 0
        let outcome = CallOutcome.of {
            SCardReconnect(
                handle, DWORD(share.rawValue), DWORD(protocols.rawValue), DWORD(initialization.rawValue), &active)
        }
        return (outcome, ResultCode.low(active))
    }

    func disconnect(_ disposition: Disposition) -> CallOutcome {
        .of { SCardDisconnect(handle, DWORD(disposition.rawValue)) }
    }

    func beginTransaction() -> CallOutcome {
        .of { SCardBeginTransaction(handle) }
    }

    func endTransaction(_ disposition: Disposition) -> CallOutcome {
        .of { SCardEndTransaction(handle, DWORD(disposition.rawValue)) }
    }

    func transmit(_ command: [UInt8], over protocolInUse: UInt32) -> (outcome: CallOutcome, response: [UInt8]) {
        var header = SCARD_IO_REQUEST(
            dwProtocol: UInt(protocolInUse), cbPciLength: UInt(MemoryLayout<SCARD_IO_REQUEST>.size))
        return Self.receive(atMost: Int(cpcsc_longest_buffer())) { room, length in
            SCardTransmit(handle, &header, command, DWORD(command.count), nil, room, length)
        }
    }

    func control(_ code: UInt32, _ bytes: [UInt8]) -> (outcome: CallOutcome, answer: [UInt8]) {
        Self.receive(atMost: Int(cpcsc_longest_buffer())) { room, length in
            SCardControl(handle, DWORD(code), bytes, DWORD(bytes.count), room, length.pointee, length)
        }
    }

    func attribute(_ id: UInt32) -> (outcome: CallOutcome, value: [UInt8]) {
        // The library refuses a larger buffer than that of one short APDU.
        Self.receive(atMost: Int(MAX_BUFFER_SIZE)) { room, length in
            SCardGetAttrib(handle, DWORD(id), room, length)
        }
    }

    func setAttribute(_ id: UInt32, _ value: [UInt8]) -> CallOutcome {
        .of { SCardSetAttrib(handle, DWORD(id), value, DWORD(value.count)) }
    }

    func status() -> (outcome: CallOutcome, state: UInt32, activeProtocol: UInt32, atr: [UInt8]) {
        var state: DWORD = 0
        var active: DWORD = 0
        var nameLength: DWORD = 0
        let (outcome, atr) = Self.receive(atMost: Int(MAX_ATR_SIZE)) { room, length in
            SCardStatus(handle, nil, &nameLength, &state, &active, room, length)
        }
        return (outcome, ResultCode.low(state), ResultCode.low(active), atr)
    }

    /// A call that fills a buffer; what it filled, or nothing when it failed.
    private static func receive(
        atMost limit: Int, _ call: (UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<DWORD>) -> LONG
    ) -> (CallOutcome, [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: limit) { room in
            var length = DWORD(room.count)
            let outcome = CallOutcome.of { call(room.baseAddress, &length) }
            guard outcome.isSuccess else { return (outcome, []) }
            return (outcome, Array(room.prefix(Int(min(length, DWORD(room.count))))))
        }
    }
}
