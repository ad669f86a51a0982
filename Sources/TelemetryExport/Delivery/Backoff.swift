/// How long to wait before the next attempt: twice as long each time, with a random part, so that many programs which
/// lost one server do not come back at once.
struct Backoff {
    private let first: Duration
    private let longest: Duration
    private var attempts = 0

    init(first: Duration = .seconds(1), longest: Duration = .seconds(30)) {
        (self.first, self.longest) = (first, longest)
    }

    /// The next pause: what the server asked for, but no less than the first; else half to one and a half of what is due.
    mutating func pause(asked: Duration?) -> Duration {
        let due = min(longest, first * (1 << min(attempts, 16)))
        attempts += 1
        if let asked { return min(max(asked, first), Self.longestAsked) }
        return due * Double.random(in: 0.5...1.5)
    }

    /// A server that asks for more is asked again after this.
    private static let longestAsked = Duration.seconds(300)
}
