internal import Modem
internal import Observability
internal import ProbeEvents
internal import Taps

extension Doctor {
    /// Can the daemon's configuration be read?
    func configuration() -> [Finding] {
        request.configurationFaults.map {
            .fault("configuration", "serve", $0, "correct it; to try it: cardlink-metrics config validate")
        }
    }

    /// Can the relays for TLS listen, is there a server behind each, and can their keys be read?
    func relays() -> [Finding] {
        guard let settings = request.settings, !settings[\.pskTLSRelays].isEmpty else { return [] }
        return settings[\.pskTLSRelays].flatMap { [listening($0), server(of: $0)] } + keys(settings[\.pskFile])
    }

    private func listening(_ relay: TLSRelay) -> Finding {
        let (check, place) = ("psk_tls", "\(relay.name) on \(relay.listen)")
        let holders = listeners(on: Int(relay.listen.port))
        guard relay.listen.port > 0, !holders.isEmpty || !Self.isFree(port: relay.listen.port) else {
            return .ok(check, place, "free")
        }
        let names = holders.map(\.description).joined(separator: ", ")
        if holders.contains(where: { $0.name == "cardlink-probe" }) { return .ok(check, place, "\(names) listens") }
        return .fault(
            check, place, "taken by \(names.isEmpty ? "another user's program" : names)",
            "choose another port in taps.psk_tls, or end that program: sudo ss -ltnp sport = :\(relay.listen.port)")
    }

    /// Looks without a connection, which the server would take for a card's.
    private func server(of relay: TLSRelay) -> Finding {
        let (check, place) = ("psk_tls", "\(relay.name), the server at \(relay.target)")
        guard ["127.", "::1", "localhost"].contains(where: relay.target.host.hasPrefix) else {
            return .ok(check, place, "on another machine; whether it listens shows when a card comes")
        }
        let port = relay.target.port
        guard listens(on: Int(port)) else {
            return .fault(check, place, "nothing listens there", "start the server, or correct taps.psk_tls")
        }
        return .ok(check, place, "listens")
    }

    private func keys(_ path: String?) -> [Finding] {
        guard let path else {
            return [
                .remark(
                    "psk_tls", "taps.psk_file", "no keys: sessions that are enciphered are told from outside",
                    "name a file of lines IDENTITY:KEY in taps.psk_file")
            ]
        }
        do {
            let count = try PSKFile.load(path).count
            return [.ok("psk_tls", path, count == 1 ? "one key" : "\(count) keys")]
        } catch {
            let reason = (error as? any ExplainedError)?.explanation ?? "\(error)"
            return [.fault("psk_tls", path, reason, "correct it, or taps.psk_file")]
        }
    }
}
