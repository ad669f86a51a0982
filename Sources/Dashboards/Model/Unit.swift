/// A unit of a panel's values, as Grafana calls it.
package enum Unit: String, Sendable {
    case seconds = "s"
    case bytes
    case bytesPerSecond = "Bps"
    case perSecond = "ops"
    /// 0 to 1.
    case share = "percentunit"
    /// 0 to 100.
    case percent
    /// How many, with k and M.
    case count = "short"
    case decibel = "dB"
    case decibelMilliwatt = "dBm"
    case bool
    /// Text, or a number that stands for one.
    case none
}
