internal import ProbeEvents

/// The calls on a context, told.
extension CallTeller {
    func establish() throws(CardReaderError) -> PCSCContext {
        try call(.establishContext) { () throws(CardReaderError) in try PCSCContext() }
    }

    func listReaders(_ context: PCSCContext) throws(CardReaderError) -> [String] {
        try call(.listReaders) { () throws(CardReaderError) in try context.listReaders() }
    }

    /// Nil when the time was up first.
    func statusChange(
        _ context: PCSCContext, _ queries: [ReaderQuery], within limit: Duration
    ) throws(CardReaderError) -> [ReaderObservation]? {
        do throws(CardReaderError) {
            return try call(.waitForChange) { () throws(CardReaderError) in
                guard let answers = try context.getStatusChange(queries, within: limit) else {
                    throw .failed(.getStatusChange, code: ResultCode.timeout)
                }
                return answers
            }
        } catch .failed(.getStatusChange, ResultCode.timeout) {
            return nil
        }
    }

    func release(_ context: PCSCContext) {
        tell(.releaseContext, .of { context.release() })
    }
}
