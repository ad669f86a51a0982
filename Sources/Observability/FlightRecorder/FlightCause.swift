/// Why something failed, as far as what was seen tells it.
package struct FlightCause: Sendable, Hashable, Codable {
    /// How sure that is.
    package enum Certainty: String, Sendable, Codable {
        /// Something that was seen says so.
        case certain
        /// What was seen goes well with it, and with little else.
        case likely
        /// What was seen does not tell.
        case unknown
    }

    /// What it is, as programs compare it: `wrong_pin`.
    package var name: String
    package var certainty: Certainty
    /// What it is, for people.
    package var words: String
    /// What was seen that tells it; empty when the fault itself does.
    package var evidence = ""
    /// Where to look, and what to do.
    package var advice: String

    static func certain(_ name: String, _ words: String, _ evidence: String = "", do advice: String) -> Self {
        Self(name: name, certainty: .certain, words: words, evidence: evidence, advice: advice)
    }

    static func likely(_ name: String, _ words: String, _ evidence: String = "", do advice: String) -> Self {
        Self(name: name, certainty: .likely, words: words, evidence: evidence, advice: advice)
    }

    static func unknown(_ words: String, do advice: String) -> Self {
        Self(name: "unknown", certainty: .unknown, words: words, advice: advice)
    }
}
