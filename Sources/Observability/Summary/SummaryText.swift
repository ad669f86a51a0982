internal import ProbeEvents

/// What `run` prints at its end, in the manner of `strace -c`: one screen, nothing that does not apply.
package struct SummaryText: Sendable {
    private let report: RunReport
    private let layout: SummaryLayout
    private let lineLimit: Int

    /// A text of at most that many lines and columns (at least 24 and 80); escape sequences only when coloured.
    package init(_ report: RunReport, columns: Int = 80, lines: Int = 24, isColoured: Bool = false) {
        self.report = report
        layout = SummaryLayout(columns: max(80, columns), isColoured: isColoured)
        lineLimit = max(24, lines)
    }

    /// The whole text, each line with its line feed.
    package var text: String { lines.map { $0 + "\n" }.joined() }

    /// The lines: the head, the commands, then what else there is to say.
    package var lines: [String] {
        let head = header + remark
        let notes =
            status + calls + probing + expected + bip + Self.packets(report.securedPackets, layout)
            + Self.esim(report.esim, layout) + Self.tests(report.tests, layout) + pins + failures + bound + unknown
            + dropped + clients + sources + flights
        let blocks = readers
        // Whatever else there is to say, three commands and one reader are shown.
        let leastRows = report.commands.isEmpty ? 0 : 1 + min(3, report.commands.count)
        let readerRoom = lineLimit - head.count - notes.count - leastRows
        let readerLines = fitting(blocks, into: readerRoom)
        let tableRoom = lineLimit - head.count - notes.count - readerLines.count
        let table = SummaryTable(report, layout).lines(limit: tableRoom - 1)
        let noteStart = status.count
        let all = head + table + notes.prefix(noteStart) + readerLines + notes.dropFirst(noteStart)
        return Array(all.prefix(lineLimit))
    }

    private func fitting(_ blocks: [[String]], into room: Int) -> [String] {
        var lines: [String] = []
        for (index, block) in blocks.enumerated() {
            let isLast = index == blocks.count - 1
            guard index == 0 || lines.count + block.count + (isLast ? 0 : 1) <= room else {
                return lines + layout.labelled("reader", [.init("… \(blocks.count - index) more", .dim)])
            }
            lines += block
        }
        return lines
    }

    private var header: [String] {
        let ending =
            if let code = report.exitCode.value {
                SummaryLayout.Part("exit \(code)", code == 0 ? .plain : .notice)
            } else {
                SummaryLayout.Part(
                    "killed by \(report.exitSignalName.value ?? "signal \(report.exitSignal.value ?? 0)")", .alarm)
            }
        let span = SummaryFormat.span(report.wallNanoseconds)
        let use =
            if report.commandCount > 0 {
                "\(SummaryFormat.percent(report.cardNanoseconds, of: report.wallNanoseconds)) in the card"
            } else {
                report.pcscCalls > 0 ? "no command to a card" : "no PC/SC call seen"
            }
        let program = SummaryLayout.Part("cardlink-probe: \(SummaryFormat.name(report.program))", .bold)
        return layout.wrapped([program, ending, .init("\(span), \(use)")], "  ·  ", indent: 0)
    }

    private var remark: [String] {
        guard let remark = report.remark.value else { return [] }
        return remark.split(separator: "\n").prefix(6).flatMap { line in
            let words = SummaryFormat.name(String(line), limit: 400).split(separator: " ")
            return layout.wrapped(words.map { .init(String($0)) }, " ", indent: 1).map { " " + $0 }
        }
    }

    private var status: [String] { layout.labelled("status", Self.parts(report.statusWordLabels)) }

    /// Counts by name, the most frequent first.
    private static func parts(_ counts: [String: UInt64], _ style: SummaryLayout.Style = .plain) -> [SummaryLayout.Part]
    {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { .init("\($0.key) ×\($0.value)", style) }
    }
}

extension SummaryText {
    /// One block of lines for each reader that was used, the one with the most commands first.
    private var readers: [[String]] {
        let used = report.readers.filter { $0.commands > 0 || $0.sessions > 0 }
        let sorted = used.enumerated().sorted { ($1.element.commands, $0.offset) < ($0.element.commands, $1.offset) }
        return sorted.map { layout.labelled("reader", parts(of: $0.element)) }
    }

    private func parts(of reader: RunReport.Reader) -> [SummaryLayout.Part] {
        let name = reader.reader.isEmpty ? "(name unknown)" : SummaryFormat.name(reader.reader)
        let sessions = SummaryFormat.plural(reader.sessions, "session")
        let bound =
            switch (reader.waitIsLowerBound, reader.waitIsUpperBound) {
            case (false, false): ""
            case (true, false): "at least "
            case (false, true): "at most "
            case (true, true): "about "
            }
        let wait = "waited \(bound)\(SummaryFormat.wait(reader.waitNanoseconds)) for other programs"
        return [
            .init(name),
            // A log may tell commands and no session.
            .init(reader.sessions == 0 ? "" : "\(sessions), \(SummaryFormat.span(reader.sessionNanoseconds))"),
            .init(atr(of: reader)), .init(wait),
        ].filter { !$0.text.isEmpty }
    }

    /// The first two bytes stand for all: the whole ATR is in the JSON.
    private func atr(of reader: RunReport.Reader) -> String {
        guard let hex = reader.atr.value else { return "" }
        let dots = hex.count > 4 ? " …" : ""
        // A card of no known kind is told by its protocols, an ATR that cannot be read as malformed.
        let kind = reader.card.value ?? reader.atrDescription.value?.split(separator: ",").first.map(String.init) ?? ""
        return "ATR \(hex.prefix(2)) \(hex.dropFirst(2).prefix(2))\(dots) (\(kind))"
    }

    /// For a program that only looks at readers: what it called instead of SCardTransmit.
    private var calls: [String] {
        guard report.commandCount == 0 else { return [] }
        let sorted = report.operations.sorted { ($1.calls, $0.operation) < ($0.calls, $1.operation) }
        return layout.labelled("calls", sorted.map { .init("\(Self.function($0.operation)) ×\($0.calls)") })
    }

    private var probing: [String] {
        guard report.probingRefusalCount > 0 else { return [] }
        let head = SummaryLayout.Part(SummaryFormat.plural(report.probingRefusalCount, "SELECT") + " refused")
        return layout.labelled(
            "probing", [head] + Self.parts(report.probingRefusals) + [.init("not counted as errors", .dim)])
    }

    private var expected: [String] {
        let missed = report.expectations.filter { $0.count == 0 }.map {
            SummaryLayout.Part("\($0.rule) never came", .notice)
        }
        let note = report.expectedCount > 0 ? [SummaryLayout.Part("not counted as errors", .dim)] : []
        return layout.labelled("expected", Self.parts(report.expected) + missed + note)
    }

    /// The last one, whole, to be copied behind the label.
    private var flights: [String] {
        guard let last = report.flights.last else { return [] }
        let more = report.flights.count - 1
        let others = more > 0 ? layout.labelled("", [.init("\(more) more: cardlink-probe explain --list", .dim)]) : []
        return layout.labelled("explain", [.init(last)]) + others
    }

    private static let shownChannels = 4

    /// A line a channel, and one for the commands that failed.
    private var bip: [String] {
        let report = report.bip
        let shown = report.channels.prefix(Self.shownChannels)
        var lines = shown.flatMap { layout.labelled("bip", Self.parts(of: $0)) }
        let more = report.channelCount - min(UInt64(shown.count), report.channelCount)
        if more > 0 { lines += layout.labelled("bip", [.init("… \(SummaryFormat.count(more)) more", .dim)]) }
        let failures = report.failures.map {
            SummaryLayout.Part("\(Self.words($0.command).uppercased()) \(Self.words($0.error)) ×\($0.count)", .alarm)
        }
        return lines + layout.labelled("bip", failures)
    }

    private static func parts(of channel: RunReport.BIP.Channel) -> [SummaryLayout.Part] {
        let port = channel.port.value.map { " \($0)" } ?? ""
        let reason = channel.closeReason.value.map { BIPCloseReason(name: $0) ?? .sourceGone }
        let style: SummaryLayout.Style = reason == .card ? .plain : reason == .dropped ? .alarm : .notice
        let end = SummaryLayout.Part(reason?.words ?? "left open", style)
        let bearer = channel.bearer == BearerType.none.name ? "" : " over \(words(channel.bearer))"
        let transport = BIPTransport(name: channel.transport)?.shortName ?? channel.transport
        return [
            .init(transport + port + bearer),
            .init(
                "\(SummaryFormat.count(channel.sentBytes)) B out, \(SummaryFormat.count(channel.receivedBytes)) B in"),
            .init(SummaryFormat.span(channel.durationNanoseconds)), end,
        ]
    }

    private static func words(_ name: String) -> String { name.replacing("_", with: " ") }

    private var pins: [String] {
        layout.labelled("pin", report.pins.map { .init(Self.text(of: $0), .notice) })
    }

    private static func text(of pin: RunReport.PIN) -> String {
        let head = "\(pin.command) \(pin.reference)"
        guard pin.refused > 0 else { return "\(head) is blocked" }
        let refused = "\(head) refused ×\(pin.refused)"
        if pin.isBlocked { return "\(refused), blocked" }
        if pin.isAcceptedSince { return "\(refused), then accepted" }
        guard let tries = pin.triesLeft.value else { return refused }
        return "\(refused), \(SummaryFormat.plural(UInt64(max(0, tries)), "try", "tries")) left"
    }

    /// PC/SC calls that failed, less those that programs make to find out what there is.
    private var failures: [String] {
        var parts = report.failedTransmits.map { Self.part("SCardTransmit", $0) }
        for operation in report.operations where !["control", "get_attribute"].contains(operation.operation) {
            parts += operation.failures.filter { !$0.isRoutine && $0.name != "SCARD_E_INSUFFICIENT_BUFFER" }.map {
                Self.part(Self.function(operation.operation), $0)
            }
        }
        if report.responsesWithoutStatusWord > 0 {
            parts.append(
                .init(
                    SummaryFormat.plural(report.responsesWithoutStatusWord, "response") + " without status word", .alarm
                ))
        }
        return layout.labelled("failed", parts)
    }

    /// The code without its prefix `SCARD_W_`, which the function's name makes needless; the JSON has it whole.
    private static func part(_ function: String, _ failure: RunReport.Failure) -> SummaryLayout.Part {
        let name = failure.name.hasPrefix("SCARD_") ? String(failure.name.dropFirst(8)) : failure.name
        return .init("\(function) \(name) ×\(failure.count)", .alarm)
    }

    private static func function(_ operation: String) -> String {
        DeviceOperation(name: operation)?.functionName ?? operation
    }

    private var bound: [String] {
        guard report.upperBoundCommands > 0 else { return [] }
        let isAll = report.upperBoundCommands == report.commandCount
        let times =
            isAll
            ? "all times are upper bounds"
            : SummaryFormat.plural(
                report.upperBoundCommands, "time is an upper bound", "times are upper bounds")
        return layout.sentence("bound", "\(times): waiting for other programs could not be told apart")
    }

    /// What logs do not say.
    private var unknown: [String] {
        var parts: [SummaryLayout.Part] = []
        if report.untimedCount > 0 {
            parts.append(.init("\(SummaryFormat.plural(report.untimedCount, "command has", "commands have")) no time"))
        }
        if report.unansweredCount > 0 {
            let commands = SummaryFormat.plural(report.unansweredCount, "command has", "commands have")
            parts.append(.init("\(commands) no answer"))
        }
        return parts.isEmpty ? [] : layout.labelled("unknown", parts)
    }

    private var dropped: [String] {
        var parts: [SummaryLayout.Part] = []
        if report.droppedEvents > 0 {
            let events = SummaryFormat.plural(report.droppedEvents, "event is", "events are")
            let reasons = report.droppedEventsByReason.filter { DropReason(name: $0.key)?.isOfPrograms == false }
            parts = [.init("\(events) missing in these counts", .alarm)] + Self.parts(reasons)
        }
        if report.lostClients > 0 {
            let processes = SummaryFormat.plural(report.lostClients, "process", "processes")
            parts.append(.init("\(processes) ended with unread events", .alarm))
        }
        return layout.labelled("dropped", parts)
    }

    private var clients: [String] {
        var parts: [SummaryLayout.Part] = []
        if report.clientCounts.killed > 0 {
            let all = SummaryFormat.plural(
                max(report.clientCounts.attached, report.clientCounts.ended), "process", "processes")
            let verb = report.clientCounts.killed == 1 ? "was" : "were"
            parts.append(.init("\(report.clientCounts.killed) of \(all) \(verb) killed or replaced", .notice))
        }
        if report.sessions.leftOpen > 0 {
            parts.append(.init(SummaryFormat.plural(report.sessions.leftOpen, "session") + " left open", .notice))
        }
        for client in report.clients where client.state == "running" && client.pid > 0 {
            parts.append(.init("\(SummaryFormat.name(client.program, limit: 20)) (\(client.pid)) still runs"))
        }
        return layout.labelled("client", parts)
    }

    private var sources: [String] {
        report.openSourceFaults.prefix(1).flatMap {
            layout.sentence("source", SummaryFormat.name($0, limit: 400), .alarm)
        }
    }
}

extension BIPTransport {
    /// As a line has room for it.
    fileprivate var shortName: String {
        switch self {
        case .tcpClient: "TCP"
        case .udpClient: "UDP"
        case .tcpServer: "TCP server"
        case .udpLocal: "UDP local"
        case .tcpLocal: "TCP local"
        case .direct: "direct"
        case .none: "no transport"
        case .other: "other transport"
        }
    }
}
