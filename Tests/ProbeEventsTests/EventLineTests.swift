import Foundation
import SmartCard
import Testing

@testable import ProbeEvents

/// The line form is a contract: other programs write it. Each kind is compared as a whole with literal JSON.
@Suite struct EventLineTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var event: ProbeEvent
        var line: String

        var testDescription: String { name }
    }

    private static let stamp = EventStamp(
        source: .shim, startNanoseconds: 1, durationNanoseconds: 2, wallNanoseconds: 1_700_000_000_123_456_789)
    private static let stampText =
        #"{"duration_nanoseconds":2,"source":"shim","start_nanoseconds":1,"wall_nanoseconds":1700000000123456789}"#
    private static let client = ClientProcess(id: .max, pid: 4711, program: "opensc-tool")
    private static let clientText = #"{"id":18446744073709551615,"pid":4711,"program":"opensc-tool"}"#

    static let rows: [Row] = [
        Row(
            name: "apdu",
            event: .apdu(
                APDUExchange(
                    stamp: stamp, client: client, thread: 4712, session: 3, reader: "Virtual PCD 00 00",
                    interface: .pcsc, sessionProtocol: .t1, name: .select, command: [0x00, 0xA4, 0x04, 0x00, 0x00],
                    response: [0x6A, 0x82], isCut: true, resultCode: 0x8010_0069, waitNanoseconds: 1,
                    isWaitExact: true, sharingNanoseconds: 1, isSharingExact: false)),
            line: #"{"client":"# + clientText + #","command":"00A4040000","event":"apdu","interface":"pcsc","#
                + #""is_cut":true,"is_sharing_exact":false,"is_wait_exact":true,"name":"SELECT","#
                + #""reader":"Virtual PCD 00 00","response":"6A82","#
                + #""result_code":2148532329,"session":3,"session_protocol":"T1","#
                + #""sharing_nanoseconds":1,"stamp":"# + stampText + #","thread":4712,"v":1,"wait_nanoseconds":1}"#),
        Row(
            name: "session_opened",
            event: .sessionOpened(
                ReaderSessionOpened(
                    stamp: stamp, client: client, session: 3, reader: "R/\"1\" é", sessionProtocol: .raw, shareMode: 2,
                    context: 77)),
            line: #"{"client":"# + clientText
                + #","context":77,"event":"session_opened","reader":"R/\"1\" é","session":3,"#
                + #""session_protocol":"raw","share_mode":2,"stamp":"# + stampText + #","v":1}"#),
        Row(
            name: "session_closed, badly",
            event: .sessionClosed(
                ReaderSessionClosed(
                    stamp: stamp, client: client, session: 3, reader: "R", status: .failed, error: .clientGone)),
            line: #"{"client":"# + clientText + #","error":"client_gone","event":"session_closed","reader":"R","#
                + #""session":3,"stamp":"# + stampText + #","status":"failed","v":1}"#),
        Row(
            name: "session_closed, well",
            event: .sessionClosed(
                ReaderSessionClosed(
                    stamp: stamp, client: client, session: 3, reader: "R", status: .completed, error: nil)),
            line: #"{"client":"# + clientText + #","event":"session_closed","reader":"R","session":3,"stamp":"#
                + stampText + #","status":"completed","v":1}"#),
        Row(
            name: "operation",
            event: .operation(
                ReaderOperation(
                    stamp: stamp, client: client, thread: 4712, session: 0, reader: "", operation: .beginTransaction,
                    resultCode: 0, waitNanoseconds: 9, isWaitExact: false, controlCode: 0x4200_0001)),
            line: #"{"client":"# + clientText + #","control_code":1107296257,"event":"operation","#
                + #""is_wait_exact":false,"operation":"begin_transaction","reader":"","result_code":0,"session":0,"#
                + #""stamp":"# + stampText + #","thread":4712,"v":1,"wait_nanoseconds":9}"#),
        Row(
            name: "reader_changed",
            event: .readerChanged(ReaderChange(stamp: stamp, reader: "R", change: .cardCame, atr: [0x3B, 0x00])),
            line: #"{"atr":"3B00","change":"card_came","event":"reader_changed","reader":"R","stamp":"# + stampText
                + #","v":1}"#),
        Row(
            name: "card_identified",
            event: .cardIdentified(CardIdentified(stamp: stamp, client: client, reader: "R", atr: [0x3B, 0x00])),
            line: #"{"atr":"3B00","client":"# + clientText + #","event":"card_identified","reader":"R","stamp":"#
                + stampText + #","v":1}"#),
        Row(
            name: "client_attached",
            event: .clientAttached(
                ClientAttached(stamp: stamp, client: client, library: "/lib/libpcsclite.so.1", isWaitExact: true)),
            line: #"{"client":"# + clientText + #","event":"client_attached","is_wait_exact":true,"#
                + #""library":"/lib/libpcsclite.so.1","stamp":"# + stampText + #","v":1}"#),
        Row(
            name: "client_attached by a tester that says who it is",
            event: .clientAttached(
                ClientAttached(
                    stamp: stamp, client: client, library: "", isWaitExact: false, testerVersion: "4.2.1",
                    testerCommit: "3f2a9c4")),
            line: #"{"client":"# + clientText + #","event":"client_attached","is_wait_exact":false,"library":"","#
                + #""stamp":"# + stampText + #","tester_commit":"3f2a9c4","tester_version":"4.2.1","v":1}"#),
        Row(
            name: "card_identified by its ICCID",
            event: .cardIdentified(
                CardIdentified(
                    stamp: stamp, client: client, reader: "R", atr: [], iccidHash: "0f1e2d3c4b5a6978",
                    eidHash: "1e2d3c4b5a69780f")),
            line: #"{"atr":"","client":"# + clientText + #","eid_hash":"1e2d3c4b5a69780f","event":"card_identified","#
                + #""iccid_hash":"0f1e2d3c4b5a6978","reader":"R","stamp":"# + stampText + #","v":1}"#),
        Row(
            name: "client_ended",
            event: .clientEnded(ClientEnded(stamp: stamp, client: client, isOrderly: false, openSessions: 2)),
            line: #"{"client":"# + clientText + #","event":"client_ended","is_orderly":false,"open_sessions":2,"#
                + #""stamp":"# + stampText + #","v":1}"#),
        Row(
            name: "client_drained",
            event: .clientDrained(ClientDrained(stamp: stamp, client: client)),
            line: #"{"client":"# + clientText + #","event":"client_drained","stamp":"# + stampText + #","v":1}"#),
        Row(
            name: "events_dropped",
            event: .eventsDropped(EventsDropped(stamp: stamp, reason: .queueFull, count: 12)),
            line: #"{"count":12,"event":"events_dropped","reason":"queue_full","stamp":"# + stampText + #","v":1}"#),
        Row(
            name: "source_state",
            event: .sourceState(SourceState(stamp: stamp, isWorking: false, message: "pcscd is not running")),
            line: #"{"event":"source_state","is_working":false,"message":"pcscd is not running","stamp":"# + stampText
                + #","v":1}"#),
        Row(
            name: "at_command",
            event: .atCommand(
                ATCommandDone(stamp: stamp, modem: "M", command: .cpin, result: .cmeError, errorCode: 10)),
            line: #"{"command":"AT+CPIN","error_code":10,"event":"at_command","modem":"M","result":"cme_error","#
                + #""stamp":"# + stampText + #","v":1}"#),
        Row(
            name: "urc",
            event: .urc(URCSeen(stamp: stamp, modem: "M", code: .qstkurc, lengthBytes: 12)),
            line: #"{"code":"+QSTKURC","event":"urc","length_bytes":12,"modem":"M","stamp":"# + stampText + #","v":1}"#),
        Row(
            name: "modem_changed",
            event: .modemChanged(
                ModemChange(stamp: stamp, modem: "M", change: .stoppedAnswering, error: .unresponsive)),
            line: #"{"change":"stopped_answering","error":"unresponsive","event":"modem_changed","modem":"M","stamp":"#
                + stampText + #","v":1}"#),
        Row(
            name: "modem_identified",
            event: .modemIdentified(
                ModemIdentified(
                    stamp: stamp, modem: "M", vendor: .quectel, model: "EC25", firmware: "1",
                    identities: [.init(kind: .imei, hash: "0011223344556677")])),
            line: #"{"event":"modem_identified","firmware":"1","#
                + #""identities":[{"hash":"0011223344556677","kind":"imei"}],"model":"EC25","modem":"M","stamp":"#
                + stampText + #","v":1,"vendor":"quectel"}"#),
        Row(
            name: "sim_changed", event: .simChanged(SIMChange(stamp: stamp, modem: "M", state: .puk)),
            line: #"{"event":"sim_changed","modem":"M","stamp":"# + stampText + #","state":"puk","v":1}"#),
        Row(
            name: "registration_changed",
            event: .registrationChanged(
                RegistrationChange(stamp: stamp, modem: "M", domain: .fiveGS, state: .home, technology: .ngran)),
            line: #"{"domain":"5gs","event":"registration_changed","modem":"M","stamp":"# + stampText
                + #","state":"home","technology":"ngran","v":1}"#),
        Row(
            name: "registration_changed, with its operator",
            event: .registrationChanged(
                RegistrationChange(
                    stamp: stamp, modem: "M", domain: .eps, state: .roaming, technology: .eutran, operatorName: "O")),
            line: #"{"domain":"eps","event":"registration_changed","modem":"M","operator_name":"O","stamp":"#
                + stampText
                + #","state":"roaming","technology":"eutran","v":1}"#),
        Row(
            name: "signal_measured",
            event: .signalMeasured(
                SignalMeasured(stamp: stamp, modem: "M", technology: .eutran, rsrp: -95.5, rsrq: -11, sinr: 0)),
            line: #"{"event":"signal_measured","modem":"M","rsrp_dbm":-95.5,"rsrq_db":-11,"sinr_db":0,"stamp":"#
                + stampText + #","technology":"eutran","v":1}"#),
        Row(
            name: "bip_opened",
            event: .bipOpened(
                BIPChannelOpened(
                    stamp: stamp, link: link, bearer: .packet, transport: .tcpClient, port: 8443, bufferBytes: 1400)),
            line: #"{"bearer":"packet","buffer_bytes":1400,"event":"bip_opened","link":"# + linkText
                + #","port":8443,"stamp":"# + stampText + #","transport":"tcp_client","v":1}"#),
        Row(
            name: "bip_data, of a modem",
            event: .bipData(
                BIPDataMoved(
                    stamp: stamp, link: BIPLink(device: "M", interface: .at, connection: 2, channel: 1),
                    bearer: .default, direction: .sent, bytes: 65)),
            line: #"{"bearer":"default","bytes":65,"direction":"sent","event":"bip_data","link":{"channel":1,"#
                + #""connection":2,"device":"M","interface":"at","session":0},"stamp":"# + stampText + #","v":1}"#),
        Row(
            name: "bip_opened, after a trigger",
            event: .bipOpened(
                BIPChannelOpened(
                    stamp: stamp, link: link, bearer: .none, transport: .tcpServer, sinceTriggerNanoseconds: 5)),
            line: #"{"bearer":"none","event":"bip_opened","link":"# + linkText
                + #","since_trigger_nanoseconds":5,"stamp":"# + stampText + #","transport":"tcp_server","v":1}"#),
        Row(
            name: "bip_link_changed",
            event: .bipLinkChanged(BIPLinkChanged(stamp: stamp, link: link, bearer: .packet, state: .dropped)),
            line: #"{"bearer":"packet","event":"bip_link_changed","link":"# + linkText + #","stamp":"# + stampText
                + #","state":"dropped","v":1}"#),
        Row(
            name: "bip_data_waiting",
            event: .bipDataWaiting(BIPDataWaiting(stamp: stamp, link: link, bearer: .packet, bytes: 8)),
            line: #"{"bearer":"packet","bytes":8,"event":"bip_data_waiting","link":"# + linkText + #","stamp":"#
                + stampText + #","v":1}"#),
        Row(
            name: "bip_closed",
            event: .bipClosed(
                BIPChannelClosed(
                    stamp: stamp, link: link, bearer: .packet, status: .failed, reason: .dropped, sentBytes: 3,
                    receivedBytes: 4)),
            line: #"{"bearer":"packet","event":"bip_closed","link":"# + linkText
                + #","reason":"dropped","received_bytes":4,"sent_bytes":3,"stamp":"# + stampText
                + #","status":"failed","v":1}"#),
        Row(
            name: "bip_failed",
            event: .bipFailed(
                BIPCommandFailed(
                    stamp: stamp, link: link, command: .openChannel, bearer: .eutran, error: .noChannel, result: 0x3A,
                    additional: 1, sinceTriggerNanoseconds: 5)),
            line: #"{"additional":1,"bearer":"eutran","command":"open_channel","error":"no_channel","#
                + #""event":"bip_failed","link":"# + linkText + #","result":58,"since_trigger_nanoseconds":5,"stamp":"#
                + stampText + #","v":1}"#),
        Row(
            name: "trigger_seen",
            event: .triggerSeen(
                TriggerSeen(
                    stamp: stamp, device: "R", interface: .pcsc, client: client, session: 3, trigger: .sms,
                    security: .init(
                        parameters: 0x1621, cipheringKey: 0x12, integrityKey: 0x25, application: [0xB0, 0x00, 0x11]))),
            line: #"{"client":"# + clientText + #","device":"R","event":"trigger_seen","interface":"pcsc","#
                + #""security":{"kic":18,"kid":37,"spi":5665,"tar":"B00011"},"session":3,"stamp":"# + stampText
                + #","trigger":"sms","v":1}"#),
        Row(
            name: "ota_packet",
            event: .ota(
                .packet(
                    OTAPacketDone(
                        stamp: stamp, link: OTALink(device: "R", session: 9),
                        security: TriggerSeen.Security(
                            parameters: 0x1221, cipheringKey: 0x12, integrityKey: 0x25, application: [0xB0, 0x00, 0x11]),
                        parts: 2, packetBytes: 177, counterDistance: -1, receipt: .counterLow, additionalBytes: 0,
                        isReceiptSubmitted: true))),
            line: #"{"additional_bytes":0,"counter_distance":-1,"event":"ota_packet","is_receipt_submitted":true,"#
                + #""link":{"device":"R","session":9},"packet_bytes":177,"parts":2,"receipt":"counter_low","#
                + #""security":{"kic":18,"kid":37,"spi":4641,"tar":"B00011"},"stamp":"# + stampText + #","v":1}"#),
        Row(
            name: "esim_function",
            event: .esim(
                .function(
                    ESIMFunctionDone(
                        stamp: stamp, link: esimLink, function: .listNotification, result: .ok, code: 0, blocks: 1,
                        sentBytes: 3, receivedBytes: 113, listed: 3))),
            line: #"{"blocks":1,"code":0,"event":"esim_function","function":"list_notification","link":"#
                + esimLinkText + #","listed":3,"received_bytes":113,"result":"ok","sent_bytes":3,"stamp":"# + stampText
                + #","v":1}"#),
        Row(
            name: "esim_download",
            event: .esim(
                .download(
                    ESIMDownloadDone(
                        stamp: stamp, link: esimLink, result: .failed,
                        steps: [
                            ESIMStep(
                                function: .authenticateServer, result: .ok, afterNanoseconds: 0, durationNanoseconds: 7),
                            ESIMStep(
                                function: .loadBoundProfilePackage, result: .iccidAlreadyExists, afterNanoseconds: 9,
                                durationNanoseconds: 8),
                        ], segments: 4, loadedBytes: 311, packageBytes: 3_068, failedCommand: .storeMetadata,
                        cancelReason: .postponed, notification: 12))),
            line: #"{"cancel_reason":"postponed","event":"esim_download","failed_command":"store_metadata","link":"#
                + esimLinkText + #","loaded_bytes":311,"notification":12,"package_bytes":3068,"result":"failed","#
                + #""segments":4,"stamp":"# + stampText
                + #","steps":[{"after_nanoseconds":0,"duration_nanoseconds":7,"function":"authenticate_server","#
                + #""result":"ok"},{"after_nanoseconds":9,"duration_nanoseconds":8,"#
                + #""function":"load_bound_profile_package","result":"iccid_already_exists"}],"v":1}"#),
        Row(
            name: "trigger_seen, by a modem",
            event: .triggerSeen(TriggerSeen(stamp: stamp, device: "M", interface: .at, trigger: .sms)),
            line: #"{"device":"M","event":"trigger_seen","interface":"at","session":0,"stamp":"# + stampText
                + #","trigger":"sms","v":1}"#),
        Row(
            name: "apdu, as it was meant",
            event: .apdu(
                APDUExchange(
                    stamp: stamp, client: client, thread: 4712, session: 3, reader: "R", interface: .pcsc,
                    sessionProtocol: .t1, name: .select, command: [0x00, 0xA4, 0x04, 0x00, 0x00],
                    response: [0x6A, 0x82], isCut: false, resultCode: 0, waitNanoseconds: 0, isWaitExact: true,
                    isExpected: true)),
            line: #"{"client":"# + clientText + #","command":"00A4040000","event":"apdu","interface":"pcsc","#
                + #""is_cut":false,"is_expected":true,"is_sharing_exact":true,"is_wait_exact":true,"name":"SELECT","#
                + #""reader":"R","response":"6A82","result_code":0,"session":3,"session_protocol":"T1","#
                + #""sharing_nanoseconds":0,"stamp":"# + stampText + #","thread":4712,"v":1,"wait_nanoseconds":0}"#),
        Row(
            name: "test_began",
            event: .test(
                .began(
                    TestBegan(
                        stamp: stamp, suite: TestSuiteRun(run: 5, suite: "s"), test: "t", expects: ["VERIFY=63CX"]))),
            line: #"{"event":"test_began","expects":["VERIFY=63CX"],"stamp":"# + stampText
                + #","suite":{"run":5,"suite":"s"},"test":"t","v":1}"#),
        Row(
            name: "apdu, out of a log",
            event: .apdu(
                APDUExchange(
                    stamp: stamp, client: client, thread: 0, session: 0, reader: "R", interface: .pcsc,
                    sessionProtocol: .unknown, name: .select, command: [0x00, 0xA4, 0x04, 0x00, 0x00],
                    response: [0x6A, 0x82], isCut: false, resultCode: 0, waitNanoseconds: 0, isWaitExact: false,
                    isTimed: false)),
            line: #"{"client":"# + clientText + #","command":"00A4040000","event":"apdu","interface":"pcsc","#
                + #""is_cut":false,"is_sharing_exact":true,"is_timed":false,"is_wait_exact":false,"name":"SELECT","#
                + #""reader":"R","response":"6A82","result_code":0,"session":0,"session_protocol":"unknown","#
                + #""sharing_nanoseconds":0,"stamp":"# + stampText + #","thread":0,"v":1,"wait_nanoseconds":0}"#),
    ]

    private static let link = BIPLink(
        device: "R", interface: .pcsc, client: client, session: 3, connection: 9, channel: 1)
    private static let linkText =
        #"{"channel":1,"client":"# + clientText + #","connection":9,"device":"R","interface":"pcsc","session":3}"#

    private static let esimLink = ESIMLink(device: "R", interface: .pcsc, client: client, session: 3)
    private static let esimLinkText =
        #"{"client":"# + clientText + #","device":"R","interface":"pcsc","session":3}"#

    private static let kinds = """
        apdu, session_opened, session_closed, operation, reader_changed, card_identified, client_attached, \
        client_ended, client_drained, events_dropped, source_state, at_command, urc, modem_changed, modem_identified, \
        sim_changed, registration_changed, signal_measured, bip_opened, bip_data, bip_link_changed, bip_data_waiting, \
        bip_closed, bip_failed, trigger_seen, tls_opened, tls_handshake, tls_closed, ota_began, ota_turn, ota_packet, \
        ota_leg, ota_ended, esim_function, esim_download, phone_changed, phone_identified, adb_operation, suite_began, \
        suite_ended, test_began, test_ended, database_operation, database_pool
        """

    @Test(arguments: rows)
    func writes(_ row: Row) throws {
        #expect(String(decoding: try EventLine.encode(row.event), as: UTF8.self) == row.line)
    }

    @Test(arguments: rows)
    func reads(_ row: Row) throws {
        #expect(try EventLine.decode(Data(row.line.utf8)) == row.event)
    }

    @Test(arguments: rows)
    func unknownMembersAreIgnored(_ row: Row) throws {
        let longer = row.line.dropLast() + #","newer_member":{"a":[1,null,"x"]}}"#
        #expect(try EventLine.decode(Data(longer.utf8)) == row.event)
    }

    /// Those of one kind that may be left out; `error` of a failed BIP command may not.
    private static func isOptional(_ member: String, of row: Row) -> Bool {
        let optional: Set = [
            "error", "context", "sharing_nanoseconds", "is_sharing_exact", "error_code", "rsrp_dbm", "rsrq_db",
            "sinr_db", "buffer_bytes", "port", "result", "additional", "since_trigger_nanoseconds", "security",
            "operator_name", "is_expected", "expects", "counter_distance", "receipt", "additional_bytes",
            "tester_version", "tester_commit", "iccid_hash", "eid_hash", "code", "listed", "package_bytes",
            "failed_command", "cancel_reason", "notification", "is_timed",
        ]
        let needed = [
            "at_command": "result", "bip_failed": "error", "ota_packet": "security", "esim_function": "result",
            "esim_download": "result",
        ]
        // Those of one kind that others have always.
        let further = ["bip_data_waiting": "bytes", "trigger_seen": "client"]
        return optional.contains(member) && needed[row.name] != member || further[row.name] == member
    }

    /// Each member but the optional ones must be there, and is named when it is not.
    @Test(arguments: rows)
    func aMissingMemberIsNamed(_ row: Row) throws {
        let whole = try #require(try JSONSerialization.jsonObject(with: Data(row.line.utf8)) as? [String: Any])
        for member in whole.keys where !Self.isOptional(member, of: row) {
            var less = whole
            less[member] = nil
            let line = try JSONSerialization.data(withJSONObject: less)
            #expect(throws: EventLineError.malformed("member '\(member)' is missing")) { try EventLine.decode(line) }
        }
    }

    @Test(arguments: [
        (#"{"v":2,"event":"apdu"}"#, EventLineError.version(2)),
        (#"{"v":"1","event":"apdu"}"#, .malformed("member 'v' has the wrong type")),
        (#"{"event":"apdu"}"#, .malformed("member 'v' is missing")),
        (#"{"v":1}"#, .malformed("member 'event' is missing")),
        (
            #"{"v":1,"event":"apdus\n"}"#,
            .malformed(
                "member 'event': 'apdus ' is none of: \(kinds)")
        ),
        (#"[]"#, .malformed("not a JSON object")),
        (#"7"#, .malformed("not a JSON object")),
        (#""#, .malformed("not JSON, or a number in it is out of range")),
        (#"{"v":1"#, .malformed("not JSON, or a number in it is out of range")),
        (#"nonsense"#, .malformed("not JSON, or a number in it is out of range")),
    ])
    func whatIsNoEventIsExplained(_ line: String, _ error: EventLineError) {
        #expect(throws: error) { try EventLine.decode(Data(line.utf8)) }
        #expect(error.explanation.split(whereSeparator: \.isNewline).count == 1)
    }

    @Test(arguments: [
        (
            #""status":"failed""#, #""status":"broken""#,
            "member 'status': 'broken' is none of: completed, failed, timeout"
        ),
        (#""pid":4711"#, #""pid":"x""#, "member 'client.pid' has the wrong type"),
        (#""source":"shim","#, "", "member 'stamp.source' is missing"),
    ])
    func membersWithinMembersAreNamedWithTheirPath(_ text: String, _ other: String, _ explanation: String) throws {
        let line = Self.rows[2].line.replacingOccurrences(of: text, with: other)
        #expect(throws: EventLineError.malformed(explanation)) { try EventLine.decode(Data(line.utf8)) }
    }

    @Test(arguments: ["0", "0G", "00 11"])
    func whatIsNoHexIsNamed(_ hex: String) throws {
        let line = Self.rows[0].line.replacingOccurrences(of: "00A4040000", with: hex)
        #expect(throws: EventLineError.malformed("member 'command': not pairs of hex digits")) {
            try EventLine.decode(Data(line.utf8))
        }
    }

    @Test(arguments: [
        ("-1", "not JSON, or a number in it is out of range"),
        ("4294967296", "not JSON, or a number in it is out of range"),
        ("1.5", "not JSON, or a number in it is out of range"),
        ("1e99", "not JSON, or a number in it is out of range"),
        ("null", "member 'thread' has the wrong type"), ("true", "member 'thread' has the wrong type"),
        ("{}", "member 'thread' has the wrong type"),
    ])
    func whatDoesNotFitIsExplained(_ number: String, _ explanation: String) throws {
        let line = Self.rows[0].line.replacingOccurrences(of: #""thread":4712"#, with: #""thread":\#(number)"#)
        #expect(throws: EventLineError.malformed(explanation)) { try EventLine.decode(Data(line.utf8)) }
    }

    @Test func aCommandThatTheTableDoesNotHaveIsOther() throws {
        let line = Self.rows[0].line.replacingOccurrences(of: "SELECT", with: "TELEPORT")
        guard case .apdu(let exchange) = try EventLine.decode(Data(line.utf8)) else { return #expect(Bool(false)) }
        #expect(exchange.name == .other)
    }

    @Test func aLineThatIsTooLongIsNotLookedAt() {
        let line = Data(repeating: 0x20, count: EventLine.longestBytes + 1)
        #expect(throws: EventLineError.tooLong(bytes: EventLine.longestBytes + 1)) { try EventLine.decode(line) }
    }

    @Test(arguments: [
        (EventLineError.tooLong(bytes: 600_000), "line of 600000 bytes; at most 524288 are read"),
        (.version(2), "event version 2; this program reads version 1"),
        (.malformed("member 'v' is missing"), "member 'v' is missing"),
    ])
    func errorsAreExplained(_ error: EventLineError, _ text: String) {
        #expect("\(error)" == text)
    }
}
