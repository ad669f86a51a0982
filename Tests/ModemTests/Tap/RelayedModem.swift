import Glibc
import ProbeEvents
import TestSupport

@testable import Modem

/// A relay before a simulated modem, with what it told.
final class RelayedModem {
    let modem: SimulatedModem
    let sink = RecordingSink()
    /// What a tester opens.
    let link: String
    let tap: ATTap

    init(_ options: [String] = [], script: String? = nil, vendor: ModemVendor? = nil) async throws {
        modem = try SimulatedModem(options, script: script)
        link = modem.folder.file("tap")
        var settings = ATTapSettings(port: modem.link, link: link, modem: "modem-a")
        settings.serial.lockDirectory = modem.folder.path
        settings.retry = .milliseconds(50)
        settings.vendor = vendor
        tap = ATTap(settings)
        tap.start(into: sink)
        guard try await eventually(within: 10, { sink.changes == ["modem_came"] }) else {
            throw TestFailure("the relay did not come: \(sink.changes) \(tap.state)")
        }
    }

    deinit { tap.stop() }

    /// What the modem's own log has of commands and their results, as events tell them.
    var logged: [String] {
        let commands = modem.logged("command").filter { $0 != "TEXT" && $0 != "ESC" }
        return zip(commands, modem.logged("result")).map { command, result in
            let final = FinalResult(line: Array(result.utf8))
            return "\(ATCommandName(text: command.utf8).name) \(final?.result.name ?? "none")"
                + (final?.errorCode.map { " \($0)" } ?? "")
        }
    }
}

extension RecordingSink {
    /// Sessions that were heard: openings and ends.
    var sessions: [String] {
        events.compactMap { event in
            switch event {
            case .sessionOpened(let opened): "opened \(opened.type?.name ?? "-") \(opened.reader)"
            case .sessionClosed(let closed):
                "closed \(closed.type?.name ?? "-") \(closed.status.name)" + (closed.error.map { " \($0.name)" } ?? "")
            default: nil
            }
        }
    }

    /// Commands to a card that were heard.
    var exchanges: [APDUExchange] {
        events.compactMap { if case .apdu(let exchange) = $0 { exchange } else { nil } }
    }

    /// Codes that were heard.
    var codes: [URCName] { events.compactMap { if case .urc(let seen) = $0 { seen.code } else { nil } } }
}
