internal import Glibc
internal import SmartCard

/// The environment of a wrapped program: the caller's own, and what puts the shim in front of the PC/SC library.
struct TapEnvironment: Sendable, Hashable {
    /// `NAME=VALUE`, in the caller's order; what was changed keeps its place. Values may be no text.
    private(set) var entries: [[UInt8]]

    /// The caller's environment with the shim in front, telling a receiver so much.
    init(_ entries: [[UInt8]], shim: ShimLibrary, receiverSocket: String, level: Redaction.Level = .standard) {
        self.entries = entries
        // Programs that are linked with the library, or open it by its name.
        prepend(shim.directory, to: "LD_LIBRARY_PATH")
        // Programs that open it by a full path; Java does.
        prepend(shim.auditObject, to: "LD_AUDIT")
        // From pcsc-lite 2.1 on, whatever way the library is opened. One that the caller named comes behind the shim.
        let own = Array(shim.library.utf8)
        if let delegate = value(of: "LIBPCSCLITE_DELEGATE"), delegate.first == UInt8(ascii: "/"), delegate != own,
            value(of: "CARDLINK_PCSC_LIBRARY") == nil
        {
            set("CARDLINK_PCSC_LIBRARY", to: delegate)
        }
        set("LIBPCSCLITE_DELEGATE", to: own)
        set("CARDLINK_RECEIVER", to: Array(receiverSocket.utf8))
        switch level {
        // What a run around this one asked for is not meant for this receiver.
        case .standard: place(of: "CARDLINK_CAPTURE").map { _ = self.entries.remove(at: $0) }
        case .capture: set("CARDLINK_CAPTURE", to: Array("commands".utf8))
        case .captureFiles: set("CARDLINK_CAPTURE", to: Array("files".utf8))
        }
    }

    /// This process's environment.
    static var current: [[UInt8]] {
        var entries: [[UInt8]] = []
        var next = environ
        while let entry = next.pointee {
            entries.append(UnsafeBufferPointer(start: entry, count: strlen(entry)).map(UInt8.init(bitPattern:)))
            next += 1
        }
        return entries
    }

    private func value(of name: String) -> [UInt8]? {
        place(of: name).map { Array(entries[$0].dropFirst(name.utf8.count + 1)) }
    }

    private func place(of name: String) -> Int? {
        entries.firstIndex { $0.starts(with: Array("\(name)=".utf8)) }
    }

    private mutating func prepend(_ path: String, to name: String) {
        let path = Array(path.utf8)
        // An empty list would name the working directory, which nobody asked for.
        guard let before = value(of: name), !before.isEmpty else { return set(name, to: path) }
        guard before.prefix(while: { $0 != UInt8(ascii: ":") }) != path[...] else { return }
        set(name, to: path + [UInt8(ascii: ":")] + before)
    }

    private mutating func set(_ name: String, to value: [UInt8]) {
        let entry = Array("\(name)=".utf8) + value
        if let place = place(of: name) {
            entries[place] = entry
        } else {
            entries.append(entry)
        }
    }
}
