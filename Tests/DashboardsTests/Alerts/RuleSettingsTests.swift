import Foundation
import Testing

@testable import Dashboards

@Suite struct RuleSettingsTests {
    @Test(arguments: [
        ("apdu-error-ratio=10%", 0.1), ("apdu-error-ratio=0.1", 0.1), ("apdu-seconds=500ms", 0.5),
        ("apdu-seconds=2", 2), ("session-seconds=2m", 120), ("apdu-minimum=7", 7), ("events-dropped=0", 0),
    ])
    func thresholdsAreWrittenAsPeopleDo(words: String, value: Double) throws {
        var settings = RuleSettings()
        try settings.setThreshold(words)
        let threshold = try #require(AlertThresholds.all.first { words.hasPrefix($0.name + "=") })
        #expect(settings[threshold] == value)
    }

    @Test(arguments: [
        (
            "apdu-eror-ratio=5%",
            "no threshold 'apdu-eror-ratio'; the nearest is apdu-error-ratio, and cardlink-metrics alerts list shows all"
        ),
        ("apdu-error-ratio=150%", "threshold apdu-error-ratio cannot be '150%': a share from 0.1% to 100%"),
        ("apdu-error-ratio=0", "threshold apdu-error-ratio cannot be '0': a share from 0.1% to 100%"),
        ("apdu-error-ratio=nan", "threshold apdu-error-ratio cannot be 'nan': a share from 0.1% to 100%"),
        ("apdu-seconds=fast", "threshold apdu-seconds cannot be 'fast': a time from 1ms to 10s"),
        ("apdu-minimum=1.5", "threshold apdu-minimum cannot be '1.5': a whole number from 1 to 1000000"),
        ("apdu-minimum", "--threshold needs NAME=VALUE, not 'apdu-minimum'; see: cardlink-metrics alerts list"),
        ("=5", "--threshold needs NAME=VALUE, not '=5'; see: cardlink-metrics alerts list"),
    ])
    func whatNoThresholdIs(words: String, explanation: String) {
        var settings = RuleSettings()
        #expect(throws: RuleSettings.Fault(explanation: explanation)) { try settings.setThreshold(words) }
    }

    @Test func howLongAConditionMustHold() throws {
        var settings = RuleSettings()
        try settings.setPending("DeviceGone=30s")
        try settings.setPending("CardLinkAPDUSlow=1m30s")
        let yaml = RuleFile(settings).yaml
        func pending(_ name: String) -> Substring? {
            yaml.components(separatedBy: "alert: \(name)\n").last?.split(separator: "\n").dropFirst(2).first
        }
        #expect(pending("CardLinkDeviceGone") == "        for: 30s")
        #expect(pending("CardLinkAPDUSlow") == "        for: 90s")
        #expect(pending("CardLinkProbeDown") == "        for: 2m")
        #expect(throws: RuleSettings.Fault.self) { try settings.setPending("DeviceGon=30s") }
        #expect(throws: RuleSettings.Fault.self) { try settings.setPending("DeviceGone=long") }
        #expect(throws: RuleSettings.Fault.self) { try settings.setPending("DeviceGone=25h") }
    }

    /// What is shown can be typed.
    @Test func thresholdsReadBackWhatTheyShow() {
        for threshold in AlertThresholds.all {
            #expect(threshold.value(of: threshold.text(threshold.fallback)) == threshold.fallback)
            #expect(threshold.allowed.contains(threshold.fallback))
        }
    }
}
