package import ProbeEvents

/// Brings the events of several client processes into the order of their ends.
///
/// Rings are drained one after the other, so that a program's SELECT can be told behind what another one did later. An
/// event is held until every client that is attached is drained past its end for the second time: one that attached
/// meanwhile is known by then. Losses are told at once, behind all that came before them.
package struct TimeOrder: Sendable {
    /// Events that are held at most; then all of them are told.
    package static let eventLimit = 16_384

    private struct Held {
        var endNanoseconds: UInt64
        var number: UInt64
        var event: ProbeEvent
    }

    /// Until when a client was drained, the last time and the one before.
    private struct Drained {
        var last: UInt64 = 0
        var before: UInt64 = 0
    }

    private var held: [Held] = []
    private var clients: [UInt64: Drained] = [:]
    private var received: UInt64 = 0

    /// How often too much was held, so that events were told in an order that may be wrong.
    package private(set) var failures = 0

    /// An order of nothing yet.
    package init() {}

    /// Takes an event; what can be told by now, in order.
    package mutating func receive(_ event: ProbeEvent) -> [ProbeEvent] {
        switch event {
        case .eventsDropped: return finish() + [event]
        case .clientDrained(let mark):
            let known = clients[mark.client.id] ?? Drained()
            clients[mark.client.id] = Drained(last: mark.stamp.startNanoseconds, before: known.last)
            return release(until: clients.values.map(\.before).min() ?? .max)
        case .clientAttached(let attached): clients[attached.client.id] = Drained()
        case .clientEnded(let ended):
            clients[ended.client.id] = nil
            // Who comes now has nothing to tell of before.
            if clients.isEmpty { return finish() + [event] }
        case .apdu, .sessionOpened, .sessionClosed, .operation, .readerChanged, .cardIdentified, .sourceState: break
        case .atCommand, .urc, .modemChanged, .modemIdentified, .simChanged, .registrationChanged, .signalMeasured:
            break
        case .bipOpened, .bipData, .bipLinkChanged, .bipDataWaiting, .bipClosed, .bipFailed, .triggerSeen: break
        case .tls, .ota, .esim, .phone, .test, .database: break
        }
        received &+= 1
        held.append(Held(endNanoseconds: event.stamp.endNanoseconds, number: received, event: event))
        guard held.count > Self.eventLimit else { return [] }
        failures += 1
        return finish()
    }

    /// Forgets which clients there are, since events were lost in front of it; all that is held, in order.
    package mutating func reset() -> [ProbeEvent] {
        clients = [:]
        return finish()
    }

    /// All that is held, in order.
    package mutating func finish() -> [ProbeEvent] { release(until: .max) }

    private mutating func release(until time: UInt64) -> [ProbeEvent] {
        let due = held.filter { $0.endNanoseconds <= time }
        guard !due.isEmpty else { return [] }
        held.removeAll { $0.endNanoseconds <= time }
        // Of one client those that end together stay as they came.
        return due.sorted { ($0.endNanoseconds, $0.number) < ($1.endNanoseconds, $1.number) }.map(\.event)
    }
}
