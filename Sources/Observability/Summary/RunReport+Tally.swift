internal import ProbeEvents
internal import PrometheusClient
internal import SmartCard

extension RunReport {
    /// The report of a run whose events are counted.
    init(_ tally: RunTally, _ outcome: RunOutcome) {
        let spent = tally.commands.reduce(into: Spent()) { $0.add($1) }
        let calls = tally.operations.values.reduce(spent.calls + tally.unsentCommands) { $0 + $1.calls }
        program = outcome.program
        exitCode = OrNull(outcome.ending.code)
        exitSignal = OrNull(outcome.ending.signal)
        exitSignalName = OrNull(outcome.ending.signal.flatMap(SignalName.name(of:)))
        startedAt = RFC3339.text(wallNanoseconds: outcome.startedWallNanoseconds)
        var endedWall = outcome.startedWallNanoseconds
        endedWall.addSaturating(outcome.wallNanoseconds)
        endedAt = RFC3339.text(wallNanoseconds: endedWall)
        wallNanoseconds = outcome.wallNanoseconds
        cardNanoseconds = spent.cardNanoseconds
        cardShare = Self.share(spent.cardNanoseconds, of: outcome.wallNanoseconds)
        waitNanoseconds = tally.readers.all.reduce(into: 0) { $0.addSaturating($1.value.waitNanoseconds) }
        upperBoundCommands = spent.upperBounds
        pcscCalls = calls
        remark = OrNull(calls == 0 && tally.sessions.opened == 0 ? outcome.remarkWithoutCalls : nil)
        commandCount = spent.calls
        untimedCount = spent.untimed
        unansweredCount = tally.unansweredCommands
        unsentCount = tally.unsentCommands
        errorCount = spent.errors
        probingRefusalCount = spent.probingRefusals
        expectedCount = spent.expectedErrors
        commands = Self.commands(tally.commands, cardNanoseconds: spent.cardNanoseconds)
        statusWords = Self.byStatusWord(tally.statusWords)
        statusWordLabels = Self.named(tally.statusWordLabels) { $0.name }
        probingRefusals = Self.byStatusWord(tally.probingRefusals)
        expected = Self.named(tally.expected) { "\($0.command) \($0.outcome)" }
        expectations = outcome.expectations
        flights = outcome.flights
        errorTypes = Self.named(tally.errorTypes) { $0.name }
        instructions = Self.byInstruction(tally.instructions)
        commandsWithoutHeader = tally.commandsWithoutHeader
        responsesWithoutStatusWord = tally.responsesWithoutStatusWord
        failedTransmits = Self.failures(tally.failedTransmits)
        operations = Self.operations(tally.operations)
        readers = Self.readers(tally, endNanoseconds: outcome.endedNanoseconds)
        sessions = Self.sessions(tally)
        clients = tally.clients.all.map { Client($0.value, isRest: $0.key == nil) }
        clientCounts = Clients(
            attached: tally.clientCounts.attached, ended: tally.clientCounts.ended, killed: tally.clientCounts.killed)
        pins = tally.pins.all.filter { $0.value.refused > 0 || $0.value.isBlocked }.map { PIN($0.key, $0.value) }
        bip = BIP(tally.bip, endNanoseconds: outcome.endedNanoseconds)
        securedPackets = SecuredPackets(tally.packets)
        esim = ESIM(tally.esim)
        tests = Tests(tally.tests)
        droppedEvents = tally.dropped.reduce(into: 0) { sum, loss in
            if !loss.key.isOfPrograms { sum.addSaturating(loss.value) }
        }
        lostClients = tally.dropped.reduce(into: 0) { sum, loss in
            if loss.key.isOfPrograms { sum.addSaturating(loss.value) }
        }
        droppedEventsByReason = Self.named(tally.dropped) { $0.name }
        sourceFaults = tally.sourceFaults
        openSourceFaults = SourceKind.allCases.compactMap { tally.openFaults[$0] }
    }

    /// Sums over all command names.
    private struct Spent {
        var calls: UInt64 = 0
        var errors: UInt64 = 0
        var probingRefusals: UInt64 = 0
        var expectedErrors: UInt64 = 0
        var upperBounds: UInt64 = 0
        var untimed: UInt64 = 0
        var cardNanoseconds: UInt64 = 0

        mutating func add(_ command: CommandTally) {
            calls += command.calls
            untimed += command.untimed
            errors += command.errors
            probingRefusals += command.probingRefusals
            expectedErrors += command.expectedErrors
            upperBounds += command.upperBounds
            cardNanoseconds.addSaturating(command.times.sum)
        }
    }

    /// A part of a whole from 0 to 1, with four decimals.
    static func share(_ part: UInt64, of whole: UInt64) -> Double {
        guard whole > 0 else { return 0 }
        return (min(1, Double(part) / Double(whole)) * 10_000).rounded() / 10_000
    }

    private static func commands(_ tallies: [CommandTally], cardNanoseconds: UInt64) -> [Command] {
        let rows = zip(CommandName.all, tallies).filter { $1.calls > 0 }.map { name, tally in
            Command(
                command: name.name, calls: tally.calls, untimedCalls: tally.untimed, errors: tally.errors,
                probingRefusals: tally.probingRefusals, expectedErrors: tally.expectedErrors,
                p50Nanoseconds: tally.times.quantile(0.5),
                p95Nanoseconds: tally.times.quantile(0.95), maxNanoseconds: tally.times.max,
                totalNanoseconds: tally.times.sum, share: share(tally.times.sum, of: cardNanoseconds))
        }
        return rows.sorted { left, right in
            (right.totalNanoseconds, right.calls, left.command) < (left.totalNanoseconds, left.calls, right.command)
        }
    }

    static func named<Key>(_ counts: [Key: UInt64], _ name: (Key) -> String) -> [String: UInt64] {
        Dictionary(counts.map { (name($0), $1) }) { $0 + $1 }
    }

    private static func byStatusWord(_ counts: [UInt16: UInt64]) -> [String: UInt64] {
        named(counts) { StatusWord($0).description }
    }

    private static func byInstruction(_ counts: [UInt64]) -> [String: UInt64] {
        let used = counts.enumerated().filter { $0.element > 0 }
        return Dictionary(used.map { (HexBytes([UInt8($0.offset)]).description, $0.element) }) { $0 + $1 }
    }

    private static func failures(_ table: BoundedTable<UInt32, UInt64>) -> [Failure] {
        table.all.map { code, count in
            guard let code else { return Failure(resultCode: "other", name: "other", isRoutine: false, count: count) }
            let digits = String(code, radix: 16, uppercase: true)
            return Failure(
                resultCode: String(repeating: "0", count: 8 - digits.count) + digits,
                name: PCSCResult(code).symbol, isRoutine: PCSCResult(code).isRoutine, count: count)
        }
    }

    private static func operations(_ tallies: [DeviceOperation: OperationTally]) -> [Operation] {
        DeviceOperation.allCases.compactMap { kind in
            tallies[kind].map { Operation(operation: kind.name, calls: $0.calls, failures: failures($0.failures)) }
        }
    }

    private static func readers(_ tally: RunTally, endNanoseconds: UInt64) -> [Reader] {
        var open: [String: UInt64] = [:]
        for (key, opening) in tally.sessions.open {
            let end = tally.clients.value(of: key.client)?.endedNanoseconds ?? endNanoseconds
            open[opening.reader, default: 0].addSaturating(end - min(opening.startNanoseconds, end))
        }
        return tally.readers.all.map { name, reader in
            var row = Reader(name ?? "other", reader)
            if let name { row.sessionNanoseconds.addSaturating(open[name] ?? 0) }
            return row
        }
    }

    private static func sessions(_ tally: RunTally) -> Sessions {
        Sessions(
            opened: tally.sessions.opened, closed: named(tally.sessions.closed) { $0.name },
            errors: named(tally.sessions.errors) { $0.name }, leftOpen: tally.clientCounts.sessionsLeftOpen)
    }
}

extension RunOutcome.Ending {
    /// The exit status; nil when a signal ended the program.
    var code: Int32? {
        if case .exited(let code) = self { return code }
        return nil
    }

    /// The signal; nil when the program ended by exit.
    var signal: Int32? {
        if case .signalled(let signal) = self { return signal }
        return nil
    }
}

extension RunReport.Reader {
    fileprivate init(_ name: String, _ tally: ReaderTally) {
        reader = name
        let decoded = try? ATR(tally.atr)
        atr = OrNull(tally.atr.isEmpty ? nil : HexBytes(tally.atr).description)
        atrDescription = OrNull(tally.atr.isEmpty ? nil : decoded?.description ?? "malformed")
        card = OrNull(decoded.flatMap { $0.likelyCard == .unknown ? nil : $0.likelyCard.name })
        commands = tally.commands
        sessions = tally.sessions
        sessionNanoseconds = tally.sessionNanoseconds
        waitNanoseconds = tally.waitNanoseconds
        waitIsLowerBound = tally.isWaitLowerBound
        waitIsUpperBound = tally.isWaitUpperBound
    }
}

extension RunReport.Client {
    fileprivate init(_ tally: ClientTally, isRest: Bool) {
        pid = isRest ? 0 : tally.pid
        program = isRest ? "other" : tally.program
        library = isRest ? "" : tally.library
        isWaitExact = tally.isWaitExact
        commands = tally.commands
        state =
            switch tally.state {
            case .running: "running"
            case .ended: "ended"
            case .killed: "killed"
            }
        sessionsLeftOpen = tally.sessionsLeftOpen
    }
}

extension RunReport.PIN {
    fileprivate init(_ key: PINReference?, _ tally: PINTally) {
        reader = key?.reader ?? "other"
        command = key?.command.name ?? "OTHER"
        reference = HexBytes([key?.reference ?? 0]).description
        refused = tally.refused
        triesLeft = OrNull(tally.triesLeft)
        isBlocked = tally.isBlocked
        isAcceptedSince = tally.isAcceptedSince
    }
}

extension DropReason {
    /// Whether it counts programs whose events nobody could number, not events.
    var isOfPrograms: Bool { self == .clientLost || self == .refused }
}
