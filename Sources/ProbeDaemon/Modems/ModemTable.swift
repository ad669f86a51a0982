internal import Observability
internal import ProbeEvents

extension ModemOverview {
    /// A table for people: a line a modem, below it its ports, and what to do where something is in the way.
    package var table: String {
        let rows = modems.map { [$0.name, $0.reading.value?.model ?? $0.title, $0.state.rawValue] + $0.columns }
        let head = ["MODEM", "MODEL", "STATE", "SIM", "REGISTERED", "OPERATOR", "SIGNAL"]
        let widths = head.indices.map { column in
            ([head] + rows).map { $0[column].count }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
                .trimmingEnd + "\n"
        }
        return line(head)
            + zip(rows, modems).map { row, modem in line(row) + modem.remarks.map { "    \($0)\n" }.joined() }.joined()
            + managerRemark
    }

    /// That it runs is worth a word before it has a port, too.
    private var managerRemark: String {
        guard let manager = modemManager.value, !modemManagerRemedies.isEmpty else { return "" }
        let remedies = modemManagerRemedies.map { "    do: \($0)\n" }.joined()
        return "\(manager.program) (\(manager.pid)) runs, and may open these ports; to keep one from it:\n\(remedies)"
    }
}

extension ModemOverview.Modem {
    fileprivate var columns: [String] {
        guard let reading = reading.value else { return ["-", "-", "-", "-"] }
        return [
            reading.sim.value ?? "-", reading.bestRegistration, reading.operatorName.value ?? "-", reading.bestSignal,
        ]
    }

    fileprivate var remarks: [String] {
        let listed = ports.map { port in
            let holders = port.holders.map { "\($0.program) (\($0.pid))" }.joined(separator: ", ")
            return "port    \(port.path)" + (port.path == port.device ? "" : " = \(port.device)")
                + (port.role.value.map { "  \($0)" } ?? "") + (holders.isEmpty ? "" : "  open: \(holders)")
        }
        let control = controlProtocol.value.map { ["speaks  \($0)"] } ?? []
        return listed + control + (problem.isEmpty ? [] : [problem]) + remedies.map { "do: \($0)" }
    }
}

extension ModemAnswers {
    /// The newest network that it is registered in, else the state that it is in.
    fileprivate var bestRegistration: String {
        let isIn: (Registration) -> Bool = { $0.state == "home" || $0.state == "roaming" }
        guard let best = registrations.last(where: isIn) ?? registrations.last else { return "-" }
        let access = best.technology.value ?? technology
        return best.state + (access == RadioTechnology.unknown.name ? "" : " (\(access))")
    }

    fileprivate var bestSignal: String {
        let parts = signals.last.map { signal in
            ["rsrp", "rscp", "rssi"].compactMap { name in signal.dbm[name].map { "\(name) \(Self.number($0)) dBm" } }
        }
        return parts?.first ?? "-"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(value))" : "\(value)"
    }
}

extension String {
    fileprivate var trimmingEnd: String { String(reversed().drop { $0 == " " }.reversed()) }
}
