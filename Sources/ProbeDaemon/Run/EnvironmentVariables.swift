internal import Glibc
internal import Observability

/// The variables of a program that is to be started.
struct EnvironmentVariables: Sendable, Hashable {
    /// `NAME=VALUE`, in the caller's order; what was changed keeps its place. Values may be no text.
    private(set) var entries: [[UInt8]]

    /// These.
    init(_ entries: [[UInt8]]) { self.entries = entries }

    /// This process's.
    static var current: EnvironmentVariables {
        var entries: [[UInt8]] = []
        var next = environ
        while let entry = next.pointee {
            entries.append(UnsafeBufferPointer(start: entry, count: strlen(entry)).map(UInt8.init(bitPattern:)))
            next += 1
        }
        return EnvironmentVariables(entries)
    }

    /// The value of a variable; nil when it is not set.
    subscript(name: String) -> [UInt8]? {
        get { place(of: name).map { Array(entries[$0].dropFirst(name.utf8.count + 1)) } }
        set {
            let entry = newValue.map { Array("\(name)=".utf8) + $0 }
            switch (place(of: name), entry) {
            case (let place?, let entry?): entries[place] = entry
            case (let place?, nil): entries.remove(at: place)
            case (nil, let entry?): entries.append(entry)
            case (nil, nil): break
            }
        }
    }

    /// The value of a variable as text.
    func text(_ name: String) -> String? { self[name].map { String(decoding: $0, as: UTF8.self) } }

    private func place(of name: String) -> Int? {
        entries.firstIndex { $0.starts(with: Array("\(name)=".utf8)) }
    }
}

extension EnvironmentVariables {
    /// What the variables say of the keys that begin so; nothing when one has a fault, which is told.
    func settings(under beginning: String) async -> Settings {
        let rows = ConfigKeys.table.rows.filter { $0.path.hasPrefix(beginning) }
        let names = rows.flatMap { [$0.variable, $0.olderVariable].compactMap(\.self) }
        let given = names.compactMap { name in text(name).map { (name, $0) } }
        do throws(ConfigError) {
            return try await ConfigSources(environment: Dictionary(given) { first, _ in first }).load()
        } catch {
            for fault in error.faults { Terminal.say("\(fault.line); ignored") }
            return Settings.fallback
        }
    }
}
