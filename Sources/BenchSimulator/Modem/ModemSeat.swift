internal import CProbe
internal import Glibc
internal import NIOCore
internal import NIOPosix

/// A virtual modem on a pseudo terminal behind a name that stays: hang-ups and returns give it another terminal, as a
/// USB modem that comes back has another number.
///
/// It belongs to its event loop.
final class ModemSeat {
    private var modem: VirtualModem
    private let script: ModemScript
    private let link: String
    private let log: ModemLog?
    private let loop: any EventLoop

    private var channel: (any Channel)?
    /// The other end, held open so that a client that leaves does not hang up the master.
    private var otherEnd: Int32 = -1
    private var device = ""
    /// Counts terminals: what was meant for one before is not sent on the next.
    private var number = 0
    private var queue = [ModemOutput]()[...]
    private var isSending = false
    private var isPumping = false
    private(set) var isSilent = false
    private(set) var commands = 0

    init(script: ModemScript, link: String, log: ModemLog?, loop: any EventLoop) {
        self.script = script
        self.link = link
        self.log = log
        self.loop = loop
        modem = VirtualModem(script: script)
    }

    var status: String {
        "plugged=\(channel != nil) silent=\(isSilent) commands=\(commands) device=\(device.isEmpty ? "-" : device)"
    }

    // MARK: Port

    /// Makes a terminal and puts it under the name.
    func plug() throws(SimulatorError) -> EventLoopFuture<Void> {
        guard channel == nil else { return loop.makeSucceededVoidFuture() }
        let (master, name) = try Self.newTerminal()
        otherEnd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard otherEnd >= 0 else {
            close(master)
            throw .system(doing: "opening \(name)", errno: errno)
        }
        // A client that sets nothing gets bytes as they are; and nothing is echoed by the terminal itself.
        serial_make_raw(otherEnd, 115_200, false)
        try setLink(to: name)
        device = name
        modem.restart()
        number += 1
        let number = number
        let seat = NIOLoopBound(self, eventLoop: loop)
        return NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ModemHandler(seat.value, number))
                }
            }
            .takingOwnershipOfDescriptors(input: master, output: dup(master))
            .assumeIsolated()
            .map { channel in
                self.channel = channel
                self.log?.note("plugged", name)
                self.enqueue(self.modem.greeting)
            }
            .nonisolated()
    }

    /// Hangs up; the name is gone until the modem is plugged in again.
    func unplug(returnsAfter: Duration?) {
        guard let old = channel else { return }
        channel = nil
        queue = []
        isSending = false
        unlink(link)
        device = ""
        close(otherEnd)
        old.close(promise: nil)
        log?.note("unplugged")
        guard let returnsAfter else { return }
        loop.assumeIsolated().scheduleTask(in: TimeAmount(returnsAfter)) { self.plugAgain() }
    }

    private func plugAgain() {
        do throws(SimulatorError) {
            _ = try plug()
        } catch {
            tell(error.explanation)
        }
    }

    private static func newTerminal() throws(SimulatorError) -> (Int32, String) {
        var name = [CChar](repeating: 0, count: 64)
        let master = serial_new_terminal(&name, Int32(name.count))
        guard master >= 0 else { throw .system(doing: "making a pseudo terminal", errno: errno) }
        return (master, String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }

    /// By renaming, so that the name never points nowhere.
    private func setLink(to name: String) throws(SimulatorError) {
        var status = stat()
        // What is not ours to replace stays.
        guard lstat(link, &status) != 0 || status.st_mode & S_IFMT == S_IFLNK else {
            throw .system(doing: "making the link \(link)", errno: EEXIST)
        }
        let draft = "\(link).\(getpid())"
        unlink(draft)
        guard symlink(name, draft) == 0, rename(draft, link) == 0 else {
            throw .system(doing: "making the link \(link)", errno: errno)
        }
    }

    // MARK: Talk

    func setSilent(_ isSilent: Bool) { self.isSilent = isSilent }

    /// Says a line by itself.
    func say(_ text: String) {
        enqueue([
            ModemOutput(
                action: .send(ModemMessage(content: .line(text)).bytes), note: text, isUnsolicited: true)
        ])
    }

    func received(_ buffer: ByteBuffer, _ number: Int) {
        guard number == self.number, channel != nil else { return }
        log?.received(buffer.readableBytesView)
        for (command, outputs) in modem.received(buffer.readableBytesView) {
            if !command.isEmpty {
                commands += 1
                log?.note("command", command)
            }
            if !isSilent { enqueue(outputs) }
        }
    }

    /// Answers go out in order; what is said later by itself does not keep them back.
    private func enqueue(_ outputs: [ModemOutput]) {
        var later = [ModemOutput]()[...]
        for output in outputs {
            if output.isUnsolicited, output.delay > .zero || !later.isEmpty {
                later.append(output)
            } else {
                queue.append(output)
            }
        }
        if !later.isEmpty { sayLater(later, number) }
        sendNext()
    }

    private func sayLater(_ outputs: ArraySlice<ModemOutput>, _ number: Int) {
        guard let next = outputs.first else { return }
        loop.assumeIsolated().scheduleTask(in: TimeAmount(next.delay)) {
            guard number == self.number, self.channel != nil else { return }
            var due = outputs
            // All that need no pause go together: a flood is one.
            repeat {
                var output = due.removeFirst()
                output.delay = .zero
                self.queue.append(output)
            } while due.first?.delay == .zero
            self.sendNext()
            self.sayLater(due, number)
        }
    }

    /// A loop, since a write is often done at once: a flood would else be as many calls inside each other.
    private func sendNext() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while !isSending, channel != nil, let next = queue.popFirst() {
            isSending = true
            let number = number
            if next.delay > .zero {
                loop.assumeIsolated().scheduleTask(in: TimeAmount(next.delay)) { self.perform(next, number) }
            } else {
                perform(next, number)
            }
        }
    }

    private func perform(_ output: ModemOutput, _ number: Int) {
        guard number == self.number, channel != nil else { return }
        switch output.action {
        case .hangUp(let returnsAfter): unplug(returnsAfter: returnsAfter)
        case .expect(let asked, let time):
            isSending = false
            loop.assumeIsolated().scheduleTask(in: TimeAmount(time)) { self.expire(asked, number) }
            sendNext()
        case .send(let bytes):
            // First the log: whoever has the answer finds it there.
            if !output.note.isEmpty { log?.note(output.isUnsolicited ? "unsolicited" : "result", output.note) }
            send(bytes[...], number)
        }
    }

    private func expire(_ asked: Int, _ number: Int) {
        guard number == self.number, channel != nil else { return }
        let outputs = modem.toolkitTimeout(asked)
        if !outputs.isEmpty { log?.note("expired") }
        enqueue(outputs)
    }

    /// Writes what fits in a piece, and waits before the next one.
    private func send(_ bytes: ArraySlice<UInt8>, _ number: Int) {
        guard number == self.number, let channel else { return }
        let piece = bytes.prefix(script.chunkBytes ?? bytes.count)
        log?.sent(Array(piece))
        channel.writeAndFlush(ByteBuffer(bytes: piece)).assumeIsolated().whenComplete { _ in
            guard number == self.number else { return }
            let rest = bytes.dropFirst(piece.count)
            guard !rest.isEmpty else {
                self.isSending = false
                return self.sendNext()
            }
            self.loop.assumeIsolated().scheduleTask(in: TimeAmount(self.script.chunkPause)) { self.send(rest, number) }
        }
    }
}

private final class ModemHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let seat: ModemSeat
    private let number: Int

    init(_ seat: ModemSeat, _ number: Int) {
        self.seat = seat
        self.number = number
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        seat.received(unwrapInboundIn(data), number)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
