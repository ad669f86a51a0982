internal import ProbeEvents

/// What packets of one interface of a file are of.
struct CaptureInterface: Hashable {
    /// The kinds; each is an interface of its own for each device.
    enum Kind: Hashable {
        case commands(APDUInterface)
        case toolkit, lines, stream, tests
    }

    /// How many kinds there are.
    static let kinds = APDUInterface.allCases.count + 4

    var kind: Kind
    /// The device's name.
    var device: String

    /// The name in the file; commands have the device's own.
    var name: String {
        switch kind {
        case .commands: device.isEmpty ? "unknown reader" : device
        case .toolkit: "\(device) toolkit"
        case .lines: "\(device) AT"
        case .stream: "\(device) TCP"
        case .tests: "tests"
        }
    }

    /// What is in it, for people.
    var description: String {
        switch kind {
        case .commands(.pcsc): "commands to a card over PC/SC, as GSMTAP"
        case .commands(.at): "commands to the card in a modem over AT, as GSMTAP"
        case .commands(.pskTls): "commands to a card inside TLS, as GSMTAP"
        case .toolkit: "what a modem tells of its card's toolkit, as GSMTAP; no exchanges"
        case .lines: "lines to a modem and from it"
        case .stream: "connections of cards to a server; addresses are real, what is below the bytes is not"
        case .tests: "what a test runner tells"
        }
    }

    /// What is counted of it.
    var unit: String {
        switch kind {
        case .commands: "exchanges"
        case .toolkit: "messages"
        case .lines: "lines"
        case .stream: "packets"
        case .tests: "events"
        }
    }

    var linkType: UInt16 {
        switch kind {
        case .commands, .toolkit: PCAPNG.LinkType.ipv4
        case .stream: PCAPNG.LinkType.ip
        case .lines, .tests: ExportedPDU.linkType
        }
    }
}
