/// Everything that can be said about a virtual card; the default is a card that works and answers at once.
package struct CardScript: Sendable {
    package var atr = CardScript.defaultATR
    package var identity = CardIdentity()
    /// True: an answer comes whole, as from a T=1 card. False: 61XX and 6CXX, as TS 102 221 has it for T=0.
    package var answersWhole = false
    package var pins: [PINReference: PINState] = [
        .pin1: PINState(value: "1234", unblockingKey: "12345678", tries: 3, isEnabled: false),
        .pin2: PINState(value: "5678", unblockingKey: "87654321", tries: 3, isEnabled: true),
        .administrator: PINState(value: "88888888", unblockingKey: "", tries: 10, isEnabled: true),
    ]
    /// Before every answer, unless a rule says otherwise.
    package var delay: Duration = .zero
    package var rules: [CardRule] = []
    package var sessions: [ProactiveSession] = [.onSMSDownload]
    package var files: [ExtraFile] = []
    /// What it says of secured packets that ask for a proof of receipt; nil for a card that knows of none.
    package var receipts: [ReceiptRule]?
    /// nil for a card that is no eUICC.
    package var euicc: EUICCScript?

    package init() {}

    /// ATR of a sysmoISIM-SJA2: T=0, four logical channels, no extended length.
    package static let defaultATR: [UInt8] = [
        0x3B, 0x9F, 0x96, 0x80, 0x1F, 0x87, 0x80, 0x31, 0xE0, 0x73, 0xFE,
        0x21, 0x1B, 0x67, 0x4A, 0x4C, 0x75, 0x30, 0x34, 0x05, 0x4B, 0xA9,
    ]

    /// An ATR in hexadecimal: 2 to 33 bytes that begin with 3B or 3F; nil for anything else.
    package static func atr(hexadecimal text: String) -> [UInt8]? {
        guard let bytes = bytes(hexadecimal: text), (2...33).contains(bytes.count) else { return nil }
        return bytes[0] == 0x3B || bytes[0] == 0x3F ? bytes : nil
    }
}

/// A file that a script adds to the standard ones, or puts in the place of one.
package struct ExtraFile: Equatable, Sendable {
    package enum Structure: Equatable, Sendable {
        case transparent([UInt8])
        case linearFixed([[UInt8]])
        case cyclic([[UInt8]])
    }

    /// From the MF down, the file last; 7FFF is the USIM; directories that are missing are made.
    package var path: [UInt16]
    package var structure: Structure
    package var shortIdentifier: UInt8?
    /// Whether it is read without PIN1.
    package var isReadAlways = true

    package init(path: [UInt16], structure: Structure) {
        self.path = path
        self.structure = structure
    }

    func add(to files: inout CardFileSystem) {
        guard let identifier = path.last else { return }
        var directory = CardFileSystem.master
        for step in path.dropLast() {
            directory = files.child(step, of: directory) ?? files.addDirectory(step, in: directory)
        }
        let (kind, content) = encoded
        files.addFile(
            identifier, in: directory, kind: kind, content: content, shortIdentifier: shortIdentifier,
            access: isReadAlways ? .readAlwaysUpdatePIN1 : .readAndUpdatePIN1)
    }

    /// Records are padded with FF to the longest.
    private var encoded: (CardFile.Kind, [UInt8]) {
        switch structure {
        case .transparent(let bytes):
            return (.transparent, bytes)
        case .linearFixed(let records):
            let (size, content) = Self.joined(records)
            return (.linearFixed(recordBytes: size), content)
        case .cyclic(let records):
            let (size, content) = Self.joined(records)
            return (.cyclic(recordBytes: size), content)
        }
    }

    private static func joined(_ records: [[UInt8]]) -> (size: Int, content: [UInt8]) {
        let size = records.map(\.count).max() ?? 0
        return (size, records.flatMap { $0 + [UInt8](repeating: 0xFF, count: size - $0.count) })
    }
}
