internal import Glibc
internal import Modem
internal import ProbeEvents
internal import SmartCard
internal import Taps

/// The tap of one run: its receiver and its event socket, and the environment that leads a program's shims and its own
/// events there.
struct RunTap: Sendable {
    /// Where the shim lies.
    let shim: ShimLibrary
    /// Hears the shims.
    let receiver: ShimReceiver
    /// The socket that they find.
    let socket: String
    /// Hears what the program itself tells: its tests, its database.
    private let events: EventSocket
    private let eventSocket: String

    /// Listens; what is told goes to the sink.
    ///
    /// - Parameters:
    ///   - environment: what its programs are started with, but for what leads them here.
    ///   - lookAround: looks for programs that are not seen.
    ///   - failures: the tests of a suite that failed, for the program which asks.
    init(
        runtimeDirectory named: String?, environment: [[UInt8]], sink: any EventSink,
        lookAround: @escaping @Sendable () -> Void, failures: @escaping EventSocket.Answer
    ) throws {
        shim = try ShimLibrary.find()
        let directory = RuntimeDirectory(named: named)
        try directory.create()
        directory.removeStaleSockets()
        socket = directory.runSocket
        let receiver = ShimReceiver(path: socket, inherited: environment)
        receiver.callHalfway(lookAround)
        self.receiver = receiver
        eventSocket = directory.runEventSocket
        events = EventSocket(path: eventSocket, threads: 1) { suite in
            receiver.drain()
            return failures(suite)
        }
        try receiver.start(into: sink)
        do {
            try events.start(into: sink)
        } catch {
            receiver.stop()
            throw error
        }
    }

    /// The environment of the wrapped program, whose shims tell so much.
    func environment(_ own: [[UInt8]], level: Redaction.Level) -> [[UInt8]] {
        TapEnvironment(own, shim: shim, receiverSocket: socket, eventSocket: eventSocket, level: level).entries
    }

    /// Stops to listen when all clients have ended, and soon when some go on: a killed group dies one by one.
    func end() async {
        for _ in 0..<20 where !receiver.attachedClients.isEmpty { try? await Task.sleep(for: .milliseconds(5)) }
        stop()
    }

    /// Stops to listen.
    func stop() {
        events.stop()
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
