internal import ProbeEvents
internal import SmartCard

/// Finds the cause of a fault: a rule each, the first that knows something speaks.
enum FlightCauses {
    static func of(_ scene: FlightScene) -> FlightCause {
        guard let fault = scene.fault else {
            return .unknown("the event that told of it is not in the file", do: "look at the events in the file")
        }
        switch fault {
        case .apdu(let exchange): return exchange.resultCode == 0 ? card(exchange, scene) : transport(exchange, scene)
        case .operation(let operation): return call(operation, scene)
        case .readerChanged(let change): return gone(change, scene)
        case .modemChanged(let change): return modem(change)
        case .bipFailed(let failed): return channel(failed)
        case .bipClosed(let closed): return channel(closed, scene)
        case .tls(.handshake(let done)): return handshake(done)
        case .ota(.ended(let ended)): return session(ended, scene)
        case .esim(.download(let done)):
            return .certain(
                "profile_download_failed", done.words,
                do: "SGP.22 says what that is; see the server's log of this download")
        case .phone(.changed(let change)): return phone(change)
        case .test(.ended(let ended)): return test(ended, scene)
        case .database(.operation(let done)): return database(done)
        case .sourceState(let state): return source(state)
        case .clientEnded(let ended):
            return .certain(
                "program_killed",
                "\(ended.client.program) (pid \(ended.client.pid)) ended without closing what it had open",
                do: "see the journal for a signal or the kernel's out-of-memory killer: journalctl -k")
        default: return .unknown("nothing is known of faults of this kind", do: "look at the events in the file")
        }
    }

    // MARK: What the card says

    static func card(_ exchange: APDUExchange, _ scene: FlightScene) -> FlightCause {
        guard let word = exchange.statusWord else {
            return .certain(
                "no_status_word", "the answer has no status word, which no card sends",
                do: "the reader or its driver cuts answers; try another reader")
        }
        let command = CommandAPDU(exchange.command.bytes)
        if PINAnswer.isPINCommand(command), let cause = pin(word, command, exchange, scene) { return cause }
        switch word.value {
        case 0x6982, 0x9804: return notAllowed(exchange, scene)
        case 0x6983, 0x9840:
            return .certain(
                "pin_blocked", "the PIN or key is blocked", do: "unblock it with its PUK, or take another card")
        case 0x6984:
            return .certain(
                "data_invalidated", "what \(exchange.name) is about is deactivated on the card",
                do: "activate it (ACTIVATE FILE), or see what deactivated it: cardlink-metrics history apdus")
        case 0x9862, 0x9863, 0x6300,
            0x6985 where exchange.name.name.contains("AUTHENTICATE"):
            return .likely(
                "authentication_failed", "the card did not accept the cryptogram or MAC: another key than the card's",
                do: "compare the key set and its version on both sides")
        case 0x6987, 0x6988, 0x6882:
            return .likely(
                "secure_messaging", "secure messaging failed: keys or counter differ, or the channel was lost",
                do: "open the secure channel anew; compare the keys on both sides")
        case 0x6981:
            return .certain(
                "file_structure", "the selected file has another structure than \(exchange.name) is for",
                do:
                    "READ and UPDATE BINARY are for transparent files, RECORD for those with records; SELECT tells which"
            )
        case 0x6985, 0x6986, 0x9400:
            return order(exchange, word, scene)
        case 0x6A80, 0x6A86, 0x6A87, 0x6B00, 0x6700:
            return .certain(
                "malformed_command",
                "the card says that the command itself is wrong: \(word.meaning(cla: command.cla))",
                do: "compare P1, P2, Lc and data with the card's specification; the tester built it")
        case 0x6A84, 0x9410:
            return .certain("memory_full", "the card has no room left", do: "delete what is not needed from the card")
        case 0x6581, 0x9240:
            return .certain("memory_failure", "the card's memory fails", do: "take another card; this one wears out")
        case 0x9300:
            return .certain(
                "card_busy", "the card is busy with a toolkit session", do: "wait for it, and send it again")
        case 0x6F00...0x6FFF, 0x6400...0x65FF:
            return .likely(
                "card_internal", "the card failed inside: \(word.meaning(cla: command.cla))",
                do: "repeat it on another card of the kind; then its maker knows more")
        default:
            return .unknown(
                "the card refused with \(word): \(word.meaning(cla: command.cla))",
                do: "the card's specification says what \(word) means for \(exchange.name)")
        }
    }

    private static func pin(
        _ word: StatusWord, _ command: CommandAPDU, _ exchange: APDUExchange, _ scene: FlightScene
    ) -> FlightCause? {
        // TS 102 221, 11.1.9: of a PIN that is disabled.
        if word.value == 0x6984 {
            return .certain(
                "pin_disabled", "the PIN is disabled, so that it cannot be verified",
                do: "leave the command out for this card, or enable its PIN first")
        }
        switch PINAnswer(word, hasData: command.length > 5) {
        case .refused(let left):
            let before = scene.before.filter { $0.name == exchange.name && $0.statusWord == word.withOneMoreTry }.count
            let again = before > 0 ? "it was refused before, too" : ""
            if left == 0 {
                return .certain(
                    "pin_blocked", "the PIN was wrong, and is blocked now: it was the last try", again,
                    do: "unblock it with its PUK, or take another card")
            }
            let tries = left.map { ", \(SummaryFormat.plural(UInt64(max(0, $0)), "try", "tries")) left" } ?? ""
            return .certain(
                "wrong_pin", "the PIN that was sent is not this card's\(tries)", again,
                do: "check the PIN that the tester has for this card, before it is blocked")
        case .blocked:
            return .certain(
                "pin_blocked", "the PIN was blocked before this try",
                do: "unblock it with its PUK, or take another card")
        case .accepted, nil: return nil
        }
    }

    /// 6982: no PIN, a refused one, or one whose effect a reset took away.
    private static func notAllowed(_ exchange: APDUExchange, _ scene: FlightScene) -> FlightCause {
        let pins = scene.before.filter { PINAnswer.isPINCommand(CommandAPDU($0.command.bytes)) }
        let advice = "send VERIFY with the right PIN in the same session, before \(exchange.name)"
        guard let last = pins.first, let word = last.statusWord else {
            if let reset = scene.resetBefore(exchange) {
                return .likely(
                    "access_lost_by_reset", "the card was reset, and forgot which PINs were right",
                    "\(reset), and no PIN was sent after it", do: advice)
            }
            return .likely("no_pin", "no PIN was sent in this session", do: advice)
        }
        guard word.value == 0x9000 else {
            return .certain(
                "pin_refused_before", "the PIN was refused before, so the card gives no access",
                "\(last.name) got \(word), \(scene.relation(last.stamp))", do: advice)
        }
        return .likely(
            "other_access_condition", "a PIN was right, but this needs another one or a key",
            "\(last.name) got 9000, \(scene.relation(last.stamp))",
            do: "see the access rules of the file (EF.ARR) or application")
    }

    /// 6985 and its like: nothing selected, or not now.
    private static func order(_ exchange: APDUExchange, _ word: StatusWord, _ scene: FlightScene) -> FlightCause {
        if let select = scene.before.first(where: { $0.name == .select }), let answer = select.statusWord,
            answer.errorType(command: .select, cla: 0) != nil
        {
            return .likely(
                "selection_failed", "what it is about was not selected: the SELECT before it failed",
                "SELECT got \(answer), \(scene.relation(select.stamp))",
                do: "see why that SELECT failed; this follows from it")
        }
        return .likely(
            "wrong_order", "not at this moment: \(word.meaning(cla: 0))",
            do: "compare the order of commands with one that works: cardlink-metrics history")
    }

    // MARK: What became of the link to the card

    private static func transport(_ exchange: APDUExchange, _ scene: FlightScene) -> FlightCause {
        guard exchange.interface == .pcsc else {
            return .likely(
                "modem_link", "the modem did not hand the command on: \(PCSCResult(exchange.resultCode).symbol)",
                do: "see cardlink-probe modems, and its power and card")
        }
        return pcsc(exchange.resultCode, exchange.client, exchange.session, exchange.reader, scene)
    }

    private static func call(_ operation: ReaderOperation, _ scene: FlightScene) -> FlightCause {
        pcsc(operation.resultCode, operation.client, operation.session, operation.reader, scene)
    }

    private static func pcsc(
        _ code: UInt32, _ client: ClientProcess, _ session: UInt64, _ reader: String, _ scene: FlightScene
    ) -> FlightCause {
        if let seen = seen(code, reader, scene) { return seen }
        let symbol = PCSCResult(code).symbol
        switch code {
        case 0x8010_000B:  // E_SHARING_VIOLATION
            if let other = scene.neighbour(of: client, on: reader) {
                return .certain(
                    "held_by_neighbour", "\(other.program) (pid \(other.pid)) has the card for itself alone",
                    do: "end it, or have it connect shared")
            }
            return .likely(
                "held_by_neighbour", "another program has the card for itself", do: "cardlink-probe readers names it")
        case 0x8010_0068:  // W_RESET_CARD
            if let other = scene.resetter(of: client, session, on: reader) {
                let isOwn = other.client.id == client.id
                let who =
                    isOwn
                    ? "another session of the program itself" : "\(other.client.program) (pid \(other.client.pid))"
                return .likely(
                    isOwn ? "reset_by_itself" : "reset_by_neighbour", "\(who) reset the card",
                    "it called \(other.operation.words) \(scene.relation(other.stamp))",
                    do: "let one session use the card at a time, or hold a transaction")
            }
            return .likely(
                "card_reset", "the card was reset by another program or by pcscd",
                do: "reconnect, and see cardlink-probe readers for who has the reader")
        case 0x8010_0069, 0x8010_000C:  // W_REMOVED_CARD, E_NO_SMARTCARD
            return .likely("card_removed", "the card is gone, or its contact is", do: "see the card in the reader")
        case 0x8010_0017:  // E_READER_UNAVAILABLE
            return .likely("reader_removed", "the reader is gone", do: "see its cable; cardlink-probe readers")
        case 0x8010_001D, 0x8010_001E, 0x8010_0013:  // E_NO_SERVICE, E_SERVICE_STOPPED, F_COMM_ERROR
            return .likely(
                "pcscd_ended", "pcscd does not answer (\(symbol))", do: "systemctl status pcscd; cardlink-probe doctor")
        case 0x8010_0066, 0x8010_0067:  // W_UNRESPONSIVE_CARD, W_UNPOWERED_CARD
            return .likely(
                "card_mute", "the card does not answer to power", do: "turn and clean it; try it in another reader")
        case 0x8010_0003:  // E_INVALID_HANDLE
            return .likely(
                "handle_closed", "the program used a connection that it, or pcscd, had closed",
                do: "see the program's own disconnects before it")
        case 0x8010_000A:  // E_TIMEOUT
            return .likely(
                "timeout", "the card or reader did not answer in time", do: "see the command before it, and the reader")
        case 0x8010_0016, 0x8010_002F:  // E_NOT_TRANSACTED, E_COMM_DATA_LOST
            return .likely(
                "link_broken", "the exchange between reader and card broke off (\(symbol))",
                do: "clean the contacts; see retries of this reader; try another one")
        default: return .unknown("PC/SC says \(symbol)", do: "man pcsc-lite's winscard.h; cardlink-probe doctor")
        }
    }

    /// What the reader monitor saw of it. A code that speaks of the card is held against the card first: that pcscd ends
    /// a moment later has nothing to do with it.
    private static func seen(_ code: UInt32, _ reader: String, _ scene: FlightScene) -> FlightCause? {
        // E_SHARING_VIOLATION, W_RESET_CARD: pcscd and a card were there. What goes later has nothing to do with it.
        if code == 0x8010_000B || code == 0x8010_0068 { return nil }
        let card = scene.change(.cardWent, in: reader).map { gone in
            FlightCause.certain(
                "card_removed", "the card was taken out", "it went \(scene.relation(gone.stamp))",
                do: "put it back; if nobody took it, its contacts or the reader's are bad")
        }
        if let card, speaksOfCard(code) { return card }
        if let silent = scene.silentSource(.readerMonitor) { return pcscdEnded(silent, scene) }
        if let gone = scene.change(.readerWent, in: reader) {
            return .certain(
                "reader_removed", "the reader was unplugged", "it went \(scene.relation(gone.stamp))",
                do: "see cable and hub; dmesg tells of USB errors")
        }
        return card
    }

    private static func speaksOfCard(_ code: UInt32) -> Bool {
        switch code {
        case 0x8010_0069, 0x8010_000C, 0x8010_0016, 0x8010_002F, 0x8010_0066, 0x8010_0067: true
        default: false
        }
    }

    private static func pcscdEnded(_ silent: SourceState, _ scene: FlightScene) -> FlightCause {
        .certain(
            "pcscd_ended", "pcscd ended or was ended", "the probe lost it, too, \(scene.relation(silent.stamp))",
            do: "journalctl -u pcscd tells why; cardlink-probe doctor")
    }

    /// When pcscd ends its readers go, and no card does.
    private static func gone(_ change: ReaderChange, _ scene: FlightScene) -> FlightCause {
        guard change.change == .readerWent else {
            return .certain(
                "card_removed", "the card was taken out while a program used it",
                do: "put it back; if nobody took it, its contacts or the reader's are bad")
        }
        if let silent = scene.silentSource(.readerMonitor) { return pcscdEnded(silent, scene) }
        return .certain(
            "reader_removed", "the reader was unplugged", do: "see cable and hub; dmesg tells of USB errors")
    }
}

extension StatusWord {
    /// What was answered one try earlier: 63C3 before 63C2.
    fileprivate var withOneMoreTry: StatusWord {
        value & 0xFFF0 == 0x63C0 && value & 0xF < 0xF ? StatusWord(value + 1) : self
    }
}

extension FlightScene {
    /// What reset the card in an exchange's session before it, in words; nil when nothing was seen.
    func resetBefore(_ exchange: APDUExchange) -> String? {
        let begin = begin(of: exchange.client, exchange.session, on: exchange.reader)
        guard begin < exchange.stamp.startNanoseconds else { return nil }
        for event in events.reversed() {
            guard (begin..<exchange.stamp.startNanoseconds).contains(event.stamp.startNanoseconds) else { continue }
            switch event {
            case .operation(let call) where call.reader == exchange.reader && call.resultCode == 0:
                if call.operation == .reconnect { return "SCardReconnect \(relation(call.stamp))" }
            case .readerChanged(let change) where change.reader == exchange.reader && change.change == .cardCame:
                return "the card came back \(relation(change.stamp))"
            case .apdu(let other) where other.reader == exchange.reader && other.resultCode == 0x8010_0068:
                return "the card was reset \(relation(other.stamp))"
            default: break
            }
        }
        return nil
    }
}
