import CardReader
import Foundation
import ProbeEvents
import SmartCard
import Synchronization
import TestSupport
import Testing

extension OnPCSCD {
    /// Waits for cards, transactions, and their ends.
    @Suite struct CardWaitTests {
        let sink = RecordingSink()
        let readers: CardReaders

        init() { readers = CardReaders(sink: sink) }

        @Test func aCardThatComesAndGoes() async throws {
            let bench = try await OwnBench.filled()
            async let came = readers.waitForCard(within: .seconds(5))
            try await Task.sleep(for: .milliseconds(200))
            try bench.control("insert 1")
            let reader = try await came
            #expect(reader.name == OwnBench.second && reader.state.contains("present"))
            // At once when it is there; not in the other reader.
            #expect(try await readers.waitForCard().name == OwnBench.second)
            await #expect(throws: CardReaderError.noCard(reader: OwnBench.first, after: .milliseconds(300))) {
                try await readers.waitForCard(in: OwnBench.first, within: .milliseconds(300))
            }
            try await readers.waitForRemoval(from: OwnBench.first)
            await #expect(throws: CardReaderError.cardStayed(reader: OwnBench.second, after: .milliseconds(300))) {
                try await readers.waitForRemoval(from: OwnBench.second, within: .milliseconds(300))
            }
            async let gone: Void = readers.waitForRemoval(from: OwnBench.second)
            try bench.control("remove 1")
            try await gone
        }

        @Test func timesOutWhenItWasSaid() async throws {
            _ = try await OwnBench.filled()
            let took = await ContinuousClock().measure {
                await #expect(throws: CardReaderError.noCard(reader: "", after: .milliseconds(1_300))) {
                    try await readers.waitForCard(within: .milliseconds(1_300))
                }
            }
            #expect(took > .milliseconds(1_250) && took < .milliseconds(2_000), "\(took)")
        }

        @Test func aCancelledTaskEndsItsWait() async throws {
            _ = try await OwnBench.filled()
            let readers = readers
            let wait = Task { try await readers.waitForCard() }
            try await Task.sleep(for: .milliseconds(300))
            wait.cancel()
            let took = await ContinuousClock().measure {
                let result = await wait.result
                #expect(throws: CardReaderError.cancelled) { try result.get() }
            }
            #expect(took < .milliseconds(100), "\(took)")
            // SCardCancel has ended the call in pcscd, and the connection is given back.
            #expect(try await eventually(within: 2) { sink.events.count == 5 })
            #expect(
                sink.takeCalls() == [
                    "establish_context", "list_readers", "wait_for_change", "wait_for_change 80100002",
                    "release_context",
                ])
        }

        @Test func aCancelledTaskIsFreeWhilePCSCDHangs() async throws {
            let bench = try await OwnBench.filled()
            let readers = readers
            let wait = Task { try await readers.waitForCard() }
            try await Task.sleep(for: .milliseconds(300))
            let pcscd = try bench.pcscd()
            kill(pcscd, SIGSTOP)
            defer { kill(pcscd, SIGCONT) }
            wait.cancel()
            let took = await ContinuousClock().measure { _ = await wait.result }
            #expect(took < .milliseconds(100), "\(took)")
            await #expect(throws: CardReaderError.noAnswer) { try await readers.list(within: .milliseconds(300)) }
        }

        @Test func aTaskThatWasCancelledBeforeAsksNothing() async throws {
            _ = try await OwnBench.filled(0)
            let card = try await readers.connect(to: OwnBench.first)
            sink.forget()
            let threads = try OwnBench.threadCount()
            let readers = readers
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                await #expect(throws: CardReaderError.cancelled) { try await card.transmit(CardTests.selectMF) }
                await #expect(throws: CardReaderError.cancelled) { try await readers.connect(to: OwnBench.first) }
                for _ in 1...5 {
                    await #expect(throws: CardReaderError.cancelled) { try await readers.waitForCard() }
                }
            }
            await task.value
            #expect(try await eventually(within: 2) { try OwnBench.threadCount() <= threads + 2 })
            #expect(sink.takeCalls() == [])
            try await card.disconnect()
        }

        @Test func anothersTransactionIsWaitedFor() async throws {
            _ = try await OwnBench.filled(0)
            let holder = try await readers.connect(to: OwnBench.first)
            let other = try await readers.connect(to: OwnBench.first)
            let begun = OneTimeFlag()
            async let held: Void = holder.transaction {
                begun.raise()
                try await Task.sleep(for: .milliseconds(400))
            }
            #expect(try await eventually { begun.isRaised })
            let took = try await ContinuousClock().measure {
                _ = try await other.transmit(CardTests.selectWithoutAnswer)
            }
            try await held
            #expect(took > .milliseconds(250), "\(took)")
            // The wait cannot be told from the card's time here, and is marked so.
            let told = sink.events.compactMap { event in if case .apdu(let exchange) = event { exchange } else { nil } }
            #expect(told.count == 1 && told[0].waitNanoseconds == 0 && !told[0].isWaitExact)
            #expect(told[0].stamp.durationNanoseconds > 250_000_000)
            try await holder.disconnect()
            try await other.disconnect()
        }

        @Test func aTransactionIsEndedOnceWhateverHappensInIt() async throws {
            _ = try await OwnBench.filled(0)
            let card = try await readers.connect(to: OwnBench.first)
            sink.forget()
            // A value comes back, and local state can be changed.
            var rounds = 0
            let word = try await card.transaction {
                rounds += 1
                return try await card.transmit(CardTests.selectWithoutAnswer).statusWord.value
            }
            #expect(word == 0x9000 && rounds == 1)
            #expect(sink.takeCalls() == ["begin_transaction", "SELECT 9000", "end_transaction"])
            // An error.
            await #expect(throws: TestFailure.self) {
                try await card.transaction { throw TestFailure("of the program's own") }
            }
            #expect(sink.takeCalls() == ["begin_transaction", "end_transaction"])
            // A cancelled task.
            let task = Task {
                try await card.transaction {
                    _ = try await card.transmit(CardTests.selectWithoutAnswer)
                    try await Task.sleep(for: .seconds(60))
                }
            }
            #expect(try await eventually { sink.count == 2 })
            task.cancel()
            let result = await task.result
            #expect(throws: CancellationError.self) { try result.get() }
            #expect(sink.takeCalls() == ["begin_transaction", "SELECT 9000", "end_transaction"])
            // One within another, and a session closed within.
            try await card.transaction {
                try await card.transaction(ending: .leave) {
                    _ = try await card.transmit(CardTests.selectWithoutAnswer)
                }
                try await card.disconnect()
            }
            #expect(
                sink.takeCalls() == [
                    "begin_transaction", "begin_transaction", "SELECT 9000", "end_transaction",
                ] + CardTests.closing)
        }

        @Test func noOtherTaskGetsIntoATransaction() async throws {
            _ = try await OwnBench.filled(0)
            let card = try await readers.connect(to: OwnBench.first)
            sink.forget()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in UInt8(1)...8 {
                    group.addTask {
                        try await card.transaction {
                            for _ in 1...3 {
                                _ = try await card.transmit([0x00, 0xA4, 0x00, 0x0C, 0x02, 0x00, number])
                                await Task.yield()
                            }
                        }
                        _ = try await card.transmit([0x00, 0xB0, 0x00, 0x00, number])
                    }
                }
                try await group.waitForAll()
            }
            let selects = sink.events.compactMap { event -> UInt8? in
                guard case .apdu(let exchange) = event, exchange.name == .select else { return nil }
                return exchange.command.bytes.last
            }
            #expect(selects.count == 24)
            for start in stride(from: 0, to: selects.count, by: 3) {
                #expect(Set(selects[start..<(start + 3)]).count == 1, "\(selects)")
            }
            // Between begin and end there is nothing of another task.
            var isOpen = false
            for event in sink.events {
                switch event {
                case .operation(let operation) where operation.operation == .beginTransaction: isOpen = true
                case .operation(let operation) where operation.operation == .endTransaction: isOpen = false
                case .apdu(let exchange):
                    #expect(isOpen == (exchange.name == .select))
                    #expect(exchange.isUpperBound == !isOpen)
                default: break
                }
            }
            try await card.disconnect()
        }

        @Test func aConnectThatComesTooLateIsClosed() async throws {
            let bench = try await OwnBench.filled(0)
            let readers = readers
            let pcscd = try bench.pcscd()
            kill(pcscd, SIGSTOP)
            let connecting = Task { try await readers.connect(to: OwnBench.first) }
            try await Task.sleep(for: .milliseconds(200))
            connecting.cancel()
            let took = await ContinuousClock().measure {
                let result = await connecting.result
                #expect(throws: CardReaderError.cancelled) { try result.get() }
            }
            #expect(took < .milliseconds(100), "\(took)")
            kill(pcscd, SIGCONT)
            #expect(try await eventually(within: 3) { sink.count == 8 })
            #expect(sink.takeCalls() == CardTests.opening + CardTests.closing)
        }

        @Test func aTransactionThatIsGrantedTooLateIsEnded() async throws {
            _ = try await OwnBench.filled(0)
            let holder = try await readers.connect(to: OwnBench.first)
            let other = try await readers.connect(to: OwnBench.first)
            let done = OneTimeFlag()
            let begun = OneTimeFlag()
            async let held: Void = holder.transaction {
                begun.raise()
                while !done.isRaised { try await Task.sleep(for: .milliseconds(5)) }
            }
            #expect(try await eventually { begun.isRaised })
            sink.forget()
            let waiting = Task { try await other.transaction { throw TestFailure("must not be reached") } }
            try await Task.sleep(for: .milliseconds(200))
            waiting.cancel()
            let took = await ContinuousClock().measure {
                let result = await waiting.result
                #expect(throws: CardReaderError.cancelled) { try result.get() }
            }
            #expect(took < .milliseconds(100), "\(took)")
            done.raise()
            try await held
            // Granted late and ended at once: the card is free for others.
            _ = try await other.transmit(CardTests.selectWithoutAnswer)
            #expect(
                sink.takeCalls() == ["end_transaction", "begin_transaction", "end_transaction", "SELECT 9000"])
            try await holder.disconnect()
            try await other.disconnect()
        }

        @Test func aTaskThatWaitsItsTurnCanBeCancelled() async throws {
            _ = try await OwnBench.filled(0)
            let card = try await readers.connect(to: OwnBench.first)
            let begun = OneTimeFlag()
            let done = OneTimeFlag()
            async let held: Void = card.transaction {
                begun.raise()
                while !done.isRaised { try await Task.sleep(for: .milliseconds(5)) }
            }
            #expect(try await eventually { begun.isRaised })
            let waiting = Task { try await card.transmit(CardTests.selectMF) }
            try await Task.sleep(for: .milliseconds(50))
            waiting.cancel()
            let result = await waiting.result
            #expect(throws: CardReaderError.cancelled) { try result.get() }
            done.raise()
            try await held
            #expect(sink.exchanges == [])
            try await card.disconnect()
        }

        @Test func aSlowCardHoldsUpNoOther() async throws {
            _ = try await OwnBench.filled(0, 1)
            let quick = try await readers.connect(to: OwnBench.first)
            let slow = try await readers.connect(to: OwnBench.second)
            async let answer = slow.transmit([0x00, 0x20, 0x00, 0x81])
            try await Task.sleep(for: .milliseconds(50))
            let took = try await ContinuousClock().measure {
                for _ in 1...20 { _ = try await quick.transmit(CardTests.selectWithoutAnswer) }
            }
            #expect(took < .milliseconds(300), "\(took)")
            #expect(try await answer.statusWord.value == 0x9000)
            try await quick.disconnect()
            try await slow.disconnect()
        }
    }
}

/// Raised by one task, looked at by others.
private final class OneTimeFlag: Sendable {
    private let value = Mutex(false)
    func raise() { value.withLock { $0 = true } }
    var isRaised: Bool { value.withLock { $0 } }
}
