internal import Glibc

/// The environment of a wrapped program: the caller's own, and what puts the shim in front of the PC/SC library.
struct TapEnvironment: Sendable, Hashable {
    /// `NAME=VALUE`, in the caller's order; what was changed keeps its place.
    private(set) var entries: [String]

    /// The caller's environment with the shim in front, telling a receiver.
    init(_ entries: [String], shim: ShimLibrary, receiverSocket: String) {
        self.entries = entries
        // Programs that are linked with the library, or open it by its name.
        prepend(shim.directory, to: "LD_LIBRARY_PATH")
        // Programs that open it by a full path; Java does.
        prepend(shim.auditObject, to: "LD_AUDIT")
        // From pcsc-lite 2.1 on, whatever way the library is opened. One that the caller named comes behind the shim.
        if let delegate = value(of: "LIBPCSCLITE_DELEGATE"), delegate.hasPrefix("/"), delegate != shim.library,
            value(of: "CARDLINK_PCSC_LIBRARY") == nil
        {
            set("CARDLINK_PCSC_LIBRARY", to: delegate)
        }
        set("LIBPCSCLITE_DELEGATE", to: shim.library)
        set("CARDLINK_RECEIVER", to: receiverSocket)
    }

    /// This process's environment.
    static var current: [String] {
        var entries: [String] = []
        var next = environ
        while let entry = next.pointee {
            entries.append(String(cString: entry))
            next += 1
        }
        return entries
    }

    /// The value of a variable; nil when it is not set.
    func value(of name: String) -> String? {
        entries.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.utf8.count + 1)) }
    }

    private mutating func prepend(_ path: String, to name: String) {
        let parts = (value(of: name) ?? "").split(separator: ":", omittingEmptySubsequences: false)
        guard parts.first.map(String.init) != path else { return }
        // An empty list would name the working directory, which nobody asked for.
        set(name, to: parts == [""] || parts.isEmpty ? path : "\(path):\(parts.joined(separator: ":"))")
    }

    private mutating func set(_ name: String, to value: String) {
        let entry = "\(name)=\(value)"
        if let place = entries.firstIndex(where: { $0.hasPrefix(name + "=") }) {
            entries[place] = entry
        } else {
            entries.append(entry)
        }
    }
}
