import Observability
import Testing

/// The example of the documentation does what its text says.
@Suite struct DocumentationExampleTests {
    @Test func aSessionWithAFailureIsCounted() {
        let text = scrapeAfterOneSession(of: Collector())
        for line in [
            #"cardlink_apdu_commands_total{command="SELECT",interface="pcsc"} 1"#,
            #"cardlink_apdu_errors_total{error_type="other",command="GET RESPONSE"} 1"#,
            #"cardlink_session_duration_seconds_count{session_type="pcsc",status="failed"} 1"#,
            #"cardlink_session_errors_total{session_type="pcsc",error_type="card_removed"} 1"#,
        ] {
            #expect(text.contains("\n\(line)\n"), "\(line)")
        }
    }
}
