/// What one side of a connection has sent so far.
struct TLSSide: Sendable {
    var records = TLSRecords()
    var messages = HandshakeMessages()
    var count = TLSCount()
    /// Whether what it sends is under keys, below TLS 1.3.
    var isEnciphered = false
    /// Whether its Finished was seen.
    var isFinished = false
    /// Whether it said that nothing more comes, or its last record has the size of that.
    var hasTakenLeave = false
    /// Reads what it sends under keys; nil where nobody can.
    var opener: RecordOpener?
}
