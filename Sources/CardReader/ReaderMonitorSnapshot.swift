public import ProbeEvents

/// What a reader monitor knows at one moment.
public struct ReaderMonitorSnapshot: Sendable, Hashable, Codable {
    /// A reader that is there.
    public struct Reader: Sendable, Hashable, Codable {
        /// The reader's name as PC/SC gives it.
        public var name: String
        /// Its state in words: `present`, `in use`.
        public var state: [String]
        /// The ATR of its card; empty for none, or for a card that does not answer.
        public var atr: HexBytes

        /// A reader from its parts.
        public init(name: String, state: [String], atr: HexBytes) {
            self.name = name
            self.state = state
            self.atr = atr
        }
    }

    /// Whether pcscd answers.
    public var isWorking: Bool
    /// One line: why it does not, and what to do next; empty when all is well.
    public var message: String
    /// The readers, in pcscd's order; none while pcscd is away.
    public var readers: [Reader]
    /// When pcscd last answered, nanoseconds on CLOCK_MONOTONIC; 0 for never.
    ///
    /// It answers at least once a second: an older time while ``isWorking`` means that pcscd hangs.
    public var lastAnswerNanoseconds: UInt64

    /// A snapshot from its parts.
    public init(isWorking: Bool, message: String, readers: [Reader], lastAnswerNanoseconds: UInt64) {
        self.isWorking = isWorking
        self.message = message
        self.readers = readers
        self.lastAnswerNanoseconds = lastAnswerNanoseconds
    }
}
