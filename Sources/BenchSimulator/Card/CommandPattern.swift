internal import SmartCard

/// Which commands a rule or session is for: the first bytes, or a command's name.
package struct CommandPattern: Equatable, Sendable {
    private enum Form: Equatable, Sendable {
        case bytes([UInt8?])
        case name(CommandName)
    }

    private let form: Form

    /// Commands that begin with these bytes; nil stands for any byte.
    package init(bytes: [UInt8?]) {
        form = .bytes(bytes)
    }

    /// Reads a pattern as a script writes it: hexadecimal digits with `??` for any byte.
    package init?(hexadecimal text: String) {
        let digits = text.filter { $0 != " " && $0 != ":" }
        guard !digits.isEmpty, digits.count.isMultiple(of: 2) else { return nil }
        var pattern: [UInt8?] = []
        var rest = digits[...]
        while !rest.isEmpty {
            let pair = rest.prefix(2)
            rest = rest.dropFirst(2)
            if pair == "??" {
                pattern.append(nil)
            } else if let byte = BenchSimulator.bytes(hexadecimal: String(pair))?.first {
                pattern.append(byte)
            } else {
                return nil
            }
        }
        form = .bytes(pattern)
    }

    /// Commands that the command table gives this name, such as READ BINARY.
    package init?(commandName: String) {
        guard let name = CommandName(named: commandName.uppercased()) else { return nil }
        form = .name(name)
    }

    /// Every name that `init(commandName:)` takes.
    package static var commandNames: [String] { CommandName.all.map(\.name) }

    package func matches(_ command: [UInt8]) -> Bool {
        switch form {
        case .bytes(let pattern):
            return command.count >= pattern.count && zip(pattern, command).allSatisfy { $0 == nil || $0 == $1 }
        case .name(let name):
            guard command.count >= 4 else { return name == .malformed }
            return CommandTable.name(cla: command[0], ins: command[1], p1: command[2], length: command.count) == name
        }
    }
}
