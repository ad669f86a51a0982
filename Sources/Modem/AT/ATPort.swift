internal import Glibc
internal import NIOCore
internal import NIOPosix
public import ProbeEvents

/// How a modem's AT port is reached and named.
public struct ATPortSettings: Sendable {
    /// The port, by a name that lasts: a link in `/dev/serial/by-id`, or any other path.
    public var path: String
    /// The modem's name in metrics and events.
    public var modem: String
    /// How the port is opened.
    public var serial = SerialSettings()
    /// Times of the channel.
    package var pace = ATChannel.Pace()
    /// How long after the port was lost, or could not be had, it is tried again.
    public var retry = Duration.milliseconds(500)

    /// A modem behind a port.
    public init(path: String, modem: String) {
        self.path = path
        self.modem = modem
    }
}

/// What a port tells beside its events.
public enum ATPortNews: Sendable, Equatable {
    /// The port was opened.
    case opened
    /// A modem answers there, for the first time since the port was opened or again.
    case ready
    /// It answers no more.
    case stuck
    /// The port is gone.
    case closed
    /// The port cannot be had; told once for each reason.
    case refused(ModemError)
    /// The modem said something unasked.
    case unsolicited(ATUnsolicited)
}

/// A modem's AT port that comes back: it is opened when it is there, and again after it was lost, under the same name.
///
/// Commands go out in order, one at a time; each is told as an event. No thread is its own.
public final class ATPort: Sendable {
    private let loop: any EventLoop
    private let keeper: NIOLoopBoundBox<PortKeeper>

    /// A port that is not open yet.
    ///
    /// - Parameters:
    ///   - settings: which port, and how it is spoken to.
    ///   - sink: hears AT commands, codes and changes of the modem.
    ///   - onNews: is told what concerns its user, on the port's loop.
    public convenience init(
        _ settings: ATPortSettings, sink: (any EventSink)? = nil,
        onNews: @escaping @Sendable (ATPortNews) -> Void = { _ in }
    ) {
        self.init(settings, sink: sink, capture: nil, onNews: onNews)
    }

    /// The same; a capture hears what passes, too.
    package init(
        _ settings: ATPortSettings, sink: (any EventSink)?, capture: (any WireSink)?,
        onNews: @escaping @Sendable (ATPortNews) -> Void
    ) {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        self.loop = loop
        keeper = .makeBoxSendingValue(PortKeeper(settings, sink, capture, onNews, loop), eventLoop: loop)
    }

    /// Opens the port now, or as soon as it is there.
    public func start() {
        loop.execute { self.keeper.value.start() }
    }

    /// Closes the port for good; it is free for others when this returns.
    public func stop() async {
        try? await loop.flatSubmit { self.keeper.value.stop() }.get()
    }

    /// Sends a command and waits for its end; one of a task that is cancelled is given up.
    public func send(_ command: ATCommand) async -> ATAnswer {
        let cancelled = ATAnswer(command: command, final: FinalResult(.aborted))
        guard !Task.isCancelled else { return cancelled }
        let number = Self.numbers.next()
        return await withTaskCancellationHandler {
            let answer = loop.flatSubmit { self.keeper.value.send(command, number: number) }
            return (try? await answer.get()) ?? cancelled
        } onCancel: {
            loop.execute { self.keeper.value.giveUp(number: number) }
        }
    }

    private static let numbers = CallNumbers()
}
