import ProbeEvents
import TestSupport
import Testing

@testable import Modem

/// What lines of answers mean: registration, operator, card, identities, counters, temperature.
@Suite struct AnswerTests {
    @Test(arguments: [
        ("+CREG: 1", RegistrationDomain.cs, RegistrationState.home, nil as RadioTechnology?),
        ("+CREG: 0,1", .cs, .home, nil), ("+CREG: 0,0", .cs, .notRegistered, nil), ("+CREG:2,5", .cs, .roaming, nil),
        ("+CREG: 1,\"00C3\",\"0345\"", .cs, .home, nil),
        ("+CREG: 5,\"00C3\",\"0345\",2", .cs, .roaming, .utran),
        ("+CREG: 2,1,\"00C3\",\"0345\",0", .cs, .home, .gsm),
        ("+CREG: 2,1,00C3,0345,3", .cs, .home, .gsm),
        ("+CGREG: 2,1,\"00C3\",\"0345\",6,\"01\"", .ps, .home, .utran),
        ("+CEREG: 2,1,\"2242\",\"0B5D121\",7", .eps, .home, .eutran),
        ("+CEREG: 1,\"2242\",\"0B5D121\",9", .eps, .home, .nbiot),
        // Area, routing area, cell
        ("+CEREG: 2,1,\"2242\",\"FF\",\"0B5D121\",7", .eps, .home, .eutran),
        ("+CEREG: 1,\"2242\",\"FF\",\"0B5D121\",7", .eps, .home, .eutran),
        ("+C5GREG: 2,1,\"00007B\",\"000000001\",11,4,01.000001", .fiveGS, .home, .ngran),
        ("+C5GREG: 8", .fiveGS, .emergencyOnly, nil), ("+CREG: 11", .cs, .restrictedLocalService, nil),
    ])
    func registrations(
        line: String, domain: RegistrationDomain, state: RegistrationState, technology: RadioTechnology?
    ) {
        #expect(Registration(line: line) == Registration(domain: domain, state: state, technology: technology))
    }

    @Test(arguments: [
        "", "+CREG", "+CREG:", "+CREG: x", "+CREG: 12", "+CREG: 0,99", "+CREG: -1", "+CSQ: 1,1", "CREG: 1",
    ])
    func whatIsNoRegistration(line: String) {
        #expect(Registration(line: line) == nil)
    }

    @Test(
        arguments: [
            (["+COPS: 0,0,\"CardLink Test\",7"], "CardLink Test", RadioTechnology.eutran),
            (["+COPS: 0,2,\"26201\""], "26201", nil),
            (["+COPS: 0"], nil, nil), (["x", "+COPS: 1,0,\"a,b\",2"], "a,b", .utran),
        ] as [([String], String?, RadioTechnology?)])
    func operators(lines: [String], name: String?, technology: RadioTechnology?) throws {
        let choice = try #require(OperatorChoice(lines: lines))
        #expect(choice.name == name)
        #expect(choice.technology == technology)
    }

    @Test(
        arguments: [
            ("+CPIN: READY", FinalResult(.ok), SIMState.ready), ("+CPIN: SIM PIN", FinalResult(.ok), .pin),
            ("+CPIN:SIM PUK", FinalResult(.ok), .puk), ("+CPIN: SIM PIN2", FinalResult(.ok), .locked),
            ("+CPIN: PH-NET PIN", FinalResult(.ok), .locked), ("+CPIN: NOT INSERTED", FinalResult(.ok), .absent),
            ("+CPIN: NOT READY", FinalResult(.ok), .busy), ("+CPIN: NEW", FinalResult(.ok), .unknown),
            ("", FinalResult(.cmeError, errorCode: 10), .absent), ("", FinalResult(.cmeError, errorCode: 11), .pin),
            ("", FinalResult(.cmeError, errorCode: 12), .puk), ("", FinalResult(.cmeError, errorCode: 13), .failed),
            ("", FinalResult(.cmeError, errorCode: 14), .busy), ("", FinalResult(.cmeError, errorCode: 5), .locked),
            ("", FinalResult(.cmeError, errorCode: 100), nil), ("", FinalResult(.error), nil),
            ("", FinalResult(.timeout), nil),
        ] as [(String, FinalResult, SIMState?)])
    func cards(line: String, final: FinalResult, state: SIMState?) {
        let answer = ATAnswer(
            command: ATCommand("AT+CPIN?"), final: final, lines: line.isEmpty ? [] : [Array(line.utf8)])
        #expect(SIMState(answer) == state)
    }

    @Test(
        arguments: [
            (["356938035643809"], IdentityKind.imei, "356938035643809"),
            (["+CGSN: \"356938035643809\""], .imei, "356938035643809"),
            (["001010000000001"], .imsi, "001010000000001"),
            (["+QCCID: 8988211000000000003F"], .iccid, "8988211000000000003"),
            (["+CCID: \"89882110000000000034\""], .iccid, "89882110000000000034"),
            (["#CCID: 8988211000000000003"], .iccid, "8988211000000000003"),
            (["IMEI unknown"], .imei, nil), ([], .imsi, nil), (["12345"], .imsi, nil),
        ] as [([String], IdentityKind, String?)])
    func numbers(lines: [String], kind: IdentityKind, number: String?) {
        #expect(ModemIdentity.number(lines, kind).map { String(decoding: $0, as: UTF8.self) } == number)
    }

    @Test(
        arguments: [
            (["Quectel"], "Quectel"), (["+CGMM: \"SIM7600E\""], "SIM7600E"), (["", "  EC25 "], "EC25"), ([" "], nil),
            ([], nil),
            ([String(repeating: "é", count: 64)], String(repeating: "é", count: 32)),
        ] as [([String], String?)])
    func words(lines: [String], word: String?) {
        #expect(ModemIdentity.word(lines) == word)
    }

    @Test(
        arguments: [
            (CounterDialect.qgdcnt, ["+QGDCNT: 3832,4618"], DataCounters(sentBytes: 3832, receivedBytes: 4618)),
            (
                .gdatavol, ["#GDATAVOL: 1,30,10,20", "#GDATAVOL: 2,3,1,2"],
                DataCounters(sentBytes: 11, receivedBytes: 22)
            ),
            (.ugcntrd, ["+UGCNTRD: 31,2704,1819,2724,1839"], DataCounters(sentBytes: 2724, receivedBytes: 1839)),
            (.qgdcnt, ["+QGDCNT: 1"], nil), (.qgdcnt, ["+QGDCNT: -1,5"], nil), (.gdatavol, [], nil),
            (
                .qgdcnt, ["+QGDCNT: 18446744073709551615,1", "+QGDCNT: 1,1"],
                DataCounters(sentBytes: .max, receivedBytes: 2)
            ),
        ] as [(CounterDialect, [String], DataCounters?)])
    func counters(dialect: CounterDialect, lines: [String], counters: DataCounters?) {
        #expect(dialect.counters(lines) == counters)
    }

    @Test(
        arguments: [
            (TemperatureDialect.qtemp, ["+QTEMP: 31,28,27"], 31.0),
            (.qtemp, [#"+QTEMP:"modem-lte-sub6-pa1","39""#, #"+QTEMP:"aoss-0-usr","41""#, #"+QTEMP:"x","-273""#], 41),
            (.cpmutemp, ["+CPMUTEMP: 30"], 30), (.tempmon, ["#TEMPMEAS: 0,29"], 29), (.qtemp, [], nil),
            (.qtemp, ["+QTEMP: 0"], nil),
        ] as [(TemperatureDialect, [String], Double?)])
    func temperatures(dialect: TemperatureDialect, lines: [String], celsius: Double?) {
        #expect(dialect.celsius(lines) == celsius)
    }

    @Test func anythingIsRead() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<randomRounds / 10 {
            let text = String(decoding: random.bytes(0...80), as: UTF8.self)
            for prefix in ["", "+CREG: ", "+COPS: ", "+QGDCNT: ", "+QTEMP: "] {
                _ = Registration(line: prefix + text)
                _ = OperatorChoice(lines: [prefix + text])
                _ = ModemIdentity.word([prefix + text])
                _ = ModemIdentity.number([prefix + text], .iccid)
                _ = CounterDialect.qgdcnt.counters([prefix + text])
                _ = TemperatureDialect.qtemp.celsius([prefix + text])
            }
        }
    }
}
