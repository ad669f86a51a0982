internal import CPCSC
internal import Synchronization

/// A context of the PC/SC library, one connection to pcscd; released at its end.
///
/// Calls block as the library's do. One thread may wait in ``getStatusChange(_:within:)`` while another calls
/// ``cancel()``; the library serialises everything else.
package final class PCSCContext: Sendable {
    let handle: SCARDCONTEXT
    private let isReleased = Atomic(false)

    /// The most readers that one question may name (the library refuses more).
    package static let mostReaders = Int(PCSCLITE_MAX_READERS_CONTEXTS)

    /// Connects to pcscd.
    package init() throws(CardReaderError) {
        var handle: SCARDCONTEXT = 0
        let code = ResultCode.low(SCardEstablishContext(DWORD(SCARD_SCOPE_SYSTEM), nil, nil, &handle))
        guard code == ResultCode.success else { throw .failed(.establishContext, code: code) }
        self.handle = handle
    }

    deinit { release() }

    /// The names of all readers, in pcscd's order; none is an empty list.
    package func listReaders() throws(CardReaderError) -> [String] {
        // The list can grow between the question for its length and the list itself.
        for _ in 0..<8 {
            var length: DWORD = 0
            var code = ResultCode.low(SCardListReaders(handle, nil, nil, &length))
            if code == ResultCode.noReaders { return [] }
            guard code == ResultCode.success else { throw .failed(.listReaders, code: code) }
            var names = [CChar](repeating: 0, count: min(Int(length), 1 << 16))
            length = DWORD(names.count)
            code = ResultCode.low(SCardListReaders(handle, nil, &names, &length))
            if code == ResultCode.noReaders { return [] }
            if code == ResultCode.insufficientBuffer { continue }
            guard code == ResultCode.success else { throw .failed(.listReaders, code: code) }
            return Self.split(multiString: names.prefix(Int(min(length, DWORD(names.count)))))
        }
        throw .failed(.listReaders, code: ResultCode.insufficientBuffer)
    }

    /// Waits until one reader's state differs from what the query knows; nil when the time was up first.
    ///
    /// A query that knows nothing is answered at once. Answers come in the order of the queries.
    package func getStatusChange(
        _ queries: [ReaderQuery], within wait: Duration
    ) throws(CardReaderError) -> [ReaderObservation]? {
        // The library keeps pointers to names: all stand in one buffer that lives through the call.
        var names: [CChar] = []
        var starts: [Int] = []
        for query in queries {
            starts.append(names.count)
            names.append(contentsOf: query.name.utf8.map { CChar(bitPattern: $0) })
            names.append(0)
        }
        var states = queries.map { query in
            var state = SCARD_READERSTATE()
            state.dwCurrentState = DWORD(query.known)
            return state
        }
        let code = names.withUnsafeBufferPointer { buffer in
            for (index, start) in starts.enumerated() {
                states[index].szReader = buffer.baseAddress?.advanced(by: start)
            }
            return ResultCode.low(
                SCardGetStatusChange(handle, Self.milliseconds(wait), &states, DWORD(states.count)))
        }
        if code == ResultCode.timeout { return nil }
        guard code == ResultCode.success else { throw .failed(.getStatusChange, code: code) }
        return zip(queries, states).map { query, state in
            ReaderObservation(
                name: query.name, event: ResultCode.low(state.dwEventState), atr: Self.atr(of: state))
        }
    }

    /// Ends a wait of another thread; harmless when there is none.
    package func cancel() {
        _ = SCardCancel(handle)
    }

    /// Closes the connection to pcscd, and the sessions on it; safe to call twice. What the library says of it.
    @discardableResult
    package func release() -> UInt32 {
        guard !isReleased.exchange(true, ordering: .acquiringAndReleasing) else { return ResultCode.success }
        // With pcscd dead it gives an error and still frees what the library holds (seen with 1.9.9: no descriptor
        // is left after kill -9).
        return ResultCode.low(SCardReleaseContext(handle))
    }

    /// The strings of a list in which each ends with 0 and the list with one more.
    static func split(multiString: some Collection<CChar>) -> [String] {
        multiString.split(separator: 0, omittingEmptySubsequences: true)
            .map { String(decoding: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self) }
    }

    private static func atr(of state: SCARD_READERSTATE) -> [UInt8] {
        withUnsafeBytes(of: state.rgbAtr) { bytes in
            Array(bytes.prefix(Int(min(state.cbAtr, DWORD(bytes.count)))))
        }
    }

    private static func milliseconds(_ wait: Duration) -> DWORD {
        let (seconds, attoseconds) = wait.components
        // The library takes 0xFFFFFFFF for no end; no wait of ours has none.
        return DWORD(clamping: min(max(seconds, 0), 1_000_000) * 1_000 + attoseconds / 1_000_000_000_000_000)
    }
}
