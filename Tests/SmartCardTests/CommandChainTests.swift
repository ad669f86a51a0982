import SmartCard
import TestSupport
import Testing

@Suite struct CommandChainTests {
    /// One exchange of 1,000 ns; `at` is its begin.
    static func exchange(
        _ command: String, _ word: UInt16?, at start: UInt64 = 0, received: Int = 0, isT0: Bool = true
    ) -> ChainedExchange {
        ChainedExchange(
            command: CommandAPDU(hex(command)), isT0: isT0, startNanoseconds: start, durationNanoseconds: 1_000,
            receivedBytes: received, statusWord: word.map { StatusWord($0) })
    }

    @Test func selectWithGetResponse() throws {
        var chain = CommandChain()
        let first = chain.observe(Self.exchange("00 A4 00 04 02 3F 00", 0x6120, at: 100))
        #expect(first.previous == nil && first.current == nil && !first.joined)
        #expect(chain.pending != nil)
        let second = chain.observe(Self.exchange("00 C0 00 00 20", 0x9000, at: 5_100, received: 32))
        #expect(second.joined)
        #expect(second.previous == nil)
        let command = try #require(second.current)
        #expect(command.name == .select)
        #expect(command.exchanges == 2)
        #expect(command.cardTimeNanoseconds == 2_000)
        #expect(command.wallTimeNanoseconds == 6_000)
        #expect(command.startNanoseconds == 100)
        #expect(command.sentBytes == 2)
        #expect(command.receivedBytes == 32)
        #expect(command.statusWord == StatusWord(0x9000))
        #expect(command.ending == .complete)
        #expect(chain.pending == nil)
    }

    /// What continues a command, and what does not: a run of (command, status word), then the exchanges of each
    /// logical command that came out; the last is closed by a disconnect.
    static let runs: [(run: [(String, UInt16)], expected: [Int])] = [
        ([("00 B0 00 00 00", 0x6C0A), ("00 B0 00 00 0A", 0x9000)], [2]),
        ([("00 B0 00 00 00", 0x6C00), ("00 B0 00 00 00", 0x9000)], [2]),
        ([("00 B0 00 00 00", 0x6C0A), ("00 B0 00 00 0B", 0x9000)], [1, 1]),
        ([("00 B0 00 00 00", 0x6C0A), ("00 B0 00 01 0A", 0x9000)], [1, 1]),
        ([("00 B0 00 00 00", 0x6C0A), ("00 B2 01 04 0A", 0x9000)], [1, 1]),
        ([("A0 A4 00 00 02 3F 00", 0x9F17), ("A0 C0 00 00 17", 0x9000)], [2]),
        ([("00 A4 00 04 02 3F 00", 0x6120), ("00 A4 00 04 02 2F 00", 0x6120), ("00 C0 00 00 20", 0x9000)], [1, 2]),
        ([("00 A4 00 04 02 3F 00", 0x6120), ("00 C0 00 00 20", 0x6110), ("00 C0 00 00 10", 0x9000)], [3]),
        ([("00 A4 00 04 02 3F 00", 0x6120), ("00 C0 00 00 00", 0x6C20), ("00 C0 00 00 20", 0x9000)], [3]),
        ([("00 A4 00 04 02 3F 00", 0x6120), ("00 C0 01 00 20", 0x9000)], [1, 1]),
        // GET RESPONSE in the same class, or in the ISO class of the same channel.
        ([("80 F2 40 00 02 4F 00", 0x6120), ("80 C0 00 00 20", 0x9000)], [2]),
        ([("80 F2 40 00 02 4F 00", 0x6120), ("00 C0 00 00 20", 0x9000)], [2]),
        ([("81 F2 40 00 02 4F 00", 0x6120), ("80 C0 00 00 20", 0x9000)], [1, 1]),
        ([("80 F2 40 00 02 4F 00", 0x6120), ("01 C0 00 00 20", 0x9000)], [1, 1]),
        // A warning after a case 4 command: GET RESPONSE with P3 = 00, then with the length.
        ([("00 A4 00 04 02 3F 00", 0x6283), ("00 C0 00 00 00", 0x6C20), ("00 C0 00 00 20", 0x9000)], [3]),
        ([("00 A4 00 04 02 3F 00", 0x62F3), ("00 C0 00 00 20", 0x9000)], [1, 1]),
        ([("00 20 00 01 08 31 32 33 34 FF FF FF FF", 0x63C2), ("00 C0 00 00 00", 0x9000)], [1, 1]),
        // Sequences of logical commands, not one.
        ([("80 C2 00 00 02 D6 00", 0x9110), ("80 12 00 00 10", 0x9000)], [1, 1]),
        ([("80 F2 40 00 02 4F 00", 0x6310), ("80 F2 40 01 02 4F 00", 0x9000)], [1, 1]),
        ([("10 DA 00 00 01 AA", 0x9000), ("00 DA 00 00 01 AA", 0x9000)], [1, 1]),
        ([("00 C0 00 00 10", 0x9000)], [1]),
        ([("00 A4", 0x6700), ("", 0x6700)], [1, 1]),
    ]

    @Test(arguments: runs)
    func folding(_ run: [(String, UInt16)], _ expected: [Int]) {
        var chain = CommandChain()
        var finished: [LogicalCommand] = []
        for (index, step) in run.enumerated() {
            finished += chain.observe(Self.exchange(step.0, step.1, at: UInt64(index) * 2_000))
        }
        if let rest = chain.close(.disconnected) { finished.append(rest) }
        #expect(finished.map(\.exchanges) == expected)
        #expect(finished.map(\.startNanoseconds) == finished.map(\.startNanoseconds).sorted())
        #expect(finished.reduce(0) { $0 + $1.cardTimeNanoseconds } == UInt64(run.count) * 1_000)
    }

    @Test func dataOfAllPartsCount() throws {
        var chain = CommandChain()
        _ = chain.observe(Self.exchange("00 A4 00 04 02 3F 00", 0x6120))
        _ = chain.observe(Self.exchange("00 C0 00 00 20", 0x6110, received: 32))
        let command = try #require(chain.observe(Self.exchange("00 C0 00 00 10", 0x9000, received: 16)).current)
        #expect(command.receivedBytes == 48)
        #expect(command.sentBytes == 2)
    }

    @Test func aT1CardMayRepeatWithData() {
        var chain = CommandChain()
        _ = chain.observe(Self.exchange("80 CA 00 00 02 5C 00 00", 0x6C10, isT0: false))
        #expect(chain.observe(Self.exchange("80 CA 00 00 02 5C 00 10", 0x9000, isT0: false)).joined)
    }

    @Test func warningOverT1Ends() {
        var chain = CommandChain()
        let finished = chain.observe(Self.exchange("00 A4 00 04 02 3F 00", 0x6283, isT0: false))
        #expect(finished.current?.statusWord == StatusWord(0x6283))
        #expect(
            chain.observe(Self.exchange("00 A4 00 04 02 3F 00 00", 0x6283, received: 20)).current != nil, "it has data")
    }

    @Test func supersededAndNewInOneStep() {
        var chain = CommandChain()
        _ = chain.observe(Self.exchange("00 A4 00 04 02 3F 00", 0x6120))
        let finished = chain.observe(Self.exchange("00 B0 00 00 02", 0x9000, at: 2_000))
        #expect(finished.previous?.ending == .superseded)
        #expect(finished.previous?.statusWord == StatusWord(0x6120))
        #expect(finished.current?.ending == .complete)
        #expect(Array(finished).map(\.name.name) == ["SELECT", "READ BINARY"])
    }

    @Test func endings() {
        for ending in [LogicalCommand.Ending.disconnected, .reset] {
            var chain = CommandChain()
            #expect(chain.close(ending) == nil)
            _ = chain.observe(Self.exchange("00 A4 00 04 02 3F 00", 0x6120))
            #expect(chain.close(ending)?.ending == ending)
            #expect(chain.close(ending) == nil)
            #expect(!chain.observe(Self.exchange("00 C0 00 00 20", 0x9000, at: 2_000)).joined)
        }
    }

    @Test func transportError() {
        var chain = CommandChain()
        _ = chain.observe(Self.exchange("00 A4 00 04 02 3F 00", 0x6120))
        let finished = chain.observe(Self.exchange("00 C0 00 00 20", nil, at: 2_000))
        #expect(finished.joined)
        #expect(finished.current?.ending == .transportError)
        #expect(finished.current?.exchanges == 2)
        #expect(finished.current?.statusWord == nil)
    }

    @Test func idle() {
        var chain = CommandChain(idleNanoseconds: 5_000)
        _ = chain.observe(Self.exchange("00 A4 00 04 02 3F 00", 0x6120))
        #expect(chain.closeIfIdle(atNanoseconds: 5_999) == nil)
        #expect(chain.closeIfIdle(atNanoseconds: 0) == nil, "a clock that stands before the end is not idle")
        #expect(chain.closeIfIdle(atNanoseconds: 6_000)?.ending == .idle)
        #expect(chain.closeIfIdle(atNanoseconds: 9_000) == nil)
        _ = chain.observe(Self.exchange("00 A4 00 04 02 3F 00", 0x6120, at: 10_000))
        let late = chain.observe(Self.exchange("00 C0 00 00 20", 0x9000, at: 90_000))
        #expect(late.previous?.ending == .idle)
        #expect(!late.joined)
        #expect(late.current?.name == .getResponse)
    }

    @Test func absurdTimesDoNotTrap() {
        var chain = CommandChain()
        for (start, duration) in [(UInt64.max, UInt64.max), (0, .max), (.max, 0)] {
            var exchange = Self.exchange("00 A4 00 04 02 3F 00", 0x6120, at: start)
            exchange.durationNanoseconds = duration
            exchange.receivedBytes = .max
            _ = chain.observe(exchange)
            exchange = Self.exchange("00 C0 00 00 20", 0x6120, at: start)
            exchange.durationNanoseconds = duration
            exchange.receivedBytes = .max
            _ = chain.observe(exchange)
        }
        #expect((chain.close(.reset)?.wallTimeNanoseconds ?? 0) >= 0)
    }

    @Test func channelsHaveChainsOfTheirOwn() {
        var chains = CommandChains()
        #expect(!chains.observe(Self.exchange("01 A4 00 04 02 3F 00", 0x6120)).joined)
        #expect(chains.observe(Self.exchange("00 B0 00 00 02", 0x9000, at: 2_000)).previous == nil)
        #expect(chains.observe(Self.exchange("01 C0 00 00 20", 0x9000, at: 4_000)).current?.exchanges == 2)
        _ = chains.observe(Self.exchange("02 A4 00 04 02 3F 00", 0x6120, at: 8_000))
        _ = chains.observe(Self.exchange("01 A4 00 04 02 3F 00", 0x6120, at: 6_000))
        #expect(chains.closeIdle(atNanoseconds: 9_000).isEmpty)
        #expect(chains.closeAll(.reset).map(\.command.cla) == [0x01, 0x02], "in the order of their begin")
        #expect(chains.closeAll(.reset).isEmpty)
        _ = chains.observe(Self.exchange("02 A4 00 04 02 3F 00", 0x6120))
        #expect(chains.closeIdle(atNanoseconds: 6_000_000_000).map(\.ending) == [.idle])
    }
}
