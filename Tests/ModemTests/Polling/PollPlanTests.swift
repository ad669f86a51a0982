import ProbeEvents
import TestSupport
import Testing

@testable import Modem

/// What is asked when, and what is learned: a modem that answers from a table.
@Suite struct PollPlanTests {
    private static let second: UInt64 = 1_000_000_000

    /// Asks all that is due and answers it; commands that the table does not have are errors.
    private func round(
        _ plan: inout PollPlan, at now: UInt64, _ answers: [String: [String]], error: FinalResult = FinalResult(.error)
    ) -> (asked: [String], news: [ModemNews]) {
        var asked: [String] = []
        var news: [ModemNews] = []
        while let question = plan.next(now: now) {
            let text = question.command.text
            asked.append(text)
            let lines = answers[text]
            let answer = ATAnswer(
                command: question.command, final: lines == nil ? error : FinalResult(.ok),
                lines: (lines ?? []).map { Array($0.utf8) }, sentNanoseconds: now)
            news += plan.take(answer, to: question)
        }
        return (asked, news)
    }

    private static let quectel: [String: [String]] = [
        "ATE0": [], "ATV1": [], "AT+CMEE=1": [], "AT+CGMI": ["Quectel"], "AT+CGMM": ["EC25"], "AT+CGMR": ["EC25A01"],
        "AT+CGSN": ["356938035643809"], "AT+CPIN?": ["+CPIN: READY"], "AT+CIMI": ["001010000000001"],
        "AT+QCCID": ["+QCCID: 8988211000000000003F"], "AT+CREG?": ["+CREG: 0,1"],
        "AT+CEREG?": ["+CEREG: 2,1,\"1\",\"2\",7"],
        "AT+QCSQ": ["+QCSQ: \"LTE\",-69,-102,150,-12"], "AT+CSQ": ["+CSQ: 22,99"],
        "AT+COPS?": ["+COPS: 0,0,\"Test\",7"], "AT+QGDCNT?": ["+QGDCNT: 5,6"], "AT+QTEMP": ["+QTEMP: 31,28,27"],
    ]

    @Test func aFirstRound() {
        var plan = PollPlan()
        #expect(plan.next(now: 0) == nil)
        #expect(plan.nextDue == nil)
        plan.begin(now: 5)
        #expect(!plan.isRoundDone(now: 5))
        let (asked, news) = round(&plan, at: 5, Self.quectel)
        #expect(
            asked == [
                "ATE0", "ATV1", "AT+CMEE=1", "AT+CGMI", "AT+CGMM", "AT+CGMR", "AT+CGSN", "AT+CPIN?", "AT+CIMI",
                "AT+QCCID", "AT+CREG?", "AT+CGREG?", "AT+CEREG?", "AT+C5GREG?", "AT+COPS?", "AT+QCSQ", "AT+CESQ",
                "AT+CSQ", "AT+QGDCNT?", "AT+QTEMP",
            ])
        #expect(
            news == [
                .identified, .sim(.ready), .identified, .registration(Registration(domain: .cs, state: .home)),
                .registration(Registration(domain: .eps, state: .home, technology: .eutran)),
                // Once more, with the operator.
                .registration(Registration(domain: .cs, state: .home)),
                .registration(Registration(domain: .eps, state: .home, technology: .eutran)),
                .signal(SignalReading(.eutran, rssi: -69, rsrp: -102, rsrq: -12, sinr: 10)),
            ])
        #expect(plan.isRoundDone(now: 5))
        let reading = plan.reading
        #expect(reading.vendor == .quectel && reading.model == "EC25" && reading.firmware == "EC25A01")
        #expect(reading.operatorChoice?.name == "Test" && reading.temperatureCelsius == 31)
        #expect(reading.counters == DataCounters(sentBytes: 5, receivedBytes: 6))
        #expect(
            reading.identities.mapValues { String(decoding: $0, as: UTF8.self) } == [
                .imei: "356938035643809", .imsi: "001010000000001", .iccid: "8988211000000000003",
            ])
    }

    @Test func whatIsDueLaterIsAskedLater() {
        var plan = PollPlan()
        plan.begin(now: 0)
        _ = round(&plan, at: 0, Self.quectel)
        #expect(plan.nextDue == 10 * Self.second)
        #expect(round(&plan, at: 9 * Self.second, Self.quectel).asked == [])
        let second = round(&plan, at: 10 * Self.second, Self.quectel)
        #expect(second.asked == ["AT+CREG?", "AT+CGREG?", "AT+CEREG?", "AT+C5GREG?", "AT+QCSQ", "AT+CESQ", "AT+CSQ"])
        // Only the signal is told again: nothing else changed.
        #expect(second.news.count == 1)
    }

    /// Refused twice, a command is not sent again until the modem comes anew.
    @Test func missingCommandsAreRemembered() {
        var plan = PollPlan()
        plan.begin(now: 0)
        _ = round(&plan, at: 0, Self.quectel)
        _ = round(&plan, at: 10 * Self.second, Self.quectel)
        #expect(plan.reading.missingCommands == ["AT+CGREG?", "AT+C5GREG?", "AT+CESQ"])
        #expect(
            round(&plan, at: 20 * Self.second, Self.quectel).asked == ["AT+CREG?", "AT+CEREG?", "AT+QCSQ", "AT+CSQ"])
        plan.begin(now: 21 * Self.second)
        #expect(round(&plan, at: 21 * Self.second, Self.quectel).asked.contains("AT+CGREG?"))
    }

    @Test(arguments: [
        (FinalResult(.error), true), (FinalResult(.vendorError), true), (FinalResult(.cmeError, errorCode: 4), true),
        (FinalResult(.cmeError, errorCode: 50), true), (FinalResult(.cmeError, errorCode: 100), true),
        (FinalResult(.cmeError, errorCode: 14), false), (FinalResult(.cmeError, errorCode: 30), false),
        (FinalResult(.cmeError, errorCode: 3), false), (FinalResult(.timeout), false), (FinalResult(.portLost), false),
        (FinalResult(.aborted), false),
    ])
    func whatIsMissingAndWhatOnlyFailed(_ error: FinalResult, _ isMissing: Bool) {
        var plan = PollPlan()
        plan.begin(now: 0)
        for time in 0..<3 { _ = round(&plan, at: UInt64(time) * 60 * Self.second, [:], error: error) }
        #expect(plan.reading.missingCommands.contains("AT+CREG?") == isMissing)
        #expect(!plan.reading.missingCommands.contains("AT+CPIN?"))
    }

    @Test func whatWasThereOnceIsNeverMissing() {
        var plan = PollPlan()
        plan.begin(now: 0)
        _ = round(&plan, at: 0, Self.quectel)
        for time in 1..<5 { _ = round(&plan, at: UInt64(time) * 60 * Self.second, [:]) }
        #expect(!plan.reading.missingCommands.contains("AT+CSQ"))
    }

    @Test func aCardThatIsChanged() {
        var plan = PollPlan()
        plan.begin(now: 0)
        _ = round(&plan, at: 0, Self.quectel)
        var gone = Self.quectel
        gone["AT+CPIN?"] = nil
        let without = round(&plan, at: 30 * Self.second, gone, error: FinalResult(.cmeError, errorCode: 10))
        #expect(without.news.contains(.sim(.absent)))
        #expect(plan.reading.identities[.iccid] == nil && plan.reading.identities[.imsi] == nil)
        var other = Self.quectel
        other["AT+QCCID"] = ["+QCCID: 8988211000000000011"]
        let with = round(&plan, at: 60 * Self.second, other)
        #expect(with.news.contains(.sim(.ready)) && with.news.contains(.identified))
        #expect(plan.reading.identities[.iccid].map { String(decoding: $0, as: UTF8.self) } == "8988211000000000011")
    }

    /// The first command for the card's number that is answered makes the others needless.
    @Test func otherCommandsForTheNumberOfACard() {
        var plan = PollPlan()
        plan.begin(now: 0)
        var answers = Self.quectel
        answers["AT+QCCID"] = nil
        answers["AT+CCID"] = ["+CCID: 8988211000000000003"]
        let asked = round(&plan, at: 0, answers).asked
        #expect(asked.contains("AT+CCID") && !asked.contains("AT+ICCID"))
    }

    @Test func whatAModemTellsByItself() {
        var plan = PollPlan()
        plan.begin(now: 0)
        _ = round(&plan, at: 0, Self.quectel)
        let seen = ATUnsolicited(code: .cereg, line: Array("+CEREG: 2".utf8))
        #expect(plan.take(seen) == [.registration(Registration(domain: .eps, state: .searching))])
        #expect(plan.take(seen) == [])
        #expect(plan.take(ATUnsolicited(code: .ring, line: Array("RING".utf8))) == [])
    }

    @Test func nothingIsAskedOfAModemThatIsSilent() {
        var plan = PollPlan()
        plan.begin(now: 0)
        _ = plan.next(now: 0)
        plan.pause()
        #expect(plan.next(now: 100 * Self.second) == nil)
        #expect(!plan.reading.isAnswering)
    }

    @Test func anyAnswersAreTaken() {
        var random = SeededGenerator(seed: 9)
        var plan = PollPlan()
        for step in 0..<randomRounds / 10 {
            if step.isMultiple(of: 50) { plan.begin(now: UInt64(step) * Self.second) }
            guard let question = plan.next(now: UInt64(step) * Self.second) else { continue }
            let results: [ATResult] = [.ok, .error, .cmeError, .timeout]
            let answer = ATAnswer(
                command: question.command,
                final: FinalResult(
                    results.randomElement(using: &random) ?? .ok, errorCode: .random(in: 0...200, using: &random)),
                lines: [random.bytes(0...40), Array("+CSQ: ".utf8) + random.bytes(0...9)])
            _ = plan.take(answer, to: question)
        }
    }
}
