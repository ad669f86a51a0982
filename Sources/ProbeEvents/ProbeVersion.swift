/// The version of the probe: programs, `/metrics` and user agents show this one.
public enum ProbeVersion {
    /// Semantic version.
    public static let current = "0.1.0"
}
