internal import Glibc

/// A pcscd with its readers and cards, inside the bench's namespaces.
actor Bench {
    nonisolated let folder: BenchFolder
    private let cards: [VPCDClient]
    private var daemon: PCSCDaemon
    private var control: ControlSocket?

    /// Longest wait for pcscd to listen and for a card to be powered.
    private static let patience = Duration.seconds(10)

    /// Opens whatever lies outside before the mounts may hide it. Nothing is left when it throws.
    static func build(_ options: BenchOptions) async throws(SimulatorError) -> Bench {
        let scripts = try options.cards()
        let programs = try BenchPrograms.find()
        try BenchNamespace.raiseLoopback()
        let folder = try BenchFolder.make(readers: scripts.count, driver: programs.driver)
        do throws(SimulatorError) {
            let daemon = try PCSCDaemon(programs: programs, folder: folder, debugLog: options.pcscdLog)
            var cards: [VPCDClient] = []
            for (slot, script) in scripts.enumerated() {
                var client = VPCDClient.Options()
                client.port = VPCDClient.firstPort + slot
                client.longestPause = .milliseconds(20)
                if let log = options.log { client.log = try OracleLog(path: log, reader: slot) }
                cards.append(VPCDClient(card: VirtualCard(script: script), options: client))
            }
            let bench = Bench(folder: folder, cards: cards, daemon: daemon)
            if let path = options.control { try await bench.listen(path) }
            return bench
        } catch {
            folder.remove()
            throw error
        }
    }

    private init(folder: BenchFolder, cards: [VPCDClient], daemon: PCSCDaemon) {
        self.folder = folder
        self.cards = cards
        self.daemon = daemon
    }

    private func listen(_ path: String) async throws(SimulatorError) {
        control = try await ControlSocket.listen(path: path) { (words) throws(SimulatorError) in
            try await self.answer(words)
        }
    }

    /// Puts all cards in, starts pcscd and returns when the cards are powered and clients are heard.
    func start() async throws(SimulatorError) {
        try BenchNamespace.mount(run: folder.run)
        for card in cards { card.insert() }
        try await startDaemon()
    }

    /// Takes all of it away.
    func tearDown() async {
        for card in cards { card.remove() }
        await stopDaemon()
        await control?.close()
        folder.remove()
    }

    // MARK: Control

    private func answer(_ words: [String]) async throws(SimulatorError) -> String {
        switch try ControlCommand(words, slots: cards.count, hasPCSCD: true) {
        case .status: return await statusLine()
        case .insert(let slot): try await insert(slot)
        case .remove(let slot): cards[slot].remove()
        case .killPCSCD:
            daemon.signal(SIGKILL)
            await waitForDaemonsEnd(.seconds(2))
        case .stopPCSCD: await stopDaemon()
        case .startPCSCD: try await startDaemon()
        }
        return ""
    }

    private func statusLine() async -> String {
        var parts = ["pcscd=\(daemon.isRunning ? "running" : "stopped") socket=\(folder.socket)"]
        for (slot, card) in cards.enumerated() { parts.append("slot=\(slot) \(await card.status())") }
        return parts.joined(separator: "; ")
    }

    /// With pcscd there it returns when the card is powered, or pcscd has looked at it three times: a card that was away
    /// for less than the 400 ms between two looks was not missed, and is powered when a program connects.
    private func insert(_ slot: Int) async throws(SimulatorError) {
        let before = await cards[slot].status()
        cards[slot].insert()
        guard !before.isInserted, daemon.isRunning else { return }
        try await wait(for: "pcscd to look at the card in slot \(slot)") {
            let now = await self.cards[slot].status()
            return now.powerUps > before.powerUps || now.looks >= before.looks + 3
        }
    }

    // MARK: pcscd

    private func startDaemon() async throws(SimulatorError) {
        guard !daemon.isRunning else { return }
        var before: [Int] = []
        for card in cards { before.append(await card.status().powerUps) }
        try daemon.start()
        try await wait(for: "pcscd to power the cards") { await self.isReady(since: before) }
    }

    private func isReady(since powerUps: [Int]) async -> Bool {
        for (card, before) in zip(cards, powerUps) {
            let status = await card.status()
            guard !status.isInserted || status.powerUps > before else { return false }
        }
        return daemon.isListening
    }

    /// SIGTERM, and for one that does not end by it SIGKILL.
    private func stopDaemon() async {
        daemon.signal(SIGTERM)
        guard await !waitForDaemonsEnd(.seconds(3)) else { return }
        daemon.signal(SIGKILL)
        await waitForDaemonsEnd(.seconds(2))
    }

    @discardableResult
    private func waitForDaemonsEnd(_ longest: Duration) async -> Bool {
        let deadline = ContinuousClock.now + longest
        while daemon.isRunning {
            guard ContinuousClock.now < deadline else { return false }
            try? await Task.sleep(for: .milliseconds(2))
        }
        return true
    }

    private func wait(for what: String, until isSo: () async -> Bool) async throws(SimulatorError) {
        let deadline = ContinuousClock.now + Self.patience
        while await !isSo() {
            guard daemon.isRunning else {
                let words = folder.lastWords.map { " (\($0))" } ?? ""
                throw .notReady(what: "pcscd ended\(words)", remedy: "see what it says with: --pcscd-log FILE")
            }
            guard ContinuousClock.now < deadline else {
                throw .notReady(
                    what: "waited \(Self.patience) for \(what)", remedy: "see what pcscd says with: --pcscd-log FILE")
            }
            try? await Task.sleep(for: .milliseconds(3))
        }
    }
}
