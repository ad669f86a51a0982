internal import SmartCard

/// The environment of a wrapped program: the caller's own, and what puts the shim in front of the PC/SC library.
struct TapEnvironment: Sendable, Hashable {
    private var variables: EnvironmentVariables

    /// `NAME=VALUE`, in the caller's order; what was changed keeps its place.
    var entries: [[UInt8]] { variables.entries }

    /// The caller's environment with the shim in front, telling a receiver so much; where a program's own events go,
    /// unless the caller has said so.
    init(
        _ entries: [[UInt8]], shim: ShimLibrary, receiverSocket: String, eventSocket: String,
        level: Redaction.Level = .standard
    ) {
        variables = EnvironmentVariables(entries)
        // Programs that are linked with the library, or open it by its name.
        prepend(shim.directory, to: "LD_LIBRARY_PATH")
        // Programs that open it by a full path; Java does.
        prepend(shim.auditObject, to: "LD_AUDIT")
        // From pcsc-lite 2.1 on, whatever way the library is opened. One that the caller named comes behind the shim.
        let own = Array(shim.library.utf8)
        if let delegate = variables["LIBPCSCLITE_DELEGATE"], delegate.first == UInt8(ascii: "/"), delegate != own,
            variables["CARDLINK_PCSC_LIBRARY"] == nil
        {
            variables["CARDLINK_PCSC_LIBRARY"] = delegate
        }
        variables["LIBPCSCLITE_DELEGATE"] = own
        variables["CARDLINK_RECEIVER"] = Array(receiverSocket.utf8)
        if variables["CARDLINK_EVENTS"]?.isEmpty ?? true { variables["CARDLINK_EVENTS"] = Array(eventSocket.utf8) }
        switch level {
        // What a run around this one asked for is not meant for this receiver.
        case .standard: variables["CARDLINK_CAPTURE"] = nil
        case .capture: variables["CARDLINK_CAPTURE"] = Array("commands".utf8)
        case .captureFiles: variables["CARDLINK_CAPTURE"] = Array("files".utf8)
        }
    }

    private mutating func prepend(_ path: String, to name: String) {
        let path = Array(path.utf8)
        // An empty list would name the working directory, which nobody asked for.
        guard let before = variables[name], !before.isEmpty else { return variables[name] = path }
        guard before.prefix(while: { $0 != UInt8(ascii: ":") }) != path[...] else { return }
        variables[name] = path + [UInt8(ascii: ":")] + before
    }
}
