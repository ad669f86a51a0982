internal import NIOCore
internal import NIOPosix

/// What `simulate modem` does: a virtual modem on a pseudo terminal, until stopped.
package struct ModemProcess: Sendable {
    package var script = ModemScript()
    /// The name under which its terminal is found.
    package var link = "cardlink-modem"
    package var log: String?
    package var control: String?

    package init() {}

    /// Runs until SIGINT, SIGTERM or SIGHUP; says on standard error when the modem is there.
    package func run() async throws(SimulatorError) {
        let end = EndWatch()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let log = try self.log.map { (path) throws(SimulatorError) in try ModemLog(path: path) }
        let seat: NIOLoopBoundBox<ModemSeat> = .makeBoxSendingValue(
            ModemSeat(script: script, link: link, log: log, loop: loop), eventLoop: loop)
        try await Self.plug(seat, loop)
        var socket: ControlSocket?
        if let control {
            socket = try await ControlSocket.listen(path: control) { (words) throws(SimulatorError) in
                try await Self.obey(words, seat, loop)
            }
        }
        tell("the modem \(script.profile.name) is at \(link)")
        _ = await end.firstEnd()
        try? await loop.submit { seat.value.unplug(returnsAfter: nil) }.get()
        await socket?.close()
    }

    private static func plug(_ seat: NIOLoopBoundBox<ModemSeat>, _ loop: any EventLoop) async throws(SimulatorError) {
        do {
            try await loop.flatSubmit {
                do throws(SimulatorError) {
                    return try seat.value.plug()
                } catch {
                    return loop.makeFailedFuture(error)
                }
            }.get()
        } catch let error as SimulatorError {
            throw error
        } catch {
            throw .control(problem: "the modem's terminal cannot be used: \(error)")
        }
    }

    private static func obey(
        _ words: [String], _ seat: NIOLoopBoundBox<ModemSeat>, _ loop: any EventLoop
    ) async throws(SimulatorError) -> String {
        let command = try ModemOrder(words)
        if case .plug = command { try await plug(seat, loop) }
        // The loop ends with the process only.
        return
            (try? await loop.submit { () -> String in
                switch command {
                case .status: return seat.value.status
                case .say(let text): seat.value.say(text)
                case .unplug(let pause): seat.value.unplug(returnsAfter: pause)
                case .silent(let isOn): seat.value.setSilent(isOn)
                case .plug: break
                }
                return ""
            }.get()) ?? ""
    }
}

/// A line on a modem's control socket.
enum ModemOrder: Equatable {
    case status
    case say(String)
    case unplug(returnsAfter: Duration?)
    case plug
    case silent(Bool)

    init(_ words: [String]) throws(SimulatorError) {
        switch (words.first, words.count) {
        case ("status", 1): self = .status
        case ("say", 2...): self = .say(words.dropFirst().joined(separator: " "))
        case ("unplug", 1): self = .unplug(returnsAfter: nil)
        case ("unplug", 2):
            guard let milliseconds = Int(words[1]), (0...3_600_000).contains(milliseconds) else { throw Self.unknown }
            self = .unplug(returnsAfter: .milliseconds(milliseconds))
        case ("plug", 1): self = .plug
        case ("silent", 2) where words[1] == "on" || words[1] == "off": self = .silent(words[1] == "on")
        default: throw Self.unknown
        }
    }

    private static let unknown = SimulatorError.control(
        problem: "a line is status, say TEXT, unplug [MILLISECONDS], plug, silent on, or silent off")
}
