import ProbeEvents
import SmartCard

extension ProbeEvent {
    /// What it tells of an eUICC, in a few words and without times of day; nil for another event.
    package var esimWords: String? {
        switch self {
        case .esim(.function(let event)):
            let code = event.code.map { " \($0)" } ?? ""
            let listed = event.listed.map { " of \($0)" } ?? ""
            return "\(event.function.name) \(event.result.name)\(code)\(listed)"
        case .esim(.download(let event)):
            let steps = event.steps.map { "\($0.function.name) \($0.result.name)" }.joined(separator: ", ")
            let package = event.packageBytes.map { " \(event.loadedBytes) of \($0) in \(event.segments)" } ?? ""
            let command = event.failedCommand.map { " in \($0.name)" } ?? ""
            let reason = event.cancelReason.map { " by \($0.name)" } ?? ""
            let notification = event.notification.map { " notification \($0)" } ?? ""
            return "download \(event.result.name)\(package)\(command)\(reason)\(notification): \(steps)"
        default: return nil
        }
    }
}

/// An exchange of `Tests/Captures/esim.hex`.
package struct ESIMExchange: Sendable {
    package var command: [UInt8]
    package var response: [UInt8]

    /// An exchange from its sides.
    package init(command: [UInt8], response: [UInt8]) { (self.command, self.response) = (command, response) }

    /// Those of a line, in order.
    package static func all(_ line: [String]) -> [ESIMExchange] {
        line[1].split(separator: " ").map { exchange in
            let sides = exchange.split(separator: ">", omittingEmptySubsequences: false).map { hex(String($0)) }
            return ESIMExchange(command: sides[0], response: sides[1])
        }
    }

    /// Those of the line with this name.
    package static func named(_ name: String) throws -> [ESIMExchange] {
        guard let line = try captures("esim.hex", separator: "|").first(where: { $0[0] == name }) else {
            throw TestFailure("no \(name) in esim.hex")
        }
        return all(line)
    }
}
