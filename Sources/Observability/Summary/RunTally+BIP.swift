internal import ProbeEvents

/// What is counted of BIP channels over all readers.
struct BIPTally: Sendable {
    /// A channel that was opened.
    struct Channel: Sendable {
        var link: BIPLink
        var bearer: BearerType
        var transport: BIPTransport
        var port: UInt16?
        var bufferBytes: UInt16?
        var sentBytes: UInt64 = 0
        var receivedBytes: UInt64 = 0
        var openedNanoseconds: UInt64
        /// Nil while it is open.
        var durationNanoseconds: UInt64?
        var reason: BIPCloseReason?
    }

    /// A command that failed, and why.
    struct Failure: Hashable, Sendable {
        var command: BIPCommand
        var error: BIPErrorType
    }

    /// In order of their opening; as many as are remembered one by one.
    private(set) var channels: [Channel] = []
    private(set) var opened: UInt64 = 0
    private(set) var sentBytes: UInt64 = 0
    private(set) var receivedBytes: UInt64 = 0
    var failures: [Failure: UInt64] = [:]
    var triggers: UInt64 = 0

    mutating func open(_ event: BIPChannelOpened) {
        guard place(of: event.link) == nil else { return }
        opened += 1
        guard channels.count < RunTally.rememberedNames else { return }
        channels.append(
            Channel(
                link: event.link, bearer: event.bearer, transport: event.transport, port: event.port,
                bufferBytes: event.bufferBytes,
                openedNanoseconds: event.stamp.endNanoseconds))
    }

    mutating func move(_ data: BIPDataMoved) {
        let bytes = UInt64(data.bytes)
        let place = place(of: data.link)
        switch data.direction {
        case .sent:
            sentBytes.addSaturating(bytes)
            if let place { channels[place].sentBytes.addSaturating(bytes) }
        case .received:
            receivedBytes.addSaturating(bytes)
            if let place { channels[place].receivedBytes.addSaturating(bytes) }
        }
    }

    mutating func close(_ closed: BIPChannelClosed) {
        guard let place = place(of: closed.link) else { return }
        channels[place].link.channel = closed.link.channel
        channels[place].durationNanoseconds = closed.stamp.durationNanoseconds
        channels[place].reason = closed.reason
    }

    /// The latest first: an opening that ended is not looked for again.
    private func place(of link: BIPLink) -> Int? { channels.lastIndex { $0.link.isSame(as: link) } }
}

extension RunTally {
    mutating func apply(_ failed: BIPCommandFailed) {
        bip.failures[BIPTally.Failure(command: failed.command, error: failed.error), default: 0] += 1
    }
}

extension RunReport {
    /// What a run did over BIP channels.
    package struct BIP: Sendable, Encodable {
        /// Channels that were opened.
        package var channelCount: UInt64
        /// Channel data from cards.
        package var sentBytes: UInt64
        /// Channel data to cards.
        package var receivedBytes: UInt64
        /// The first 64 channels, in order of their opening.
        package var channels: [Channel]
        /// Commands that failed, by command and reason.
        package var failures: [Failure]
        /// Messages that start a session over the air.
        package var triggers: UInt64

        /// A channel.
        package struct Channel: Sendable, Encodable {
            package var device: String
            package var channel: UInt8
            package var bearer: String
            package var transport: String
            package var port: OrNull<UInt16>
            package var bufferBytes: OrNull<UInt16>
            package var sentBytes: UInt64
            package var receivedBytes: UInt64
            /// To its end, or that of the run.
            package var durationNanoseconds: UInt64
            /// `card`, `dropped`, `stale`, `reset`, `source_gone`; null for one that is open at the end.
            package var closeReason: OrNull<String>
        }

        /// Commands that failed in the same way.
        package struct Failure: Sendable, Encodable {
            package var command: String
            package var error: String
            package var count: UInt64
        }

        init(_ tally: BIPTally, endNanoseconds: UInt64) {
            channelCount = tally.opened
            (sentBytes, receivedBytes) = (tally.sentBytes, tally.receivedBytes)
            triggers = tally.triggers
            channels = tally.channels.map { Channel($0, endNanoseconds: endNanoseconds) }
            failures = tally.failures.map { failure, count in
                Failure(command: failure.command.name, error: failure.error.name, count: count)
            }.sorted { ($1.count, $0.command, $0.error) < ($0.count, $1.command, $1.error) }
        }
    }
}

extension RunReport.BIP.Channel {
    fileprivate init(_ tally: BIPTally.Channel, endNanoseconds: UInt64) {
        device = tally.link.device
        channel = tally.link.channel
        (bearer, transport) = (tally.bearer.name, tally.transport.name)
        (port, bufferBytes) = (OrNull(tally.port), OrNull(tally.bufferBytes))
        (sentBytes, receivedBytes) = (tally.sentBytes, tally.receivedBytes)
        durationNanoseconds =
            tally.durationNanoseconds ?? endNanoseconds - min(tally.openedNanoseconds, endNanoseconds)
        closeReason = OrNull(tally.reason?.name)
    }
}
