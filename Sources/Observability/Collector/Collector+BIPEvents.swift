internal import ProbeEvents
internal import PrometheusClient
internal import Synchronization

extension Collector {
    func apply(_ opened: BIPChannelOpened) {
        switch openChannels.withLock({ $0.open(opened) }) {
        case .new: catalog.bipConnectionsActive[opened.bearer].increment()
        case .known: break
        case .noRoom: countUnfollowed(catalog.bipConnectionsActive.name)
        }
        countLegs(of: opened)
    }

    func apply(_ data: BIPDataMoved) {
        catalog.bipBytesTransferred[data.direction, data.bearer].increment(by: UInt64(data.bytes))
    }

    func apply(_ closed: BIPChannelClosed) {
        // By the bearer of the opening: that is where it was counted.
        if let bearer = openChannels.withLock({ $0.close(closed.link) }) {
            catalog.bipConnectionsActive[bearer].decrement()
        }
        catalog.bipConnectionDuration[closed.bearer, closed.status].record(closed.stamp.durationNanoseconds)
        switch closed.reason {
        case .dropped: recordBIPError(.linkDropped, over: closed.bearer)
        // The command that failed was told, or no command failed.
        case .stale, .card, .reset, .sourceGone: break
        }
    }

    func apply(_ failed: BIPCommandFailed) {
        recordBIPError(failed.error, over: failed.bearer)
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

    /// What became of an opening.
    enum Opening { case new, known, noRoom }

    private var bearers: [Key: BearerType] = [:]

    mutating func open(_ opened: BIPChannelOpened) -> Opening {
        let key = Key(opened.link)
        guard bearers[key] == nil else { return .known }
        guard bearers.count < Self.limit else { return .noRoom }
        bearers[key] = opened.bearer
        return .new
    }

    /// Notes an end; the bearer that the opening named, nil for a channel that is not open.
    mutating func close(_ link: BIPLink) -> BearerType? { bearers.removeValue(forKey: Key(link)) }
}
