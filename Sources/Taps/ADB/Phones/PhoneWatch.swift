internal import NIOCore
internal import NIOPosix
internal import ProbeEvents

/// What a tracker does, all of it on one event loop.
final class PhoneWatch {
    private let settings: PhoneTracker.Settings
    private let loop: any EventLoop
    private let sink: any EventSink
    private let onStanding: (PhoneTracker.Standing) -> Void

    private var standing = PhoneTracker.Standing()
    private var phones: [String: WatchedPhone] = [:]
    private var list = DeviceList()
    private var channel: (any Channel)?
    private var pause: Backoff
    private var retry: Scheduled<Void>?
    private var look: Scheduled<Void>?
    private var lookPause: Backoff
    private var isEnded = false
    /// Older servers have no list with models.
    private var knowsLongList = true

    init(
        _ settings: PhoneTracker.Settings, _ loop: any EventLoop, into sink: any EventSink,
        onStanding: @escaping (PhoneTracker.Standing) -> Void
    ) {
        (self.settings, self.loop, self.sink, self.onStanding) = (settings, loop, sink, onStanding)
        (pause, lookPause) = (Backoff(settings.firstPause), Backoff(settings.firstPause))
    }

    /// Asks for the list, again and again until it ends.
    func begin() {
        list = DeviceList()
        let request = knowsLongList ? "host:track-devices-l" : "host:track-devices"
        ADBDialer(settings.server, loop).call([request]) { [self] result in
            switch result {
            case .success(let channel): isEnded ? channel.close(promise: nil) : (self.channel = channel)
            case .failure(let error): lose("cannot be reached: \(ConnectFailure.text(error)); run: adb start-server")
            }
        } onNews: { [self] in
            heard($0)
        }
    }

    func end() {
        isEnded = true
        retry?.cancel()
        look?.cancel()
        channel?.close(promise: nil)
        channel = nil
        for phone in phones.values { phone.end() }
    }

    private func heard(_ news: ADBCallHandler.News) {
        guard !isEnded else { return }
        switch news {
        case .bytes(let bytes):
            for phones in list.received(bytes) { take(phones) }
            if list.isUnreadable { channel?.close(promise: nil) }
        case .refused where knowsLongList: knowsLongList = false
        case .refused(let reason): lose("refuses to list phones: \(reason); see: adb version")
        case .unreadable: lose("does not speak adb; correct phones.server")
        case .closed:
            channel = nil
            lose("has ended the connection; run: adb start-server")
        }
    }

    /// The server tells nothing any more: nobody knows of its phones.
    private func lose(_ what: String) {
        for phone in phones.keys.sorted() { change(phone, to: .gone) }
        let refusal = "the adb server at \(settings.server) \(what)"
        if standing.refusal == nil {
            sink.receive(.sourceState(SourceState(stamp: .now(source: .adb), isWorking: false, message: refusal)))
        }
        standing.refusal = standing.refusal ?? refusal
        standing.isTold = false
        onStanding(standing)
        guard channel == nil else { return }
        retry?.cancel()
        retry = loop.assumeIsolated().scheduleTask(in: pause.next()) { [self] in if !isEnded { begin() } }
    }

    // MARK: Phones

    private func take(_ listed: [ListedPhone]) {
        pause.reset()
        if !standing.isTold {
            sink.receive(.sourceState(SourceState(stamp: .now(source: .adb), isWorking: true, message: "")))
        }
        (standing.refusal, standing.isTold) = (nil, true)
        let names = Set(listed.map(\.name))
        for phone in phones.keys.sorted() where !names.contains(phone) { change(phone, to: .gone) }
        for phone in listed { note(phone) }
        standing.unusable = phones.compactMapValues { $0.listed.state == .device ? nil : $0.listed.state }
        onStanding(standing)
        lookAgain()
    }

    /// Servers do not tell all of it: 29.0 has a phone that waits for its owner's consent as offline until it is asked.
    private func lookAgain() {
        look?.cancel()
        guard !standing.unusable.isEmpty else { return lookPause.reset() }
        look = loop.assumeIsolated().scheduleTask(in: lookPause.next()) { [self] in
            var answer = DeviceList()
            ADBDialer(settings.server, loop).call(["host:devices-l"]) { _ in
            } onNews: { [self] news in
                guard case .bytes(let bytes) = news, let listed = answer.received(bytes).last else { return }
                if !isEnded, standing.isTold { take(listed) }
            }
        }
    }

    private func note(_ phone: ListedPhone) {
        let known = phones[phone.name]?.listed
        guard known != phone else { return }
        let isNews = known?.state != phone.state || known?.model != phone.model
        // One that has another transport is plugged in anew.
        phones[phone.name]?.end()
        phones[phone.name] = WatchedPhone(phone, settings, loop, into: sink)
        if isNews { tell(phone.name, phone.state, phone.model) }
        if phone.state == .device { phones[phone.name]?.begin() }
    }

    private func change(_ name: String, to state: PhoneState) {
        guard let phone = phones.removeValue(forKey: name) else { return }
        phone.end()
        tell(name, state, phone.listed.model)
    }

    private func tell(_ name: String, _ state: PhoneState, _ model: String) {
        sink.receive(
            .phone(.changed(PhoneChange(stamp: .now(source: .adb), phone: name, state: state, model: model))))
    }
}
