internal import ProbeEvents

/// Tells how long the calls on one reader were served, from when they began and ended.
///
/// pcscd serves one command to a reader at a time, and the library one call on a context: what ends last before a call
/// ends kept it waiting until then. Measured with 1.9.9: beside a neighbour without a transaction a command of 0.2 ms
/// takes 23 to 43 ms.
struct ReaderOccupancy {
    /// A call that ended, as far as it matters here.
    struct Call {
        /// Client and place in its line.
        var client: UInt64
        var number: UInt64
        var startNanoseconds: UInt64
        var endNanoseconds: UInt64
        /// When it was tried for the last time: after the waiting that is known.
        var lastTryNanoseconds: UInt64
        /// The PC/SC context it was made on; nil when unknown.
        var context: UInt32?
        /// When it came here.
        var arrivedNanoseconds: UInt64
    }

    /// What became of a call.
    struct Settled {
        var call: Call
        /// The time from its last try in which others were served.
        var sharingNanoseconds: UInt64
        /// Whether a call of which it is not known when it was served lies within.
        var isDisturbed: Bool
    }

    /// The open sessions of each client on this reader.
    var sessions: [UInt64: Int] = [:]
    private(set) var waiting: [Call] = []
    private var freeNanoseconds: UInt64 = 0
    /// Calls that may have reset the card, or powered it, at some time between their beginning and their end.
    private var disturbances: [ClosedRange<UInt64>] = []

    /// Whether nothing is known of this reader any more.
    var isIdle: Bool { sessions.isEmpty && waiting.isEmpty }

    mutating func add(_ call: Call) { waiting.append(call) }

    /// A call that takes an unknown part of the time between.
    mutating func disturb(from start: UInt64, to end: UInt64) {
        guard end >= start, end - start >= 1_000_000 else { return }
        if disturbances.count == 16 { disturbances.removeFirst() }
        disturbances.append(start...end)
    }

    /// Settles the calls that ended by `time`, in the order in which they ended; `contextFree` tells when the last call
    /// before on its context had ended.
    mutating func settle(until time: UInt64, contextFree: (Call) -> UInt64) -> [Settled] {
        let ready = waiting.filter { $0.endNanoseconds <= time }
        guard !ready.isEmpty else { return [] }
        waiting.removeAll { $0.endNanoseconds <= time }
        return ready.sorted { $0.endNanoseconds < $1.endNanoseconds }.map { settle($0, contextFree($0)) }
    }

    private mutating func settle(_ call: Call, _ contextFree: UInt64) -> Settled {
        let free = min(max(freeNanoseconds, contextFree), call.endNanoseconds)
        freeNanoseconds = max(freeNanoseconds, call.endNanoseconds)
        let isDisturbed = disturbances.contains {
            $0.upperBound > call.lastTryNanoseconds && $0.upperBound < call.endNanoseconds
        }
        return Settled(
            call: call, sharingNanoseconds: free > call.lastTryNanoseconds ? free - call.lastTryNanoseconds : 0,
            isDisturbed: isDisturbed)
    }
}
