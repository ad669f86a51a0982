import Foundation
import ProbeDaemon
import ProbeEvents
import PrometheusClient
import SmartCard
import TestSupport

@testable import Observability

/// A probe in this process that counts something of every kind, also where no tap on this machine could.
struct EverythingProbe {
    static let bench = "everything"
    private let manager = ObservabilityManager()
    private let collector: Collector
    /// `HOST:PORT` of its metrics.
    let target: String

    init() async throws {
        try await manager.initialize(
            ObservabilityConfiguration(values: ["metrics.listen_address": ["127.0.0.1:0"], "bench.name": [Self.bench]]))
        guard let collector = manager.collector, let url = await manager.metricsURLs.first,
            let target = url.split(separator: "/").dropFirst().first
        else { throw TestFailure("nothing was begun") }
        (self.collector, self.target) = (collector, String(target))
        collector.setBench(Self.bench, site: "lab", instanceID: "0")
        devices()
    }

    func end() async { await manager.shutdown() }

    /// One of everything that is counted; called again and again, so that curves have a slope.
    func record(round: Int) {
        commands()
        sessions()
        network()
        tester(round: round)
        probe()
    }

    /// Pulls its only reader, or puts it in again.
    func setReader(isConnected: Bool) { collector.setDevice(.reader, named: "reader-1", isConnected: isConnected) }

    private func devices() {
        setReader(isConnected: true)
        collector.setDevice(.phone, named: "phone-1", isConnected: true)
        collector.expectDevice(.modem, named: "modem-gone")
        collector.setSignal(-80, of: "modem-1", .rsrp, .eutran)
        collector.setSignalQuality(-10, of: "modem-1", .rsrq, .eutran)
        collector.setRegistration(.roaming, of: "modem-1", .eps)
        collector.setSIMReady(false, of: "modem-1")
    }

    private func commands() {
        for statusWord: UInt16 in [0x9000, 0x6A82, 0x6982, 0x63C1, 0x6983] {
            collector.recordAPDU(
                cla: 0, ins: 0x20, p1: 0, interface: .pcsc, statusWord: statusWord, sentBytes: 8, receivedBytes: 0,
                nanoseconds: 2_000_000)
            collector.recordAPDU(
                cla: 0, ins: 0xA4, p1: 4, interface: .pcsc, statusWord: statusWord, sentBytes: 7, receivedBytes: 20,
                nanoseconds: 3_000_000)
        }
        for reason in [WaitReason.transaction, .sharing, .connect] {
            collector.catalog.apduWait[reason].record(100_000_000)
        }
        collector.recordSharingViolation(on: "reader-1")
        collector.recordReaderCommand(on: "reader-1")
        collector.recordContactEvent(.communication, on: "reader-1")
        collector.setCardSlowdown(1.5, of: .select, in: "reader-1")
        collector.recordOperation(.connect, on: .reader, .failed)
        collector.recordOperation(.connect, on: .reader, .success)
        collector.recordDeviceError(.communication, of: .reader)
    }

    private func sessions() {
        let catalog = collector.catalog
        for type in SessionType.allCases {
            catalog.sessions[type, .scp81].increment()
            catalog.activeSessions[type].set(1)
            for status in SessionStatus.allCases { catalog.sessionDuration[type, status].record(3_000_000_000) }
            catalog.sessionErrors[type, .timeout].increment()
        }
    }

    private func network() {
        let catalog = collector.catalog
        catalog.bipConnectionsActive[.packet].set(1)
        catalog.bipBytesTransferred[.sent, .packet].increment(by: 200)
        catalog.bipBytesTransferred[.received, .packet].increment(by: 800)
        catalog.bipErrors[.linkDropped, .packet].increment()
        collector.recordTLSHandshake(.pskAES128CBCSHA256, .success, took: .milliseconds(80))
        collector.recordTLSHandshake(.none, .failed, took: .milliseconds(20))
        collector.recordTLSError(.unknownPskIdentity)
        for leg in OTALeg.allCases { collector.recordOTALeg(leg, took: .milliseconds(700)) }
        for receipt in OTAReceipt.allCases {
            collector.recordOTAReceipt(receipt, after: receipt == .missing ? nil : .milliseconds(400))
        }
        for trigger in TriggerType.allCases {
            collector.recordTriggerSent(trigger)
            collector.recordTriggerFailure(trigger)
        }
        collector.recordESIMFunction(.enableProfile, .ok, took: .milliseconds(400))
        collector.recordESIMDownload(.installed)
        collector.recordADBOperation(.shell, took: .milliseconds(40))
        catalog.atCommandDuration[.csq].record(30_000_000)
    }

    private func tester(round: Int) {
        collector.recordTest(in: "steady", .passed, took: .seconds(2))
        collector.recordTest(in: "steady", .skipped, took: .zero)
        collector.recordTest(in: "broken", .error, took: .seconds(1))
        collector.recordTest(in: "unsteady", (20..<32).contains(round) ? .failed : .passed, took: .seconds(1))
        collector.catalog.testsRunning["steady"].set(1)
        collector.recordTestSuite("steady", took: .seconds(20))
        collector.recordAssertions(3, in: "steady", .passed)
        collector.recordAssertions(1, in: "broken", .failed)
        collector.setDatabaseConnections(2)
        collector.recordQuery(.insert, table: "runs", .success, took: .milliseconds(2))
        collector.recordDatabaseError(.locked, in: .insert)
    }

    private func probe() {
        collector.countDropped(1, source: .shim, reason: .ringFull)
        let health = collector.health
        health.exportFailures[.otlpTraces, .unreachable].increment()
        health.exportDropped[.otlpTraces, .unreachable].increment()
        health.exportQueueLength[.otlpTraces].set(3)
        health.seriesRefused["cardlink_test_results_total"].increment()
    }
}
