internal import Glibc
package import NIOCore
internal import NIOPosix

/// A serial port on an event loop: bytes in and out, and word of its end.
///
/// It belongs to its loop: all methods are called there. The port is ours alone, by the kernel's mark and by a lock
/// file; what it was set to comes back when it is closed.
package final class SerialPort {
    /// What a port tells, on its loop.
    package struct Handlers: Sendable {
        /// Bytes came.
        package var received: @Sendable (ByteBuffer) -> Void
        /// The port hung up, or was closed; told once.
        package var closed: @Sendable () -> Void

        /// Handlers of both.
        package init(
            received: @escaping @Sendable (ByteBuffer) -> Void, closed: @escaping @Sendable () -> Void
        ) {
            self.received = received
            self.closed = closed
        }
    }

    /// The device behind the path that was asked for.
    package var device: String { terminal.device }
    private let terminal: OpenTerminal
    private let channel: any Channel

    private init(_ terminal: OpenTerminal, _ channel: any Channel) {
        self.terminal = terminal
        self.channel = channel
    }

    /// Opens a port by any of its names; the future is of this loop, and fails with a `ModemError` only.
    ///
    /// The open itself waits for the device, so that it is done beside the loop.
    package static func open(
        _ path: String, settings: SerialSettings, loop: any EventLoop, handlers: Handlers
    ) -> EventLoopFuture<NIOLoopBound<SerialPort>> {
        NIOThreadPool.singleton.runIfActive(eventLoop: loop) {
            try OpenTerminal(path, settings)
        }.flatMap { terminal in
            let copies: DescriptorCopies
            do throws(IOError) {
                copies = try DescriptorCopies(2, of: terminal.descriptor)
            } catch {
                terminal.giveBack()
                return loop.makeFailedFuture(
                    ModemError.system(path: path, doing: "watching", errno: error.errnoCode))
            }
            return NIOPipeBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(SerialHandler(handlers, terminal))
                    }
                }
                .takingOwnershipOfDescriptors(input: copies[0], output: copies[1])
                .map { channel in NIOLoopBound(SerialPort(terminal, channel), eventLoop: loop) }
                .flatMapErrorThrowing { error in
                    // The copies are the channel's, which has closed them.
                    terminal.giveBack()
                    let number = (error as? IOError)?.errnoCode ?? EIO
                    throw ModemError.system(path: path, doing: "watching", errno: number)
                }
        }
    }

    /// Whether it is open; it may have hung up before its opener heard of it.
    var isOpen: Bool { channel.isActive }

    /// Sends bytes; to a port that is gone nothing is sent.
    package func write(_ bytes: [UInt8]) {
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    /// Closes the port; `closed` is told.
    package func close() {
        channel.close(promise: nil)
    }
}

/// Hands bytes on; at the end gives the terminal back before anybody hears of it.
private final class SerialHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let handlers: SerialPort.Handlers
    private let terminal: OpenTerminal
    private var isEnded = false

    init(_ handlers: SerialPort.Handlers, _ terminal: OpenTerminal) {
        self.handlers = handlers
        self.terminal = terminal
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        handlers.received(unwrapInboundIn(data))
    }

    /// A tty that hangs up gives EIO where a file gives its end.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        guard !isEnded else { return }
        isEnded = true
        terminal.giveBack()
        handlers.closed()
    }
}
