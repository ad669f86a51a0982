/// What the four bytes of a command's header mean, a text each.
public enum CommandFields {
    /// For class, instruction, P1 and P2 in this order.
    public static func meanings(_ command: CommandAPDU) -> [String] {
        [
            classMeaning(command.classByte), command.name().name, firstParameter(command), secondParameter(command),
        ]
    }

    private static func classMeaning(_ byte: ClassByte) -> String {
        var parts = [byte.family.words, "channel \(byte.logicalChannel)"]
        if byte.isSecured { parts.append("secure messaging") }
        if byte.isChained { parts.append("more commands follow") }
        return parts.joined(separator: ", ")
    }

    private static func firstParameter(_ command: CommandAPDU) -> String {
        switch command.ins {
        case 0xA4:
            switch command.p1 {
            case 0x00: "by file identifier"
            case 0x01: "child directory"
            case 0x02: "file in the current directory"
            case 0x03: "parent directory"
            case 0x04: "by application identifier"
            case 0x08: "by path from the MF"
            case 0x09: "by path from the current directory"
            default: ""
            }
        case 0xB0, 0xD6, 0xD0, 0x0E:
            command.p1 & 0x80 == 0 ? "offset, high byte" : "short file identifier \(command.p1 & 0x1F)"
        case 0xB2, 0xDC, 0xD2: "record number \(command.p1)"
        case 0x70: command.p1 == 0 ? "open a channel" : command.p1 == 0x80 ? "close a channel" : ""
        case 0xCA: "tag, high byte"
        default: ""
        }
    }

    private static func secondParameter(_ command: CommandAPDU) -> String {
        switch command.ins {
        case 0xA4: selectAnswer(command.p2)
        case 0xB0, 0xD6, 0xD0, 0x0E: command.p1 & 0x80 == 0 ? "offset, low byte" : "offset"
        case 0xB2, 0xDC, 0xD2: recordMode(command.p2)
        case 0x20, 0x24, 0x26, 0x28, 0x2C: "key reference"
        case 0x70: "channel \(command.p2)"
        case 0xCA: "tag, low byte"
        default: ""
        }
    }

    /// ISO/IEC 7816-4, 11.2.2
    private static func selectAnswer(_ p2: UInt8) -> String {
        let occurrence = ["first or only", "last", "next", "previous"][Int(p2 & 0x03)]
        let answer = ["file control information", "file control parameters", "file management data", "nothing"]
        return "\(occurrence) occurrence, answer with \(answer[Int(p2 >> 2 & 0x03)])"
    }

    private static func recordMode(_ p2: UInt8) -> String {
        let file = p2 >> 3 == 0 ? "current file" : "short file identifier \(p2 >> 3)"
        return switch p2 & 0x07 {
        case 0x02: "\(file), next record"
        case 0x03: "\(file), previous record"
        case 0x04: "\(file), record of that number"
        default: file
        }
    }
}
