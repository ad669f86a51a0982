internal import Glibc
internal import Modem
internal import ProbeEvents
internal import SmartCard
internal import Taps

/// The tap of one run: its receiver, and the environment that leads a program's shims there.
struct RunTap: Sendable {
    /// Where the shim lies.
    let shim: ShimLibrary
    /// Hears the shims.
    let receiver: ShimReceiver
    /// The socket that they find.
    let socket: String

    /// Listens; what is told goes to the sink.
    init(runtimeDirectory named: String?, sink: any EventSink) throws {
        shim = try ShimLibrary.find()
        let directory = RuntimeDirectory(named: named)
        try directory.create()
        directory.removeStaleSockets()
        socket = directory.runSocket
        receiver = ShimReceiver(path: socket)
        try receiver.start(into: sink)
    }

    /// The environment of the wrapped program, whose shims tell so much.
    func environment(_ own: [[UInt8]], level: Redaction.Level) -> [[UInt8]] {
        TapEnvironment(own, shim: shim, receiverSocket: socket, level: level).entries
    }

    /// Stops to listen when all clients have ended, and soon when some go on: a killed group dies one by one.
    func end() async {
        for _ in 0..<20 where !receiver.attachedClients.isEmpty { try? await Task.sleep(for: .milliseconds(5)) }
        receiver.stop()
    }

    /// Why it may be that no call was seen, and what to do.
    func remark(on file: ProgramFile, mapped: [String]) -> String {
        if let obstacle = file.obstacle { return "\(obstacle.explanation)." }
        guard !mapped.isEmpty else {
            return "No PC/SC library was seen in it or its children. What goes into the background is not waited for, "
                + "and an agent that was there before is not seen: for gpg, run first: gpgconf --kill scdaemon"
        }
        let own = Machine.resolved(shim.library)
        if mapped.contains(where: { Machine.resolved($0) == own }) {
            return "The shim was loaded, and nothing called it."
        }
        return "It had \(mapped[0]) mapped instead of the shim; if it has an option for its PC/SC library, "
            + "name this one: \(shim.library)"
    }
}
