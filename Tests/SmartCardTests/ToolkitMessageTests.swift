import SmartCard
import TestSupport
import Testing

/// The worked examples, decoded to their fields, and broken in every way.
@Suite struct ToolkitMessageTests {
    @Test(
        arguments: [
            ("E1 OPEN CHANNEL", UInt8(1), ChannelBearer.packet, 1400, "UDP 44444", "1.1.1.1", nil as String?),
            ("E2 OPEN CHANNEL with access name", 1, .packet, 1400, "UDP 44444", "1.1.1.1", "TestGp.rs"),
            ("E4 OPEN CHANNEL, all tags required", 1, .default, 512, "TCP 8080", "127.0.0.1", "megafon.ru"),
            ("E12 OPEN CHANNEL, server", 0, nil, 1400, "TCP server 3516", nil, nil),
            ("E13 OPEN CHANNEL for DNS", 3, .default, 1400, "UDP 53", "8.8.8.8", nil),
            ("E14 OPEN CHANNEL, CSD", 1, .default, 10, nil, nil, nil),
            ("E15 OPEN CHANNEL, transport level too short", 3, .default, 1422, nil, "202.152.224.47", nil),
        ] as [(String, UInt8, ChannelBearer?, Int, String?, String?, String?)])
    func openChannel(
        _ name: String, _ qualifier: UInt8, _ bearer: ChannelBearer?, _ buffer: Int, _ transport: String?,
        _ address: String?, _ accessName: String?
    ) throws {
        let command = try ProactiveCommand(try toolkit(name))
        #expect(command.details == CommandDetails(number: 1, type: .openChannel, qualifier: qualifier))
        let objects = command.objects
        // The outer length of E15 says one byte more than there is.
        #expect(objects.isTruncated == name.hasPrefix("E15"))
        #expect(objects.devices?.source == .card)
        #expect(objects.devices?.destination == .terminal)
        #expect(objects.bearer == bearer)
        #expect(objects.bufferSize == buffer)
        #expect(objects.transport.map { "\($0.role.name) \($0.port)" } == transport)
        #expect(objects.addresses.first?.text == address)
        #expect(objects.networkAccessName?.text == accessName)
    }

    @Test(
        arguments: [
            ("E5 SEND DATA", ProactiveCommandType.sendData, UInt8(1), 8, nil as Int?),
            ("E6 SEND DATA of 200 bytes", .sendData, 1, 200, nil), ("E7 RECEIVE DATA", .receiveData, 1, 0, 200),
            ("E8 CLOSE CHANNEL", .closeChannel, 1, 0, nil), ("E9 GET CHANNEL STATUS", .getChannelStatus, nil, 0, nil),
            ("E14 RECEIVE DATA", .receiveData, 1, 0, 12), ("E15 RECEIVE DATA", .receiveData, 1, 0, 54),
            ("E15 CLOSE CHANNEL", .closeChannel, 1, 0, nil),
        ] as [(String, ProactiveCommandType, UInt8?, Int, Int?)])
    func channelCommand(
        _ name: String, _ type: ProactiveCommandType, _ channel: UInt8?, _ bytes: Int, _ asked: Int?
    ) throws {
        let command = try ProactiveCommand(try toolkit(name))
        #expect(command.details.type == type)
        #expect(command.objects.devices?.destination.channel == channel)
        #expect(command.objects.channelDataLength == bytes)
        #expect(command.objects.dataLength == asked)
    }

    @Test(arguments: [
        ("E3 OPEN CHANNEL answered", "performed", true, "1 established"),
        ("E3 OPEN CHANNEL refused", "not accepted by the user", false, ""),
        ("E5 SEND DATA answered", "performed", true, ""),
        ("E8 CLOSE CHANNEL, no such channel", "BIP error: channel identifier not valid", false, ""),
        ("E8 CLOSE CHANNEL, closed already", "BIP error: channel closed", false, ""),
        ("E9 channel status, none", "performed", true, "none down"),
        ("E9 channel status, up", "performed", true, "1 established"),
        ("E9 channel status, dropped", "performed", true, "1 down dropped"),
        ("E14 OPEN CHANNEL, CSD answered", "performed", true, "1 established"),
        ("E15 OPEN CHANNEL answered", "performed", true, "1 established"),
        ("E15 CLOSE CHANNEL answered", "performed", true, ""),
    ])
    func response(_ name: String, _ meaning: String, _ isPerformed: Bool, _ status: String) throws {
        let response = try TerminalResponse(try toolkit(name))
        #expect(!response.objects.isTruncated)
        #expect(response.objects.result?.meaning == meaning)
        #expect(response.objects.result?.isPerformed == isPerformed)
        #expect(response.objects.channelStatuses.map(words).joined(separator: ", ") == status)
    }

    @Test func dataInTwoParts() throws {
        #expect(try TerminalResponse(try toolkit("E14 RECEIVE DATA answered in two")).objects.channelDataLength == 12)
        let long = try TerminalResponse(try toolkit("E7 RECEIVE DATA answered")).objects
        #expect(long.channelDataLength == 200)
        #expect(long.dataLength == 255)
    }

    @Test(arguments: [
        ("E10 data available", ToolkitEnvelope.Event.dataAvailable, "1 established"),
        ("E11 channel status event, dropped", .channelStatus, "1 down dropped"),
        ("E11 channel status event, listening", .channelStatus, "1 listening"),
        ("E11 channel status event, established", .channelStatus, "1 established"),
    ])
    func envelope(_ name: String, _ event: ToolkitEnvelope.Event, _ status: String) throws {
        let envelope = try ToolkitEnvelope(try toolkit(name))
        #expect(envelope.kind == .eventDownload)
        #expect(envelope.event == event)
        #expect(envelope.objects.channelStatuses.map(words).joined() == status)
    }

    /// Each beginning of each example is an error that says why, or what it holds without the rest.
    @Test func everyTruncation() throws {
        for line in try captures("toolkit.hex", separator: "|") {
            let whole = hex(line[2])
            for length in 0..<whole.count {
                let part = whole.prefix(length)
                let objects: ToolkitObjects?
                do throws(ToolkitError) {
                    objects =
                        switch line[1] {
                        case "fetch": try ProactiveCommand(part).objects
                        case "envelope": try ToolkitEnvelope(part).objects
                        default: try TerminalResponse(part).objects
                        }
                } catch {
                    objects = nil
                    #expect(!error.description.isEmpty)
                }
                // An answer has no length of its own: it may end behind any object.
                if let objects, line[1] != "response" { #expect(objects.isTruncated, "\(line[0]) \(length)") }
                if objects == nil { #expect(length < 13, "\(line[0]) \(length)") }
            }
        }
    }

    @Test(arguments: [
        ("", ToolkitError.otherObject(nil)), ("D1 00", .otherObject(0xD1)), ("D0", .brokenLength),
        ("D0 85", .brokenLength), ("D0 83 00 00 00", .brokenLength), ("D0 00", .noCommandDetails),
        ("D0 04 81 02 01 40", .noCommandDetails), ("D0 05 82 03 01 40 01", .noCommandDetails),
    ])
    func noCommand(_ text: String, _ error: ToolkitError) {
        #expect(throws: error) { try ProactiveCommand(hex(text)) }
    }

    @Test(arguments: [
        ("06 54 65 73 74 47 70 02 72 73", "TestGp.rs"), ("07 6D 65 67 61 66 6F 6E 2E 72 75", "megafon.ru"),
        ("", ""), ("00", "?"), ("05 61", "?a"), ("03 61 2E 62", "a.b"), ("02 61 07", "a?"),
    ])
    func accessNames(_ value: String, _ text: String) {
        #expect(NetworkAccessName(hex(value)).text == text)
    }

    @Test func addresses() {
        #expect(ChannelAddress(hex(""))?.text == "dynamic")
        #expect(ChannelAddress(hex("57 20010DB8 00000000 00000000 00000001"))?.text == "2001:db8:0:0:0:0:0:1")
        #expect(ChannelAddress(hex("21 01 02 03")) == nil)
        #expect(ChannelAddress(hex("00 01 02 03 04")) == nil)
    }

    @Test func everyKindHasItsOwnName() {
        let all = ProactiveCommandType.all
        #expect(all.count == 45)
        #expect(Set(all.map(\.code)).count == 45)
        #expect(Set(all.map(\.name)).count == 45)
        #expect(ProactiveCommandType(0x99).name == "OTHER")
    }

    private func words(_ status: ChannelStatus) -> String {
        let channel = status.channel.map(String.init) ?? "none"
        return "\(channel) \(status.link)" + (status.isDropped ? " dropped" : "")
    }
}
