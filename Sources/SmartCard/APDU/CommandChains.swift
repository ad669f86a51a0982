/// The command chains of one card handle, one for each logical channel, at most twenty.
public struct CommandChains: Hashable, Sendable {
    private var chains: [Int: CommandChain] = [:]
    private let idleNanoseconds: UInt64

    /// Chains with nothing pending; a command is over after this long without an exchange on its channel.
    public init(idleNanoseconds: UInt64 = 5_000_000_000) {
        self.idleNanoseconds = idleNanoseconds
    }

    /// Takes the next exchange on this handle.
    public mutating func observe(_ exchange: ChainedExchange) -> CommandChain.Finished {
        let channel = exchange.command.classByte.logicalChannel
        return chains[channel, default: CommandChain(idleNanoseconds: idleNanoseconds)].observe(exchange)
    }

    /// Ends the commands that have waited too long, in the order of their begin.
    public mutating func closeIdle(atNanoseconds now: UInt64) -> [LogicalCommand] {
        ended { $0.closeIfIdle(atNanoseconds: now) }
    }

    /// Ends every pending command, in the order of their begin.
    public mutating func closeAll(_ ending: LogicalCommand.Ending) -> [LogicalCommand] {
        ended { $0.close(ending) }
    }

    private mutating func ended(_ end: (inout CommandChain) -> LogicalCommand?) -> [LogicalCommand] {
        var commands: [LogicalCommand] = []
        for channel in chains.keys.sorted() {
            if var chain = chains[channel], let command = end(&chain) {
                chains[channel] = chain
                commands.append(command)
            }
        }
        return commands.sorted { $0.startNanoseconds < $1.startNanoseconds }
    }
}
