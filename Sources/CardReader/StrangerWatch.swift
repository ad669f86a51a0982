internal import CProbe
internal import Glibc
package import ProbeEvents

/// Watches for programs that use PC/SC and are not seen: whose commands can lengthen those that are.
///
/// A look costs a `stat` (pcscd has a thread for each connection) while nobody comes or goes, and a line of `/proc` for
/// each thread of a stranger.
package struct StrangerWatch {
    /// How often it is looked anew whatever the number of connections, nanoseconds.
    private static let fullLookNanoseconds: UInt64 = 1_000_000_000
    /// How long a program with a tap may take to make itself known, nanoseconds.
    private static let introductionNanoseconds: UInt64 = 500_000_000
    /// The name that a tap's ring has among the descriptors of its process.
    static let ringName = "/memfd:" + RING_FILE_NAME
    /// Strangers whose doings are followed; more are taken to do something all the time.
    private static let followed = 16

    private var survey: PCSCPeerSurvey?
    private var threads = 0
    private var known: Set<Int32> = []
    private var lastLook: UInt64 = 0
    /// The connections of all others, and of these the strangers: all processes are looked at only when they change.
    private var sockets: Set<UInt32> = []
    /// The connections of the known programs and this one: while there are no others, no process need be looked at.
    private var own: Set<UInt32> = []
    private var strangers: [PCSCPeer] = []
    private var turns: [Int32: UInt64] = [:]
    private var undecidedSince: [Int32: UInt64] = [:]

    /// A watch that has not looked yet.
    package init() {}

    /// The processes that are connected to pcscd now, but for those that are known and the probe's own.
    package static func strangers(besides known: Set<Int32> = []) -> [PCSCPeer] {
        let all = PCSCPeerSurvey().clientSockets()
        return find(among: all.subtracting(ownSockets(among: all, known)), known)
    }

    /// Whether a program other than the known ones may have used pcscd since the last look.
    package mutating func look(besides known: Set<Int32>, now: UInt64) -> StrangerSight {
        let isDue = lastLook == 0 || now &- lastLook >= Self.fullLookNanoseconds
        if isDue || known != self.known || survey?.threadCount != threads {
            let survey = PCSCPeerSurvey(after: survey)
            var sockets = survey.clientSockets()
            own = known == self.known ? own.intersection(sockets) : []
            sockets.subtract(own)
            own.formUnion(Self.ownSockets(among: sockets, known))
            sockets.subtract(own)
            if sockets != self.sockets || known != self.known || !strangers.allSatisfy({ $0.hasOne(of: sockets) }) {
                strangers = Self.find(among: sockets, known)
                self.sockets = sockets
            }
            (self.survey, threads, self.known, lastLook) = (survey, survey.threadCount, known, now)
        }
        decide(now: now)
        if haveMoved() { return .activity }
        return undecidedSince.isEmpty ? .nothing : .undecided
    }

    /// Sets those apart that have a tap and are new.
    private mutating func decide(now: UInt64) {
        let since = undecidedSince
        undecidedSince = [:]
        for pid in strangers.compactMap(\.pid) {
            guard let first = since[pid] ?? (turns[pid] == nil && Self.hasTap(pid) ? now : nil),
                now &- first < Self.introductionNanoseconds
            else { continue }
            undecidedSince[pid] = first
        }
    }

    private static func hasTap(_ pid: Int32) -> Bool {
        ProcessFiles.descriptors(of: pid, prefix: ringName)?.isEmpty == false
    }

    /// Whether one of the strangers has had the processor since the last look, or cannot be told.
    private mutating func haveMoved() -> Bool {
        let before = turns
        turns = [:]
        guard strangers.count <= Self.followed else { return true }
        var hasMoved = false
        for stranger in strangers where stranger.pid.map({ undecidedSince[$0] == nil }) ?? true {
            guard let pid = stranger.pid, let now = ProcessFiles.turns(of: pid) else {
                hasMoved = true
                continue
            }
            turns[pid] = now
            if before[pid] != now { hasMoved = true }
        }
        // One that has gone may have done something before.
        return hasMoved || before.keys.contains { turns[$0] == nil && undecidedSince[$0] == nil }
    }

    /// Those of the connections that the known processes and this one have.
    private static func ownSockets(among sockets: Set<UInt32>, _ known: Set<Int32>) -> Set<UInt32> {
        guard !sockets.isEmpty else { return [] }
        return known.union([getpid()]).reduce(into: []) { own, pid in
            own.formUnion(sockets.intersection(ProcessFiles.sockets(of: pid) ?? []))
        }
    }

    private static func find(among sockets: Set<UInt32>, _ known: Set<Int32>) -> [PCSCPeer] {
        guard !sockets.isEmpty else { return [] }
        return PCSCPeerSurvey.holders(of: sockets).filter { peer in
            guard let pid = peer.pid else { return true }
            // Another probe watches readers, and sends no command.
            return !known.contains(pid) && !ProcessFiles.isOwnProgram(pid)
        }
    }
}

extension PCSCPeer {
    /// Whether it still has one of these sockets open; of one that may not be looked at it is believed.
    fileprivate func hasOne(of sockets: Set<UInt32>) -> Bool {
        guard let pid else { return true }
        return ProcessFiles.sockets(of: pid)?.isDisjoint(with: sockets) == false
    }
}
