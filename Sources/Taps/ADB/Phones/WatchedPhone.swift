internal import NIOCore
internal import ProbeEvents

/// A phone that is there: what it is asked for once, and its radio log.
final class WatchedPhone {
    /// As the server lists it.
    let listed: ListedPhone
    private let settings: PhoneTracker.Settings
    private let loop: any EventLoop
    private let sink: any EventSink

    private var answer: [UInt8] = []
    private var log: RadioLog
    private var channels: [ObjectIdentifier: any Channel] = [:]
    private var pause: Backoff
    private var retry: Scheduled<Void>?
    private var isEnded = false

    init(_ listed: ListedPhone, _ settings: PhoneTracker.Settings, _ loop: any EventLoop, into sink: any EventSink) {
        (self.listed, self.settings, self.loop, self.sink) = (listed, settings, loop, sink)
        log = RadioLog(phone: listed.name)
        pause = Backoff(settings.firstPause)
    }

    /// It is ready.
    func begin() {
        call(PhoneProperties.request) { [self] in heardProperties($0) }
        if settings.readsRadioLog { readLog() }
    }

    /// It is gone, or nobody looks any more.
    func end() {
        guard !isEnded else { return }
        isEnded = true
        retry?.cancel()
        for channel in channels.values { channel.close(promise: nil) }
        channels = [:]
        tell(log.ended(at: .now))
    }

    private func call(_ service: String, onNews: @escaping (ADBCallHandler.News) -> Void) {
        ADBDialer(settings.server, loop).call([listed.request, service]) { [self] result in
            guard let channel = try? result.get() else { return onNews(.closed) }
            guard !isEnded else { return channel.close(promise: nil) }
            let key = ObjectIdentifier(channel)
            channels[key] = channel
            channel.closeFuture.assumeIsolated().whenComplete { [self] _ in channels[key] = nil }
        } onNews: { [self] news in
            if !isEnded { onNews(news) }
        }
    }

    // MARK: What it is

    private func heardProperties(_ news: ADBCallHandler.News) {
        switch news {
        case .bytes(let bytes): answer += bytes.prefix(PhoneProperties.longestAnswer - answer.count)
        // It says so by its state, or will be asked when it comes back.
        case .refused, .unreadable: answer = []
        case .closed:
            let text = String(decoding: answer, as: UTF8.self)
            answer = []
            guard let identity = PhoneProperties.identity(of: listed.name, text, stamp: .now(source: .adb)) else {
                return
            }
            sink.receive(.phone(.identified(identity)))
        }
    }

    // MARK: Its radio log

    private func readLog() {
        call(RadioLog.request) { [self] news in
            switch news {
            case .bytes(let bytes):
                pause.reset()
                tell(log.received(bytes, at: .now))
            case .refused, .unreadable: break
            case .closed:
                // What the phone does meanwhile is not seen: its channels may be others then.
                tell(log.ended(at: .now))
                retry = loop.assumeIsolated().scheduleTask(in: pause.next()) { [self] in if !isEnded { readLog() } }
            }
        }
    }

    private func tell(_ events: [ProbeEvent]) {
        for event in events { sink.receive(event) }
    }
}
