internal import DaemonClient
internal import Observability
internal import ProbeEvents
internal import ProbeStore
internal import SmartCard

/// The history for people.
enum HistoryTables {
    typealias Part = SummaryLayout.Part

    static func runs(_ runs: [StoredRun]) -> ScreenTable {
        ScreenTable(
            columns: [
                .init(title: "RUN", isNumber: true), .init(title: "BEGAN"), .init(title: "PROGRAM", least: 10),
                .init(title: "PID", isNumber: true, isOptional: true), .init(title: "STATE"),
                .init(title: "COMMANDS", isNumber: true), .init(title: "ERRORS", isNumber: true),
            ],
            rows: runs.map { run in
                [
                    number(run.id), Part(time(run.startedAt)), Part(SummaryFormat.name(run.program), .bold),
                    Part("\(run.pid)"),
                    Part(run.state.rawValue, style(of: run.state)), Part("\(run.commands)"), errors(run.errors),
                ]
            })
    }

    static func sessions(_ sessions: [StoredSession]) -> ScreenTable {
        ScreenTable(
            columns: [
                .init(title: "SESSION", isNumber: true), .init(title: "RUN", isNumber: true),
                .init(title: "BEGAN"), .init(title: "WITH", least: 10),
                .init(title: "TOOK", isNumber: true), .init(title: "STATUS", least: 9),
                .init(title: "COMMANDS", isNumber: true), .init(title: "ERRORS", isNumber: true),
                .init(title: "PROTOCOL", isOptional: true),
            ],
            rows: sessions.map { session in
                [
                    number(session.id), Part("\(session.run)"), Part(time(session.startedAt)),
                    Part(SummaryFormat.name(session.device), .bold), Part(span(session.durationNanoseconds)),
                    Part(
                        session.error ?? session.status ?? "",
                        session.status == SessionStatus.completed.name ? .good : .notice),
                    Part("\(session.commands)"), errors(session.errors), Part(session.protocol),
                ]
            })
    }

    static func apdus(_ apdus: [StoredAPDU]) -> ScreenTable {
        ScreenTable(
            columns: [
                .init(title: "TIME"), .init(title: "COMMAND", least: 20), .init(title: "HEADER"),
                .init(title: "OUT", isNumber: true), .init(title: "IN", isNumber: true),
                .init(title: "SW"), .init(title: "CARD", isNumber: true), .init(title: "VERDICT", isOptional: true),
            ],
            rows: apdus.map { apdu in
                [
                    Part(String(apdu.startedAt.dropFirst(11).dropLast())), Part(words(apdu), .bold),
                    Part(apdu.header, .dim), Part("\(apdu.sentBytes)"), Part("\(apdu.receivedBytes)"),
                    Part(
                        apdu.statusWord ?? PCSCResult(UInt32(truncatingIfNeeded: apdu.resultCode)).symbol,
                        apdu.verdict == "error" ? .alarm : .plain),
                    Part(
                        (apdu.isUpperBound ? "≤ " : "") + SummaryFormat.latency(UInt64(clamping: apdu.cardNanoseconds))),
                    Part(apdu.errorType ?? apdu.verdict, apdu.verdict == "error" ? .alarm : .dim),
                ]
            })
    }

    /// A line a session, and its legs behind it.
    static func lines(ofOTA sessions: [StoredOTA], columns: Int) -> [ScreenLine] {
        guard !sessions.isEmpty else { return [ScreenLine(" nothing", .dim)] }
        return sessions.flatMap { session in
            let place = session.tap.map { $0 == session.device ? $0 : "\(session.device) · \($0)" } ?? session.device
            let head = ScreenLine([
                Part(" \(time(session.startedAt))  ", .dim), Part("\(session.kind) ", .bold),
                Part("\(SummaryFormat.name(place, limit: 60))  "), Part("\(span(session.durationNanoseconds))  "),
                Part(
                    SummaryFormat.name(session.error ?? session.status, limit: 80),
                    session.status == SessionStatus.completed.name ? .good : .alarm),
            ])
            return [head.clipped(to: columns)]
                + ScreenLine.wrapped("   ", session.steps.map(step), columns: columns)
        }
    }

    /// `open channel 12.0 ms`, `script unknown`.
    private static func step(_ step: StoredOTA.Step) -> [Part] {
        let words = step.name.replacing("_", with: " ")
        guard let nanoseconds = step.durationNanoseconds else {
            return [Part("\(words) \(step.state.replacing("_", with: " "))", .dim)]
        }
        let result = step.result.map { $0 == "ok" ? "" : " \($0.replacing("_", with: " "))" } ?? ""
        return [Part(words, .bold), Part(" \(span(nanoseconds))\(result)")]
    }

    static func tests(_ tests: [StoredTest]) -> ScreenTable {
        ScreenTable(
            columns: [
                .init(title: "BEGAN"), .init(title: "SUITE", isOptional: true), .init(title: "TEST", least: 20),
                .init(title: "STATUS"), .init(title: "TOOK", isNumber: true),
            ],
            rows: tests.map { test in
                [
                    Part(time(test.startedAt)), Part(SummaryFormat.name(test.suite)),
                    Part(SummaryFormat.test(test.test, limit: 80), .bold),
                    Part(test.status, style(ofTest: test.status)),
                    Part(span(test.durationNanoseconds)),
                ]
            })
    }

    private static func style(ofTest status: String) -> SummaryLayout.Style {
        switch TestStatus(name: status) {
        case .passed: .good
        case .skipped: .dim
        case .failed, .error: .alarm
        case nil: .notice
        }
    }

    static func lines(of shown: HistoryReader.Run, columns: Int) -> [ScreenLine] {
        let run = shown.run
        let end = run.endedAt.map { " to \(time($0))" } ?? ""
        var lines = [
            ScreenLine([
                Part(" \(SummaryFormat.name(run.program)) (\(run.pid))", .bold), Part("   "),
                Part(run.state.rawValue, style(of: run.state)), Part("   \(time(run.startedAt))\(end) UTC"),
            ]).clipped(to: columns)
        ]
        lines += ScreenLine.wrapped(" bench    ", bench(run), columns: columns)
        lines += ScreenLine.wrapped(" devices  ", shown.devices.map(device), columns: columns)
        lines += ScreenLine.wrapped(
            " status   ", shown.statusWords.map { [Part("\($0.statusWord) ×\($0.count)")] }, columns: columns)
        lines += ScreenLine.wrapped(" channels ", shown.channels.map(channel), columns: columns)
        lines += ScreenLine.wrapped(" tls      ", shown.handshakes.map(handshake), columns: columns)
        lines += ScreenLine.wrapped(" ota      ", shown.ota.map(ota), columns: columns)
        lines += ScreenLine.wrapped(" tests    ", shown.tests.map(test), columns: columns)
        guard !shown.sessions.isEmpty else { return lines }
        return lines + [ScreenLine()] + sessions(shown.sessions).lines(rows: shown.sessions.count, width: columns)
    }

    static func lines(of card: CardFingerprint, columns: Int) -> [ScreenLine] {
        let head =
            ScreenLine.wrapped(
                " card     ", [[Part(SummaryFormat.name(card.reader), .bold)], [Part(card.card)]], columns: columns)
            + ScreenLine.wrapped(" ATR      ", [[Part(card.atr, .dim)]], columns: columns)
        let table = ScreenTable(
            columns: [
                .init(title: "COMMAND", least: 12), .init(title: "CALLS", isNumber: true),
                .init(title: "ERRORS", isNumber: true), .init(title: "P50", isNumber: true),
                .init(title: "P95", isNumber: true), .init(title: "OUT", isNumber: true, isOptional: true),
                .init(title: "IN", isNumber: true, isOptional: true), .init(title: "ANSWERS", least: 8),
            ],
            rows: card.commands.map { command in
                let words = command.statusWords.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                return [
                    Part(command.command, .bold), Part("\(command.calls)"), errors(Int64(command.errors)),
                    Part(command.p50Nanoseconds.map(SummaryFormat.latency) ?? ""),
                    Part(command.p95Nanoseconds.map(SummaryFormat.latency) ?? ""), Part(range(command.sentBytes)),
                    Part(range(command.receivedBytes)),
                    Part(words.prefix(4).map { "\($0.key) ×\($0.value)" }.joined(separator: " ")),
                ]
            })
        return head + [ScreenLine()] + table.lines(rows: card.commands.count, width: columns)
    }

    private static func range(_ bounds: [Int]) -> String {
        Set(bounds).sorted().map(String.init).joined(separator: "-")
    }

    private static func bench(_ run: StoredRun) -> [[Part]] {
        let load = run.load.map { "load \(($0 * 100).rounded() / 100)" }
        let words = [
            run.site.isEmpty ? run.bench : "\(run.bench) · \(run.site)", "probe \(run.probe)", "kernel \(run.kernel)",
            run.pcscLite.map { "pcscd \($0)" }, run.ccid.map { "ccid \($0)" }, load, run.library,
            run.testerVersion.map { "tester \(SummaryFormat.name($0))" },
            run.testerCommit.map { "commit \(SummaryFormat.name(String($0.prefix(12))))" },
        ]
        return words.compactMap { $0.map { [Part($0)] } }
    }

    private static func device(_ device: StoredDevice) -> [Part] {
        let words = [
            device.port.map { "at USB \($0)" }, device.model, device.firmware, device.atr.map { "ATR \($0)" },
            device.iccidHash.map { "card \($0)" }, device.eidHash.map { "eUICC \($0)" },
        ]
        return [Part(SummaryFormat.name(device.name), .bold)]
            + words.compactMap { $0.map { Part(" " + SummaryFormat.name($0, limit: 80)) } }
    }

    private static func channel(_ channel: StoredChannel) -> [Part] {
        let end = [channel.status, channel.reason].compactMap(\.self).joined(separator: ": ")
        return [
            Part("\(channel.bearer) \(channel.port.map(String.init) ?? "")", .bold),
            Part(" \(channel.sentBytes) B out, \(channel.receivedBytes) B in \(end)"),
        ]
    }

    private static func handshake(_ handshake: StoredHandshake) -> [Part] {
        [
            Part("\(SummaryFormat.name(handshake.tap)) \(handshake.cipherSuite)", .bold),
            Part(" \(handshake.error ?? handshake.result) \(span(handshake.durationNanoseconds))"),
        ]
    }

    private static func ota(_ session: StoredOTA) -> [Part] {
        [
            Part("\(session.kind)", .bold),
            Part(" \(SummaryFormat.name(session.error ?? session.status)) \(span(session.durationNanoseconds))"),
        ]
    }

    private static func test(_ test: StoredTest) -> [Part] {
        [
            Part("\(SummaryFormat.name(test.suite)) \(SummaryFormat.test(test.test))", .bold),
            Part(" \(test.status) \(span(test.durationNanoseconds))"),
        ]
    }

    private static func words(_ apdu: StoredAPDU) -> String {
        guard let name = CommandName.all.first(where: { $0.name == apdu.command }) else { return apdu.command }
        return CommandWords.words(name, command: apdu.commandBytes.hex.bytes, response: apdu.responseBytes.hex.bytes)
    }

    private static func number(_ id: Int64?) -> Part { Part(id.map(String.init) ?? "") }

    private static func errors(_ count: Int64) -> Part { Part("\(count)", count > 0 ? .alarm : .dim) }

    private static func style(of state: StoredRun.State) -> SummaryLayout.Style {
        switch state {
        case .running: .good
        case .ended, .left: .plain
        case .killed, .interrupted: .notice
        }
    }

    /// `01-31 03:00:12`: year, fractions and zone have no room.
    private static func time(_ text: String) -> String {
        String(text.dropFirst(5).prefix(14)).replacing("T", with: " ")
    }

    private static func span(_ nanoseconds: Int64?) -> String {
        nanoseconds.map { SummaryFormat.span(UInt64(clamping: $0)) } ?? ""
    }
}
