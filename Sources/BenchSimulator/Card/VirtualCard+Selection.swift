extension VirtualCard {
    /// SELECT: TS 102 221, 11.1.1; with class A0 only by file identifier: TS 51.011, 8.1.
    mutating func select(_ context: CommandContext) -> CardAnswer {
        let command = context.command
        guard var channel = channels[context.channel] else { return .status(0x6881) }
        if context.isGSM {
            guard command.p1 == 0, command.p2 == 0 else { return .status(0x6B00) }
        } else if command.p1 == 0x04 {
            return selectApplication(context)
        }
        guard let index = target(of: command, from: channel) else {
            return .status(Self.selectionModes.contains(command.p1) ? 0x6A82 : 0x6A86)
        }
        move(&channel, to: index)
        channels[context.channel] = channel
        return description(of: index, context)
    }

    /// STATUS: TS 102 221, 11.1.2; P2 says what is told: 00 as in SELECT, 01 the application's name, 0C nothing.
    mutating func status(_ context: CommandContext) -> CardAnswer {
        guard let channel = channels[context.channel] else { return .status(0x6881) }
        let templates = FileTemplates(files: files, pins: pins)
        if context.isGSM { return .outgoingPrefix(templates.gsmResponse(of: channel.directory)) }
        guard context.command.p1 <= 0x02 else { return .status(0x6A86) }
        switch context.command.p2 {
        case 0x00:
            return .outgoingPrefix(templates.fileControlParameters(of: channel.directory))
        case 0x01:
            guard let application = channel.application, case .application(let aid) = files[application].kind else {
                return .status(0x6A88)
            }
            return .outgoingPrefix(TLV.encode(0x84, aid))
        case 0x0C:
            return .done
        default:
            return .status(0x6A86)
        }
    }

    private static let selectionModes: Set<UInt8> = [0x00, 0x01, 0x02, 0x03, 0x04, 0x08, 0x09]

    private func target(of command: CardCommand, from channel: LogicalChannel) -> Int? {
        let path = stride(from: 0, to: command.data.count - 1, by: 2).map {
            UInt16(command.data[$0]) << 8 | UInt16(command.data[$0 + 1])
        }
        guard command.data.count.isMultiple(of: 2) else { return nil }
        switch command.p1 {
        case 0x00:
            // ISO lets an empty data field stand for the MF
            guard let identifier = path.first else { return CardFileSystem.master }
            return path.count == 1 ? resolve(identifier, channel) : nil
        case 0x01, 0x02:
            guard let identifier = path.first, path.count == 1 else { return nil }
            let index = files.child(identifier, of: channel.directory)
            return index.flatMap { files[$0].isDirectory == (command.p1 == 0x01) ? $0 : nil }
        case 0x03:
            return path.isEmpty ? files[channel.directory].parent : nil
        case 0x08:
            return resolve(path: path, from: CardFileSystem.master, channel)
        case 0x09:
            return resolve(path: path, from: channel.directory, channel)
        default:
            return nil
        }
    }

    /// 7FFF is the application of this channel, and no file of its own without one.
    private func resolve(_ identifier: UInt16, _ channel: LogicalChannel) -> Int? {
        if identifier == StandardFiles.currentApplication { return channel.application }
        return files.resolve(identifier, from: channel.directory)
    }

    private func resolve(path: [UInt16], from directory: Int, _ channel: LogicalChannel) -> Int? {
        guard let first = path.first else { return nil }
        var rest = path
        var start = directory
        if first == 0x3F00 {
            start = CardFileSystem.master
            rest.removeFirst()
        }
        if rest.first == StandardFiles.currentApplication {
            guard let application = channel.application else { return nil }
            start = application
            rest.removeFirst()
        }
        return files.resolve(path: rest, from: start)
    }

    private func move(_ channel: inout LogicalChannel, to index: Int) {
        channel.isSecurityDomain = false
        channel.isRoot = false
        channel.record = 0
        if files[index].isDirectory {
            channel.directory = index
            channel.file = nil
            if case .application = files[index].kind { channel.application = index }
        } else {
            channel.directory = files[index].parent
            channel.file = index
        }
    }

    private func description(of index: Int, _ context: CommandContext) -> CardAnswer {
        let templates = FileTemplates(files: files, pins: pins)
        if context.isGSM { return .afterData(templates.gsmResponse(of: index)) }
        // P2 b4 b3: 11 asks for nothing, 00 and 01 for FCI and FCP, which are one here
        switch context.command.p2 & 0x0C {
        case 0x0C: return .done
        case 0x00, 0x04: return .afterData(templates.fileControlParameters(of: index))
        default: return .status(0x6A86)
        }
    }

    // MARK: By name

    /// SELECT by AID: the name may be cut from the right, P2 b2 b1 then asks for first, last, next or previous.
    private mutating func selectApplication(_ context: CommandContext) -> CardAnswer {
        let name = context.command.data
        guard name.count <= 16, var channel = channels[context.channel] else { return .status(0x6A80) }
        if SecurityDomain.isNamed(by: name) {
            channel = LogicalChannel(application: nil, isSecurityDomain: true)
            channels[context.channel] = channel
            let wantsNothing = context.command.p2 & 0x0C == 0x0C
            return wantsNothing ? .done : .afterData(SecurityDomain.fileControlInformation)
        }
        if euicc != nil, name == EUICC.identifier {
            channels[context.channel] = LogicalChannel(application: nil, isRoot: true)
            let wantsNothing = context.command.p2 & 0x0C == 0x0C
            return wantsNothing ? .done : .afterData(EUICC.fileControlInformation)
        }
        let matches = files.applications.filter { index in
            if case .application(let aid) = files[index].kind { aid.starts(with: name) } else { false }
        }
        guard let index = occurrence(context.command.p2 & 0x03, of: matches, after: channel.application) else {
            return .status(0x6A82)
        }
        move(&channel, to: index)
        channels[context.channel] = channel
        return description(of: index, context)
    }

    private func occurrence(_ mode: UInt8, of matches: [Int], after current: Int?) -> Int? {
        switch mode {
        case 0: matches.first
        case 1: matches.last
        case 2: current.map { index in matches.first { $0 > index } } ?? matches.first
        default: current.map { index in matches.last { $0 < index } } ?? matches.last
        }
    }
}
