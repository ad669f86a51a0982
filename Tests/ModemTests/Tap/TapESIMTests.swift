import ProbeEvents
import SmartCard
import TestSupport
import Testing

@testable import Modem

/// What a tester asks of an eUICC through a modem is told as it is over PC/SC.
@Suite struct TapESIMTests {
    @Test(arguments: ["AT+CSIM=", "AT+CGLA=1,"])
    func aDownload(command: String) throws {
        let sink = RecordingSink()
        var teller = TapTeller(modem: "modem-a", vendor: nil)
        teller.begin(sink)
        teller.openSession()
        teller.beginSession(teller.lastSession, of: nil)
        for name in ["GetEUICCInfo1 over +CGLA", "AuthenticateServer", "PrepareDownload", "LoadBoundProfilePackage"] {
            for exchange in try ESIMExchange.named(name) {
                let (sent, received) = (HexBytes(exchange.command), HexBytes(exchange.response))
                let prefix = command.contains("CGLA") ? "+CGLA" : "+CSIM"
                teller.heard(
                    .answered(
                        ATAnswer(
                            command: ATCommand("\(command)\(exchange.command.count * 2),\"\(sent)\""),
                            final: FinalResult(.ok),
                            lines: [Array("\(prefix): \(exchange.response.count * 2),\"\(received)\"".utf8)])))
            }
        }
        teller.closeSession()
        #expect(
            sink.events.compactMap(\.esimWords) == [
                "get_euicc_info1 ok", "authenticate_server ok", "prepare_download ok", "load_bound_profile_package ok",
                "download installed 3068 of 3068 in 10 notification 300: authenticate_server ok, prepare_download ok, load_bound_profile_package ok",
            ])
        for case .esim(let event) in sink.events {
            #expect(event.link.device == "modem-a" && event.link.interface == .at && event.link.session == 1)
        }
        let canary = hex("CA11AB1E")
        for exchange in sink.exchanges {
            for side in [exchange.command.bytes, exchange.response.bytes] {
                #expect(!side.indices.contains { side[$0...].starts(with: canary) })
            }
        }
    }
}
