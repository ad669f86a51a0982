internal import FoundationEssentials
internal import Glibc
internal import ProbeEvents

/// Which probe speaks, and where it stands; how many benches are told apart.
package struct BenchIdentity: Sendable, Hashable {
    /// The bench's name; the host's own unless it was given one.
    package var bench: String
    /// The place that it stands at; may be empty.
    package var site: String
    /// The number of this probe, the same as long as its state directory lives.
    package var instanceID: String

    /// An identity from its parts; the host's name where the bench has none.
    package init(bench: String?, site: String?, instanceID: String) {
        self.bench = bench ?? Self.hostName
        self.site = site ?? ""
        self.instanceID = instanceID
    }

    /// What OpenTelemetry's resource says of it.
    package var attributes: [Attribute] {
        [Attribute("service.instance.id", .text(instanceID)), Attribute("cardlink.bench", .text(bench))]
            + (site.isEmpty ? [] : [Attribute("cardlink.site", .text(site))])
    }

    private static var hostName: String {
        var system = utsname()
        uname(&system)
        return withUnsafeBytes(of: system.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// The file with the probe's number: made at the first start, and read from then on.
///
/// The machine's own id would not do: machines that were cloned share it.
package struct InstanceIDFile: Sendable, Hashable {
    /// Its path.
    package let path: String

    private static let longestID = 64

    /// The file in a state directory.
    package init(in directory: String = StateDirectory.path) { path = directory + "/instance-id" }

    /// The number; where it can be neither read nor made, one for this life, told with a line on why.
    package func load(warn: (String) -> Void) -> String {
        do throws(InstanceIDError) {
            return try read()
        } catch {
            warn(error.explanation)
            return Self.fresh
        }
    }

    /// The number; made when there is none.
    func read() throws(InstanceIDError) -> String {
        if let id = try present() { return id }
        do throws(StateFile.Failure) {
            try StateFile.create(path, Array("\(Self.fresh)\n".utf8), mode: 0o644)
        } catch {
            // Another thread of this process may have been faster with the same part of a file.
            if let id = try present() { return id }
            throw .cannotCreate(path: path, errno: error.errno)
        }
        guard let id = try present() else { throw .unreadable(path: path, errno: ENOENT) }
        return id
    }

    private func present() throws(InstanceIDError) -> String? {
        let text: String
        do throws(BoundedFile.Failure) {
            text = try BoundedFile.text(path)
        } catch .system(ENOENT) {
            return nil
        } catch .system(let number) {
            throw .unreadable(path: path, errno: number)
        } catch {
            throw .noID(path: path)
        }
        let id = text.split(whereSeparator: \.isWhitespace)
        guard id.count == 1, id[0].utf8.count <= Self.longestID, id[0].utf8.allSatisfy(Self.isInID) else {
            throw .noID(path: path)
        }
        return String(id[0])
    }

    private static func isInID(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static var fresh: String { UUID().uuidString.lowercased() }
}

/// Why the probe has no lasting number.
package enum InstanceIDError: ExplainedError, Hashable {
    /// It cannot be made.
    case cannotCreate(path: String, errno: Int32)
    /// It cannot be read.
    case unreadable(path: String, errno: Int32)
    /// What it holds is no number.
    case noID(path: String)

    /// One line: what, where, what to do next.
    package var explanation: String {
        switch self {
        case .cannotCreate(let path, let number):
            "cannot make \(path): \(String(cString: strerror(number))); this probe has another instance_id at each "
                + "start; make its directory writable, or name another with XDG_STATE_HOME"
        case .unreadable(let path, let number):
            "cannot read \(path): \(String(cString: strerror(number))); this probe has another instance_id at each "
                + "start; make it readable for this user"
        case .noID(let path):
            "\(path) holds no instance_id of letters, digits, dash, dot and _; remove it, and a new one is made"
        }
    }
}
