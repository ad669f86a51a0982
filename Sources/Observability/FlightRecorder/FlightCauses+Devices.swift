internal import ProbeEvents
internal import SmartCard

extension FlightCauses {
    static func modem(_ change: ModemChange) -> FlightCause {
        switch change.change {
        case .portRefused:
            .certain(
                "port_refused", "the modem's port cannot be had" + (change.error.map { ": \($0.words)" } ?? ""),
                do: "cardlink-probe doctor says who holds it, ModemManager for one, and the way out")
        case .stoppedAnswering:
            .certain(
                "modem_silent", "the modem's port is there, and it answers nothing",
                do: "see its power; AT+CFUN=1,1 from another port, or plug it anew")
        case .modemWent:
            .certain(
                "modem_removed", "the modem's port hung up", do: "see its cable and power; dmesg tells of USB errors")
        case .modemCame, .answersAgain: .unknown("nothing failed", do: "nothing")
        }
    }

    static func phone(_ change: PhoneChange) -> FlightCause {
        switch change.state {
        case .unauthorized, .authorizing:
            .certain("phone_unauthorized", "the phone has not allowed this machine", do: "unlock it and accept the key")
        case .noPermissions:
            .certain(
                "phone_permissions", "this user may not open the phone",
                do: "add its udev rule: apt install android-sdk-platform-tools-common")
        case .gone, .offline:
            .certain("phone_gone", "the phone is \(change.state.words)", do: "see its cable; adb reconnect")
        default:
            .certain("phone_state", "the phone is in state \(change.state.words)", do: "start it as usual: adb reboot")
        }
    }

    static func channel(_ failed: BIPCommandFailed) -> FlightCause {
        let words = failed.command.words.uppercased()
        switch failed.error {
        case .networkBusy, .service, .serviceUnknown, .transportUnavailable:
            return .certain(
                "bearer_refused", "the terminal could not give \(words) its bearer: \(failed.error.words)",
                do: "see registration and APN of the modem: cardlink-probe modems")
        case .remoteUnreachable, .portUnavailable, .timeout:
            return .certain(
                "server_unreachable", "the server's address or port did not answer: \(failed.error.words)",
                do: "see address, port and firewall of the OTA server")
        case .refusedByUser:
            return .certain(
                "refused_by_user", "the user or the terminal's settings refused \(words)",
                do: "accept it on the terminal")
        case .bufferTooLarge:
            return .certain(
                "buffer_too_large", "the card wants a larger buffer than the terminal has",
                do: "lower the buffer size in the card's profile")
        case .terminalBusy:
            return .certain(
                "terminal_busy", "the terminal is busy with another session", do: "send the trigger again later")
        case .noChannel, .channelClosed, .channelInvalid:
            return .certain(
                "channel_gone", "there is no such channel any more: \(failed.error.words)",
                do: "see what closed it before")
        case .linkDropped:
            return .certain(
                "link_dropped", "the network dropped the link", do: "see signal and registration at that time")
        case .notSupported, .launchParameters, .launchFailed, .security:
            return .certain(
                "terminal_cannot", "the terminal cannot do it: \(failed.error.words)",
                do: "compare the terminal profile with what the card asks")
        case .noCause, .other:
            return .unknown(
                "the terminal gave no reason for refusing \(words)",
                do: "see its own log; the result bytes are in the file")
        }
    }

    static func channel(_ closed: BIPChannelClosed, _ scene: FlightScene) -> FlightCause {
        switch closed.reason {
        case .dropped:
            return .certain(
                "link_dropped", "the network dropped the link", do: "see signal and registration at that time")
        case .reset: return .certain("card_reset", "the card was reset in mid-channel", do: "see who reset it before")
        case .sourceGone:
            return .certain("program_ended", "who held the card ended before the channel", do: "see why it ended")
        case .card, .stale:
            return .likely("channel_lost", "the channel was given up without a word", do: "see the terminal's log")
        }
    }

    static func handshake(_ done: TLSHandshakeDone) -> FlightCause {
        let step = "after \(done.step.words)"
        switch done.error {
        case .unknownPskIdentity:
            return .certain(
                "unknown_psk_identity", "the server does not know the card's PSK identity",
                do: "add the identity to the server's keys")
        case .decryptError, .badRecordMac:
            return .certain(
                "wrong_psk", "card and server have different keys (\(done.error?.words ?? ""))",
                do: "compare the PSK of this identity on both sides")
        case .handshakeFailure, .insufficientSecurity:
            return .certain(
                "no_shared_cipher_suite", "the two have no cipher suite in common",
                do: "compare the suites that both allow")
        case .protocolVersion:
            return .certain(
                "protocol_version", "the two have no TLS version in common",
                do: "allow \(done.version.name) on the server, or another one on the card")
        case .encryptedAlert:
            return .likely(
                "wrong_psk",
                "\(done.endedBy?.words ?? "one side") refused under encryption \(step), as for a wrong key",
                do: "compare the PSK of this identity on both sides")
        case .connectionLost:
            return .certain(
                "peer_closed", "\(done.endedBy.map { "the \($0.words)" } ?? "nobody known") closed \(step)",
                do: "see that side's own log")
        case .timeout:
            return .certain(
                "peer_silent", "nothing came \(step)", do: "see whether the other side is alive, and what lies between")
        case .malformed, .decodeError, .illegalParameter, .unexpectedMessage:
            return .certain(
                "protocol_error", "what was sent is no TLS as the other understands it (\(done.error?.words ?? ""))",
                do: "capture it: --capture, and open it in Wireshark")
        case .internalError, .otherAlert, .other, nil:
            return .unknown(
                "\(done.endedBy.map { "the \($0.words)" } ?? "one side") ended it \(step) and did not say why",
                do: "see the logs of both sides")
        }
    }

    static func session(_ ended: OTASessionEnded, _ scene: FlightScene) -> FlightCause {
        for case .ota(.packet(let packet)) in scene.events where packet.link == ended.link {
            return receipt(packet)
        }
        for case .tls(.closed(let closed)) in scene.events.reversed() where closed.link.tap == ended.link.device {
            guard scene.isNear(closed.stamp), let peer = closed.endedBy else { continue }
            return .likely(
                "peer_closed", "the \(peer.words) closed before the session was over",
                "it closed \(scene.relation(closed.stamp))", do: "see that side's own log")
        }
        return .unknown("the session over the air ended early", do: "see the server's log at that time")
    }

    private static func receipt(_ packet: OTAPacketDone) -> FlightCause {
        switch packet.receipt {
        case .checksumFailed:
            return .certain(
                "wrong_ota_key", "the card's checksum of the packet differs: another KID key",
                do: "compare the KID key and its number on both sides")
        case .cipheringError:
            return .certain(
                "wrong_ota_key", "the card could not decipher the packet: another KIc key",
                do: "compare the KIc key and its number on both sides")
        case .counterLow, .counterHigh, .counterBlocked:
            return .certain(
                "ota_counter", "the card does not take the packet's counter: \(packet.receipt?.words ?? "")",
                do: "set the server's counter above the card's")
        case .applicationUnknown:
            return .certain(
                "ota_application", "the card has no application under this TAR",
                do: "compare TAR and the applications on the card")
        case .insufficientSecurity, .securityError:
            return .certain(
                "ota_security", "the packet is secured less than the card wants",
                do: "compare SPI with the card's minimum security level")
        case .missing:
            return .likely(
                "no_receipt", "the card gave no proof of receipt",
                do: "see whether the card took the message: its status word is in the file")
        default:
            return .unknown(
                "the card said \(packet.receipt?.words ?? "nothing") to the packet",
                do: "ETSI TS 102 225, table 5, says what that is")
        }
    }

    static func database(_ done: DatabaseOperationDone) -> FlightCause {
        .certain(
            "database_error", "the tester's database said: \(done.error?.words ?? "")",
            do: "see the database's own log; the statement is not kept")
    }

    static func source(_ state: SourceState) -> FlightCause {
        switch state.stamp.source {
        case .readerMonitor:
            .certain(
                "pcscd_ended", "pcscd is not there: \(state.message)",
                do: "systemctl status pcscd; cardlink-probe doctor")
        default: .certain("source_fault", state.message, do: "cardlink-probe doctor")
        }
    }

    // MARK: Tests

    /// What failed in it last, if something did; else what took long in it.
    static func test(_ ended: TestEnded, _ scene: FlightScene) -> FlightCause {
        let start = ended.stamp.startNanoseconds
        let inside = scene.events.filter { (start...scene.header.nanoseconds).contains($0.stamp.startNanoseconds) }
        for event in inside.reversed() {
            if case .test = event { continue }
            guard let fault = Fault(event, openSessions: { _ in 1 }) else { continue }
            var cause = of(FlightScene(scene, around: event, fault))
            cause.evidence =
                "\(fault.device): \(fault.message), \(scene.relation(event.stamp))"
                + (cause.evidence.isEmpty ? "" : "; \(cause.evidence)")
            if cause.certainty == .certain { cause.certainty = .likely }
            return cause
        }
        return slow(inside, ended) ?? refused(inside, scene)
            ?? .unknown(
                "no command, channel or handshake failed in it",
                do: "see the test's own assertion: the card did what it was asked")
    }

    private static func slow(_ events: [ProbeEvent], _ ended: TestEnded) -> FlightCause? {
        var (waited, longest): (UInt64, APDUExchange?) = (0, nil)
        for case .apdu(let exchange) in events {
            waited.addSaturating(exchange.othersNanoseconds)
            if exchange.cardNanoseconds > longest?.cardNanoseconds ?? 0 { longest = exchange }
        }
        let duration = max(1, ended.stamp.durationNanoseconds)
        if waited > duration / 2 {
            return .likely(
                "neighbour", "the program waited for others that used the card, most of the test's time",
                "\(SummaryFormat.span(waited)) of \(SummaryFormat.span(duration))",
                do: "let one program use the reader at a time")
        }
        guard let longest, longest.cardNanoseconds > duration / 2, longest.cardNanoseconds > 100_000_000 else {
            return nil
        }
        return .likely(
            "slow_card", "one command took the card most of the test's time",
            "\(longest.name): \(SummaryFormat.span(longest.cardNanoseconds)) of \(SummaryFormat.span(duration))",
            do: "compare with the card's usual: cardlink-metrics history apdus")
    }

    /// What programs meet when they look around is no fault; in a failed test it may be.
    private static func refused(_ events: [ProbeEvent], _ scene: FlightScene) -> FlightCause? {
        for case .apdu(let exchange) in events.reversed() {
            let verdict = APDUVerdict(exchange, CommandAPDU(exchange.command.bytes))
            guard !exchange.isExpected, let word = exchange.statusWord else { continue }
            if verdict.errorType == .wrongLength || word.value == 0x9300 {
                var cause = card(exchange, scene)
                cause.certainty = .likely
                cause.evidence = "\(exchange.name) got \(word), \(scene.relation(exchange.stamp))"
                return cause
            }
            guard verdict.errorType != nil else { continue }
            return .likely(
                "refused", "the card refused \(exchange.name): \(word.meaning(cla: exchange.command.bytes.first ?? 0))",
                "\(word), \(scene.relation(exchange.stamp))", do: "see whether the test expects what this card has not")
        }
        return nil
    }
}
