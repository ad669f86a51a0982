import ProbeEvents
import SmartCard
import Testing

@testable import Observability

@Suite struct SummaryTextTests {
    @Test func typicalRun() {
        #expect(
            SummaryScenario.typical().text() == """
                cardlink-probe: opensc-tool  ·  exit 0  ·  0.42 s, 32% in the card
                 command             calls  errors      p50      p95      max  share
                 SELECT                 12       0  10.2 ms  10.2 ms  10.2 ms    86%
                 READ BINARY             8       1   2.0 ms   4.4 ms   4.4 ms    14%
                 GET RESPONSE            1       0   400 µs   400 µs   400 µs    <1%
                 status   9000 ×17   6A82 ×2   61XX ×1   6982 ×1
                 reader   Virtual PCD 00 00   1 session, 0.40 s   ATR 3B 9F … (UICC)
                          waited 12 ms for other programs
                 probing  2 SELECTs refused   6A82 ×2   not counted as errors

                """)
    }

    /// Failures that are meant are no errors, and a rule that met none is told.
    @Test func expectedFailures() {
        let run = SummaryScenario()
        run.attach()
        run.open()
        run.send("0020000108FFFFFFFFFFFFFFFF", "63C2", isExpected: true)
        run.send("0020000108FFFFFFFFFFFFFFFF", "63C1", isExpected: true)
        run.send("00A40004022FE2", "6A82", isExpected: true)
        run.expect(RunReport.Expectation(rule: "VERIFY=63CX", count: 2))
        run.expect(RunReport.Expectation(rule: "READ BINARY=6982", count: 0))
        let report = run.report()
        #expect(report.errorCount == 0 && report.probingRefusalCount == 0 && report.expectedCount == 3)
        #expect(report.errorTypes.isEmpty && report.expected == ["VERIFY 63CX": 2, "SELECT 6A82": 1])
        #expect(
            run.text().contains(
                """
                 expected VERIFY 63CX ×2   SELECT 6A82 ×1   READ BINARY=6982 never came
                          not counted as errors

                """), "\(run.text())")
    }

    @Test func otherRuns() {
        let run = SummaryScenario()
        run.attach()
        run.open()
        run.open(
            2, reader: "Alcor Micro AU9540 00 00",
            atr: [
                0x3B, 0xF8, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x45, 0x4A, 0x43, 0x4F, 0x50, 0x76, 0x32, 0x34, 0x31,
                0xB7,
            ])
        run.send("0020000108FFFFFFFFFFFFFFFF", "63C2")
        run.send("0020000108FFFFFFFFFFFFFFFF", "63C1")
        run.send("0020000208FFFFFFFFFFFFFFFF", "6983")
        run.send("00A40004023F00", "", resultCode: 0x8010_0069, isWaitExact: false)
        run.send("00A4040007A0000000871002", "6A82", times: 40, reader: "Alcor Micro AU9540 00 00")
        run.send("00A4040007A0000000871002", "6D00", times: 2, reader: "Alcor Micro AU9540 00 00")
        run.send("00B0000010", "9000", isWaitExact: false)
        run.call(.connect, resultCode: 0x8010_000B)
        run.call(.connect, resultCode: 0x8010_000C, waitMicroseconds: 5_000, isWaitExact: false)
        run.drop(.ringFull, 1_200)
        run.drop(.unfinished, 34)
        run.drop(.clientLost, 1)
        run.end(isOrderly: false, openSessions: 2)
        run.client = ClientProcess(id: 8, pid: 77, program: "scdaemon")
        run.attach()
        run.source(isWorking: false, "pcscd is not running; start it: systemctl start pcscd.socket")
        #expect(
            run.text(ending: .signalled(9)) == """
                cardlink-probe: opensc-tool  ·  killed by SIGKILL  ·  0.42 s, 11% in the card
                 command             calls  errors      p50      p95      max  share
                 SELECT                 42       0   1.0 ms   1.0 ms   1.0 ms    91%
                 VERIFY                  3       3   1.0 ms   1.0 ms   1.0 ms     7%
                 READ BINARY             1       0   1.0 ms   1.0 ms   1.0 ms     2%
                 status   6A82 ×40   63CX ×2   6D00 ×2   6983 ×1   9000 ×1
                 reader   Alcor Micro AU9540 00 00   1 session, 47.0 ms
                          ATR 3B F8 … (Java Card)   waited 0 ms for other programs
                 reader   Virtual PCD 00 00   1 session, 47.0 ms   ATR 3B 9F … (UICC)
                          waited about 5 ms for other programs
                 probing  42 SELECTs refused   6A82 ×40   6D00 ×2   not counted as errors
                 pin      VERIFY 01 refused ×2, 1 try left   VERIFY 02 refused ×1, blocked
                 failed   SCardTransmit REMOVED_CARD ×1   SCardConnect SHARING_VIOLATION ×1
                          SCardConnect NO_SMARTCARD ×1
                 bound    1 time is an upper bound: waiting for other programs could not be told
                          apart
                 dropped  1234 events are missing in these counts   ring_full ×1200
                          unfinished ×34   1 process ended with unread events
                 client   1 of 2 processes was killed or replaced   2 sessions left open
                          scdaemon (77) still runs
                 source   pcscd is not running; start it: systemctl start pcscd.socket

                """)
    }

    @Test func programWithoutCalls() {
        let run = SummaryScenario()
        let remark =
            "opensc-tool made no PC/SC call that was seen: it is linked statically.\nTry: cardlink-probe doctor"
        let report = run.report(ending: .exited(1), remark: remark)
        #expect(
            SummaryText(report).text == """
                cardlink-probe: opensc-tool  ·  exit 1  ·  0.42 s, no PC/SC call seen
                 opensc-tool made no PC/SC call that was seen: it is linked statically.
                 Try: cardlink-probe doctor

                """)
    }

    @Test func programThatOnlyLooksAtReaders() {
        let run = SummaryScenario()
        run.attach()
        run.call(.establishContext, reader: "")
        run.call(.listReaders, resultCode: 0x8010_0008, reader: "")
        run.call(.listReaders, reader: "")
        run.call(.waitForChange, resultCode: 0x8010_000A, times: 120, reader: "")
        run.call(.waitForChange, resultCode: 0x8010_001E, reader: "")
        run.end()
        #expect(
            run.text(milliseconds: 125_400) == """
                cardlink-probe: opensc-tool  ·  exit 0  ·  2 min 5 s, no command to a card
                 calls    SCardGetStatusChange ×121   SCardListReaders ×2
                          SCardEstablishContext ×1
                 failed   SCardGetStatusChange SERVICE_STOPPED ×1

                """)
    }

    @Test func manyCommandsAndReaders() {
        let run = SummaryScenario()
        run.attach()
        for number in UInt64(1)...6 {
            run.open(number, reader: "Reader \(number)", atr: nil)
            for ins in [
                "A4", "B0", "B2", "D6", "DC", "F2", "20", "24", "2C", "88", "C0", "CA", "10", "12", "14", "C2", "EE",
            ] {
                run.send("00\(ins)00000100", "9000", microseconds: 100 * number, reader: "Reader \(number)")
            }
        }
        run.send("0020000108FFFFFFFFFFFFFFFF", "63C2", reader: "Reader 1")
        run.end(openSessions: 6)
        #expect(
            run.text() == """
                cardlink-probe: opensc-tool  ·  exit 0  ·  0.42 s, 9% in the card
                 command                  calls  errors      p50      p95      max  share
                 OTHER                       30       0   301 µs   600 µs   600 µs    29%
                 VERIFY                       7       1   399 µs   1.0 ms   1.0 ms     8%
                 CHANGE PIN                   6       0   301 µs   600 µs   600 µs     6%
                 ENVELOPE                     6       0   301 µs   600 µs   600 µs     6%
                 GET DATA                     6       0   301 µs   600 µs   600 µs     6%
                 GET RESPONSE                 6       0   301 µs   600 µs   600 µs     6%
                 INTERNAL AUTHENTICATE        6       0   301 µs   600 µs   600 µs     6%
                 READ BINARY                  6       0   301 µs   600 µs   600 µs     6%
                 READ RECORD                  6       0   301 µs   600 µs   600 µs     6%
                 SELECT                       6       0   301 µs   600 µs   600 µs     6%
                 UNBLOCK PIN                  6       0   301 µs   600 µs   600 µs     6%
                 UPDATE BINARY                6       0   301 µs   600 µs   600 µs     6%
                 UPDATE RECORD                6       0   301 µs   600 µs   600 µs     6%
                 status   9000 ×102   63CX ×1
                 reader   Reader 1   1 session, 36.7 ms   waited 0 ms for other programs
                 reader   Reader 2   1 session, 35.0 ms   waited 0 ms for other programs
                 reader   Reader 3   1 session, 31.6 ms   waited 0 ms for other programs
                 reader   Reader 4   1 session, 26.5 ms   waited 0 ms for other programs
                 reader   Reader 5   1 session, 19.7 ms   waited 0 ms for other programs
                 reader   Reader 6   1 session, 11.2 ms   waited 0 ms for other programs
                 pin      VERIFY 01 refused ×1, 2 tries left
                 client   6 sessions left open

                """)
    }

    @Test func channels() throws {
        let run = SummaryScenario()
        run.attach()
        run.open()
        run.send("801200002C", "9000")
        let ends: [(BIPTransport, BearerType, BIPCloseReason?)] = [
            (.tcpClient, .packet, .card), (.udpClient, .default, .dropped), (.tcpServer, .none, .stale),
            (.tcpClient, .eutran, nil), (.direct, .local, .reset), (.udpLocal, .usb, .sourceGone),
        ]
        for (place, end) in ends.enumerated() {
            let number = UInt8(place + 1)
            let link = BIPLink(
                device: SummaryScenario.reader, interface: .pcsc, client: run.client, session: 1,
                connection: UInt64(number), channel: number)
            let port: UInt16? = end.0 == .direct ? nil : 8_443
            run.tell(
                .bipOpened(
                    BIPChannelOpened(
                        stamp: run.stamp(1_000_000), link: link, bearer: end.1, transport: end.0, port: port)))
            for (direction, bytes) in [(TransferDirection.sent, UInt32(65)), (.received, 20_000_000)] {
                run.tell(
                    .bipData(
                        BIPDataMoved(
                            stamp: run.stamp(), link: link, bearer: end.1, direction: direction, bytes: bytes)))
            }
            guard let reason = end.2 else { continue }
            run.tell(
                .bipClosed(
                    BIPChannelClosed(
                        stamp: run.stamp(60_000_000), link: link, bearer: end.1,
                        status: reason == .card ? .completed : .failed, reason: reason, sentBytes: 65,
                        receivedBytes: 20_000_000)))
        }
        for error in [BIPErrorType.noChannel, .noChannel, .networkBusy] {
            run.tell(
                .bipFailed(
                    BIPCommandFailed(
                        stamp: run.stamp(),
                        link: BIPLink(device: SummaryScenario.reader, interface: .pcsc, connection: 0, channel: 0),
                        command: .openChannel, bearer: .packet, error: error)))
        }
        run.end()
        #expect(
            run.text() == """
                cardlink-probe: opensc-tool  ·  exit 0  ·  0.42 s, <1% in the card
                 command             calls  errors      p50      p95      max  share
                 FETCH                   1       0   1.0 ms   1.0 ms   1.0 ms   100%
                 status   9000 ×1
                 reader   Virtual PCD 00 00   1 session, 1.0 ms   ATR 3B 9F … (UICC)
                          waited 0 ms for other programs
                 bip      TCP 8443 over packet   65 B out, 20M B in   60.0 ms   closed
                 bip      UDP 8443 over default   65 B out, 20M B in   60.0 ms   link dropped
                 bip      TCP server 8443   65 B out, 20M B in   60.0 ms   lost
                 bip      TCP 8443 over eutran   65 B out, 20M B in   0.42 s   left open
                 bip      … 2 more
                 bip      OPEN CHANNEL no channel ×2   OPEN CHANNEL network busy ×1

                """)
        let report = run.report().bip
        #expect(report.channelCount == 6 && report.sentBytes == 390 && report.receivedBytes == 120_000_000)
        #expect(report.channels.map(\.closeReason.value) == ["card", "dropped", "stale", nil, "reset", "source_gone"])
    }

    @Test func packets() throws {
        let run = SummaryScenario()
        run.attach()
        run.open()
        run.send("80C2000001", "9000")
        let receipts: [OTAReceipt?] = [.ok, .counterLow, .ok, nil, .missing, .enciphered]
        for (place, receipt) in receipts.enumerated() {
            let milliseconds = UInt64(place + 1)
            run.tell(
                .ota(
                    .packet(
                        OTAPacketDone(
                            stamp: run.stamp(milliseconds * 1_000_000),
                            link: OTALink(device: "a", session: milliseconds),
                            security: TriggerSeen.Security(
                                parameters: 0x1621, cipheringKey: 0x15, integrityKey: 0x15,
                                application: [0xB0, 0, 0x11]),
                            packetBytes: 29, receipt: receipt))))
        }
        run.end()
        #expect(
            run.text().contains(
                " packets  6 over SMS   ok ×2   counter low ×1   enciphered ×1   missing ×1\n"
                    + "          p50 2.0 ms\n"))
        let packets = run.report().securedPackets
        #expect(packets.packetCount == 6 && packets.receiptMaxNanoseconds.value == 6_000_000)
        #expect(packets.receipts == ["ok": 2, "counter_low": 1, "missing": 1, "enciphered": 1])
        #expect(run.report().bip.triggers == 0)
    }

    @Test func profiles() throws {
        let run = SummaryScenario()
        run.attach()
        run.open()
        run.send("80E2910003BF2800", "9000")
        let link = ESIMLink(device: SummaryScenario.reader, interface: .pcsc, client: run.client, session: 1)
        let functions: [(ESIMFunction, ESIMResult, UInt32?)] = [
            (.getEid, .ok, nil), (.deleteProfile, .disallowedByPolicy, nil), (.deleteProfile, .disallowedByPolicy, nil),
            (.listNotification, .ok, 2), (.enableProfile, .refused, nil), (.getProfilesInfo, .ok, 7),
        ]
        for (function, result, listed) in functions {
            run.tell(
                .esim(
                    .function(
                        ESIMFunctionDone(
                            stamp: run.stamp(1_000_000), link: link, function: function, result: result, blocks: 1,
                            sentBytes: 3, receivedBytes: 5, listed: listed))))
        }
        let step = { (function: ESIMFunction, result: ESIMResult) in
            ESIMStep(function: function, result: result, afterNanoseconds: 0, durationNanoseconds: 1)
        }
        let authenticated = step(.authenticateServer, .ok)
        let failed = step(.loadBoundProfilePackage, .iccidAlreadyExists)
        let downloads = [
            ESIMDownloadDone(stamp: run.stamp(), link: link, result: .authenticated, steps: [authenticated]),
            ESIMDownloadDone(
                stamp: run.stamp(60_000_000), link: link, result: .installed, steps: [authenticated], segments: 10,
                loadedBytes: 3_068, packageBytes: 3_068),
            ESIMDownloadDone(
                stamp: run.stamp(60_000_000), link: link, result: .failed, steps: [authenticated, failed], segments: 1,
                loadedBytes: 191, packageBytes: 3_068, failedCommand: .storeMetadata),
            ESIMDownloadDone(
                stamp: run.stamp(60_000_000), link: link, result: .cancelled, steps: [authenticated],
                cancelReason: .postponed),
        ]
        for download in downloads { run.tell(.esim(.download(download))) }
        run.end()
        let lines = run.text().split(separator: "\n").filter { $0.hasPrefix(" esim") || $0.hasPrefix("          ") }
        #expect(
            lines.filter { !$0.contains("waited") }.map(String.init) == [
                " esim     6 functions   delete profile: disallowed by policy ×2",
                "          enable profile: refused ×1   2 notifications pending",
                " esim     download   3068 of 3068 B in 10 segments   60.0 ms   installed",
                " esim     download   191 of 3068 B in 1 segment   60.0 ms   failed",
                "          load bound profile package: iccid already exists   in store metadata",
                " esim     download   60.0 ms   cancelled   postponed", " esim     … 1 more",
            ])
        let report = run.report().esim
        #expect(
            report.functions.map { "\($0.function) \($0.result) \($0.count)" } == [
                "delete_profile disallowed_by_policy 2", "enable_profile refused 1", "get_eid ok 1",
                "get_profiles_info ok 1", "list_notification ok 1",
            ])
        #expect(report.pendingNotifications.value == 2 && report.downloadCount == 4)
        #expect(report.downloads.map(\.result) == ["authenticated", "installed", "failed", "cancelled"])
        #expect(report.downloads[2].failedStep.value == "load_bound_profile_package")
        #expect(report.downloads[2].reason.value == "iccid_already_exists")
        #expect(report.downloads[2].failedCommand.value == "store_metadata")
        #expect(report.downloads[3].cancelReason.value == "postponed" && report.downloads[3].failedStep.value == nil)
    }

    @Test func colours() {
        let run = SummaryScenario()
        run.attach()
        run.open()
        run.send("00B000000A", "6982")
        run.end()
        let text = SummaryText(run.report(ending: .exited(3)), isColoured: true).text
        #expect(
            text.replacing("\u{1B}", with: "^") == """
                ^[1mcardlink-probe: opensc-tool^[0m  ·  ^[33mexit 3^[0m  ·  0.42 s, <1% in the card
                 ^[2mcommand^[0m             ^[2mcalls^[0m  ^[2merrors^[0m      ^[2mp50^[0m      ^[2mp95^[0m      ^[2mmax^[0m  ^[2mshare^[0m
                 ^[1mREAD BINARY^[0m             1       ^[31m1^[0m   1.0 ms   1.0 ms   1.0 ms   100%
                ^[2m status   ^[0m6982 ×1
                ^[2m reader   ^[0mVirtual PCD 00 00   1 session, 1.0 ms   ATR 3B 9F … (UICC)
                          waited 0 ms for other programs

                """)
    }
}
