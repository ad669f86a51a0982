/// What the metrics say of a status word.
public struct StatusWordReading: Hashable, Sendable {
    /// See ``StatusWord/label(cla:)``.
    public let label: StatusWordLabel
    /// See ``StatusWord/isSuccess(cla:)``.
    public let isSuccess: Bool
    /// See ``StatusWord/errorType(command:cla:)``.
    public let errorType: APDUErrorType?

    @inlinable
    init(label: StatusWordLabel, isSuccess: Bool, errorType: APDUErrorType?) {
        self.label = label
        self.isSuccess = isSuccess
        self.errorType = errorType
    }
}

/// The status word table, laid out for looking up: three loads from a few kilobytes, no allocation, no lock.
///
/// A hot path keeps a copy (three pointers) instead of asking ``shared`` each time: ``shared`` is initialised on first
/// use, and each access checks for that.
public struct StatusWordLookup: @unchecked Sendable {
    // Sendable: the pointers' memory is written in `init` only, before anyone has a copy, and never freed.

    @usableFromInline
    struct Entry {
        @usableFromInline let label: UInt8
        @usableFromInline let category: StatusWordCategory
        @usableFromInline let errorType: APDUErrorType?
        @usableFromInline let isSuccess: Bool
        @usableFromInline let meaning: Int
    }

    /// The lookup over the status word table.
    public static let shared = StatusWordLookup()

    // Page numbers for SW1, 256 for each dialect; then the pages, an entry's number for each SW2. Page 0 is "no row".
    // Indices are made of bytes, dialects 0 to 2 and page numbers stored here, so they are in bounds by construction.
    @usableFromInline let pages: UnsafePointer<UInt8>
    @usableFromInline let entries: UnsafePointer<Entry>
    @usableFromInline let countsRetries: UnsafePointer<Bool>

    @inlinable static var pagesStart: Int { 3 * 256 }
    private static let unknown = "unknown status word"

    /// See ``StatusWord/label(cla:)``.
    @inlinable
    public func label(_ word: StatusWord, cla: UInt8) -> StatusWordLabel {
        StatusWordLabel(raw: entry(word, cla: cla).label)
    }

    /// See ``StatusWord/isSuccess(cla:)``.
    @inlinable
    public func isSuccess(_ word: StatusWord, cla: UInt8) -> Bool {
        entry(word, cla: cla).isSuccess
    }

    /// See ``StatusWord/category(cla:)``.
    @inlinable
    public func category(_ word: StatusWord, cla: UInt8) -> StatusWordCategory {
        entry(word, cla: cla).category
    }

    /// See ``StatusWord/errorType(command:cla:)``.
    @inlinable
    public func errorType(_ word: StatusWord, command: CommandName, cla: UInt8) -> APDUErrorType? {
        errorType(entry(word, cla: cla), word, command: command)
    }

    /// Label, success and error type, found by one look-up.
    @inlinable @inline(__always)
    public func reading(_ word: StatusWord, command: CommandName, cla: UInt8) -> StatusWordReading {
        let entry = entry(word, cla: cla)
        return StatusWordReading(
            label: StatusWordLabel(raw: entry.label), isSuccess: entry.isSuccess,
            errorType: errorType(entry, word, command: command))
    }

    @inlinable
    func errorType(_ entry: Entry, _ word: StatusWord, command: CommandName) -> APDUErrorType? {
        let type = entry.errorType
        guard word.value & 0xFFF0 == 0x63C0, type != nil else { return type }
        // ISO/IEC 7816-4, table 6: the counter's meaning depends on the command.
        if countsRetries[command.index] { return .memory }
        return word.value == 0x63C0 ? .pinBlocked : .security
    }

    /// See ``StatusWord/meaning(cla:)``.
    public func meaning(_ word: StatusWord, cla: UInt8) -> String {
        let row = entry(word, cla: cla).meaning
        return StatusWordTable.rows.indices.contains(row)
            ? StatusWordTable.rows[row].meaning : StatusWordLookup.unknown
    }

    @inlinable @inline(__always)
    func entry(_ word: StatusWord, cla: UInt8) -> Entry {
        let dialect = cla == 0xA0 ? 1 : cla == 0x90 ? 2 : 0
        let page = Int(pages[dialect << 8 + Int(word.sw1)])
        return entries[Int(pages[StatusWordLookup.pagesStart + page << 8 + Int(word.sw2)])]
    }

    private init() {
        var pages = [UInt8](repeating: 0, count: StatusWordLookup.pagesStart + 256)
        var entries = [Entry(label: 0, category: .error, errorType: .other, isSuccess: false, meaning: -1)]
        let numbered = StatusWordTable.rows.enumerated().map { ($0.offset, $0.element) }
        entries += numbered.map { Entry($1, number: $0) }
        // Wider patterns first, so that narrower ones overwrite them; at the same width a dialect's rows last.
        let ordered = numbered.sorted { ($0.1.rank, $0.0) < ($1.1.rank, $1.0) }
        for dialect in StatusWordDialect.allCases {
            for (number, row) in ordered where row.dialect == nil || row.dialect == dialect {
                let sw1 = dialect.rawValue << 8 + Int(row.value >> 8)
                if pages[sw1] == 0 {
                    pages[sw1] = UInt8(truncatingIfNeeded: (pages.count - StatusWordLookup.pagesStart) >> 8)
                    pages += [UInt8](repeating: 0, count: 256)
                }
                let page = StatusWordLookup.pagesStart + Int(pages[sw1]) << 8
                for value in row.values { pages[page + Int(value & 0xFF)] = UInt8(truncatingIfNeeded: number + 1) }
            }
        }
        precondition(entries.count <= 256, "entry numbers are bytes: the status word table has become too long")
        self.pages = StatusWordLookup.stored(pages)
        self.entries = StatusWordLookup.stored(entries)
        countsRetries = StatusWordLookup.stored(
            CommandName.all.map { name in CommandTable.rows.contains { $0.name == name.name && $0.countsRetries } })
    }

    private static func stored<Element>(_ values: [Element]) -> UnsafePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: values.count)
        memory.initialize(from: values, count: values.count)
        return UnsafePointer(memory)
    }
}

extension StatusWordLookup.Entry {
    fileprivate init(_ row: StatusWordRow, number: Int) {
        label = UInt8(truncatingIfNeeded: StatusWordLabel.names.firstIndex(of: row.label) ?? 0)
        category = row.category
        errorType = row.errorType
        meaning = number
        isSuccess = row.isSuccess
    }
}

extension StatusWordRow {
    /// Rows with a higher rank stand over those with a lower one.
    fileprivate var rank: Int { match.rawValue * 2 + (dialect == nil ? 0 : 1) }

    /// Normal processing, 62XX, and 6310, with which GET STATUS says that there is more.
    fileprivate var isSuccess: Bool {
        switch category {
        case .success, .continued: true
        case .warning: value >> 8 == 0x62
        case .retry, .error: false
        }
    }
}
