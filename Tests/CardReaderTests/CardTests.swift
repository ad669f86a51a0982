import CardReader
import Foundation
import ProbeEvents
import SmartCard
import TestSupport
import Testing

extension OnPCSCD {
    /// Sessions with virtual cards by a real pcscd.
    @Suite struct CardTests {
        static let selectMF: CardCommand = [0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00]
        static let selectICCID: CardCommand = [0x00, 0xA4, 0x00, 0x04, 0x02, 0x2F, 0xE2]
        static let selectWithoutAnswer: CardCommand = [0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00]
        static let opening = ["establish_context", "connect", "opened T0", "wait_for_change", "card \(OwnBench.atr)"]
        static let closing = ["disconnect", "closed completed", "release_context"]

        let sink = RecordingSink()
        let readers: CardReaders

        init() { readers = CardReaders(sink: sink) }

        @Test func tellsWhatTheCardWasAskedAndNothingElse() async throws {
            let bench = try await OwnBench.filled(0)
            let logged = bench.cardLog.lines.count
            let card = try await readers.connect(to: OwnBench.first)
            #expect(await card.atrBytes == HexBytes(hex: OwnBench.atr)?.bytes)
            #expect(await card.atr?.description.contains("UICC") == true)
            #expect(await card.sessionProtocol == .t0)
            let answer = try await card.transmit(Self.selectMF)
            #expect(answer.data.isEmpty && answer.statusWord.sw1 == 0x61 && answer.isSuccess && answer.exchanges == 1)
            let whole = try await card.perform(Self.selectICCID)
            #expect(whole.data.first == 0x62 && whole.statusWord.value == 0x9000 && whole.exchanges == 2)
            let content = try await card.perform([0x00, 0xB0, 0x00, 0x00, 0x00])
            #expect(content.data.count == 10 && content.exchanges == 2)
            let refused = try await card.transmit([0x00, 0xA4, 0x00, 0x0C, 0x02, 0x7F, 0x77])
            #expect(!refused.isSuccess && refused.meaning.contains("not found"), "\(refused)")
            // The digits reach the card, and nobody else.
            let digits = Array("0000".utf8) + [255, 255, 255, 255]
            let pin = try await card.transmit(CardCommand(cla: 0x00, ins: 0x20, p1: 0x00, p2: 0x01, data: digits))
            #expect(pin.statusWord.triesLeft == 2)
            try await card.disconnect()
            try await card.disconnect()
            let session = card.sessionNumber
            let events = sink.events
            #expect(
                sink.takeCalls() == Self.opening + [
                    "SELECT 612B", "SELECT 6119", "GET RESPONSE 9000", "READ BINARY 6C0A", "READ BINARY 9000",
                    "SELECT 6A82", "VERIFY 63C2",
                ] + Self.closing)
            let lines = bench.cardLog.lines.dropFirst(logged).map { "\($0.command) -> \($0.response)" }
            #expect(lines.count == 7 && lines[6] == "002000010830303030FFFFFFFF -> 63C2")
            for event in events {
                guard case .apdu(let exchange) = event else { continue }
                #expect(exchange.session == session && exchange.reader == OwnBench.first)
                #expect(exchange.client.pid == getpid() && exchange.client.program.hasSuffix("xctest"))
                #expect(exchange.stamp.source == .cardReader && exchange.thread != UInt32(getpid()))
                #expect(exchange.cardNanoseconds > 0 && !exchange.isWaitExact && exchange.sessionProtocol == .t0)
                if exchange.name.name == "VERIFY" {
                    #expect(exchange.command == [0x00, 0x20, 0x00, 0x01, 0x08, 0, 0, 0, 0, 0, 0, 0, 0])
                    #expect(exchange.isCut)
                }
            }
        }

        /// The card's own session over BIP, this program being its terminal; what is left open ends with the session.
        @Test func channelsAreFollowed() async throws {
            _ = try await OwnBench.filled(0)
            let card = try await readers.connect(to: OwnBench.first)
            func send(_ ins: UInt8, _ data: [UInt8]) async throws -> UInt8 {
                let command = CardCommand([0x80, ins, 0x00, 0x00, UInt8(data.count)] + data)
                return try await card.transmit(command).statusWord.sw2
            }
            var waiting = try await send(0xC2, try toolkit("SMS-PP download, secured packet"))
            for (place, name) in ["E3 OPEN CHANNEL answered", "E5 SEND DATA answered"].enumerated() {
                _ = try await card.transmit(CardCommand([0x80, 0x12, 0x00, 0x00, waiting]))
                // The number is the card's.
                let answer = try toolkit(name)
                waiting = try await send(0x14, Array(answer.prefix(2)) + [UInt8(place + 1)] + answer.dropFirst(3))
            }
            _ = try await send(0xC2, try toolkit("E11 channel status event, dropped"))
            try await card.disconnect()
            #expect(
                sink.events.compactMap(\.channelWords) == [
                    "trigger sms B00011", "opened 1 packet tcp_client 443 buffer 1400 after a trigger", "sent 5 on 1",
                    "link 1 dropped", "closed 1 failed source_gone 5 sent 0 received",
                ])
            // What the session left is told before its end.
            let ends = sink.events.compactMap { event in
                switch event {
                case .bipClosed: "channel"
                case .sessionClosed: "session"
                default: nil
                }
            }
            #expect(ends == ["channel", "session"])
        }

        @Test func aSessionThatIsDroppedIsClosed() async throws {
            _ = try await OwnBench.filled(0)
            do {
                let card = try await readers.connect(to: OwnBench.first)
                _ = try await card.transmit(Self.selectWithoutAnswer)
            }
            #expect(try await eventually(within: 2) { sink.count == Self.opening.count + 1 + Self.closing.count })
            #expect(sink.takeCalls() == Self.opening + ["SELECT 9000"] + Self.closing)
        }

        @Test func aClosedSessionSaysSo() async throws {
            _ = try await OwnBench.filled(0)
            let card = try await readers.connect(to: OwnBench.first)
            try await card.disconnect(.reset)
            #expect(await !card.isOpen)
            await #expect(throws: CardReaderError.notConnected(reader: OwnBench.first)) {
                try await card.transmit(Self.selectMF)
            }
        }

        @Test func aCardPulledInMidSession() async throws {
            let bench = try await OwnBench.filled(0)
            let card = try await readers.connect(to: OwnBench.first)
            async let gone: Void = card.waitForRemoval(within: .seconds(5))
            try await OwnBench.remove(0, bench)
            try await gone
            let error = await #expect(throws: CardReaderError.self) { try await card.transmit(Self.selectMF) }
            #expect(error == .refused(.transmit, code: 0x8010_0069, reader: OwnBench.first))
            #expect(error?.deviceError == .cardRemoved)
            try await OwnBench.insert(0, bench)
            try await card.reconnect()
            #expect(try await card.transmit(Self.selectWithoutAnswer).isSuccess)
            // One that came and went between two looks is noticed too.
            try await OwnBench.remove(0, bench)
            try await OwnBench.insert(0, bench)
            try await card.waitForRemoval(within: .seconds(1))
            await #expect(throws: CardReaderError.self) { try await card.transmit(Self.selectMF) }
            try await card.disconnect()
            #expect(sink.takeCalls().suffix(3) == ["disconnect", "closed failed card_removed", "release_context"])
        }

        @Test func pcscdKilledAndBack() async throws {
            let bench = try await OwnBench.filled(0)
            let card = try await readers.connect(to: OwnBench.first)
            try bench.control("kill-pcscd")
            let error = await #expect(throws: CardReaderError.self) { try await card.transmit(Self.selectMF) }
            #expect(error?.deviceError == .noService || error?.deviceError == .communication)
            #expect(error?.explanation.contains("connect again") == true, "\(error as Any)")
            let absent = await #expect(throws: CardReaderError.self) { try await readers.list() }
            #expect(absent?.code == 0x8010_001D)
            await #expect(throws: CardReaderError.self) { try await readers.connect(to: OwnBench.first) }
            await #expect(throws: CardReaderError.self) { try await readers.waitForCard(within: .seconds(1)) }
            try bench.control("start-pcscd")
            try? await card.disconnect()
            #expect(sink.takeCalls().contains("closed failed reader_unavailable"))
            #expect(try await readers.waitForCard(in: OwnBench.first, within: .seconds(5)).atr != nil)
            let next = try await readers.connect(to: OwnBench.first)
            #expect(try await next.transmit(Self.selectWithoutAnswer).isSuccess)
            try await next.disconnect()
        }

        @Test func aCardThatIsAnothers() async throws {
            _ = try await OwnBench.filled(0)
            let owner = try await readers.connect(to: OwnBench.first, share: .exclusive)
            sink.forget()
            let error = await #expect(throws: CardReaderError.self) { try await readers.connect(to: OwnBench.first) }
            #expect(error == .refused(.connect, code: 0x8010_000B, reader: OwnBench.first))
            #expect(error?.deviceError == .sharingViolation)
            #expect(sink.takeCalls() == ["establish_context", "connect 8010000B", "release_context"])
            // Nobody else can have made it wait.
            _ = try await owner.transmit(Self.selectWithoutAnswer)
            guard case .apdu(let exchange)? = sink.take().first else { throw TestFailure("no APDU was told") }
            #expect(exchange.isWaitExact)
            try await owner.disconnect()
        }

        @Test func aCardThatAnotherProgramReset() async throws {
            _ = try await OwnBench.filled(0)
            let card = try await readers.connect(to: OwnBench.first)
            let other = try await readers.connect(to: OwnBench.first)
            try await other.disconnect(.reset)
            let error = await #expect(throws: CardReaderError.self) { try await card.transmit(Self.selectMF) }
            #expect(error?.deviceError == .cardReset)
            try await card.reconnect(initialization: .unpower)
            #expect(try await card.transmit(Self.selectWithoutAnswer).isSuccess)
            try await card.disconnect()
        }

        @Test func readersThatAreNotThere() async throws {
            _ = try await OwnBench.filled()
            let error = await #expect(throws: CardReaderError.self) { try await readers.connect(to: "None 00") }
            #expect(error == .refused(.connect, code: 0x8010_0009, reader: "None 00"))
            let empty = await #expect(throws: CardReaderError.self) { try await readers.connect(to: OwnBench.first) }
            #expect(empty?.deviceError == .cardRemoved, "\(empty as Any)")
            #expect(try await readers.list().map(\.name) == [OwnBench.first, OwnBench.second])
        }

        @Test func whatTheDriverSays() async throws {
            _ = try await OwnBench.filled(0)
            let card = try await readers.connect(to: OwnBench.first)
            let status = try await card.status()
            #expect(status.state.isSuperset(of: [.present, .powered]) && status.sessionProtocol == .t0)
            #expect(HexBytes(status.atr).description == OwnBench.atr)
            sink.forget()
            // The virtual reader's driver knows no feature, attribute or code.
            let code = ControlCode(function: 1)
            let refused = await #expect(throws: CardReaderError.self) { try await card.control(code, [1, 2]) }
            #expect(
                refused?.explanation.hasPrefix("the driver of \"\(OwnBench.first)\" cannot do this") == true,
                "\(refused as Any)")
            let unknown = await #expect(throws: CardReaderError.self) { try await card.attribute(.atr) }
            #expect(unknown == .refused(.getAttribute, code: 0x8010_001F, reader: OwnBench.first))
            await #expect(throws: CardReaderError.self) { try await card.setAttribute(.vendorName, to: [0x41]) }
            guard case .operation(let operation)? = sink.take().first else { throw TestFailure("no call was told") }
            #expect(
                operation.operation == .control && operation.controlCode == 0x4200_0001 && operation.resultCode != 0)
            try await card.disconnect()
            // The reader alone needs no card.
            _ = try await OwnBench.filled()
            let reader = try await readers.connect(to: OwnBench.first, share: .direct, protocols: .raw)
            #expect(await reader.atr == nil)
            try await reader.disconnect()
        }

        @Test func sessionsLeaveNothingBehind() async throws {
            _ = try await OwnBench.filled(0)
            func held() throws -> (threads: Int, descriptors: Int) {
                let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
                return (try OwnBench.threadCount(), open.count)
            }
            func use() async throws {
                let card = try await readers.connect(to: OwnBench.first)
                _ = try await card.transmit(Self.selectWithoutAnswer)
                if Bool.random() { try await card.disconnect() }
                _ = try await readers.waitForCard()
            }
            func closings() -> Int {
                sink.events.count {
                    if case .sessionClosed(let closed) = $0 { closed.status == .completed } else { false }
                }
            }
            try await use()
            #expect(try await eventually(within: 2) { closings() == 1 })
            try await Task.sleep(for: .milliseconds(50))
            let before = try held()
            for _ in 1...100 { try await use() }
            #expect(try await eventually(within: 5) { closings() == 101 })
            #expect(
                try await eventually(within: 5) {
                    let now = try held()
                    // The shared pool may have grown by a thread for each processor.
                    return now.threads <= before.threads + 2 && now.descriptors <= before.descriptors
                })
        }

        @Test func extendedLengthsOverT1() async throws {
            _ = try await OwnBench.filled(1)
            let card = try await readers.connect(to: OwnBench.second, protocols: .t1)
            #expect(await card.sessionProtocol == .t1)
            let data = [UInt8](repeating: 0x5A, count: 2_000)
            let answer = try await card.perform(
                try CardCommand(cla: 0x00, ins: 0xCB, p1: 0x3F, p2: 0xFF, data: data, expecting: 4_000))
            #expect(answer.data.count == 2_998 && answer.statusWord.value == 0xA5A5)
            guard case .apdu(let exchange)? = sink.events.last else { throw TestFailure("no APDU was told") }
            #expect(exchange.command.bytes.count == 2_009 && exchange.response.bytes.count == 3_000)
            #expect(exchange.isCut && exchange.sessionProtocol == .t1)
            try await card.disconnect()
            let error = await #expect(throws: CardReaderError.self) {
                try await readers.connect(to: OwnBench.second, protocols: .t0)
            }
            #expect(error?.deviceError == .protocolMismatch)
        }
    }
}

extension RecordingSink {
    func forget() { _ = take() }
}
