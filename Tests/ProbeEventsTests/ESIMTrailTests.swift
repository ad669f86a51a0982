import ProbeEvents
import SmartCard
import TestSupport
import Testing

/// What eUICCs are asked for, as events: functions as others have sent and answered them, and downloads.
@Suite struct ESIMTrailTests {
    /// Each capture gives what it says, whether it was cut or not; the sums of its bytes are those of the exchanges.
    @Test(arguments: try! captures("esim.hex", separator: "|"), [false, true])
    func captured(_ line: [String], isCut: Bool) throws {
        var session = ESIMSession(isCut: isCut)
        let exchanges = ESIMExchange.all(line)
        for exchange in exchanges { session.give(exchange) }
        let function = line[2].split(separator: " notification").first.map(String.init)?
            .split(separator: " in load").first?.split(separator: " in store").first.map(String.init)
        let done = try #require(session.functions.last)
        #expect(session.functions.count == 1)
        if done.function == .cancelSession {
            #expect(line[2].hasPrefix("\(done.function.name) \(done.result.name)"))
        } else {
            #expect(ProbeEvent.esim(.function(done)).esimWords == function)
        }
        let stores = exchanges.filter { $0.command[1] == 0xE2 }
        #expect(done.blocks == UInt32(stores.count))
        #expect(done.sentBytes == stores.reduce(0) { $0 + UInt32($1.command[4]) })
        #expect(done.receivedBytes == exchanges.reduce(0) { $0 + UInt32($1.response.count - 2) })
        #expect(done.stamp.startNanoseconds == 0)
        #expect(done.stamp.durationNanoseconds == UInt64(exchanges.count) * 10 - 5)
        #expect(done.stamp.wallNanoseconds == 1_000)
    }

    private static let challenge = "GetEUICCChallenge over T=0"
    private static let authentication = "authenticate_server ok"

    @Test(arguments: [
        (
            ["AuthenticateServer", "PrepareDownload", "LoadBoundProfilePackage"],
            [
                "download installed 3068 of 3068 in 10 notification 300: authenticate_server ok, prepare_download ok, load_bound_profile_package ok"
            ]
        ),
        (
            ["AuthenticateServer", "PrepareDownload", "LoadBoundProfilePackage, an error in the middle"],
            [
                "download failed 2731 of 3068 in 9 in load_profile_elements notification 300: authenticate_server ok, prepare_download ok, load_bound_profile_package profile_element_processing_error"
            ]
        ),
        (
            ["AuthenticateServer", "PrepareDownload", "LoadBoundProfilePackage, no such profile class"],
            [
                "download failed 191 of 3068 in 1 in store_metadata notification 300: authenticate_server ok, prepare_download ok, load_bound_profile_package iccid_already_exists"
            ]
        ),
        (["AuthenticateServer, an error"], ["download failed: authenticate_server ci_pk_unknown"]),
        (["AuthenticateServer, refused"], ["download failed: authenticate_server refused"]),
        (
            ["AuthenticateServer", "PrepareDownload, an error"],
            ["download failed: authenticate_server ok, prepare_download invalid_signature"]
        ),
        (
            ["AuthenticateServer", "CancelSession"],
            ["download cancelled by end_user_rejection: authenticate_server ok, cancel_session ok"]
        ),
        (
            ["AuthenticateServer", "CancelSession, an error"],
            ["download cancelled: authenticate_server ok, cancel_session invalid_transaction_id"]
        ),
        // A server that only tells of profiles, and what has to do with no download.
        (
            ["AuthenticateServer", "GetEID", "AuthenticateServer", "PrepareDownload"],
            [
                "download authenticated: authenticate_server ok",
                "download abandoned: authenticate_server ok, prepare_download ok",
            ]
        ),
        (["PrepareDownload", "LoadBoundProfilePackage", "CancelSession"], []),
    ])
    func downloads(names: [String], words: [String]) throws {
        for isCut in [false, true] {
            var session = ESIMSession(isCut: isCut)
            for name in names { try session.give(named: name) }
            session.end(.abandoned)
            #expect(session.words.filter { $0.hasPrefix("download") } == words)
        }
    }

    /// What lpac said to a card in a day's work, step by step.
    @Test func lpac() throws {
        let challenge = [
            "get_euicc_challenge ok", "get_euicc_info1 ok", "authenticate_server ok", "prepare_download ok",
        ]
        let steps = "authenticate_server ok, prepare_download ok"
        let processed = ["retrieve_notifications_list ok of 1", "remove_notification_from_list ok 0"]
        let expected: [(String, [String])] = [
            ("chip info", ["get_eid ok", "get_euicc_configured_addresses ok", "get_rat ok", "get_euicc_info2 ok"]),
            ("profile list", ["get_profiles_info ok of 3"]),
            ("profile disable, forbidden", ["disable_profile disallowed_by_policy 3"]),
            ("profile enable", ["enable_profile ok 0"]),
            ("profile enable again", ["enable_profile profile_not_in_disabled_state 2"]),
            ("profile disable", ["disable_profile ok 0"]),
            ("profile enable, not there", ["enable_profile iccid_or_aid_not_found 1"]),
            ("profile nickname", ["set_nickname ok 0"]), ("notification list", ["list_notification ok of 3"]),
            ("notification process", ["list_notification ok of 3"] + processed + processed + processed),
            (
                "download",
                challenge + [
                    "load_bound_profile_package ok",
                    "download installed 2601 of 2601 in 8 notification 4: \(steps), load_bound_profile_package ok",
                ]
            ),
            (
                "download without memory",
                challenge + [
                    "load_bound_profile_package insufficient_memory_for_profile 10",
                    "download failed 1277 of 2601 in 6 in load_profile_elements notification 5: \(steps), "
                        + "load_bound_profile_package insufficient_memory_for_profile",
                    "cancel_session invalid_transaction_id 5",
                ]
            ),
            (
                "download of the same again",
                challenge + [
                    "load_bound_profile_package iccid_already_exists 9",
                    "download failed 261 of 2601 in 4 in store_metadata notification 6: \(steps), "
                        + "load_bound_profile_package iccid_already_exists",
                    "cancel_session invalid_transaction_id 5",
                ]
            ),
            (
                "download cancelled",
                ["get_euicc_configured_addresses ok"] + challenge + [
                    "cancel_session ok", "download cancelled by end_user_rejection: \(steps), cancel_session ok",
                ]
            ),
            ("notification dump", ["get_eid ok", "retrieve_notifications_list ok of 1"]),
            ("profile delete", ["delete_profile ok 0"]),
            (
                "notification remove",
                ["list_notification ok of 4"] + (0..<4).map { _ in "remove_notification_from_list ok 0" }
            ),
            ("notification remove again", ["remove_notification_from_list nothing_to_delete 1"]),
            ("chip defaultsmdp", ["set_default_dp_address ok 0"]), ("chip purge", ["euicc_memory_reset ok 0"]),
            ("profile list at last", ["get_profiles_info ok of 0"]),
        ]
        let lines = try captures("lpac.hex", separator: "|")
        for isCut in [false, true] {
            var blocks: UInt32 = 0
            for (step, words) in expected {
                var session = ESIMSession(isCut: isCut)
                for line in lines where line[0] == step {
                    session.give(ESIMExchange(command: hex(line[1]), response: hex(line[2])))
                }
                session.end(.abandoned)
                #expect(session.words == words, "\(step)")
                blocks += session.functions.reduce(0) { $0 + $1.blocks }
            }
            #expect(Set(lines.map { $0[0] }) == Set(expected.map(\.0)))
            #expect(blocks == UInt32(lines.count { $0[1].dropFirst(2).hasPrefix("E2") }) && blocks == 126)
        }
    }

    /// The steps have the times of their functions, and the download all of them.
    @Test func timesOfADownload() throws {
        var session = ESIMSession()
        try session.give(named: "GetEID")
        for name in ["AuthenticateServer", "PrepareDownload", "LoadBoundProfilePackage"] {
            try session.give(named: name)
        }
        let done = try #require(session.downloads.last)
        let functions = session.functions.dropFirst()
        #expect(done.stamp.startNanoseconds == 10)
        #expect(done.steps.map(\.afterNanoseconds) == functions.map { $0.stamp.startNanoseconds - 10 })
        #expect(done.steps.map(\.durationNanoseconds) == functions.map(\.stamp.durationNanoseconds))
        let end = functions.last.map { $0.stamp.startNanoseconds + $0.stamp.durationNanoseconds }
        #expect(done.stamp.startNanoseconds + done.stamp.durationNanoseconds == end)
    }

    @Test func theCardIsReset() throws {
        var session = ESIMSession()
        for name in ["AuthenticateServer", "PrepareDownload"] { try session.give(named: name) }
        for exchange in try ESIMExchange.named("LoadBoundProfilePackage").prefix(3) { session.give(exchange) }
        session.end(.cardReset)
        #expect(
            session.words.suffix(2) == [
                "load_bound_profile_package abandoned",
                "download card_reset 239 of 3068 in 3: authenticate_server ok, prepare_download ok, load_bound_profile_package abandoned",
            ])
        session.end(.cardReset)
        #expect(session.words.count == 4)
    }

    /// A wrong length, a card that is busy, and what happens on another channel or is no function make no difference.
    @Test func whatComesBetween() throws {
        var session = ESIMSession()
        let exchanges = try ESIMExchange.named("AuthenticateServer, an error")
        let response = { (bytes: String) in hex(bytes) }
        for exchange in exchanges {
            session.give(ESIMExchange(command: exchange.command, response: response("6C10")))
            session.give(ESIMExchange(command: exchange.command, response: response("9300")))
            session.give(ESIMExchange(command: response("00A40004023F00"), response: response("9000")))
            session.give(ESIMExchange(command: response("83C0000010"), response: response("BF3803810107 9000")))
            session.give(ESIMExchange(command: response("83E2910101AA"), response: response("9000")))
            session.give(exchange)
        }
        #expect(
            session.words == [
                "authenticate_server ci_pk_unknown 7", "download failed: authenticate_server ci_pk_unknown",
            ])
        #expect(session.functions.last?.blocks == UInt32(exchanges.count - 1))
    }

    /// Answers that never come, come from another function, or cannot be read.
    @Test func answersThatAreNone() {
        var session = ESIMSession()
        let give = { (session: inout ESIMSession, command: String, response: String) in
            session.give(ESIMExchange(command: hex(command), response: hex(response)))
        }
        give(&session, "80E2910003BF2E00", "6115")
        give(&session, "80E2910003BF2000", "9000")
        give(&session, "80E2910003BF2000", "BF2E0480020102 9000")
        give(&session, "80E2910003BF2000", "BF20048002 9000")
        give(&session, "80E2910003BF2000", "6A88")
        // Between its blocks comes the next one.
        give(&session, "80E2110003BF387F", "9000")
        give(&session, "80E2910003BF2E00", "BF2E0480020102 9000")
        // What no function begins with ends the one before.
        give(&session, "80E2110003BF387F", "9000")
        give(&session, "80E2910003BF4400", "9000")
        // A block out of its order, and segments without a package.
        give(&session, "80E2910101AA", "9000")
        give(&session, "80E29100028600", "9000")
        #expect(
            session.words == [
                "get_euicc_challenge abandoned", "get_euicc_info1 unread", "get_euicc_info1 unread",
                "get_euicc_info1 unread", "get_euicc_info1 refused", "authenticate_server abandoned",
                "get_euicc_challenge ok", "authenticate_server abandoned",
                "download abandoned: authenticate_server abandoned",
            ])
    }

    /// Captures in any order, cut short and changed anywhere: each first block that is read ends once, and nothing traps.
    @Test func anyBytesAreTaken() throws {
        let exchanges = try captures("esim.hex", separator: "|").flatMap(ESIMExchange.all)
        var random = SeededGenerator(seed: 22)
        var session = ESIMSession()
        for _ in 0..<20_000 {
            var exchange = exchanges[Int(random.next() % UInt64(exchanges.count))]
            for side in [\ESIMExchange.command, \.response] where random.next() % 3 == 0 {
                let count = exchange[keyPath: side].count
                if random.next() % 2 == 0 { exchange[keyPath: side].removeLast(Int(random.next() % UInt64(count))) }
                let place = Int(random.next() % UInt64(exchange[keyPath: side].count))
                exchange[keyPath: side][place] = UInt8(truncatingIfNeeded: random.next())
            }
            session.give(exchange)
        }
        session.end(.abandoned)
        #expect(session.functions.count > 1_000 && session.downloads.count > 50)
        #expect(session.downloads.allSatisfy { (1...8).contains($0.steps.count) })
    }
}

/// A device that asks an eUICC, and what a trail makes of it.
private struct ESIMSession {
    private var trail = ESIMTrail(
        link: ESIMLink(device: "R", interface: .pcsc, client: TerminalSession.client, session: 3), source: .shim)
    private let isCut: Bool
    private var now: UInt64 = 0
    private(set) var words: [String] = []
    private(set) var functions: [ESIMFunctionDone] = []
    private(set) var downloads: [ESIMDownloadDone] = []

    init(isCut: Bool = false) { self.isCut = isCut }

    mutating func give(named name: String) throws {
        for exchange in try ESIMExchange.named(name) { give(exchange) }
    }

    mutating func give(_ exchange: ESIMExchange) {
        let (command, response) = (exchange.command, exchange.response)
        let kept = isCut ? Redaction.kept(command: command, response: response) : (command, response, false, 0)
        let stamp = EventStamp(
            source: .shim, startNanoseconds: now, durationNanoseconds: 5, wallNanoseconds: now + 1_000)
        now += 10
        tell(
            trail.note(
                APDUExchange(
                    stamp: stamp, client: TerminalSession.client, thread: 1, session: 3, reader: "R",
                    interface: .pcsc, sessionProtocol: .t0, name: CommandAPDU(command).name(),
                    command: HexBytes(kept.0), response: HexBytes(kept.1), isCut: isCut, resultCode: 0,
                    waitNanoseconds: 0, isWaitExact: true)))
    }

    mutating func end(_ why: ESIMDownloadResult) {
        tell(trail.end(why, at: EventClock(monotonicNanoseconds: now, wallNanoseconds: now + 1_000)))
    }

    private mutating func tell(_ events: [ProbeEvent]) {
        words += events.compactMap(\.esimWords)
        for case .esim(let event) in events {
            #expect(event.link.device == "R" && event.link.session == 3)
            switch event {
            case .function(let done): functions.append(done)
            case .download(let done): downloads.append(done)
            }
        }
    }
}
