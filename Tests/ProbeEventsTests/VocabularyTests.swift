import ProbeEvents
import Testing

/// Names are contract: they are label values. A table each, in the order of the indices.
@Suite struct VocabularyTests {
    @Test func names() {
        #expect(
            SourceKind.names == [
                "shim", "reader_monitor", "card_reader", "tester_socket", "modem", "at_tap", "psk_tls_tap", "adb",
                "store",
            ])
        #expect(APDUInterface.names == ["pcsc", "at", "psk_tls"])
        #expect(SessionType.names == ["pcsc", "ota", "bip", "at"])
        #expect(SessionProtocol.names == ["T0", "T1", "raw", "scp81", "scp80", "unknown"])
        #expect(SessionStatus.names == ["completed", "failed", "timeout"])
        #expect(
            SessionErrorType.names == [
                "client_gone", "card_removed", "card_reset", "reader_unavailable", "sharing_violation", "no_card",
                "access_denied", "timeout", "other",
            ])
        #expect(DeviceType.names == ["reader", "modem", "phone"])
        #expect(
            DeviceOperation.names == [
                "connect", "reconnect", "disconnect", "begin_transaction", "end_transaction", "control", "status",
                "get_attribute", "set_attribute", "wait_for_change", "cancel", "establish_context", "release_context",
                "list_readers", "command",
            ])
        #expect(OperationStatus.names == ["success", "failed", "cancelled", "timeout"])
        #expect(
            DeviceErrorType.names == [
                "unavailable", "no_service", "communication", "card_removed", "card_reset", "unresponsive",
                "sharing_violation", "access_denied", "protocol_mismatch", "timeout", "other",
            ])
        #expect(TriesLeft.names == ["0", "1", "2", "more"])
        #expect(WaitReason.names == ["transaction", "connect", "sharing"])
        #expect(
            DropReason.names == [
                "ring_full", "client_lost", "unfinished", "malformed", "queue_full", "receiver_gone", "refused",
            ])
        #expect(ReaderChange.Change.names == ["reader_came", "reader_went", "card_came", "card_went"])
    }

    @Test func namesOfModemsAndChannels() {
        #expect(
            ATResult.names == [
                "ok", "connect", "error", "cme_error", "cms_error", "no_carrier", "busy", "no_answer", "no_dialtone",
                "vendor_error", "timeout", "aborted", "port_lost",
            ])
        #expect(
            ModemVendor.names == [
                "quectel", "cinterion", "telit", "sierra", "simcom", "ublox", "mediatek", "unisoc", "huawei",
                "qualcomm", "unknown",
            ])
        #expect(SIMState.names == ["ready", "pin", "puk", "locked", "absent", "busy", "failed", "unknown"])
        #expect(IdentityKind.names == ["imei", "imsi", "iccid"])
        #expect(
            ModemChange.Change.names == [
                "modem_came", "modem_went", "port_refused", "stopped_answering", "answers_again",
            ])
        #expect(
            BIPTransport.names == [
                "udp_client", "tcp_client", "tcp_server", "udp_local", "tcp_local", "direct", "none", "other",
            ])
        #expect(
            BIPCommand.names == [
                "open_channel", "close_channel", "receive_data", "send_data", "get_channel_status",
            ])
        #expect(BIPCloseReason.names == ["card", "dropped", "stale", "reset", "source_gone"])
    }

    /// A name for each case, and no name twice.
    @Test func codesOfModems() {
        #expect(Set(URCName.names).count == URCName.allCases.count)
        #expect(URCName.names.filter { $0 == "other" }.count == 1)
        #expect(URCName.allCases.filter(\.isToolkit).map(\.name).first == "+CUSATP")
        #expect(URCName.allCases.filter(\.isToolkit).map(\.name).last == "+SPUSATENDSESSIONIND")
    }

    @Test(arguments: [
        ("+CREG: 1", URCName.creg), ("+CREG", .creg), ("+CREGX: 1", .other), ("RING", .ring),
        ("NO CARRIER", .noCarrier),
        ("^SSTK: \"D0\"", .sstk), ("+STIN: 25", .stin), ("^STIN: 0", .huaweiStin), ("+QSTKURC: 37", .qstkurc),
        ("+CUSATER: 1", .other), ("", .other), (":", .other), ("Call Ready", .callReady),
    ])
    func codeOfALine(_ line: String, _ code: URCName) {
        #expect(URCName(line: line.utf8) == code)
    }

    @Test(arguments: [
        ("AT", ATCommandName.at), ("at+csq", .csq), ("AT+CSQ", .csq), ("AT+CREG?", .creg), ("AT+CREG=2", .creg),
        ("AT+COPS=?", .cops), ("AT+CSIM=10,\"0020000100\"", .csim), ("ATE0", .ate), ("ATE", .ate), ("ATE0V1", .ate),
        ("ATI", .ati), ("ATI3", .ati), ("AT+CSQ;+CREG?", .csq), ("ATD123", .other), ("AT+QCSQ", .other),
        ("AT+C5GREG?", .c5greg), (" AT+CPIN?", .cpin), ("+CSQ", .other), ("", .other), ("AT^SMONI", .other),
        ("AT+OTHER", .other), ("AT+CMGS=24", .cmgs),
    ])
    func nameOfACommand(_ text: String, _ name: ATCommandName) {
        #expect(ATCommandName(text: text.utf8) == name)
    }

    @Test func indicesAreDenseAndNamesFindTheirValue() {
        check(SourceKind.self)
        check(SessionProtocol.self)
        check(SessionErrorType.self)
        check(DeviceOperation.self)
        check(DeviceErrorType.self)
        check(TriesLeft.self)
        check(DropReason.self)
        check(URCName.self)
        check(ATResult.self)
        check(ModemVendor.self)
    }

    private func check<Vocabulary: ClosedVocabulary>(_: Vocabulary.Type) {
        #expect(Vocabulary.allCases.map { Int($0.rawValue) } == Array(0..<Vocabulary.allCases.count))
        for value in Vocabulary.allCases { #expect(Vocabulary(name: value.name) == value) }
        #expect(Vocabulary(name: "") == nil)
        #expect(Vocabulary(name: "SHIM") == nil)
    }

    @Test(arguments: [
        (UInt32(0), SessionProtocol.unknown), (1, .t0), (2, .t1), (3, .unknown), (4, .raw), (.max, .unknown),
    ])
    func protocolsOfPCSC(_ number: UInt32, _ value: SessionProtocol) {
        #expect(SessionProtocol(pcsc: number) == value)
    }
}

extension ClosedVocabulary {
    fileprivate static var names: [String] { allCases.map(\.name) }
}
