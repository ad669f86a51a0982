import CFuzz
import Configuration
import Glibc

@testable import Observability

/// libFuzzer: whatever a configuration says, its keys have values or faults in one of its lines, and each value is the one
/// that swift-configuration reads. A key that is set in it has the value afterwards, and no other has another one.
///
/// An input: a byte for the key that is set, then the file.
@_cdecl("LLVMFuzzerTestOneInput")
public func takeConfiguration(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let key = bytes.first, let text = String(validating: bytes.dropFirst(), as: UTF8.self) else { return 0 }
    let lines = text.utf8.count { $0 == 0x0A || $0 == 0x0D } + text.unicodeScalars.count { $0.value > 0x7F } + 2
    let tree: YAMLTree
    do throws(YAMLTree.Fault) {
        tree = try YAMLTree.parse(text)
    } catch {
        precondition(!error.reason.isEmpty && error.line.map { (1...lines).contains($0) } ?? true)
        precondition(edited(text, ConfigKeys.table.rows[0]) == nil)
        return 0
    }
    let read = hold(text, tree, lines)
    let row = ConfigKeys.table.rows[Int(key) % ConfigKeys.table.rows.count]
    guard let new = edited(text, row) else { return 0 }
    guard let after = try? YAMLTree.parse(new) else { preconditionFailure("what was set cannot be read") }
    if var expected = read {
        expected[row.path] = Array(["7", "it's"].prefix(row.isList ? 2 : 1))
        precondition(hold(new, after, lines + 8) == expected)
    }
    // A line that ends in a carriage return alone is one to a parser only: what follows may be refused.
    precondition(edited(new, row).map { $0 == new } ?? text.contains("\r"))
    return 0
}

private func edited(_ text: String, _ row: SettingFacts) -> String? {
    let texts = ["7", "it's"].prefix(row.isList ? 2 : 1)
    return try? YAMLEdit(row.path, to: Array(texts), isList: row.isList).applied(to: text)
}

/// The values of the known keys; nil for a file with faults.
private func hold(_ text: String, _ tree: YAMLTree, _ lines: Int) -> [String: [String]]? {
    let file = ConfigFile(MemoryFile.only.path(of: text), keys: ConfigKeys.table.rows)
    for fault in file.faults {
        precondition(!fault.line.isEmpty && fault.lineNumber.map { (1...lines).contains($0) } ?? true)
    }
    precondition(file.lines.values.allSatisfy { (1...lines).contains($0) })
    guard file.faults.isEmpty else { return nil }
    // A file without keys is none to the library.
    guard !file.lines.isEmpty else { return [:] }
    guard
        let snapshot = Array(text.utf8).withUnsafeBytes({ bytes in
            try? YAMLSnapshot(data: RawSpan(_unsafeBytes: bytes), providerName: "file", parsingOptions: .default)
        })
    else { preconditionFailure("a file without a fault is not read") }
    var values: [String: [String]] = [:]
    for row in ConfigKeys.table.rows where file.lines[row.path] != nil {
        values[row.path] = snapshot.texts(of: row)
        precondition(values[row.path] != nil && values[row.path] == tree.texts(of: row.path[...]))
        _ = values[row.path].map(row.refusal)
    }
    return values
}

extension YAMLSnapshot {
    fileprivate func texts(of row: SettingFacts) -> [String]? {
        let key = AbsoluteConfigKey(row.path.split(separator: ".").map(String.init))
        for type in [ConfigType.stringArray, .string] {
            switch (try? value(forKey: key, type: type))?.value?.content {
            case .stringArray(let texts)?: return texts
            case .string(let text)?: return [text]
            default: continue
            }
        }
        return nil
    }
}

extension YAMLTree {
    /// The texts of a key, whose path may be written as one word or in parts.
    fileprivate func texts(of path: Substring) -> [String]? {
        switch self {
        case .scalar(let text, _): return path.isEmpty ? [text] : nil
        case .list(let list, _):
            return path.isEmpty ? list.compactMap { if case .scalar(let text, _) = $0 { text } else { nil } } : nil
        case .nothing: return nil
        case .map(let entries, _):
            return entries.lazy.compactMap { entry in
                guard path.hasPrefix(entry.key) else { return nil }
                let rest = path.dropFirst(entry.key.count)
                guard rest.isEmpty || rest.hasPrefix(".") else { return nil }
                return entry.value.texts(of: rest.dropFirst())
            }.first
        }
    }
}

/// A file that is read by its path.
private struct MemoryFile {
    static let only = MemoryFile()
    private let file = memory_file(0, false)

    func path(of text: String) -> String {
        precondition(file >= 0 && ftruncate(file, 0) == 0)
        precondition(pwrite(file, text, text.utf8.count, 0) == text.utf8.count)
        return "/proc/self/fd/\(file)"
    }
}
