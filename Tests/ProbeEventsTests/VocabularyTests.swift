import ProbeEvents
import Testing

/// Names are contract: they are label values. A table each, in the order of the indices.
@Suite struct VocabularyTests {
    @Test func names() {
        #expect(SourceKind.names == ["shim", "reader_monitor", "card_reader", "tester_socket"])
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
                "list_readers",
            ])
        #expect(OperationStatus.names == ["success", "failed", "cancelled", "timeout"])
        #expect(
            DeviceErrorType.names == [
                "unavailable", "no_service", "communication", "card_removed", "card_reset", "unresponsive",
                "sharing_violation", "access_denied", "protocol_mismatch", "timeout", "other",
            ])
        #expect(WaitReason.names == ["transaction", "connect", "sharing"])
        #expect(
            DropReason.names == [
                "ring_full", "client_lost", "unfinished", "malformed", "queue_full", "receiver_gone", "refused",
            ])
        #expect(ReaderChange.Change.names == ["reader_came", "reader_went", "card_came", "card_went"])
    }

    @Test func indicesAreDenseAndNamesFindTheirValue() {
        check(SourceKind.self)
        check(SessionProtocol.self)
        check(SessionErrorType.self)
        check(DeviceOperation.self)
        check(DeviceErrorType.self)
        check(DropReason.self)
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
