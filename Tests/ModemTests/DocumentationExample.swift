import Modem
import ProbeEvents
import Synchronization

/// Writes down what becomes of the channels that cards open. Whoever has the port calls it, so it must not block.
final class ChannelDiary: EventSink {
    private let kept = Mutex<[String]>([])

    /// A line for each thing that happened.
    var lines: [String] { kept.withLock { $0 } }

    func receive(_ event: ProbeEvent) {
        switch event {
        case .bipOpened(let opened): note("\(opened.link.device) opened one over \(opened.bearer.name)")
        case .bipFailed(let failed): note("\(failed.link.device) failed: \(failed.command.name), \(failed.error.name)")
        case .bipClosed(let closed):
            note("\(closed.link.device) sent \(closed.sentBytes) bytes and received \(closed.receivedBytes)")
        default: break
        }
    }

    private func note(_ line: String) { kept.withLock { $0.append(line) } }
}

/// Ports of the modems on USB, the one of each that is the best for commands.
func portsOfModems() -> [String] { ModemPorts().modems.compactMap { $0.commandPorts.first?.path } }

/// Asks a modem one thing, and gives its port back.
func ask(_ command: String, at path: String) async throws -> [String] {
    let (news, told) = AsyncStream.makeStream(of: ATPortNews.self)
    let port = ATPort(ATPortSettings(path: path, modem: "bench-a")) { told.yield($0) }
    port.start()
    for await item in news where item != .opened {
        guard case .refused(let error) = item else { break }
        await port.stop()
        throw error
    }
    let answer = await port.send(ATCommand(command))
    await port.stop()
    return answer.isSuccess ? answer.texts : []
}

/// Stands between a tester, which opens the link, and its modem, until it is stopped.
func relay(to path: String, as link: String, telling diary: ChannelDiary) -> ATTap {
    let tap = ATTap(ATTapSettings(port: path, link: link, modem: "bench-a"))
    tap.start(into: diary)
    return tap
}
