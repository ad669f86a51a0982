internal import Glibc
internal import NIOCore
internal import NIOPosix

/// A Unix socket that takes commands, a line each, and answers each with a line: `ok ...` or `error ...`.
package struct ControlSocket: Sendable {
    /// Longest line that is taken, in bytes.
    static let longestLine = 256

    private let channel: any Channel
    /// The folder that holds it, opened before a mount may hide it.
    private let folder: Int32
    private let name: String

    /// Listens at the path, for the same user only; an old socket there is replaced.
    ///
    /// - Parameter answer: gets the words of a line and returns the line to send back, without `ok`.
    package static func listen(
        path: String, answer: @escaping @Sendable ([String]) async throws(SimulatorError) -> String
    ) async throws(SimulatorError) -> ControlSocket {
        let slash = path.lastIndex(of: "/")
        let folderPath = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let folder = open(folderPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            throw .system(doing: "opening the control socket's folder \(folderPath)", errno: errno)
        }
        do {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(ControlHandler(answer: answer))
                    }
                }
                .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true)
                .get()
            chmod(path, 0o600)
            let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
            return ControlSocket(channel: channel, folder: folder, name: name)
        } catch let error as IOError {
            Glibc.close(folder)
            throw .system(doing: "listening on the control socket \(path)", errno: error.errnoCode)
        } catch {
            Glibc.close(folder)
            throw .control(problem: "listening on the control socket \(path): \(error)")
        }
    }

    /// Stops listening and removes the socket.
    package func close() async {
        try? await channel.close()
        unlinkat(folder, name, 0)
        Glibc.close(folder)
    }
}

/// Collects lines; commands of one connection are answered in their order.
private final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: @Sendable ([String]) async throws(SimulatorError) -> String
    private var partial: [UInt8] = []
    private var last: EventLoopFuture<Void>?

    init(answer: @escaping @Sendable ([String]) async throws(SimulatorError) -> String) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for byte in unwrapInboundIn(data).readableBytesView {
            if byte == UInt8(ascii: "\n") {
                take(String(decoding: partial, as: UTF8.self), context.channel)
                partial = []
            } else if partial.count < ControlSocket.longestLine {
                partial.append(byte)
            } else {
                return context.close(promise: nil)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func take(_ line: String, _ channel: any Channel) {
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard !words.isEmpty else { return }
        let answer = answer
        let before = last ?? channel.eventLoop.makeSucceededVoidFuture()
        last = before.flatMap {
            channel.eventLoop.makeFutureWithTask {
                let reply: String
                do throws(SimulatorError) {
                    let text = try await answer(words)
                    reply = text.isEmpty ? "ok" : "ok \(text)"
                } catch {
                    reply = "error \(error)"
                }
                try? await channel.writeAndFlush(ByteBuffer(string: reply + "\n"))
            }
        }
    }
}
