internal import ProbeEvents
internal import PrometheusClient
internal import Synchronization

extension Collector {
    func apply(_ opened: BIPChannelOpened) {
        switch openChannels.withLock({ $0.open(ChannelKey(opened.link), opened.bearer) }) {
        case .new: catalog.bipConnectionsActive[opened.bearer].increment()
        case .known: break
        case .noRoom: countUnfollowed(catalog.bipConnectionsActive.name)
        }
    }

    func apply(_ data: BIPDataMoved) {
        catalog.bipBytesTransferred[data.direction, data.bearer].increment(by: UInt64(data.bytes))
    }

    func apply(_ closed: BIPChannelClosed) {
        // By the bearer of the opening: that is where it was counted.
        if let bearer = openChannels.withLock({ $0.close(ChannelKey(closed.link)) }) {
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

/// Which opening of a BIP channel, whatever its number on the card.
struct ChannelKey: Hashable {
    private var device: String
    private var interface: APDUInterface
    private var client: UInt64?
    private var session: UInt64
    private var connection: UInt64

    init(_ link: BIPLink) {
        (device, interface, client) = (link.device, link.interface, link.client?.id)
        (session, connection) = (link.session, link.connection)
    }
}
