internal import Dispatch
internal import Glibc

/// What reaches a program that watches.
enum WatchInput: Sendable, Hashable {
    case key(UInt8)
    case signal(Int32)
    /// Nothing more can be typed.
    case closed
}

/// Keys and signals, a new size of the window among them; the signals have no other effect from now on.
final class WatchInputs {
    private static let numbers = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH]

    private let signals: [any DispatchSourceSignal]
    private let keys: (any DispatchSourceRead)?

    /// Hands each to `take`.
    init(_ take: @escaping @Sendable (WatchInput) -> Void) {
        signals = Self.numbers.map { number in
            // Dispatch hears a signal on Linux only when it is not delivered.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { take(.signal(number)) }
            source.resume()
            return source
        }
        keys = isatty(STDIN_FILENO) == 1 ? Self.keys(take) : nil
    }

    private static func keys(_ take: @escaping @Sendable (WatchInput) -> Void) -> any DispatchSourceRead {
        let keys = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO)
        keys.setEventHandler { [keys] in
            var byte: UInt8 = 0
            let count = read(STDIN_FILENO, &byte, 1)
            if count == 1 { return take(.key(byte)) }
            keys.cancel()
            take(.closed)
        }
        keys.resume()
        return keys
    }

    deinit {
        for source in signals { source.cancel() }
        keys?.cancel()
    }
}
