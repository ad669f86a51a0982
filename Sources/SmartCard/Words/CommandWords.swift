/// Commands as people say them: `SELECT EF.ICCID`, `READ BINARY EF.ICCID (0, 10)`, `VERIFY PIN1`, `FETCH OPEN CHANNEL`.
///
/// Names of files, applications, PINs and proactive commands; never contents.
public enum CommandWords {
    /// The words for a command of this name.
    public static func words(
        _ name: CommandName, command bytes: [UInt8], response: [UInt8], subject: CommandSubject = CommandSubject()
    ) -> String {
        let command = CommandAPDU(bytes)
        let object = command.isMalformed ? nil : object(name, command, bytes, response, subject)
        return object.map { "\(name.name) \($0)" } ?? name.name
    }

    private static func object(
        _ name: CommandName, _ command: CommandAPDU, _ bytes: [UInt8], _ response: [UInt8], _ subject: CommandSubject
    ) -> String? {
        let data = bytes[command.dataRange]
        switch name {
        case .select: return selected(command, data, subject)
        case .manageChannel: return channel(ChannelRequest(command), response)
        case .getResponse: return "(\(command.ne))"
        case .fetch: return fetched(response)
        case .terminalResponse: return (try? TerminalResponse(data)).map(\.details.type.name)
        case .envelope: return (try? ToolkitEnvelope(data)).map(\.kind.words)
        default: break
        }
        switch command.ins {
        case 0xB0, 0xD6, 0xD0, 0x0E: return [file(subject), range(command)].compactMap(\.self).joined(separator: " ")
        case 0xB2, 0xDC, 0xD2: return [file(subject), record(command)].compactMap(\.self).joined(separator: " ")
        case 0xB1, 0xB3, 0xD1, 0xD7, 0xDD, 0x0F, 0xA0, 0xA1, 0xA2, 0xE2, 0x32: return file(subject)
        case 0xCA: return hexByte(command.p1) + hexByte(command.p2)
        case 0x20, 0x21, 0x24, 0x26, 0x28, 0x2C: return key(command, subject)
        default: return nil
        }
    }

    // MARK: Files

    /// Where a path leads, and its last part's name.
    static func path(
        _ data: ArraySlice<UInt8>, from start: CardDirectory?, application: CardDirectory?
    ) -> (name: String?, directory: CardDirectory?) {
        guard !data.isEmpty, data.count.isMultiple(of: 2) else { return (nil, nil) }
        var (name, directory): (String?, CardDirectory?) = (nil, start)
        for index in stride(from: data.startIndex, to: data.endIndex, by: 2) {
            let identifier = UInt16(data[index]) << 8 | UInt16(data[index + 1])
            guard CardDirectory.isDirectory(identifier) else {
                if identifier >> 8 == 0x2F { directory = .master }
                name = CardFileNames.name(of: CardFile(identifier), in: directory) ?? hex(identifier)
                continue
            }
            // 7FFF is the application that is selected (TS 102 221, 8.3).
            directory =
                identifier == 0x7FFF ? application : CardDirectory(identifier, from: directory) ?? .otherApplication
            name = directory?.name ?? (identifier == 0x7FFF ? "ADF" : hex(identifier))
        }
        return (name, directory)
    }

    private static func selected(
        _ command: CommandAPDU, _ data: ArraySlice<UInt8>, _ subject: CommandSubject
    ) -> String? {
        switch command.p1 {
        case 0x04: return data.isEmpty ? "default application" : ApplicationNames.words(of: data)
        case 0x03: return "parent"
        case 0x00 where data.isEmpty: return "MF"
        case 0x08: return path(data, from: .master, application: subject.application).name
        case 0x00, 0x01, 0x02, 0x09: return path(data, from: subject.directory, application: subject.application).name
        default: return nil
        }
    }

    private static func file(_ subject: CommandSubject) -> String? {
        guard case .file(let file) = subject.target else { return nil }
        return CardFileNames.name(of: file, in: subject.directory) ?? hex(file.identifier)
    }

    /// Where in a file, and how much (TS 102 221, 11.1.3.2); with a short identifier P2 alone is the offset.
    private static func range(_ command: CommandAPDU) -> String {
        let offset = command.p1 & 0x80 == 0 ? Int(command.p1) << 8 | Int(command.p2) : Int(command.p2)
        return "(\(offset), \(max(command.lc, command.ne)))"
    }

    /// Which record (TS 102 221, 11.1.5.2).
    private static func record(_ command: CommandAPDU) -> String? {
        switch command.p2 & 0x07 {
        case 0x02: "(next)"
        case 0x03: "(previous)"
        case 0x04: command.p1 == 0 ? "(current)" : "(\(command.p1))"
        default: nil
        }
    }

    // MARK: Keys

    /// Which PIN, as UICCs number them (TS 102 221, 9.5.1), or the bare reference where another application is selected.
    private static func key(_ command: CommandAPDU, _ subject: CommandSubject) -> String {
        if command.cla == 0xA0 { return "\(command.p2)" }
        if subject.application == .otherApplication { return hexByte(command.p2) }
        let number = command.p2 & 0x0F
        switch command.p2 {
        case 0x01: return "PIN1"
        case 0x81: return "PIN2"
        case 0x11: return "universal PIN"
        case 0x02...0x08: return "PIN1 of application \(number)"
        case 0x82...0x88: return "PIN2 of application \(number)"
        case 0x0A...0x0E: return "ADM\(number - 9)"
        case 0x8A...0x8E: return "ADM\(number - 4)"
        default: return hexByte(command.p2)
        }
    }

    // MARK: Channels and toolkit

    private static func channel(_ request: ChannelRequest?, _ response: [UInt8]) -> String? {
        switch request {
        case .openAny:
            let data = response[ResponseAPDU(response).dataRange]
            return data.first.map { "open \($0)" } ?? "open"
        case .open(let number): return "open \(number)"
        case .close(let number): return "close \(number)"
        case nil: return nil
        }
    }

    private static func fetched(_ response: [UInt8]) -> String? {
        (try? ProactiveCommand(response[ResponseAPDU(response).dataRange])).map(\.details.type.name)
    }

    private static func hex(_ identifier: UInt16) -> String {
        hexByte(UInt8(identifier >> 8)) + hexByte(UInt8(identifier & 0xFF))
    }
}

extension ToolkitEnvelope.Kind {
    /// How TS 102 223 calls it.
    fileprivate var words: String {
        switch self {
        case .smsPPDownload: "SMS-PP DOWNLOAD"
        case .cellBroadcast: "CELL BROADCAST DOWNLOAD"
        case .menuSelection: "MENU SELECTION"
        case .callControl: "CALL CONTROL"
        case .moShortMessageControl: "MO SHORT MESSAGE CONTROL"
        case .eventDownload: "EVENT DOWNLOAD"
        case .timerExpiration: "TIMER EXPIRATION"
        case .ussdDownload: "USSD DOWNLOAD"
        case .mmsTransferStatus: "MMS TRANSFER STATUS"
        case .mmsNotification: "MMS NOTIFICATION DOWNLOAD"
        case .terminalApplications: "TERMINAL APPLICATIONS"
        case .geographicalLocation: "GEOGRAPHICAL LOCATION REPORTING"
        case .container: "ENVELOPE CONTAINER"
        case .proSeReport: "PROSE REPORT"
        case .other(let tag): hexByte(tag)
        }
    }
}
