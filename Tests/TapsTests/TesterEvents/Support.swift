import ProbeEvents
import SmartCard
import TestSupport

extension RecordingSink {
    var words: [String] { events.map(word) }
}

/// An event in words: `opened 7/1`, `apdu 3`, `dropped shim queue_full 12`.
func word(_ event: ProbeEvent) -> String {
    switch event {
    case .apdu(let event): "apdu \(event.thread)"
    case .sessionOpened(let event): "opened \(event.client.id)/\(event.session)"
    case .sessionClosed(let event):
        "closed \(event.client.id)/\(event.session) \(event.status.name)" + (event.error.map { " \($0.name)" } ?? "")
    case .operation(let event): "operation \(event.operation.name)"
    case .readerChanged(let event): "reader \(event.change.name)"
    case .cardIdentified(let event): "card \(event.atr)"
    case .clientAttached(let event): "attached \(event.client.id)"
    case .clientEnded(let event):
        "ended \(event.client.id) \(event.isOrderly ? "orderly" : "gone") \(event.openSessions) open"
    case .clientDrained(let event): "drained \(event.client.id)"
    case .eventsDropped(let event): "dropped \(event.stamp.source.name) \(event.reason.name) \(event.count)"
    case .sourceState(let event): "state \(event.isWorking)"
    case .atCommand(let event): "at \(event.command.name) \(event.result.name)"
    case .urc(let event): "urc \(event.code.name)"
    case .modemChanged(let event): "modem \(event.change.name)"
    case .modemIdentified(let event): "identified \(event.model)"
    case .simChanged(let event): "sim \(event.state.name)"
    case .registrationChanged(let event): "registration \(event.domain.name) \(event.state.name)"
    case .signalMeasured(let event): "signal \(event.technology.name)"
    case .bipOpened(let event): "bip opened \(event.link.connection)"
    case .bipData(let event): "bip \(event.direction.name) \(event.bytes)"
    case .bipClosed(let event): "bip closed \(event.link.connection) \(event.status.name) \(event.reason.name)"
    case .bipFailed(let event): "bip failed \(event.error.name)"
    case .bipLinkChanged(let event): "bip link \(event.state.name)"
    case .bipDataWaiting(let event): "bip waiting \(event.bytes ?? 0)"
    case .triggerSeen(let event): "trigger \(event.trigger.name)"
    case .tls(.opened(let event)): "tls opened \(event.link.connection)"
    case .tls(.handshake(let event)): "tls handshake \(event.result.name)"
    case .tls(.closed(let event)): "tls closed \(event.link.connection)" + (event.error.map { " \($0.name)" } ?? "")
    case .ota(.began(let event)): "ota began \(event.link.session)"
    case .ota(.turn(let event)): "ota turn \(event.httpStatus)"
    case .ota(.packet(let event)): "ota packet \(event.security.application)"
    case .ota(.leg(let event)): "ota leg \(event.leg.name)"
    case .ota(.ended(let event)): "ota ended \(event.link.session) \(event.status.name)"
    case .esim: event.esimWords ?? ""
    case .phone(.changed(let event)): "phone \(event.phone) \(event.state.name)"
    case .phone(.identified(let event)): "phone is \(event.model)"
    case .phone(.operation(let event)): "adb \(event.operation.name) \(event.status.name)"
    case .test(.suiteBegan(let event)): "suite began \(event.suite.suite)"
    case .test(.suiteEnded(let event)): "suite ended \(event.suite.suite)"
    case .test(.began(let event)): "test began \(event.test)"
    case .test(.ended(let event)): "test ended \(event.test) \(event.status.name)"
    case .database(.operation(let event)): "database \(event.operation.name) \(event.table)"
    case .database(.pool(let event)): "pool \(event.pool) \(event.connections)"
    }
}

/// Events of made-up clients; what does not matter is fixed.
enum Sample {
    static let stamp = EventStamp(
        source: .shim, startNanoseconds: 1_000, durationNanoseconds: 500, wallNanoseconds: 1_700_000_000_000_000_000)

    static func client(_ id: UInt64) -> ClientProcess { ClientProcess(id: id, pid: 4711, program: "opensc-tool") }

    static func apdu(_ number: Int, client id: UInt64 = 7, stamp: EventStamp = stamp) -> ProbeEvent {
        .apdu(
            APDUExchange(
                stamp: stamp, client: client(id), thread: UInt32(number), session: 1, reader: "Virtual PCD 00 00",
                interface: .pcsc, sessionProtocol: .t1, name: .select, command: [0x00, 0xA4, 0x04, 0x00, 0x00],
                response: [0x6A, 0x82], isCut: false, resultCode: 0, waitNanoseconds: 0, isWaitExact: true))
    }

    static func attached(_ id: UInt64 = 7) -> ProbeEvent {
        .clientAttached(
            ClientAttached(stamp: stamp, client: client(id), library: "/x/libpcsclite.so.1", isWaitExact: true))
    }

    static func ended(_ id: UInt64 = 7) -> ProbeEvent {
        .clientEnded(ClientEnded(stamp: stamp, client: client(id), isOrderly: true, openSessions: 0))
    }

    static func opened(_ session: UInt64, client id: UInt64 = 7) -> ProbeEvent {
        .sessionOpened(
            ReaderSessionOpened(
                stamp: stamp, client: client(id), session: session, reader: "Virtual PCD 00 00", sessionProtocol: .t1,
                shareMode: 2))
    }

    static func closed(_ session: UInt64, client id: UInt64 = 7) -> ProbeEvent {
        .sessionClosed(
            ReaderSessionClosed(
                stamp: stamp, client: client(id), session: session, reader: "Virtual PCD 00 00", status: .completed,
                error: nil))
    }

    static func dropped(_ count: UInt64, reason: DropReason = .ringFull) -> ProbeEvent {
        .eventsDropped(EventsDropped(stamp: stamp, reason: reason, count: count))
    }

    static let reader = ProbeEvent.readerChanged(
        ReaderChange(stamp: stamp, reader: "Virtual PCD 00 00", change: .readerCame))

    /// The event's line with its line feed.
    static func line(_ event: ProbeEvent) throws -> [UInt8] { Array(try EventLine.encode(event)) + [0x0A] }
}

extension TemporaryFolder {
    var socket: String { file("events.sock") }
}

/// Starts a program of another language that speaks to the socket; `prefix` is a command that starts it, such as setpriv.
func startPython(_ script: String, _ arguments: [String] = [], prefix: [String] = []) throws -> RunningCommand {
    try RunningCommand(prefix + [Files.python, "-c", script] + arguments, input: .kept)
}
