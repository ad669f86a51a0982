internal import Foundation
internal import Yams

/// A YAML document with the line of each part.
package indirect enum YAMLTree: Sendable {
    /// One value, as it is written; quotes are taken off.
    case scalar(String, line: Int)
    /// No value: nothing behind the colon, `~` or `null`.
    case nothing(line: Int)
    /// Values one after the other.
    case list([YAMLTree], line: Int)
    /// Values by key.
    case map([Entry], line: Int)

    /// One key of a map.
    package struct Entry: Sendable {
        /// The key.
        package let key: String
        /// Where it stands.
        package let line: Int
        /// What it has.
        package let value: YAMLTree
    }

    /// Why a text is no document.
    package struct Fault: Error, Hashable {
        /// Where, from 1; nil when it is the document as a whole.
        package let line: Int?
        /// What is wrong.
        package let reason: String
    }

    // Aliases of aliases can make a short text as large as they like.
    private static let mostParts = 10_000

    /// Reads the only document of a text; an empty one has nothing.
    package static func parse(_ text: String) throws(Fault) -> YAMLTree {
        do {
            guard let root = try Yams.Parser(yaml: text).singleRoot() else { return .nothing(line: 1) }
            var parts = 0
            return try YAMLTree(root, count: &parts)
        } catch let fault as Fault {
            throw fault
        } catch let error as YamlError {
            throw Self.fault(of: error)
        } catch {
            throw Fault(line: nil, reason: "is no YAML")
        }
    }

    private init(_ node: Node, count: inout Int) throws(Fault) {
        count += 1
        let line = node.mark?.line ?? 1
        guard count <= Self.mostParts else {
            throw Fault(line: line, reason: "has more than \(Self.mostParts) values")
        }
        switch node {
        case .scalar(let scalar):
            self = node.null != nil ? .nothing(line: line) : .scalar(scalar.string, line: line)
        case .sequence(let nodes):
            var list: [YAMLTree] = []
            for node in nodes { list.append(try YAMLTree(node, count: &count)) }
            self = .list(list, line: line)
        case .mapping(let pairs):
            var entries: [Entry] = []
            for (key, value) in pairs {
                let line = key.mark?.line ?? line
                guard let name = key.scalar?.string else {
                    throw Fault(line: line, reason: "has a key that is no word")
                }
                entries.append(Entry(key: name, line: line, value: try YAMLTree(value, count: &count)))
            }
            self = .map(entries, line: line)
        case .alias: throw Fault(line: line, reason: "has an alias of nothing")
        }
    }

    private static func fault(of error: YamlError) -> Fault {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            Fault(line: mark.line, reason: "is no YAML: \(problem)")
        case .duplicatedKeysInMapping(let names, let context):
            Fault(
                line: context.mark.line,
                reason: "has this key more than once: \(names.sorted().joined(separator: ", "))")
        case .reader(let problem, _, _, _): Fault(line: nil, reason: "is no YAML: \(problem)")
        default: Fault(line: nil, reason: "is no YAML")
        }
    }
}
