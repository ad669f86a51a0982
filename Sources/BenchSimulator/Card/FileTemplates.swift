/// What SELECT and STATUS tell of a file: the FCP template of TS 102 221, 11.1.1.3, and its older GSM form.
struct FileTemplates {
    let files: CardFileSystem
    let pins: PINStore

    /// The FCP template (tag 62) of any file.
    func fileControlParameters(of index: Int) -> [UInt8] {
        let file = files[index]
        var fields = TLV.encode(0x82, descriptor(of: index))
        if case .application(let aid) = file.kind {
            fields += TLV.encode(0x84, aid)
        } else {
            fields += TLV.encode(0x83, file.identifier.bytes)
        }
        if file.isDirectory {
            // UICC characteristics: clock stop allowed, no supply voltage class is refused
            let characteristics: [UInt8] = index == CardFileSystem.master ? TLV.encode(0x80, [0x71]) : []
            fields += TLV.encode(0xA5, characteristics + TLV.encode(0x83, [0x00, 0x01, 0x57, 0x2E]))
        }
        fields += TLV.encode(0x8A, [0x05])
        fields += TLV.encode(0x8B, arrIdentifier(of: index).bytes + [UInt8(file.access.rawValue)])
        if file.isDirectory {
            fields += TLV.encode(0xC6, pinStatus)
        } else {
            fields += TLV.encode(0x80, UInt16(truncatingIfNeeded: files.content(of: index).count).bytes)
            fields += TLV.encode(0x88, file.shortIdentifier.map { [$0 << 3] } ?? [])
        }
        return TLV.encode(0x62, fields)
    }

    /// The answer of TS 51.011, 9.2.1: 23 bytes of a directory, 15 of an elementary file.
    func gsmResponse(of index: Int) -> [UInt8] {
        let file = files[index]
        guard file.isDirectory else { return gsmFileResponse(of: index) }
        let children = file.children.map { files[$0] }
        let isMaster: UInt8 = index == CardFileSystem.master ? 0x01 : 0x02
        var bytes: [UInt8] = [0, 0, 0x57, 0x2E] + file.identifier.bytes + [isMaster, 0, 0, 0, 0, 0, 10]
        // clock stop allowed; b8 set says that CHV1 is disabled
        let isPIN1Enabled = pins[.pin1]?.isEnabled ?? false
        bytes.append(isPIN1Enabled ? 0x13 : 0x93)
        bytes.append(UInt8(clamping: children.count { $0.isDirectory }))
        bytes.append(UInt8(clamping: children.count { !$0.isDirectory }))
        bytes += [4, 0]
        for reference in [PINReference.pin1, .pin2] {
            bytes.append(0x80 | UInt8(clamping: min(pins[reference]?.triesLeft ?? 0, 15)))
            bytes.append(0x80 | UInt8(clamping: min(pins[reference]?.unblockTriesLeft ?? 0, 15)))
        }
        return bytes + [0]
    }

    /// The records of an EF.ARR: one for each access rule, padded to one length.
    static func accessRuleRecords() -> (recordBytes: Int, content: [UInt8]) {
        let records = AccessRule.allCases.map { rule in
            let reading = TLV.encode(0x80, [0x01]) + condition(rule.read)
            // update, and with it deactivate and activate
            return reading + TLV.encode(0x80, [0x1A]) + condition(rule.update)
        }
        let length = records.map(\.count).max() ?? 0
        let content = records.flatMap { $0 + [UInt8](repeating: 0xFF, count: length - $0.count) }
        return (length, content)
    }

    private static func condition(_ condition: AccessCondition) -> [UInt8] {
        switch condition {
        case .always: TLV.encode(0x90, [])
        case .pin1: authentication(.pin1)
        case .administrator: authentication(.administrator)
        }
    }

    private static func authentication(_ reference: PINReference) -> [UInt8] {
        TLV.encode(0xA4, TLV.encode(0x83, [reference.rawValue]) + TLV.encode(0x95, [0x08]))
    }

    private func descriptor(of index: Int) -> [UInt8] {
        let file = files[index]
        let records: [UInt8] = [
            0x00, UInt8(clamping: file.recordBytes ?? 0), UInt8(clamping: files.recordCount(of: index)),
        ]
        switch file.kind {
        case .master, .dedicated, .application: return [0x78, 0x21]
        case .transparent: return [0x41, 0x21]
        case .linearFixed: return [0x42, 0x21] + records
        case .cyclic: return [0x46, 0x21] + records
        }
    }

    /// EF.ARR of the MF is 2F06, that of an application 6F06.
    private func arrIdentifier(of index: Int) -> UInt16 {
        var directory = index
        while directory != CardFileSystem.master {
            directory = files[directory].parent
            if case .application = files[directory].kind { return 0x6F06 }
        }
        return 0x2F06
    }

    /// PS template data object: one bit for each key reference, set while that PIN is enabled.
    private var pinStatus: [UInt8] {
        var bits: UInt8 = 0
        var references: [UInt8] = []
        for (place, reference) in PINReference.allCases.enumerated() {
            if pins[reference]?.isEnabled == true { bits |= 0x80 >> UInt8(place) }
            references += TLV.encode(0x83, [reference.rawValue])
        }
        return TLV.encode(0x90, [bits]) + references
    }

    private func gsmFileResponse(of index: Int) -> [UInt8] {
        let file = files[index]
        let size = UInt16(truncatingIfNeeded: files.content(of: index).count)
        let structure: UInt8 =
            switch file.kind {
            case .linearFixed: 1
            case .cyclic: 3
            default: 0
            }
        let access = gsmNibble(file.access.read) << 4 | gsmNibble(file.access.update)
        let header: [UInt8] = [0, 0] + size.bytes + file.identifier.bytes + [0x04, 0x00]
        return header + [access, 0xFF, 0x44, 0x01, 0x02, structure, UInt8(clamping: file.recordBytes ?? 0)]
    }

    private func gsmNibble(_ condition: AccessCondition) -> UInt8 {
        switch condition {
        case .always: 0
        case .pin1: 1
        case .administrator: 4
        }
    }
}

extension UInt16 {
    /// High byte, low byte.
    var bytes: [UInt8] { [UInt8(self >> 8), UInt8(self & 0xFF)] }
}
