internal import Glibc
internal import HTTPTypes
internal import Hummingbird
internal import NIOSSL
package import Observability
internal import Synchronization
internal import WebConfigFile

/// Passwords, TLS, headers and the limit of requests of a web config file, which is read again when it or a file that it
/// names has changed.
///
/// A change that cannot be read closes the door: requests are answered with 500 until the file is right again. What it
/// had before would let in whom the change was to keep out.
package final class WebSecurity: Sendable {
    /// What the file says now.
    private struct State {
        var stamps: [Stamp]
        var config: WebConfig
        var context: NIOSSLContext?
        var rate: RequestRate?
        /// What is wrong with the file as it is now; nil when nothing is.
        var fault: String?
    }

    /// By which a changed file is known.
    private struct Stamp: Hashable {
        var path: String
        var inode: UInt
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    private let path: String
    private let say: @Sendable (String) -> Void
    private let state: Mutex<State>
    private let passwords = PasswordCheck()
    /// Whether it has TLS; that does not change with the file.
    let hasTLS: Bool

    /// Reads the file; throws all that is wrong with it. `say` is told of later changes.
    package init(file: String, say: @escaping @Sendable (String) -> Void) throws(ConfigError) {
        path = file
        self.say = say
        let first = try Self.load(file)
        hasTLS = first.context != nil
        state = Mutex(first)
        if first.config.asksForHTTP2 { say("\(file) has http2: true; HTTP/1.1 is spoken here, and no HTTP/2") }
    }

    /// Whether a client needs a certificate to be let in.
    var asksForCertificate: Bool { state.withLock { $0.config.tls?.verification == .noHostnameVerification } }

    /// Whether whoever is let in has shown who it is: by a password, or by a certificate.
    var authenticatesViewers: Bool {
        state.withLock { !$0.config.users.isEmpty || $0.config.tls?.verification == .noHostnameVerification }
    }

    /// Headers that the file adds to every answer, in place of those that it has.
    var headers: HTTPFields { state.withLock { $0.config.headers } }

    /// What a client that may not be let in is answered; nil when it may.
    func refusal(of request: Request) async -> Response? {
        let (users, rate, isBroken) = refresh { ($0.config.users, $0.rate, $0.fault != nil) }
        guard !isBroken else {
            return .text(.internalServerError, "the web config file has a fault; the probe's standard error tells it")
        }
        // Before the password: its check is dear.
        if let seconds = rate?.secondsToWait() {
            return .text(
                .tooManyRequests, "too many requests: the web config file has a rate_limit",
                [.retryAfter: "\(max(1, seconds))"])
        }
        guard !users.isEmpty else { return nil }
        guard let header = request.headers[.authorization], let credentials = BasicCredentials(header: header) else {
            return Self.unauthorized
        }
        switch await passwords.check(credentials, users: users) {
        case .right: return nil
        case .wrong: return Self.unauthorized
        case .busy: return .text(.serviceUnavailable, "too many passwords at once; try again", [.retryAfter: "1"])
        }
    }

    /// What a connection that begins now is secured with, and the names that its client must have one of; nil for plain
    /// HTTP.
    func tls() -> (context: NIOSSLContext, clientNames: Set<String>?)? {
        refresh { state in state.context.map { ($0, state.config.tls?.clientNames) } }
    }

    private static var unauthorized: Response {
        .text(.unauthorized, "user and password are needed", [.wwwAuthenticate: "Basic realm=\"cardlink-probe\""])
    }

    /// Reads what has changed, outside the lock; two at once read the same.
    private func refresh<Part>(_ part: (State) -> Part) -> Part {
        let (known, fault) = state.withLock { ($0.stamps, $0.fault) }
        // A fault may be in a file that the last good version does not name.
        if fault != nil || known.map({ Self.stamp($0.path) }) != known { reload() }
        return state.withLock { part($0) }
    }

    private func reload() {
        let next: State?
        let fault: String
        do throws(ConfigError) {
            let read = try Self.load(path)
            next = (read.context != nil) == hasTLS ? read : nil
            fault = "\(path): TLS is switched on and off only when the probe is started again"
        } catch {
            next = nil
            fault = error.explanation
        }
        let isNews = state.withLock { state in
            guard var next else {
                defer { state.fault = fault }
                return state.fault != fault
            }
            defer { state = next }
            // What was used of a limit counts on while the limit is the same.
            if let rate = state.rate, rate.limit == next.config.rateLimit { next.rate = rate }
            return next.stamps != state.stamps || state.fault != nil
        }
        if isNews { say(next == nil ? fault : "\(path) has changed, and counts from now on") }
    }

    private static func load(_ path: String) throws(ConfigError) -> State {
        // Looked at first: what changes in between is seen the next time.
        let own = stamp(path)
        let config = try WebConfig.read(path)
        let rate = config.rateLimit.map { RequestRate($0) }
        guard let tls = config.tls else { return State(stamps: [own], config: config, rate: rate) }
        let others = tls.files.map(stamp)
        return State(stamps: [own] + others, config: config, context: try tls.context(for: path), rate: rate)
    }

    private static func stamp(_ path: String) -> Stamp {
        var status = stat()
        guard stat(path, &status) == 0 else { return Stamp(path: path, inode: 0, size: 0, seconds: 0, nanoseconds: 0) }
        return Stamp(
            path: path, inode: UInt(status.st_ino), size: Int(status.st_size), seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
    }
}
