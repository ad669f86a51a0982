internal import ProbeEvents
internal import SmartCard

/// Something that went wrong on the bench, as one event tells it.
package struct Fault: Sendable, Hashable {
    /// What kind of thing it went wrong with.
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case card, reader, modem, phone, bip, tls, ota, esim, test, database, source, program, loss
    }

    /// What kind of thing.
    package var kind: Kind
    /// Which of them: a reader, a modem, a relay, a suite of tests.
    package var device: String
    /// What went wrong, in a few words.
    package var message: String
    /// How many things are told at once.
    package var count: UInt64 = 1

    init(_ kind: Kind, _ device: String, _ message: String, count: UInt64 = 1) {
        (self.kind, self.device, self.message, self.count) = (kind, device, message, count)
    }

    /// The fault that an event tells; nil for the others.
    ///
    /// - Parameter openSessions: how many sessions with the card in a reader are open.
    init?(_ event: ProbeEvent, openSessions: (String) -> Int) {
        switch event {
        case .apdu(let exchange): self.init(exchange)
        case .operation(let operation): self.init(operation)
        case .readerChanged(let change): self.init(change, isInUse: openSessions(change.reader) > 0)
        case .modemChanged(let change): self.init(change)
        case .bipFailed(let failed):
            self.init(.bip, failed.link.device, "\(failed.command.words.uppercased()): \(failed.error.words)")
        case .bipClosed(let closed):
            guard closed.status != .completed else { return nil }
            self.init(.bip, closed.link.device, "channel \(closed.link.channel): \(closed.reason.words)")
        case .sourceState(let state):
            guard !state.isWorking else { return nil }
            self.init(.source, state.stamp.source.words, String(state.message.prefix(512)))
        case .eventsDropped(let loss):
            self.init(.loss, loss.stamp.source.words, "events lost: \(loss.reason.words)", count: loss.count)
        case .clientEnded(let ended):
            // One that becomes another program leaves nothing open.
            guard !ended.isOrderly, ended.openSessions > 0 else { return nil }
            let sessions = SummaryFormat.plural(UInt64(ended.openSessions), "session")
            self.init(.program, ended.client.program, "killed, with \(sessions) open")
        case .tls(.handshake(let done)):
            guard done.result != .success else { return nil }
            let reason = done.error.map { ": \($0.words)" } ?? ""
            self.init(.tls, done.link.tap, "handshake \(done.result.words) after \(done.step.words)\(reason)")
        case .ota(.ended(let ended)):
            guard ended.status != .completed else { return nil }
            let reason = ended.error.map { ": \($0.words)" } ?? ""
            self.init(.ota, ended.link.device, "session \(ended.status.words)\(reason)")
        case .esim(.download(let download)):
            guard download.result == .failed else { return nil }
            self.init(.esim, download.link.device, download.words)
        case .phone(.changed(let change)):
            guard change.state != .device else { return nil }
            self.init(.phone, change.phone, "the phone is \(change.state.words)")
        case .test(.ended(let ended)):
            guard ended.status == .failed || ended.status == .error else { return nil }
            self.init(.test, ended.suite.suite, "\(ended.test): \(ended.status.words)")
        case .database(.operation(let done)):
            guard let error = done.error else { return nil }
            self.init(.database, done.table, "\(done.operation.words): \(error.words)")
        case .tls, .ota, .esim, .phone, .test, .database: return nil
        case .sessionOpened, .sessionClosed, .cardIdentified, .clientAttached, .clientDrained: return nil
        case .atCommand, .urc, .modemIdentified, .simChanged, .registrationChanged, .signalMeasured: return nil
        case .bipOpened, .bipData, .bipLinkChanged, .bipDataWaiting, .triggerSeen: return nil
        }
    }

    /// Programs look around with more than SELECT, and ask for lengths: that is no fault.
    private init?(_ exchange: APDUExchange) {
        let command = CommandAPDU(exchange.command.bytes)
        guard case .error(let type) = APDUVerdict(exchange, command) else { return nil }
        switch type {
        case .notFound, .notSupported, .wrongLength: return nil
        default: break
        }
        let outcome =
            exchange.statusWord.map { " \($0): \($0.meaning(cla: command.cla))" }
            ?? (exchange.resultCode == 0 ? ": no status word" : ": \(PCSCResult(exchange.resultCode).symbol)")
        self.init(.card, exchange.reader, "\(exchange.name)\(outcome)")
    }

    /// Who finds no card or shares badly tries again: that is how programs wait.
    private init?(_ operation: ReaderOperation) {
        switch DeviceErrorType(pcscResult: operation.resultCode) {
        case nil, .sharingViolation, .cardRemoved, .cardReset: return nil
        default:
            self.init(
                .reader, operation.reader,
                "\(operation.operation.name): \(PCSCResult(operation.resultCode).symbol)")
        }
    }

    private init?(_ change: ReaderChange, isInUse: Bool) {
        switch change.change {
        case .readerWent: self.init(.reader, change.reader, "the reader is gone")
        case .cardWent where isInUse:
            self.init(.card, change.reader, "the card was taken out while a session was open")
        case .cardWent, .cardCame, .readerCame: return nil
        }
    }

    private init?(_ change: ModemChange) {
        let reason = change.error.map { ": \($0.words)" } ?? ""
        switch change.change {
        case .modemCame, .answersAgain: return nil
        case .modemWent: self.init(.modem, change.modem, "the modem is gone\(reason)")
        case .portRefused: self.init(.modem, change.modem, "its port cannot be had\(reason)")
        case .stoppedAnswering: self.init(.modem, change.modem, "it answers no more\(reason)")
        }
    }
}
