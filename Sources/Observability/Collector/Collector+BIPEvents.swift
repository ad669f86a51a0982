internal import ProbeEvents
internal import PrometheusClient
internal import Synchronization

extension Collector {
    func apply(_ opened: BIPChannelOpened) {
        let hasRoom = openChannels.withLock { channels in
            let hasRoom = channels.open(opened)
            catalog.bipConnectionsActive[opened.bearer].set(Double(channels.count(of: opened.bearer)))
            return hasRoom
        }
        if !hasRoom { countUnfollowed(catalog.bipConnectionsActive.name) }
        countLegs(of: opened)
    }

    func apply(_ data: BIPDataMoved) {
        catalog.bipBytesTransferred[data.direction, data.bearer].increment(by: UInt64(data.bytes))
    }

    func apply(_ closed: BIPChannelClosed) {
        openChannels.withLock { channels in
            // By the bearer of the opening: that is where it was counted.
            guard let bearer = channels.close(closed.link) else { return }
            catalog.bipConnectionsActive[bearer].set(Double(channels.count(of: bearer)))
        }
        catalog.bipConnectionDuration[closed.bearer, closed.status].record(closed.stamp.durationNanoseconds)
        switch closed.reason {
        case .dropped: catalog.bipErrors[.linkDropped, closed.bearer].increment()
        // The command that failed was told, or no command failed.
        case .stale, .card, .reset, .sourceGone: break
        }
    }

    func apply(_ failed: BIPCommandFailed) {
        catalog.bipErrors[failed.error, failed.bearer].increment()
    }
}

/// The BIP channels that are open: openings and ends may be told twice or be lost, and the gauge must not drift.
struct OpenChannels {
    /// More are not followed, and counted as refused. A card has 7 at most.
    static let limit = 4_096

    private struct Key: Hashable {
        var device: String
        var interface: APDUInterface
        var client: UInt64?
        var session: UInt64
        var connection: UInt64

        init(_ link: BIPLink) {
            (device, interface, client) = (link.device, link.interface, link.client?.id)
            (session, connection) = (link.session, link.connection)
        }
    }

    private var bearers: [Key: BearerType] = [:]
    private var counts: [BearerType: Int] = [:]

    /// How many are open on a bearer.
    func count(of bearer: BearerType) -> Int { counts[bearer] ?? 0 }

    /// Notes an opening; false when there was no room.
    mutating func open(_ opened: BIPChannelOpened) -> Bool {
        let key = Key(opened.link)
        guard bearers[key] == nil else { return true }
        guard bearers.count < Self.limit else { return false }
        bearers[key] = opened.bearer
        counts[opened.bearer, default: 0] += 1
        return true
    }

    /// Notes an end; the bearer that the opening named, nil for a channel that is not open.
    mutating func close(_ link: BIPLink) -> BearerType? {
        guard let bearer = bearers.removeValue(forKey: Key(link)) else { return nil }
        counts[bearer, default: 1] -= 1
        return bearer
    }
}
