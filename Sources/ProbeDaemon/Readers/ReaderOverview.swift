package import CardReader
internal import Glibc
package import Observability
internal import ProbeEvents
internal import Taps

/// The readers of this machine, and who uses them now.
///
/// Programs under `cardlink-probe run` tell themselves what they have open. Of others it is known only that they are
/// connected to pcscd: they are candidates where a reader is in use.
package struct ReaderOverview: Sendable, Encodable {
    /// A program that has a session on a reader.
    package struct Holder: Sendable, Encodable {
        /// Its process id.
        package var pid: Int32
        /// The name of its executable.
        package var program: String
        /// `exclusive`, `shared` or `direct`.
        package var shareMode: String
        /// Since when, RFC 3339 in UTC.
        package var since: String
        /// Since when it holds a transaction, RFC 3339 in UTC; null when it holds none.
        package var transactionSince: OrNull<String>
        /// The same for people: the time of day, here.
        fileprivate var words: String

        private enum CodingKeys: String, CodingKey {
            case pid, program, shareMode, since, transactionSince
        }
    }

    /// A program that is connected to pcscd and not seen.
    package struct Candidate: Sendable, Encodable {
        /// Its process id; null when it is another user's, and only root may know.
        package var pid: OrNull<Int32>
        /// The name of its executable, at most 15 bytes; empty when unknown.
        package var program: String
    }

    /// A reader, with those that use it.
    package struct Reader: Sendable, Encodable {
        /// What pcscd says of it.
        package var listing: ReaderListing.Reader
        /// The programs that are seen to use it.
        package var holders: [Holder]
        /// Whether a program that is not seen must use it.
        package var hasUnseenHolder: Bool

        private enum CodingKeys: String, CodingKey {
            case holders, hasUnseenHolder
        }

        /// Writes the members of both in one object.
        package func encode(to encoder: any Encoder) throws {
            try listing.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(holders, forKey: .holders)
            try container.encode(hasUnseenHolder, forKey: .hasUnseenHolder)
        }
    }

    /// The readers, in pcscd's order.
    package var readers: [Reader]
    /// The programs that are connected to pcscd and not seen.
    package var unseenPrograms: [Candidate]

    /// Asks pcscd, the rings of clients, and the kernel for pcscd's connections, once.
    package static func take() throws(CardReaderError) -> ReaderOverview {
        let listing = try ReaderListing.take()
        let clock = EventClock.now
        var held: [(pid: Int32, session: HeldSession)] = []
        var seen: Set<Int32> = []
        let connections = PCSCConnections()
        for pid in ProcessFiles.processes() {
            let rings = ProcessFiles.descriptors(of: pid, prefix: RingLook.descriptorName) ?? []
            guard !rings.isEmpty, connections.include(pid) else { continue }
            seen.insert(pid)
            for ring in rings { held += RingLook.sessions(path: ring.path).map { (pid, $0) } }
        }
        let readers = listing.readers.map { reader in
            let sessions = held.filter { $0.session.reader == reader.name }
            return Reader(
                listing: reader, holders: sessions.map { Holder($0.pid, $0.session, clock) },
                hasUnseenHolder: Self.mustHaveUnseenHolder(reader, sessions.map(\.session)))
        }
        let unseen = StrangerWatch.strangers(besides: seen).map { Candidate(pid: OrNull($0.pid), program: $0.program) }
        return ReaderOverview(readers: readers, unseenPrograms: unseen)
    }

    /// Whether its state cannot come from these sessions alone.
    private static func mustHaveUnseenHolder(_ reader: ReaderListing.Reader, _ sessions: [HeldSession]) -> Bool {
        if reader.state.contains("exclusive") { return !sessions.contains { $0.shareMode == ShareMode.exclusive } }
        return reader.state.contains("in use") && sessions.isEmpty
    }

    /// A table for people; below each reader those that use it.
    package var table: String {
        ReaderListing(readers: readers.map(\.listing)).table { listing in
            readers.first { $0.listing == listing }.map(lines) ?? []
        }
    }

    private func lines(of reader: Reader) -> [String] {
        let known = reader.holders.map(\.words)
        let candidates = unseenPrograms.map { candidate in
            candidate.pid.value.map { "\(candidate.program) (\($0))" } ?? "a program of another user"
        }.joined(separator: ", ")
        if reader.hasUnseenHolder {
            return known + ["unknown program" + (candidates.isEmpty ? "" : ", one of: \(candidates)")]
        }
        return reader.holders.isEmpty || candidates.isEmpty ? known : known + ["perhaps also: \(candidates)"]
    }
}

/// PC/SC's share modes.
private enum ShareMode {
    static let exclusive: UInt32 = 1

    static func name(of mode: UInt32) -> String {
        switch mode {
        case exclusive: "exclusive"
        case 2: "shared"
        case 3: "direct"
        default: "open"
        }
    }
}

extension ReaderOverview.Holder {
    fileprivate init(_ pid: Int32, _ session: HeldSession, _ clock: EventClock) {
        func text(_ nanoseconds: UInt64) -> String {
            RFC3339.text(wallNanoseconds: clock.wall(atMonotonic: nanoseconds))
        }
        func timeOfDay(_ nanoseconds: UInt64) -> String { Self.timeOfDay(clock.wall(atMonotonic: nanoseconds)) }
        self.pid = pid
        program = session.program
        shareMode = ShareMode.name(of: session.shareMode)
        since = text(session.openedNanoseconds)
        transactionSince = OrNull(session.transactionNanoseconds.map(text))
        words =
            "\(program) (\(pid)), \(shareMode) since \(timeOfDay(session.openedNanoseconds))"
            + (session.transactionNanoseconds.map { ", transaction since \(timeOfDay($0))" } ?? "")
    }

    private static func timeOfDay(_ wallNanoseconds: UInt64) -> String {
        var seconds = time_t(wallNanoseconds / 1_000_000_000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return [parts.tm_hour, parts.tm_min, parts.tm_sec].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }
}
