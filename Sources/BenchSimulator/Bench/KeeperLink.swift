internal import Glibc

/// The line between the process that a user started and the bench's keeper: text, a line a message.
///
/// The keeper says `ready SOCKET` or `error CODE TEXT`; the starter may say `stop`. What else comes before is the
/// complaint of a program on the way, such as unshare. The keeper's end closes when the bench is gone.
struct KeeperLink {
    enum Message: Equatable {
        case ready(socket: String)
        case failed(code: Int32, text: String)
        case stop
        case other(String)

        init(_ line: String) {
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            switch words.first {
            case "ready" where words.count > 1:
                self = .ready(socket: String(line.dropFirst("ready ".count)))
            case "error" where words.count == 3:
                self = Int32(words[1]).map { .failed(code: $0, text: words[2]) } ?? .other(line)
            case "stop" where words.count == 1:
                self = .stop
            default:
                self = .other(line)
            }
        }

        var line: String {
            switch self {
            case .ready(let socket): "ready \(socket)\n"
            case .failed(let code, let text): "error \(code) \(text)\n"
            case .stop: "stop\n"
            case .other(let text): "\(text)\n"
            }
        }
    }

    let descriptor: Int32
    private var partial: [UInt8] = []

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    func send(_ message: Message) {
        // a starter that is gone hears nothing, and needs not
        let bytes = Array(message.line.utf8)
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// The next message; nil when the other side has closed.
    mutating func next() -> Message? {
        while true {
            if let end = partial.firstIndex(of: UInt8(ascii: "\n")) {
                defer { partial.removeFirst(end + 1) }
                return Message(String(decoding: partial[..<end], as: UTF8.self))
            }
            var buffer = [UInt8](repeating: 0, count: 1024)
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0, partial.count < 65_536 else { return nil }
            partial += buffer[..<count]
        }
    }
}
