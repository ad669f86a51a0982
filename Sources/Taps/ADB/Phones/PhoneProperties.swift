package import ProbeEvents

/// What a phone is asked for once: these properties and no others, since among the rest are its identities.
package enum PhoneProperties {
    private static let names = [
        "ro.product.model", "ro.build.version.release", "gsm.version.baseband", "gsm.operator.alpha", "gsm.sim.state",
    ]
    /// Of a line so much is kept.
    private static let longestWord = 64
    /// More than five such lines have, bytes.
    static let longestAnswer = 4_096

    /// The service that answers with a line each.
    static let request = "shell:" + names.map { "getprop \($0)" }.joined(separator: "; ")

    /// From the lines; nil where they are not that many.
    package static func identity(of phone: String, _ text: String, stamp: EventStamp) -> PhoneIdentified? {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(word)
        guard lines.count > names.count else { return nil }
        return PhoneIdentified(
            stamp: stamp, phone: phone, model: lines[0], release: lines[1], baseband: lines[2], operatorName: lines[3],
            simState: lines[4])
    }

    private static func word(_ line: Substring) -> String {
        String(
            String.UnicodeScalarView(
                line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(longestWord)))
    }
}
