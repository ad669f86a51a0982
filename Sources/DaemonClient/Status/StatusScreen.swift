package import Observability
internal import ProbeEvents

/// What is on a bench, on one screen.
package struct StatusScreen: Sendable {
    private typealias Part = SummaryLayout.Part

    private let status: BenchStatus
    private let layout: SummaryLayout
    private let height: Int?
    private let rates: [Double]

    /// A screen.
    ///
    /// - Parameters:
    ///   - height: how many lines there are at most; nil for as many as it takes.
    ///   - rates: commands a second at earlier looks, the latest last.
    package init(_ status: BenchStatus, columns: Int, height: Int? = nil, isColoured: Bool, rates: [Double] = []) {
        self.status = status
        self.height = height
        self.rates = rates
        layout = SummaryLayout(columns: max(40, columns), isColoured: isColoured)
    }

    /// Its lines, none wider than the screen.
    package var lines: [String] {
        let top = [header] + problems + traffic + sources + cards + flight
        let room = height.map { max(0, $0 - top.count) }
        return (top + hint + body(room)).prefix(height ?? .max).map {
            $0.clipped(to: layout.columns).painted(layout)
        }
    }

    /// From this width on there are two columns.
    private static let wide = 150

    // MARK: The top

    private var header: ScreenLine {
        var left: [Part] = [Part(" " + StatusTables.name(status.bench.name), .bold)]
        if !status.bench.site.isEmpty { left.append(Part(" · " + StatusTables.name(status.bench.site), .dim)) }
        left += [Part("   "), Part(status.health.status.rawValue, status.health.status.style)]
        let uptime = StatusTables.age(status.uptimeSeconds)
        let right =
            "cardlink-probe \(StatusTables.name(status.version)), up \(uptime)   \(StatusTables.clock(status.time))Z "
        return ScreenLine(left).justified(with: ScreenLine(right, .dim), columns: layout.columns)
    }

    private var problems: [ScreenLine] {
        let sorted = status.health.problems.sorted { $0.key < $1.key }
        return sorted.prefix(height == nil ? sorted.count : 3).map {
            ScreenLine([
                Part(" ! ", status.health.status.style), Part(StatusTables.name(StatusTables.words($0.key)) + "  "),
                Part(StatusTables.name($0.value, limit: 300)),
            ])
        }
    }

    private var traffic: [ScreenLine] {
        let traffic = status.traffic
        var groups: [[Part]] = [
            [Part("\(StatusTables.decimal(traffic.commandsPerSecond))/s", .bold)], errorRatio,
            [Part(SummaryFormat.plural(traffic.commands, "command"))],
            [Part(SummaryFormat.plural(traffic.errors, "error"), traffic.errors > 0 ? .alarm : .plain)],
            [Part("\(SummaryFormat.count(traffic.probingRefusals)) probing", .dim)],
            [Part("waited \(SummaryFormat.wait(StatusTables.nanoseconds(traffic.waitSeconds)))", .dim)],
            [
                Part(
                    "\(StatusTables.bytes(traffic.sentBytes)) out, \(StatusTables.bytes(traffic.receivedBytes)) in",
                    .dim)
            ],
        ]
        if traffic.expectedErrors > 0 {
            groups.insert([Part("\(SummaryFormat.count(traffic.expectedErrors)) expected", .dim)], at: 5)
        }
        if rates.contains(where: { $0 > 0 }) {
            let shown = layout.columns >= Self.wide ? 60 : 20
            groups[0].append(Part(" " + Sparkline.text(rates.suffix(shown)), .good))
        }
        if status.droppedEvents > 0 {
            groups.append([Part("\(SummaryFormat.plural(status.droppedEvents, "event")) lost", .alarm)])
        }
        return ScreenLine.wrapped(" APDU      ", groups, columns: layout.columns)
    }

    private var errorRatio: [Part] {
        let percent = StatusTables.bounded(status.traffic.errorRatio, 0...1) * 100
        let text = percent > 0 && percent < 0.1 ? "<0.1" : StatusTables.decimal(percent)
        return [Part("\(text)% failing", percent >= 5 ? .alarm : percent > 0 ? .notice : .good)]
    }

    private var sources: [ScreenLine] {
        let groups = status.sources.map { source in
            [
                Part(source.name.words + " "),
                source.isImpaired ? Part("impaired", .notice) : Part("ok", .good),
                Part(" \(SummaryFormat.count(source.received))", .dim),
            ] + (source.dropped > 0 ? [Part(", \(SummaryFormat.count(source.dropped)) dropped", .alarm)] : [])
        }
        let messages = status.sources.filter { !$0.message.isEmpty }.map { source in
            ScreenLine([
                Part(" ! ", .notice), Part(source.name.words + "  "),
                Part(StatusTables.name(source.message, limit: 300)),
            ])
        }
        return ScreenLine.wrapped(" SOURCES   ", groups, columns: layout.columns)
            + messages.prefix(height == nil ? messages.count : 2)
    }

    /// Readers whose contacts do badly, and cards that are not as they usually are.
    private var cards: [ScreenLine] {
        var lines: [ScreenLine] = []
        for reader in status.readers {
            let contact = reader.contact.map { [StatusTables.words($0)] } ?? []
            for words in contact + (reader.drifts ?? []).map({ StatusTables.words($0) }) {
                lines.append(
                    ScreenLine([
                        Part(" ! ", .notice), Part(StatusTables.name(reader.name) + "  "),
                        Part(StatusTables.name(words, limit: 300)),
                    ]))
            }
        }
        return Array(lines.prefix(height == nil ? lines.count : 3))
    }

    /// The file of the latest fault that has one.
    private var flight: [ScreenLine] {
        guard let file = status.faults.compactMap(\.flight).first else { return [] }
        return [
            ScreenLine([Part(" EXPLAIN   ", .dim), Part(StatusTables.name(file, limit: 120))])
        ]
    }

    /// For a bench on which nothing was seen yet.
    private var hint: [ScreenLine] {
        let devices = status.readers.count + status.modems.count + status.phones.count
        guard devices == 0, status.commands.isEmpty else { return [] }
        return [ScreenLine(), ScreenLine(" nothing seen yet; try: cardlink-probe run -- opensc-tool --name", .dim)]
    }

    // MARK: The tables

    private func body(_ room: Int?) -> [ScreenLine] {
        let tables = StatusTables(status: status)
        guard layout.columns >= Self.wide else {
            return ScreenStack(
                [
                    .init(tables.devices, least: 2), .init(tables.commands, least: 4), .init(tables.faults, least: 3),
                    .init(tables.sessions, least: 2), .init(tables.channels, least: 2), .init(tables.ota, least: 2),
                ], width: layout.columns, height: room
            ).lines
        }
        let left = (layout.columns - 3) / 2
        let right = layout.columns - 3 - left
        return Self.beside(
            ScreenStack(
                [
                    .init(tables.commands, least: 6), .init(tables.sessions, least: 3),
                    .init(tables.channels, least: 3),
                    .init(tables.ota, least: 3),
                ], width: left, height: room
            ).lines,
            ScreenStack(
                [.init(tables.devices, least: 4), .init(tables.faults, least: 4)], width: right, height: room
            ).lines, width: left)
    }

    private static func beside(_ left: [ScreenLine], _ right: [ScreenLine], width: Int) -> [ScreenLine] {
        (0..<max(left.count, right.count)).map { index in
            let first = index < left.count ? left[index] : ScreenLine()
            guard index < right.count else { return first }
            return first.filled(to: width) + ScreenLine("   ") + right[index]
        }
    }
}

extension HealthStatus {
    /// How its word looks.
    var style: SummaryLayout.Style {
        switch self {
        case .healthy: .good
        case .degraded: .notice
        case .unhealthy: .alarm
        case .unknown: .dim
        }
    }
}
