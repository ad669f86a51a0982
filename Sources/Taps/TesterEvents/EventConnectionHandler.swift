internal import Glibc
internal import NIOCore
internal import ProbeEvents

/// One connection of the event socket on its event loop: reads as fast as it can, writes little and never waits.
final class EventConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Asks a connection to end from our side, as soon as it has read what was sent by now.
    struct Farewell: Sendable {}

    /// A sender that does not read our last line keeps the connection for this long.
    private static let patience = TimeAmount.seconds(5)

    private let sink: any EventSink
    private let answer: EventSocket.Answer
    private let onProgress: (Receipt) -> Void
    private let onEnd: () -> Void
    private var connection = EventConnection()
    private var owesReceipt = false
    private var hasEnded = false
    /// After a farewell: how many bytes are still to be read.
    private var bytesLeft: Int?

    /// `onProgress` gets what each read added to the receipt; `onEnd` is called once.
    init(
        sink: any EventSink, answer: @escaping EventSocket.Answer, onProgress: @escaping (Receipt) -> Void,
        onEnd: @escaping () -> Void
    ) {
        self.sink = sink
        self.answer = answer
        self.onProgress = onProgress
        self.onEnd = onEnd
    }

    func channelActive(context: ChannelHandlerContext) {
        write(.greeting, context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasEnded else { return }
        let before = connection.receipt
        let bytes = unwrapInboundIn(data)
        let actions = connection.received(bytes.readableBytesView, clock: .now)
        tell(actions.told, since: before)
        write(actions.faults, context)
        // Who does not read the answers asks in vain.
        for suite in actions.questions where context.channel.isWritable { write(.answer(answer(suite)), context) }
        if actions.wantsReceipt { owesReceipt = true }
        if let left = bytesLeft {
            bytesLeft = left - bytes.readableBytes
            if left <= bytes.readableBytes { finish(context, isOurs: true) }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        writeReceipt(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        writeReceipt(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { finish(context, isOurs: false) }
        context.fireUserInboundEventTriggered(event)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is Farewell else { return context.triggerUserOutboundEvent(event, promise: promise) }
        let left = Self.unreadBytes(of: context)
        if left > 0 { bytesLeft = left } else { finish(context, isOurs: true) }
        promise?.succeed()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(isOurs: false)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Tells what the sender left open, says how far it was read, and ends.
    private func finish(_ context: ChannelHandlerContext, isOurs: Bool) {
        guard !hasEnded else { return }
        write(end(isOurs: isOurs), context)
        let isWritten = context.eventLoop.makePromise(of: Void.self)
        write(.receipt(connection.receipt), context, promise: isWritten)
        let channel = context.channel
        let latest = channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
        isWritten.futureResult.whenComplete { _ in
            latest.cancel()
            channel.close(promise: nil)
        }
    }

    private static func unreadBytes(of context: ChannelHandlerContext) -> Int {
        let pipeline = context.pipeline.syncOperations
        let bytes = try? pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { descriptor in
            var bytes: Int32 = 0
            return ioctl(descriptor, UInt(FIONREAD), &bytes) == 0 ? bytes : 0
        }
        return Int(bytes ?? 0)
    }

    /// What was wrong with the last line.
    @discardableResult
    private func end(isOurs: Bool) -> [LineFault] {
        guard !hasEnded else { return [] }
        hasEnded = true
        let before = connection.receipt
        var last = EventConnection.Actions()
        if isOurs { last.told = connection.abandoned(clock: .now) } else { last = connection.ended(clock: .now) }
        tell(last.told, since: before)
        onEnd()
        return last.faults
    }

    /// Says what is wrong with lines, as far as the sender reads: the rest is in the receipt's count only.
    private func write(_ faults: [LineFault], _ context: ChannelHandlerContext) {
        for fault in faults {
            guard context.channel.isWritable else { break }
            let line = context.channel.allocator.buffer(bytes: SocketLine.fault(fault).bytes)
            context.write(wrapOutboundOut(line), promise: nil)
        }
        if !faults.isEmpty { context.flush() }
    }

    private func tell(_ events: [ProbeEvent], since before: Receipt) {
        for event in events { sink.receive(event) }
        let now = connection.receipt
        onProgress(Receipt(received: now.received - before.received, skipped: now.skipped - before.skipped))
    }

    /// Says how far we are; who does not read what we say is told less often, since the number is a total.
    private func writeReceipt(_ context: ChannelHandlerContext) {
        guard owesReceipt, !hasEnded, context.channel.isWritable else { return }
        owesReceipt = false
        write(.receipt(connection.receipt), context)
    }

    private func write(_ line: SocketLine, _ context: ChannelHandlerContext, promise: EventLoopPromise<Void>? = nil) {
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: line.bytes)), promise: promise)
    }
}

/// Tells a peer that may not send events why, and ends.
final class RefusalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let reason: String

    init(reason: String) {
        self.reason = reason
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        let line = channel.allocator.buffer(bytes: SocketLine.refused(reason).bytes)
        context.writeAndFlush(wrapOutboundOut(line)).whenComplete { _ in channel.close(promise: nil) }
    }
}
