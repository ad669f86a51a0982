/// What `simulate card` does: one card for a vpcd that somebody else runs.
package struct CardProcess: Sendable {
    package var script = CardScript()
    package var host = "127.0.0.1"
    package var port = VPCDClient.firstPort
    package var log: String?
    package var control: String?

    package init() {}

    /// Runs until SIGINT, SIGTERM or SIGHUP.
    package func run() async throws(SimulatorError) {
        let end = EndWatch()
        var options = VPCDClient.Options()
        options.host = host
        options.port = port
        if let log { options.log = try OracleLog(path: log, reader: port - VPCDClient.firstPort) }
        let place = "\(host):\(port)"
        options.onChange = { event in
            switch event {
            case .connected: tell("the card is in vpcd's reader at \(place)")
            case .waiting:
                tell("no vpcd answers at \(place); install vsmartcard-vpcd and start pcscd: the card goes in by itself")
            case .disconnected: tell("the card is out of the reader at \(place)")
            case .powered, .polled: break
            }
        }
        let client = VPCDClient(card: VirtualCard(script: script), options: options)
        var socket: ControlSocket?
        if let control {
            socket = try await ControlSocket.listen(path: control) { (words) throws(SimulatorError) in
                switch try ControlCommand(words, slots: 1, hasPCSCD: false) {
                case .insert: client.insert()
                case .remove: client.remove()
                default: return "\(await client.status())"
                }
                return ""
            }
        }
        client.insert()
        _ = await end.firstEnd()
        client.remove()
        await socket?.close()
    }
}
