import Foundation
import ProbeEvents
import TestSupport
import Testing

@Suite struct OneTimeSignalTests {
    /// Before it is raised a wait ends with its time, be that nothing or less; from then on all of them end at once.
    @Test func endsEveryWait() {
        let signal = OneTimeSignal()
        #expect(!signal.wait(atMost: .zero) && !signal.wait(atMost: .seconds(-1)) && !signal.isRaised)
        let start = ContinuousClock.now
        #expect(!signal.wait(atMost: .milliseconds(1_050)))
        #expect(ContinuousClock.now - start >= .milliseconds(1_050))
        Thread.detachNewThread {
            usleep(100_000)
            signal.raise()
        }
        for limit in [Duration.seconds(Int64.max), .seconds(60), .zero] { #expect(signal.wait(atMost: limit)) }
        #expect(signal.isRaised && ContinuousClock.now - start < .seconds(30))
    }
}
