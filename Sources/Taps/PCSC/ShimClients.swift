internal import CProbe
internal import Glibc
internal import ProbeEvents

/// The client processes of one receiver, by the descriptors of their sockets. Used under the receiver's lock only.
struct ShimClients {
    /// More clients at once are refused, and counted.
    static let limit = 256
    /// Messages of one client that are taken at once; a shim sends three in its life, and a few more under load.
    static let messageLimit = 64

    private let listener: Int32
    private let inherited: ProcessEnvironment
    private let sink: any EventSink
    private var clients: [Int32: ShimClient] = [:]
    private var accepted: UInt64 = 0
    /// How many clients were ever attached.
    private(set) var seen = 0

    init(listener: Int32, inherited: ProcessEnvironment, sink: any EventSink) {
        self.listener = listener
        self.inherited = inherited
        self.sink = sink
    }

    /// The sockets of those who are connected, in the order in which they came.
    var descriptors: [Int32] { clients.sorted { $0.value.number < $1.value.number }.map(\.key) }

    /// Those who have said who they are.
    var processes: [ClientProcess] { clients.values.compactMap(\.process) }

    /// Lets in all who wait at the door; false when there is no descriptor for the next one.
    mutating func accept() -> Bool {
        var peer = receiver_peer()
        while true {
            let descriptor = receiver_accept(listener, &peer)
            guard descriptor >= 0 else { return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED }
            let isAllowed = peer.uid == geteuid() || peer.uid == 0
            guard isAllowed, clients.count < Self.limit else {
                close(descriptor)
                tellDropped(.refused)
                continue
            }
            accepted += 1
            clients[descriptor] = ShimClient(pid: peer.pid, number: accepted, inherited: inherited)
        }
    }

    /// Takes what a client's socket has; at its end, all that its ring has.
    mutating func hear(_ descriptor: Int32) {
        guard let client = clients[descriptor] else { return }
        for _ in 0..<Self.messageLimit {
            var message = ring_message()
            var file: Int32 = -1
            switch receiver_read(descriptor, &message, &file) {
            case RECEIVER_MESSAGE where client.hear(message, file: file, sink: sink):
                if Int(message.kind) == RING_HELLO { seen += 1 }
            case RECEIVER_NOTHING: return
            case RECEIVER_END: return end(descriptor)
            default:
                tellDropped(.malformed)
                return end(descriptor)
            }
        }
    }

    /// Takes what all sockets have.
    mutating func hearAll() {
        descriptors.forEach { hear($0) }
    }

    /// Tells what lies in the rings; sends away who says nothing.
    mutating func drain() {
        let clock = EventClock.now
        for descriptor in descriptors {
            guard let client = clients[descriptor] else { continue }
            client.drain(into: sink, clock: clock, isFinal: false)
            guard client.isSilent(now: clock.monotonicNanoseconds) else { continue }
            // It may have spoken while others were heard, which takes long on a busy machine.
            hear(descriptor)
            guard clients[descriptor] != nil, client.process == nil else { continue }
            tellDropped(.malformed)
            end(descriptor)
        }
    }

    /// Lets all clients go; they keep their rings for another receiver.
    mutating func letGo() {
        for (descriptor, client) in clients {
            client.detach()
            close(descriptor)
        }
        clients = [:]
    }

    private mutating func end(_ descriptor: Int32) {
        clients.removeValue(forKey: descriptor)?.end(into: sink)
        close(descriptor)
    }

    private func tellDropped(_ reason: DropReason) {
        sink.receive(.eventsDropped(EventsDropped(stamp: .now(source: .shim), reason: reason, count: 1)))
    }
}
