import ProbeEvents
import Testing

@testable import Observability

@Suite struct SystemProcFSTests {
    @Test(arguments: [
        ("cpu  100 2 30 4000 50 6 7 8 90 10\ncpu0 1 1 1 1\n", ProcFS.ProcessorTimes(totalTicks: 4203, idleTicks: 4050)),
        ("cpu  1 2 3 4", ProcFS.ProcessorTimes(totalTicks: 10, idleTicks: 4)),
        ("cpu  1 2 3", nil),
        ("cpu0 1 2 3 4\n", nil),
        ("cpu  1 x 3 4\n", nil),
        ("cpu  1 -2 3 4\n", nil),
        ("cpu  99999999999999999999 2 3 4\n", nil),
        (
            "cpu  18446744073709551615 2 3 4\n",
            ProcFS.ProcessorTimes(totalTicks: 8, idleTicks: 4)
        ),
        ("", nil),
        ("\u{0}\u{FFFD}", nil),
    ])
    func processorTimes(text: String, expected: ProcFS.ProcessorTimes?) {
        #expect(ProcFS.processorTimes(fromStat: text) == expected)
    }

    @Test(arguments: [
        ("cpu 1 2 3 4\nintr 1 2 3\nbtime 1700000000\n", UInt64(1_700_000_000)),
        ("btime\n", nil), ("btime 1 2\n", nil), ("btime now\n", nil), ("xbtime 1\n", nil), ("", nil),
    ])
    func bootTime(text: String, expected: UInt64?) {
        #expect(ProcFS.bootTimeSeconds(fromStat: text) == expected)
    }

    @Test(arguments: [
        ("MemTotal:       24000000 kB\nMemFree: 1 kB\nMemAvailable:   20000000 kB\n", UInt64(4_000_000) * 1024),
        ("MemTotal: 5 kB\nMemAvailable: 5 kB\n", 0),
        ("MemTotal: 5 kB\nMemAvailable: 6 kB\n", nil),
        ("MemTotal: 5 MB\nMemAvailable: 4 kB\n", nil),
        ("MemTotal: 5 kB\n", nil),
        ("MemTotal:\nMemAvailable: 4 kB\n", nil),
        ("MemTotal: 18446744073709551615 kB\nMemAvailable: 4 kB\n", nil),
        ("", nil),
    ])
    func usedMemory(text: String, expected: UInt64?) {
        #expect(ProcFS.memory(fromMeminfo: text)?.usedBytes == expected)
    }

    @Test func traffic() {
        let text = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo: 1234567    100    0    0    0     0          0         0  7654321     100    0    0    0     0       0          0
            wlan0:12 1 0 0 0 0 0 0 34 1 0 0 0 0 0 0
             short: 1 2 3 4 5 6 7 8 9
               bad: x 1 0 0 0 0 0 0 34 1 0 0 0 0 0 0
            : 1 1 0 0 0 0 0 0 34 1 0 0 0 0 0 0
            """
        #expect(
            ProcFS.traffic(fromNetDev: text) == [
                ProcFS.InterfaceTraffic(interface: "lo", receivedBytes: 1_234_567, sentBytes: 7_654_321),
                ProcFS.InterfaceTraffic(interface: "wlan0", receivedBytes: 12, sentBytes: 34),
            ])
        #expect(ProcFS.traffic(fromNetDev: "") == [])
    }

    @Test(arguments: [
        "1234 (probe) S 1 2 3 4 5 6 7 8 9 10 250 50 13 14 15 16 8 18 99 123456789 321 rest",
        "1234 (a) b) (c) R 1 2 3 4 5 6 7 8 9 10 250 50 13 14 15 16 8 18 99 123456789 321\n",
        "1234 (\n\u{FFFD} 1 2) R 1 2 3 4 5 6 7 8 9 10 250 50 13 14 15 16 8 18 99 123456789 321\n",
    ])
    func processStatus(text: String) {
        #expect(
            ProcFS.processStatus(fromStat: text)
                == ProcFS.ProcessStatus(
                    processorTicks: 300, threads: 8, startTicks: 99, virtualBytes: 123_456_789, residentPages: 321))
    }

    @Test(arguments: [
        "", ")", "1234 (probe", "1234 (probe) S 1 2 3",
        "1234 (probe) S 1 2 3 4 5 6 7 8 9 10 x 50 13 14 15 16 8 18 99 123456789 321",
        "1234 (probe) S 1 2 3 4 5 6 7 8 9 10 250 50 13 14 15 16 8 18 99 123456789 -1",
        "1234 (probe) S 1 2 3 4 5 6 7 8 9 10 250 50 13 14 15 16 8 18 99 123456789",
    ])
    func brokenProcessStatus(text: String) {
        #expect(ProcFS.processStatus(fromStat: text) == nil)
    }

    @Test(arguments: [
        (
            """
            Limit                     Soft Limit           Hard Limit           Units
            Max address space         unlimited            unlimited            bytes
            Max open files            1024                 1048576              files
            """, ProcFS.ProcessLimits(openFiles: 1024, addressSpaceBytes: .max)
        ),
        ("Max open files   12\nMax address space x\n", ProcFS.ProcessLimits(openFiles: 12, addressSpaceBytes: nil)),
        ("Max open files ", ProcFS.ProcessLimits(openFiles: nil, addressSpaceBytes: nil)),
        ("", ProcFS.ProcessLimits(openFiles: nil, addressSpaceBytes: nil)),
    ])
    func limits(text: String, expected: ProcFS.ProcessLimits) {
        #expect(ProcFS.limits(fromLimits: text) == expected)
    }

    /// The kernel's own files, whose numbers another way of asking must confirm.
    @Test func thisMachine() throws {
        let procFS = ProcFS()
        let times = try #require(procFS.processorTimes())
        #expect(times.totalTicks > times.idleTicks)
        let boot = try #require(procFS.bootTimeSeconds())
        let sinceBoot = (EventClock.now.wallNanoseconds - BootClock.nanoseconds) / 1_000_000_000
        #expect(boot >= sinceBoot - 2 && boot <= sinceBoot + 2)
        #expect(try #require(procFS.memory()).usedBytes > 1 << 20)
        #expect(procFS.interfaceTraffic().contains { $0.interface == "lo" })
        let status = try #require(procFS.processStatus())
        #expect(status.threads >= 1 && status.residentPages > 100 && status.virtualBytes > status.residentPages * 4096)
        #expect(try #require(procFS.openDescriptors()) >= 3)
        #expect(try #require(procFS.processLimits()?.openFiles) > 0)
    }

    @Test func withoutProc() {
        let procFS = ProcFS(root: "/nonexistent")
        #expect(procFS.processorTimes() == nil && procFS.memory() == nil && procFS.interfaceTraffic() == [])
        #expect(procFS.processStatus() == nil && procFS.processLimits() == nil && procFS.openDescriptors() == nil)
    }
}
