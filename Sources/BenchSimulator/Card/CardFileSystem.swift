/// Who may do something with a file: TS 102 221, 9.2.
enum AccessCondition: Equatable {
    case always
    case pin1
    case administrator
}

/// The pairs of conditions in use; a file's security attribute names one by its place here, as a record of EF.ARR.
enum AccessRule: Int, CaseIterable {
    case readAlwaysUpdateAdministrator = 1
    case readAndUpdatePIN1
    case readPIN1UpdateAdministrator
    case readAlwaysUpdatePIN1

    var read: AccessCondition {
        switch self {
        case .readAlwaysUpdateAdministrator, .readAlwaysUpdatePIN1: .always
        case .readAndUpdatePIN1, .readPIN1UpdateAdministrator: .pin1
        }
    }

    var update: AccessCondition {
        switch self {
        case .readAlwaysUpdateAdministrator, .readPIN1UpdateAdministrator: .administrator
        case .readAndUpdatePIN1, .readAlwaysUpdatePIN1: .pin1
        }
    }
}

/// One file of the card; files refer to each other and to their content by index, so that two may share a content.
struct CardFile {
    enum Kind: Equatable {
        case master
        case dedicated
        case application(aid: [UInt8])
        case transparent
        case linearFixed(recordBytes: Int)
        case cyclic(recordBytes: Int)
    }

    var identifier: UInt16
    var kind: Kind
    /// Index of the directory that holds it; the MF holds itself.
    var parent: Int
    /// Index into `CardFileSystem.contents`; nil for directories.
    var content: Int?
    /// SFI 1 to 30.
    var shortIdentifier: UInt8?
    var access: AccessRule
    var children: [Int] = []

    var isDirectory: Bool {
        switch kind {
        case .master, .dedicated, .application: true
        case .transparent, .linearFixed, .cyclic: false
        }
    }

    /// Bytes of one record; nil for a file without records.
    var recordBytes: Int? {
        switch kind {
        case .linearFixed(let bytes), .cyclic(let bytes): bytes
        default: nil
        }
    }
}

/// The tree of files, MF at index 0.
struct CardFileSystem {
    private(set) var files: [CardFile]
    var contents: [[UInt8]] = []

    static let master = 0

    init() {
        files = [
            CardFile(
                identifier: 0x3F00, kind: .master, parent: CardFileSystem.master,
                access: .readAlwaysUpdateAdministrator)
        ]
    }

    subscript(index: Int) -> CardFile { files[index] }

    /// The bytes of an elementary file; empty for a directory.
    func content(of index: Int) -> [UInt8] {
        files[index].content.map { contents[$0] } ?? []
    }

    mutating func setContent(of index: Int, _ bytes: [UInt8]) {
        guard let content = files[index].content else { return }
        contents[content] = bytes
    }

    /// Number of records; 0 for a file without records.
    func recordCount(of index: Int) -> Int {
        guard let size = files[index].recordBytes, size > 0 else { return 0 }
        return content(of: index).count / size
    }

    /// Adds a directory and returns its index.
    @discardableResult
    mutating func addDirectory(_ identifier: UInt16, in parent: Int, kind: CardFile.Kind = .dedicated) -> Int {
        append(
            CardFile(identifier: identifier, kind: kind, parent: parent, access: .readAlwaysUpdateAdministrator))
    }

    /// Adds an elementary file with its content and returns its index; one with the same identifier is replaced.
    @discardableResult
    mutating func addFile(
        _ identifier: UInt16, in parent: Int, kind: CardFile.Kind = .transparent, content: [UInt8],
        shortIdentifier: UInt8? = nil, access: AccessRule = .readPIN1UpdateAdministrator
    ) -> Int {
        contents.append(content)
        let file = CardFile(
            identifier: identifier, kind: kind, parent: parent, content: contents.count - 1,
            shortIdentifier: shortIdentifier, access: access)
        if let index = child(identifier, of: parent) {
            files[index] = file
            return index
        }
        return append(file)
    }

    /// The same content under a second directory, as DF.GSM and ADF.USIM share theirs.
    mutating func mirror(_ index: Int, in parent: Int) {
        var file = files[index]
        file.parent = parent
        file.shortIdentifier = nil
        _ = append(file)
    }

    private mutating func append(_ file: CardFile) -> Int {
        files.append(file)
        let index = files.count - 1
        files[file.parent].children.append(index)
        return index
    }

    func child(_ identifier: UInt16, of parent: Int) -> Int? {
        files[parent].children.first { files[$0].identifier == identifier }
    }

    func child(shortIdentifier: UInt8, of parent: Int) -> Int? {
        files[parent].children.first { files[$0].shortIdentifier == shortIdentifier }
    }

    /// SELECT by file identifier from a directory: TS 102 221, 8.4.1.
    ///
    /// The order is: the MF, the directory itself, its children, its parent, the directories beside it.
    func resolve(_ identifier: UInt16, from directory: Int) -> Int? {
        if identifier == files[Self.master].identifier { return Self.master }
        if files[directory].identifier == identifier { return directory }
        if let index = child(identifier, of: directory) { return index }
        let parent = files[directory].parent
        if files[parent].identifier == identifier { return parent }
        guard let sibling = child(identifier, of: parent), files[sibling].isDirectory else { return nil }
        return sibling
    }

    /// Follows a path of two-byte identifiers down from a directory.
    func resolve(path: [UInt16], from directory: Int) -> Int? {
        var index = directory
        for identifier in path {
            guard let next = child(identifier, of: index) else { return nil }
            index = next
        }
        return index
    }

    /// All applications, in the order of EF.DIR.
    var applications: [Int] {
        files.indices.filter {
            if case .application = files[$0].kind { true } else { false }
        }
    }
}
