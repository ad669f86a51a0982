internal import Observability
internal import ProbeEvents

/// The tables of a status; one without rows is not shown.
struct StatusTables: Sendable {
    typealias Part = SummaryLayout.Part

    let status: BenchStatus

    // MARK: Devices

    var devices: ScreenTable {
        let rows = status.readers.map(row) + status.modems.map(row) + status.phones.map(row)
        return ScreenTable(
            columns: [
                .init(title: "DEVICE", least: 12), .init(title: "STATE", least: 10),
                .init(title: "COMMANDS", isNumber: true), .init(title: "ERRORS", isNumber: true),
            ], rows: rows)
    }

    private func row(_ reader: BenchStatus.Reader) -> [Part] {
        let state: Part =
            switch (reader.isPresent, reader.isMute, reader.hasCard) {
            case (false, _, _): Part("unplugged", .alarm)
            case (_, true, _): Part("card is mute", .alarm)
            case (_, _, true?):
                Part(["card", reader.card].compactMap(\.self).map(Self.name).joined(separator: ", "), .good)
            case (_, _, false?): Part("no card", .dim)
            default: Part("not known", .dim)
            }
        let sessions = reader.sessions > 0 ? ", in use" : ""
        return [Part(Self.name(reader.name), .bold), Part(state.text + sessions, state.style)]
            + Self.counts(reader.commands, reader.errors)
    }

    private func row(_ modem: BenchStatus.Modem) -> [Part] {
        let name = [modem.name, modem.model.map { "(\($0))" }].compactMap(\.self).joined(separator: " ")
        return [Part(Self.name(name), .bold), Self.state(of: modem)] + Self.counts(modem.commands, modem.errors)
    }

    private static func state(of modem: BenchStatus.Modem) -> Part {
        guard modem.isPresent else { return Part("unplugged", .alarm) }
        guard modem.isAnswering else { return Part("does not answer", .alarm) }
        let home = modem.registration.sorted { $0.key < $1.key }.map(\.value)
        let states = home.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let signal = modem.signal.sorted { $0.key < $1.key }.prefix(1).map { measure, value in
            "\(measure) \(decimal(value)) \(SignalStrengthMeasure(name: measure) == nil ? "dB" : "dBm")"
        }
        let parts = [modem.sim.map { "SIM \(words($0))" }] + states.map(words) + [modem.operatorName, modem.technology]
        let known = (parts + signal).compactMap(\.self)
        let isWell = modem.sim == nil || modem.sim == "ready"
        let text = known.isEmpty ? "answers" : known.joined(separator: ", ")
        return Part(Self.name(text, limit: 80), isWell ? .good : .notice)
    }

    private func row(_ phone: BenchStatus.Phone) -> [Part] {
        let name = [phone.name, phone.model.map { "(\($0))" }].compactMap(\.self).joined(separator: " ")
        let state: Part =
            phone.isPresent
            ? Part(
                Self.name(
                    ([Self.words(phone.state)] + [phone.operatorName, phone.sim.map { "SIM \($0)" }].compactMap(\.self))
                        .joined(separator: ", ")), phone.state == "device" ? .good : .notice)
            : Part("unplugged", .alarm)
        return [Part(Self.name(name), .bold), state, Part(""), Part("")]
    }

    // MARK: Commands

    var commands: ScreenTable {
        ScreenTable(
            columns: [
                .init(title: "COMMAND", least: 16), .init(title: "CALLS", isNumber: true),
                .init(title: "ERRORS", isNumber: true), .init(title: "P50", isNumber: true),
                .init(title: "P95", isNumber: true), .init(title: "MAX", isNumber: true, isOptional: true),
                .init(title: "SHARE", isNumber: true), .init(title: bars.title, isOptional: true),
            ], rows: status.commands.map(row))
    }

    /// Buckets behind the last one that any command came to say nothing; the title has the bound of that one.
    private var bars: (count: Int, title: String) {
        let count = 1 + (status.commands.compactMap { $0.buckets.lastIndex { $0 > 0 } }.max() ?? 0)
        let bounds = status.responseTimeBoundsSeconds
        guard count <= bounds.count else { return (count, "HOW LONG") }
        return (count, "UP TO \(SummaryFormat.latency(Self.nanoseconds(bounds[count - 1])))")
    }

    private func row(_ command: BenchStatus.Command) -> [Part] {
        let times = [command.p50Seconds, command.p95Seconds, command.maxSeconds].map { seconds in
            Part(SummaryFormat.latency(Self.nanoseconds(seconds)))
        }
        let share = SummaryFormat.percent(UInt64(Self.bounded(command.share, 0...1) * 1e6), of: 1_000_000)
        return [Part(Self.name(command.command), .bold)] + Self.counts(command.calls, command.errors) + times
            + [Part(share), Part(Sparkline.text(command.buckets.prefix(bars.count).map(Double.init)), .dim)]
    }

    // MARK: Sessions and channels

    var sessions: ScreenTable {
        let rows = status.sessions.map { session in
            [
                Part("\(Self.name(session.program)) (\(session.pid))", .bold), Part(session.type.name),
                Part(Self.name(session.device)), Part(Self.age(session.ageSeconds)),
            ] + Self.counts(session.commands, session.errors)
        }
        return ScreenTable(
            columns: [
                .init(title: "SESSION", least: 12), .init(title: "TYPE"), .init(title: "WITH", least: 10),
                .init(title: "AGE", isNumber: true), .init(title: "COMMANDS", isNumber: true),
                .init(title: "ERRORS", isNumber: true),
            ], rows: rows)
    }

    var channels: ScreenTable {
        let rows = status.channels.map { channel in
            let bearer = channel.bearer == BearerType.none.name ? "" : " over \(Self.words(channel.bearer))"
            return [
                Part(Self.name(channel.destination + bearer), .bold), Part(Self.name(channel.device)),
                Part(Self.name(Self.end(of: channel)), Self.style(ofState: channel.state)),
                Part(Self.lasting(channel)), Part(Self.bytes(channel.sentBytes)),
                Part(Self.bytes(channel.receivedBytes)),
            ]
        }
        return ScreenTable(
            columns: [
                .init(title: "CHANNEL", least: 12), .init(title: "OF", least: 8), .init(title: "STATE", least: 8),
                .init(title: "OPEN FOR", isNumber: true), .init(title: "OUT", isNumber: true),
                .init(title: "IN", isNumber: true),
            ], rows: rows)
    }

    // MARK: Over the air

    var ota: ScreenTable {
        let rows = status.ota.map { session in
            let taps = [session.device] + [session.tap].compactMap(\.self).filter { $0 != session.device }
            let state = session.reason ?? session.state
            return [
                Part(Self.name(session.kind), .bold), Part(Self.name(taps.joined(separator: " · "))),
                Part(Self.name(Self.words(state)), Self.style(ofState: session.state)),
                Part(SummaryFormat.span(Self.nanoseconds(session.ageSeconds))), Self.longestStep(of: session),
            ]
        }
        return ScreenTable(
            columns: [
                .init(title: "OVER THE AIR"), .init(title: "OF", least: 8),
                .init(title: "STATE", least: 8), .init(title: "TOOK", isNumber: true),
                .init(title: "LONGEST PART", least: 12, isOptional: true),
            ], rows: rows)
    }

    /// `0.88 s trigger to envelope`
    private static func longestStep(of session: BenchStatus.OTA) -> Part {
        let longest = session.steps.max { bounded($0.seconds ?? 0, 0...1e9) < bounded($1.seconds ?? 0, 0...1e9) }
        guard let longest, let seconds = longest.seconds else { return Part("") }
        return Part("\(SummaryFormat.span(nanoseconds(seconds))) \(name(words(longest.name)))", .dim)
    }

    // MARK: Faults

    var faults: ScreenTable {
        let rows = status.faults.map { fault in
            [
                Part(Self.clock(fault.time), .dim), Part(Self.name(fault.kind), .alarm),
                Part(Self.name(fault.device)), Part(Self.name(fault.message, limit: 200)),
                Part(fault.count > 1 ? "×\(SummaryFormat.count(fault.count))" : ""),
            ]
        }
        return ScreenTable(
            columns: [
                .init(title: "FAULT"), .init(title: ""), .init(title: "AT"), .init(title: "WHAT", least: 20),
                .init(title: "", isNumber: true),
            ], rows: rows)
    }

    // MARK: Texts

    static func name(_ text: String) -> String { SummaryFormat.name(text) }
    static func name(_ text: String, limit: Int) -> String { SummaryFormat.name(text, limit: limit) }

    /// A name of a vocabulary for people.
    static func words(_ name: String) -> String { name.replacing("_", with: " ") }

    /// How the state of a channel, or of a session over the air, looks.
    private static func style(ofState state: String) -> SummaryLayout.Style {
        switch state {
        case "open": .good
        case "failed", "timeout": .alarm
        default: .dim
        }
    }

    private static func counts(_ commands: UInt64, _ errors: UInt64) -> [Part] {
        [Part(SummaryFormat.count(commands)), Part(SummaryFormat.count(errors), errors > 0 ? .alarm : .dim)]
    }

    /// What is wrong with a reader's contacts: `contact 82%: 3 mute, 5 communication in 10 min; ...`.
    static func words(_ contact: BenchStatus.Contact) -> String {
        let events = contact.events.filter { ContactEvent(name: $0.key)?.isFault != false }
        let counts = events.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \(words($0.key))" }
        return "contact \(decimal(bounded(contact.ratio, 0...1) * 100))%: \(counts.joined(separator: ", ")) in 10 min; "
            + "turn and clean the card, or try another reader"
    }

    /// How a card differs from its usual: `SELECT takes 140% longer than usual on this card`.
    static func words(_ drift: BenchStatus.Drift) -> String {
        let slower =
            drift.slowdown > 0
            ? "takes \(decimal((bounded(drift.slowdown, 0...1e6) * 100).rounded()))% longer than usual" : nil
        let share = decimal((bounded(drift.unusualAnswers, 0...1) * 100).rounded())
        let unusual = drift.unusualAnswers > 0 ? "got \(share)% unusual answers" : nil
        return "\(drift.command) \([slower, unusual].compactMap(\.self).joined(separator: " and "))"
    }

    /// The time of day in a time that is RFC 3339.
    static func clock(_ time: String) -> String {
        let text = name(time)
        guard text.count >= 19, let begin = text.firstIndex(of: "T") else { return text }
        return String(text[text.index(after: begin)...].prefix(8))
    }

    private static func end(of channel: BenchStatus.Channel) -> String {
        guard let reason = channel.reason else { return channel.state }
        // What ended a channel says that it failed.
        return BIPCloseReason(name: reason)?.words ?? "\(channel.state): \(words(reason))"
    }

    private static func lasting(_ channel: BenchStatus.Channel) -> String {
        channel.state == "open" ? age(channel.ageSeconds) : SummaryFormat.span(nanoseconds(channel.ageSeconds))
    }

    static func age(_ seconds: Double) -> String {
        let whole = UInt64(bounded(seconds, 0...1e9))
        if whole < 60 { return "\(whole) s" }
        if whole < 3_600 { return "\(whole / 60) min" }
        return whole < 48 * 3_600 ? "\(whole / 3_600) h \(whole / 60 % 60) min" : "\(whole / 86_400) d"
    }

    static func bytes(_ count: UInt64) -> String {
        if count < 10_000 { return "\(count) B" }
        return count < 10_000_000 ? "\(count / 1_000) kB" : "\(count / 1_000_000) MB"
    }

    static func nanoseconds(_ seconds: Double) -> UInt64 { UInt64(bounded(seconds, 0...1e9) * 1e9) }

    /// What is no number is the lower bound.
    static func bounded(_ value: Double, _ range: ClosedRange<Double>) -> Double {
        value.isNaN ? range.lowerBound : min(max(value, range.lowerBound), range.upperBound)
    }

    /// One place behind the point, and none where that is 0.
    static func decimal(_ value: Double) -> String {
        let tenths = (bounded(value, -1e9...1e9) * 10).rounded() / 10
        return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
    }
}
