import NIOCore
import Observability
import ProbeEvents
import Testing

@testable import ProbeDaemon

@Suite struct LiveViewerTests {
    private static func frame(_ bytes: Int, exchanges: Int = 2) -> LiveFrame {
        LiveFrame(kind: .exchanges(exchanges), bytes: ByteBuffer(repeating: 0x2E, count: bytes))
    }

    private static func text(_ buffer: ByteBuffer?) -> String? { buffer.map { String(buffer: $0) } }

    @Test func whatComesIsTakenInOrder() async {
        let viewer = LiveViewer()
        viewer.offer(Self.frame(1))
        viewer.offer(Self.frame(2))
        #expect(await Self.text(viewer.next()) == ".")
        #expect(await Self.text(viewer.next()) == "..")
        async let waiting = viewer.next()
        viewer.offer(Self.frame(3))
        #expect(await Self.text(waiting) == "...")
        viewer.close()
        #expect(await viewer.next() == nil)
    }

    /// The oldest goes, the viewer is told how many exchanges it missed, and a status is replaced by the next one.
    @Test func aSleepingViewerCostsItsBufferAlone() async {
        let viewer = LiveViewer()
        for number in 0..<1_000 {
            viewer.offer(Self.frame(10_000))
            viewer.offer(LiveFrame(status: ByteBuffer(string: "\(number)")))
        }
        let room = (1 << 20) / 10_000
        #expect(await Self.text(viewer.next()) == "event: gap\ndata: {\"dropped\":\(2 * (1_000 - room))}\n\n")
        var (frames, bytes) = (0, 0)
        while let next = await viewer.next() {
            bytes += next.readableBytes
            if next.readableBytes == 10_000 {
                frames += 1
            } else {
                #expect(Self.text(next) == "event: status\ndata: 999\n\n")
                viewer.close()
            }
        }
        #expect(frames == room)
        #expect(bytes <= 1 << 20)
    }

    @Test func oneThatWaitsIsLetGo() async {
        let viewer = LiveViewer()
        async let waiting = viewer.next()
        try? await Task.sleep(for: .milliseconds(10))
        viewer.close()
        viewer.offer(Self.frame(1))
        #expect(await waiting == nil)
    }
}
