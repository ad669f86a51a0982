internal import CardReader
internal import Glibc
internal import Modem
package import Observability
internal import ProbeEvents

/// Looks for what keeps the probe, or a program under it, from working; each finding says what to do.
package struct Doctor: Sendable {
    /// What to look at beside the machine.
    package struct Request: Sendable {
        /// The directory for sockets; nil for the usual one.
        package var runtimeDirectory: String?
        /// A program that is to run under the probe; nil for none.
        package var program: String?
        /// The daemon's settings, for what they name; nil where there are none.
        package var settings: Settings?
        /// What is wrong with them, a line each.
        package var configurationFaults: [String] = []

        /// A look at the machine alone.
        package init() {}
    }

    let request: Request
    let machine: Machine

    /// A doctor for this machine.
    package init(_ request: Request) { self.init(request, machine: Machine()) }

    init(_ request: Request, machine: Machine) {
        self.request = request
        self.machine = machine
    }

    /// Everything, in the order in which one thing needs the other.
    package func examine() async -> [Finding] {
        let usb = USBDevices(machine)
        let overview = try? ReaderOverview.take()
        return library() + shim() + pcscd() + readers(usb, overview) + strangers(overview) + sockets() + ports()
            + configuration() + relays() + modems(usb) + phones() + program()
    }

    /// Findings for people: a line each, below it what to do.
    package static func text(of findings: [Finding]) -> String {
        let width = findings.map(\.check.count).max() ?? 0
        return findings.map { finding in
            let check = finding.check + String(repeating: " ", count: width - finding.check.count)
            let state = finding.state.rawValue + String(repeating: " ", count: 6 - finding.state.rawValue.count)
            let indent = String(repeating: " ", count: 8 + width + 2)
            return "\(state)  \(check)  \(finding.lookedAt): \(finding.found)\n"
                + finding.remedies.map { "\(indent)do: \($0)\n" }.joined()
        }.joined()
    }
}
