package import ProbeEvents

/// A service of the adb server as a client asks for it: what it is, for which phone, and how it is answered.
///
/// Of its text only the name is looked at, and who it is for: what stands behind `shell:` may hold secrets.
package struct ADBService: Sendable, Hashable {
    /// How a service is answered, behind OKAY.
    package enum Answer: Sendable, Hashable {
        /// Not at all: the next request on the connection is for the phone.
        case transport
        /// By the transport's number, eight bytes; then as `transport`.
        case numberedTransport
        /// By a length in four hex digits and so many bytes.
        case block
        /// By such blocks, one at each change.
        case blocks
        /// By a second OKAY, or FAIL.
        case secondStatus
        /// By bytes until the connection ends.
        case stream
        /// By the packets of the shell protocol, the last of which is the exit code.
        case shellPackets
        /// By the protocol for files.
        case sync
    }

    /// What is counted.
    package var operation: ADBOperation
    /// The phone that it names; nil where it names none.
    package var phone: String?
    /// How it is answered.
    package var answer: Answer

    private struct Row {
        var name: String
        var operation: ADBOperation
        var answer: Answer

        init(_ name: String, _ operation: ADBOperation, _ answer: Answer) {
            (self.name, self.operation, self.answer) = (name, operation, answer)
        }
    }

    /// Of the server, by their beginnings, behind `host:` or what stands for it.
    private static let ofServer = [
        Row("version", .version, .block),
        Row("devices", .devices, .block),
        Row("track-devices", .trackDevices, .blocks),
        Row("transport", .transport, .transport),
        Row("tport:", .transport, .numberedTransport),
        Row("get-state", .getState, .block),
        Row("get-serialno", .getState, .block),
        Row("get-devpath", .getState, .block),
        Row("features", .features, .block),
        Row("host-features", .features, .block),
        Row("list-forward", .forward, .block),
        Row("forward:", .forward, .secondStatus),
        Row("killforward", .forward, .secondStatus),
        Row("wait-for-", .waitFor, .secondStatus),
        Row("connect:", .connect, .block),
        Row("disconnect:", .connect, .block),
        Row("reconnect", .connect, .block),
        Row("server-status", .other, .block),
        Row("kill", .other, .stream),
    ]

    /// Of a phone, by their beginnings.
    private static let ofPhone = [
        Row("shell,v2", .shell, .shellPackets),
        Row("shell", .shell, .stream),
        Row("exec:", .exec, .stream),
        Row("abb_exec:", .exec, .stream),
        Row("abb:", .exec, .shellPackets),
        Row("sync:", .sync, .sync),
        Row("reverse:list-forward", .reverse, .stream),
        Row("reverse:", .reverse, .secondStatus),
        Row("reboot:", .reboot, .stream),
        Row("root:", .root, .stream),
        Row("unroot:", .root, .stream),
        Row("remount:", .root, .stream),
        Row("tcp:", .socket, .stream),
        Row("local", .socket, .stream),
        Row("vsock:", .socket, .stream),
        Row("jdwp:", .socket, .stream),
        Row("sideload", .sideload, .stream),
    ]

    /// From the text of a request, or its beginning.
    package init(_ text: String) {
        guard let (phone, name) = Self.behindHost(text[...]) else {
            let row = Self.ofPhone.first { text.hasPrefix($0.name) }
            self.init(operation: row?.operation ?? .other, phone: nil, answer: row?.answer ?? .stream)
            return
        }
        let row = Self.ofServer.first { name.hasPrefix($0.name) }
        self.init(
            operation: row?.operation ?? .other, phone: phone ?? Self.phone(inTransport: name),
            answer: row?.answer ?? .stream)
    }

    private init(operation: ADBOperation, phone: String?, answer: Answer) {
        (self.operation, self.phone, self.answer) = (operation, phone, answer)
    }

    /// The service behind `host:`, `host-serial:SERIAL:` and the like, with the phone; nil for one that is a phone's.
    private static func behindHost(_ text: Substring) -> (phone: String?, name: Substring)? {
        for prefix in ["host:", "host-usb:", "host-local:"] where text.hasPrefix(prefix) {
            return (nil, text.dropFirst(prefix.count))
        }
        for (prefix, isSerial) in [("host-serial:", true), ("host-transport-id:", false)] where text.hasPrefix(prefix) {
            let (serial, name) = serialAndService(text.dropFirst(prefix.count))
            return (isSerial ? String(serial) : nil, name)
        }
        return nil
    }

    /// A serial number may hold colons, as that of a phone on the network does: it ends where a service begins.
    private static func serialAndService(_ text: Substring) -> (Substring, Substring) {
        let ends = text.indices.filter { text[$0] == ":" }
        let end = ends.first { end in
            let name = text[text.index(after: end)...]
            return ofServer.contains { name.hasPrefix($0.name) }
        }
        guard let end = end ?? ends.first else { return (text, "") }
        return (text[..<end], text[text.index(after: end)...])
    }

    private static func phone(inTransport name: Substring) -> String? {
        for prefix in ["transport:", "tport:serial:"] where name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.count))
        }
        return nil
    }
}
