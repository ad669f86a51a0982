/// The files every virtual card has: MF, DF.TELECOM, DF.GSM and ADF.USIM with what clients read first.
struct StandardFiles {
    let identity: CardIdentity

    /// Application code 1002 (USIM) of the 3GPP's RID, with a test provider's field.
    static let usimAID: [UInt8] = [0xA0, 0, 0, 0, 0x87, 0x10, 0x02, 0xFF, 0xFF, 0xFF, 0xFF, 0x89, 0x07, 0x09, 0, 0]
    /// The identifier that stands for the selected application in a path.
    static let currentApplication: UInt16 = 0x7FFF

    func fileSystem() -> CardFileSystem {
        var files = CardFileSystem()
        addMaster(to: &files)
        addTelecom(to: &files)
        let usim = files.addDirectory(
            Self.currentApplication, in: CardFileSystem.master, kind: .application(aid: Self.usimAID))
        addUSIM(to: &files, usim)
        addGSM(to: &files, usim)
        return files
    }

    private func addMaster(to files: inout CardFileSystem) {
        let root = CardFileSystem.master
        let rules = FileTemplates.accessRuleRecords()
        files.addFile(
            0x2FE2, in: root, content: identity.encodedICCID, shortIdentifier: 0x02,
            access: .readAlwaysUpdateAdministrator)
        files.addFile(
            0x2F05, in: root, content: Array("en".utf8) + [0xFF, 0xFF], shortIdentifier: 0x05,
            access: .readAlwaysUpdatePIN1)
        files.addFile(
            0x2F06, in: root, kind: .linearFixed(recordBytes: rules.recordBytes), content: rules.content,
            shortIdentifier: 0x06, access: .readAlwaysUpdateAdministrator)
        files.addFile(
            0x2F00, in: root, kind: .linearFixed(recordBytes: 38), content: directoryRecords, shortIdentifier: 0x1E,
            access: .readAlwaysUpdateAdministrator)
        files.addFile(
            0x2F08, in: root, content: [0x0A, 0x01, 0x00, 0xFF, 0xFF], access: .readAlwaysUpdateAdministrator)
    }

    /// EF.DIR: an application template with AID and label, and an empty record.
    private var directoryRecords: [UInt8] {
        let template = TLV.encode(0x61, TLV.encode(0x4F, Self.usimAID) + TLV.encode(0x50, Array("USIM".utf8)))
        return template + [UInt8](repeating: 0xFF, count: 2 * 38 - template.count)
    }

    private func addTelecom(to files: inout CardFileSystem) {
        let telecom = files.addDirectory(0x7F10, in: CardFileSystem.master)
        files.addFile(
            0x6F3A, in: telecom, kind: .linearFixed(recordBytes: 28),
            content: contact("CardLink", number: [0x91, 0x10, 0x10, 0x00, 0x00, 0xF0]) + blank(9 * 28),
            access: .readAndUpdatePIN1)
        files.addFile(
            0x6F3C, in: telecom, kind: .linearFixed(recordBytes: 176),
            content: (0..<5).flatMap { _ in [0x00] + blank(175) }, access: .readAndUpdatePIN1)
        files.addFile(
            0x6F42, in: telecom, kind: .linearFixed(recordBytes: 40), content: blank(2 * 40),
            access: .readAndUpdatePIN1)
        files.addFile(
            0x6F44, in: telecom, kind: .cyclic(recordBytes: 28), content: blank(5 * 28), access: .readAndUpdatePIN1)
    }

    private func addUSIM(to files: inout CardFileSystem, _ usim: Int) {
        let rules = FileTemplates.accessRuleRecords()
        files.addFile(
            0x6F06, in: usim, kind: .linearFixed(recordBytes: rules.recordBytes), content: rules.content,
            shortIdentifier: 0x17, access: .readAlwaysUpdateAdministrator)
        files.addFile(0x6F07, in: usim, content: identity.encodedIMSI, shortIdentifier: 0x07)
        files.addFile(
            0x6FAD, in: usim, content: [0x00, 0x00, 0x00, UInt8(clamping: identity.networkCodeDigits)],
            shortIdentifier: 0x03, access: .readAlwaysUpdateAdministrator)
        // local phone book, FDN, SMS, SPN, OTA by SMS-PP, GSM access: services 1, 2, 10, 19, 28, 27
        files.addFile(
            0x6F38, in: usim, content: [0x03, 0x02, 0x04, 0x0C, 0x00, 0x00, 0x00, 0x00], shortIdentifier: 0x04)
        files.addFile(0x6F05, in: usim, content: Array("en".utf8), shortIdentifier: 0x02, access: .readAlwaysUpdatePIN1)
        files.addFile(
            0x6F46, in: usim, content: identity.encodedServiceProviderName, access: .readAlwaysUpdateAdministrator)
        files.addFile(0x6F78, in: usim, content: [0x00, 0x02], shortIdentifier: 0x06)
        files.addFile(
            0x6F7E, in: usim, content: blank(4) + [0x00, 0xF1, 0x10, 0xFF, 0xFE, 0x00, 0x01], shortIdentifier: 0x0B,
            access: .readAndUpdatePIN1)
        files.addFile(
            0x6F73, in: usim, content: blank(7) + [0x00, 0xF1, 0x10, 0xFF, 0xFE, 0xFF, 0x01], shortIdentifier: 0x0C,
            access: .readAndUpdatePIN1)
        files.addFile(
            0x6FE3, in: usim, content: blank(12) + [0x00, 0xF1, 0x10, 0xFF, 0xFE, 0x01], shortIdentifier: 0x1E,
            access: .readAndUpdatePIN1)
        files.addFile(
            0x6F08, in: usim, content: [0x07] + blank(32), shortIdentifier: 0x08, access: .readAndUpdatePIN1)
        files.addFile(
            0x6F09, in: usim, content: [0x07] + blank(32), shortIdentifier: 0x09, access: .readAndUpdatePIN1)
        files.addFile(0x6F31, in: usim, content: [0x05], shortIdentifier: 0x12)
        files.addFile(0x6F7B, in: usim, content: blank(12), shortIdentifier: 0x0D, access: .readAndUpdatePIN1)
        files.addFile(
            0x6F40, in: usim, kind: .linearFixed(recordBytes: 28),
            content: contact("CardLink", number: [0x91, 0x10, 0x10, 0x00, 0x00, 0xF1]), access: .readAndUpdatePIN1)
    }

    /// DF.GSM shares identity and location with the USIM, as cards for both do.
    private func addGSM(to files: inout CardFileSystem, _ usim: Int) {
        let gsm = files.addDirectory(0x7F20, in: CardFileSystem.master)
        for identifier in [0x6F07, 0x6FAD, 0x6F05, 0x6F46, 0x6F78, 0x6F7E, 0x6F31, 0x6F7B] as [UInt16] {
            if let index = files.child(identifier, of: usim) { files.mirror(index, in: gsm) }
        }
        files.addFile(0x6F38, in: gsm, content: [0xFF, 0x33, 0xFF, 0xFF, 0x03, 0x00, 0x3C, 0x03])
        files.addFile(0x6F20, in: gsm, content: blank(8) + [0x07], access: .readAndUpdatePIN1)
        files.addFile(0x6FAE, in: gsm, content: [0x03], access: .readAlwaysUpdateAdministrator)
    }

    /// A phone book record of 28 bytes: name of 14, then the number.
    private func contact(_ name: String, number: [UInt8]) -> [UInt8] {
        let text = Array(name.utf8.prefix(14))
        return text + blank(14 - text.count) + [UInt8(clamping: number.count)] + number + blank(13 - number.count)
    }

    private func blank(_ count: Int) -> [UInt8] {
        [UInt8](repeating: 0xFF, count: max(0, count))
    }
}
