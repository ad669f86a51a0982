import TestSupport
import Testing

@testable import BenchSimulator

@Suite struct CardScriptReaderTests {
    /// A script with a fault, and the one line that tells it.
    static let faults: [(script: String, told: String)] = [
        ("delay: 1\ndelya: 2", "card.yaml:2: unknown key \"delya\"; did you mean \"delay\"?"),
        (
            "rules:\n  - command: READ BINARY\n    staus: 6A82",
            "card.yaml:3: unknown key \"staus\" in rules[0]; did you mean \"status\"?"
        ),
        (
            "rules:\n  - command: READ BINRY",
            "card.yaml:2: unknown command \"READ BINRY\"; did you mean \"READ BINARY\"?"
        ),
        ("rules:\n  - status: 6A82", "card.yaml:2: rules[0] needs either match or command"),
        (
            "rules:\n  - match: 0G",
            "card.yaml:2: rules[0].match is \"0G\"; it must be bytes in hexadecimal, with ?? for any byte"
        ),
        (
            "rules:\n  - match: 00\n    status: 6A",
            "card.yaml:3: rules[0].status is \"6A\"; it must be 2 bytes in hexadecimal"
        ),
        (
            "rules:\n  - match: 00\n    status: 6A82\n    response: 9000",
            "card.yaml:3: rules[0] has status and response; use one"
        ),
        ("rules:\n  - match: 00\n    insertAfter: 5", "card.yaml:3: rules[0].insertAfter needs removeCard: true"),
        ("delay: soon", "card.yaml:1: delay is \"soon\"; it must be milliseconds from 0 to 3600000"),
        ("delay: -1", "card.yaml:1: delay is \"-1\"; it must be milliseconds from 0 to 3600000"),
        ("delay: nan", "card.yaml:1: delay is \"nan\"; it must be milliseconds from 0 to 3600000"),
        ("atr: 3C00", "card.yaml:1: atr must be 2 to 33 bytes in hexadecimal and begin with 3B or 3F"),
        ("protocol: t2", "card.yaml:1: protocol is \"t2\"; it must be one of t0, t1"),
        ("identity:\n  imsi: 12x", "card.yaml:2: identity.imsi is \"12x\"; it must be 6 to 15 digits"),
        (
            "identity:\n  iccid: \"8988211000000000004\"",
            "card.yaml:2: identity.iccid ends with a wrong check digit; it must be 3"
        ),
        ("pins:\n  pin1: {tries: 3}", "card.yaml:2: pins.pin1 needs a value"),
        (
            "files:\n  - path: 3F00/XY\n    data: 00",
            "card.yaml:2: files[0].path must be file identifiers with slashes"
                + " between, such as 3F00/7FFF/6F99"
        ),
        ("files:\n  - path: 3F00/6F99", "card.yaml:2: files[0] needs either data or records"),
        ("- 1", "card.yaml:1: the script must be a list of keys and values"),
        ("rules: 1", "card.yaml:1: rules must be a list, each item behind a dash"),
        (
            "proactive:\n  - on: {command: ENVELOPE}\n    steps:\n      - openChanel: {}",
            "card.yaml:4: unknown key \"openChanel\" in proactive[0].steps[0]; did you mean \"openChannel\"?"
        ),
        (
            "proactive:\n  - on: {command: ENVELOPE}\n    steps:\n      - repeat: { times: 2 }",
            "card.yaml:4: proactive[0].steps[0].repeat needs times and steps"
        ),
        (
            "proactive:\n  - on: {command: ENVELOPE}\n    steps:\n      - sendData: { length: 9, text: a }",
            "card.yaml:4: proactive[0].steps[0].sendData needs data, text or length"
        ),
        ("proactive:\n  - steps: []", "card.yaml:2: proactive[0] needs on: the command that starts it"),
        ("receipts:\n  - tar: B000", "card.yaml:2: receipts[0].tar is \"B000\"; it must be 3 bytes in hexadecimal"),
        (
            "receipts:\n  - status: lost",
            "card.yaml:2: receipts[0].status is \"lost\"; it must be one of ok, checksumFailed, counterLow, counterHigh,"
                + " counterBlocked, cipheringError, securityError, insufficientMemory, moreTimeNeeded, applicationUnknown,"
                + " insufficientSecurity, answerInMessage, answerInSession"
        ),
        ("euicc: { eid: \"89\" }", "card.yaml:1: euicc.eid is \"89\"; it must be 32 digits"),
        (
            "euicc: { eid: \"89049032012345678901234567890171\" }",
            "card.yaml:1: euicc.eid must be 1 modulo 97; the last two digits see to that"
        ),
        ("euicc:\n  profiles:\n    - name: A", "card.yaml:3: euicc.profiles[0] needs an iccid"),
        (
            "euicc:\n  profiles:\n    - { iccid: \"898821100000000000\", enabled: true }\n"
                + "    - { iccid: \"898821100000000001\", enabled: true }",
            "card.yaml:3: euicc.profiles has several that are enabled; one can be"
        ),
        (
            "euicc:\n  failures:\n    - { function: enable, result: 1 }",
            "card.yaml:3: euicc.failures[0].function is \"enable\"; it must be one of getEuiccConfiguredAddresses,"
                + " setDefaultDpAddress, getEuiccInfo1, getEuiccInfo2, getEuiccChallenge, getRAT, getEID, prepareDownload,"
                + " loadBoundProfilePackage, authenticateServer, cancelSession, listNotification,"
                + " retrieveNotificationsList, removeNotificationFromList, getProfilesInfo, enableProfile,"
                + " disableProfile, deleteProfile, setNickname, eUICCMemoryReset"
        ),
        (
            "euicc:\n  failures:\n    - { function: getEID, result: 1 }",
            "card.yaml:3: euicc.failures[0].function has no result that says so; let a rule give a status word"
        ),
        ("euicc:\n  failures:\n    - function: getEID", "card.yaml:3: euicc.failures[0] needs function and result"),
        (
            "euicc:\n  failures:\n    - { function: getProfilesInfo, result: 1, command: 2 }",
            "card.yaml:3: euicc.failures[0].command is for loadBoundProfilePackage"
        ),
        ("delay: 1\ndelay: 2", "card.yaml:1: the key \"delay\" stands twice"),
    ]

    @Test(arguments: faults) func tells(_ script: String, _ told: String) {
        let error = #expect(throws: SimulatorError.self) { try CardScriptReader.read(text: script, file: "card.yaml") }
        #expect(error?.explanation == told)
        #expect(error?.exitCode == 78)
    }

    @Test(arguments: ["delay: [", "a: b: c", "\t- x", "\"", "&a *b", "%YAML 9"])
    func tellsBrokenYAMLInOneLine(_ script: String) {
        let error = #expect(throws: SimulatorError.self) { try CardScriptReader.read(text: script, file: "card.yaml") }
        #expect(error?.explanation.hasPrefix("card.yaml:") == true)
        #expect(error?.explanation.contains("\n") == false)
    }

    @Test(arguments: ["", "# nothing", "---", "null"])
    func anEmptyScriptIsAStandardCard(_ script: String) throws {
        var card = VirtualCard(script: try CardScriptReader.read(text: script, file: "card.yaml"))
        #expect(card.answers(["00A4000C022FE2", "00B0000001"]) == ["9000", "989000"])
    }

    @Test func everyKeyHasItsEffect() throws {
        let script = try CardScriptReader.read(
            text: """
                atr: 3B 00
                identity: { iccid: "898821100000000000", imsi: "310410123456789", networkCodeDigits: 3 }
                delay: 1.5
                pins: { pin1: { value: "0000", tries: 2, enabled: yes } }
                files:
                  - { path: 3F00/7FFF/6F99, data: "0102", sfi: 25, pin1: true }
                  - { path: 3F00/7F50/5F00/6F01, records: ["01", "0203"], cyclic: true }
                rules:
                  - { command: GET CHALLENGE, response: 01029000 }
                """, file: "card.yaml")
        var card = VirtualCard(script: script)
        #expect(card.atr == [0x3B, 0x00])
        #expect(
            card.process([0x00, 0x84, 0x00, 0x00, 0x08])
                == CardReply(response: [1, 2, 0x90, 0], delay: .microseconds(1500)))
        #expect(
            card.answers([
                "00A4000C022FE2", "00B000000A", "00A4040C 07 A0000000871002", "00B0990002",
                "00200001 08 30303030FFFFFFFF",
                "00B0990002", "00B0870009", "00A4080C 06 7F50 5F00 6F01", "00B2020402",
            ]) == [
                "9000", "988812010000000000FF9000", "9000", "6982", "9000", "01029000",
                "0839011420436587F99000".replacing(
                    "0839011420436587F9", with: hexadecimal(script.identity.encodedIMSI)), "9000", "02039000",
            ])
    }

    @Test func rulesCount() throws {
        let script = try CardScriptReader.read(
            text: """
                rules:
                  - { command: READ BINARY, after: 1, times: 2, status: 6581 }
                  - { match: 00 A4, delay: 7 }
                """, file: "card.yaml")
        var card = VirtualCard(script: script)
        let reply = card.process([0x00, 0xA4, 0x00, 0x0C, 0x02, 0x2F, 0xE2])
        #expect(reply == CardReply(response: [0x90, 0x00], delay: .milliseconds(7)))
        #expect(card.answers(Array(repeating: "00B0000001", count: 4)) == ["989000", "6581", "6581", "989000"])
    }

    @Test func aScriptThatIsNotThereIsNamed() {
        let error = #expect(throws: SimulatorError.self) { try CardScriptReader.read(path: "nowhere.yaml") }
        #expect(error?.explanation == "nowhere.yaml: the script cannot be read: No such file or directory")
    }

    @Test func anyTextIsReadOrRefused() {
        let words = [
            "rules:", "\n", "  - ", "match: ", "00A4", "command: ", "READ BINARY", "delay: ", "-1", "1e400", "{", "}",
            "[", "]",
            "proactive:", "steps:", "openChannel:", "files:", "path: ", "3F00/", "\"", "atr: ", "3B", "&a", "*a", ": ",
            "é", "\0",
        ]
        var generator = SeededGenerator(seed: 3)
        for round in 0..<randomRounds {
            let text =
                round.isMultiple(of: 2)
                ? String(decoding: generator.bytes(0...80), as: UTF8.self)
                : (0..<12).map { _ in words.randomElement(using: &generator) ?? "" }.joined()
            do throws(SimulatorError) {
                _ = try CardScriptReader.read(text: text, file: "card.yaml")
            } catch {
                #expect(!error.explanation.contains("\n"))
            }
        }
    }
}
