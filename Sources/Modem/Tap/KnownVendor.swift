internal import ProbeEvents

/// Whose modem a relay stands before, by the best word on it: the settings', else the modem's own, else that of USB.
struct KnownVendor: Sendable, Equatable {
    /// What the settings say; nil where they leave it open.
    let named: ModemVendor?
    /// By the USB device that the port belongs to; nil for a port of another kind.
    var attached: ModemVendor?
    /// By what the modem answered a tester; nil when none has asked.
    private var told: ModemVendor?

    init(named: ModemVendor? = nil) { self.named = named }

    /// The vendor, by which lines are read.
    var vendor: ModemVendor { named ?? told ?? attached ?? .unknown }

    /// Learns from an answer to a tester's question for the maker; any other answer tells nothing.
    mutating func learn(_ answer: ATAnswer) {
        guard answer.isSuccess, Self.questions.contains(where: ATQuestion(text: answer.command.text).asks) else {
            return
        }
        told = VendorTable.vendor(maker: answer.texts.joined(separator: " ")) ?? told
    }

    /// The port is gone: another modem may come in its place.
    mutating func forget() { (attached, told) = (nil, nil) }

    /// TS 27.007, 5.1; V.250, 6.1.4 and 6.1.3.
    private static let questions = ["+CGMI", "+GMI", "I", "I0"]
}
