import ProbeEvents

@testable import Observability

/// A bench with one of each thing that a status can have.
enum StatusExample {
    static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    static let whole: BenchStatus = {
        var status = empty
        status.health = .init(status: .degraded, problems: ["disk_space": "/ is 93% full; make room"])
        status.sources = [
            .init(name: .shim, isImpaired: false, message: "", received: 12_345, dropped: 0),
            .init(name: .readerMonitor, isImpaired: false, message: "", received: 7, dropped: 0),
            .init(
                name: .modem, isImpaired: true,
                message: "/dev/ttyUSB2 is held by ModemManager; see: cardlink-probe doctor",
                received: 0, dropped: 3),
        ]
        status.readers = [
            .init(
                name: "ACS ACR39U ICC Reader 00 00", isPresent: true, hasCard: true, card: "UICC",
                atrDescription: "T=0, UICC", isMute: false, sessions: 1, commands: 12_000, errors: 2,
                lastUsed: "2026-01-02T03:04:04.000Z",
                contact: .init(ratio: 0.82, events: ["mute": 3, "communication": 5, "length_corrected": 40]),
                drifts: [.init(command: "SELECT", slowdown: 1.4, unusualAnswers: 0.375)]),
            .init(
                name: "Virtual PCD 00 01", isPresent: false, hasCard: nil, card: nil, atrDescription: nil,
                isMute: false,
                sessions: 0, commands: 0, errors: 0, lastUsed: nil),
        ]
        status.modems = [
            .init(
                name: "left", isPresent: true, isAnswering: true, vendor: "Quectel", model: "EC25", sim: "ready",
                registration: ["ps": "home", "eps": "home"], operatorName: "CardLink Test", technology: "eutran",
                signal: ["rsrp": -97], commands: 345, errors: 0)
        ]
        status.phones = [.init(name: "R58N", isPresent: true, state: "unauthorized")]
        status.sessions = [
            .init(
                id: "1", type: .pcsc, program: "opensc-tool", pid: 4_711, device: "ACS ACR39U ICC Reader 00 00",
                openedAt: "2026-01-02T03:03:05.000Z", ageSeconds: 60, commands: 12, errors: 1, traceId: trace)
        ]
        status.sessionCount = 1
        status.traffic = .init(
            commands: 12_345, errors: 2, probingRefusals: 44, expectedErrors: 3, commandsPerSecond: 124.4,
            errorRatio: 0.004,
            sentBytes: 123_456, receivedBytes: 9_999, waitSeconds: 1.25)
        status.commands = [
            .init(
                command: "SELECT", calls: 12_000, errors: 2, p50Seconds: 0.0031, p95Seconds: 0.0098, maxSeconds: 0.545,
                totalSeconds: 40, share: 0.97, buckets: [0, 9_000, 2_500, 499, 0, 1]),
            .init(
                command: "READ BINARY", calls: 345, errors: 0, p50Seconds: 0.000_053, p95Seconds: 0.000_083,
                maxSeconds: 0.001, totalSeconds: 1.2, share: 0.03, buckets: [300, 45, 0, 0, 0, 0]),
        ]
        status.channels = [
            .init(
                id: "c1", device: "left", channel: 1, bearer: "packet", destination: "tcp 443", state: "failed",
                reason: "dropped", openedAt: "2026-01-02T03:04:00.000Z", ageSeconds: 5, sentBytes: 600,
                receivedBytes: 300, traceId: trace)
        ]
        status.ota = [
            .init(
                id: "ota-12", kind: "scp81", device: "left", tap: "ota", state: "failed", reason: "client_gone",
                beganAt: "2026-01-02T03:03:59.000Z", ageSeconds: 6,
                steps: [
                    .init(name: "trigger_to_envelope", state: "unknown"),
                    .init(name: "envelope_to_open_channel", state: "seen", afterSeconds: 0, seconds: 0.5, result: "ok"),
                    .init(name: "script", state: "not_reached"),
                ])
        ]
        status.faults = [
            .init(
                time: "2026-01-02T03:04:03.250Z", kind: "card", device: "ACS ACR39U ICC Reader 00 00",
                message: "READ BINARY: 6F00, no precise diagnosis", count: 3, traceId: trace,
                flight: "2026-01-02T03-04-03.250Z-card-acs-acr39u.ndjson")
        ]
        status.droppedEvents = 3
        return status
    }()

    static let empty = BenchStatus(
        time: "2026-01-02T03:04:05.678Z", version: "0.1.0", uptimeSeconds: 11_520,
        bench: .init(name: "bench-7", site: "lab 2", instanceId: "0f3c"),
        health: .init(status: .healthy, problems: [:]),
        sources: [], readers: [], modems: [], phones: [], sessions: [], sessionCount: 0,
        traffic: .init(
            commands: 0, errors: 0, probingRefusals: 0, expectedErrors: 0, commandsPerSecond: 0, errorRatio: 0,
            sentBytes: 0,
            receivedBytes: 0, waitSeconds: 0),
        commands: [], responseTimeBoundsSeconds: [0.0001, 0.00025, 0.0005, 0.001, 0.0025], channels: [], faults: [],
        droppedEvents: 0)
}
