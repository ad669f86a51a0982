internal import Glibc
internal import HTTPTypes
internal import Hummingbird
internal import NIOSSL
package import Observability
internal import Synchronization

/// Passwords and TLS of a web config file, which is read again when it or a file that it names has changed.
///
/// A change that cannot be read closes the door: requests are answered with 500 until the file is right again. What it
/// had before would let in whom the change was to keep out.
package final class WebSecurity: Sendable {
    /// What the file says now.
    private struct State {
        var stamps: [Stamp]
        var config: WebConfig
        var context: NIOSSLContext?
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
    }

    /// What a client that may not be let in is answered; nil when it may.
    func refusal(of request: Request) async -> Response? {
        let (users, isBroken) = refresh { ($0.config.users, $0.fault != nil) }
        guard !isBroken else {
            return .text(.internalServerError, "the web config file has a fault; the probe's standard error tells it")
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

    /// What a connection that begins now is secured with; nil for plain HTTP.
    func context() -> NIOSSLContext? { refresh { $0.context } }

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
            defer { if let next { state = next } else { state.fault = fault } }
            return next.map { $0.stamps != state.stamps || state.fault != nil } ?? (state.fault != fault)
        }
        if isNews { say(next == nil ? fault : "\(path) has changed, and counts from now on") }
    }

    private static func load(_ path: String) throws(ConfigError) -> State {
        // Looked at first: what changes in between is seen the next time.
        let own = stamp(path)
        let config = try WebConfig.read(path)
        guard let tls = config.tls else { return State(stamps: [own], config: config) }
        let others = tls.files.map(stamp)
        return State(stamps: [own] + others, config: config, context: try tls.context(for: path))
    }

    private static func stamp(_ path: String) -> Stamp {
        var status = stat()
        guard stat(path, &status) == 0 else { return Stamp(path: path, inode: 0, size: 0, seconds: 0, nanoseconds: 0) }
        return Stamp(
            path: path, inode: UInt(status.st_ino), size: Int(status.st_size), seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
    }
}

extension WebConfig.TLS {
    /// Reads the files; throws what is wrong with the first that does not do.
    fileprivate func context(for path: String) throws(ConfigError) -> NIOSSLContext {
        func fault(_ file: String, _ reason: String) -> ConfigError {
            ConfigError([ConfigFault(file: path, line: nil, reason: "\(file) \(reason)")])
        }
        for file in files {
            do throws(BoundedFile.Failure) {
                _ = try BoundedFile.text(file)
            } catch {
                throw fault(file, error.reason)
            }
        }
        guard let chain = try? NIOSSLCertificate.fromPEMFile(certificateFile), !chain.isEmpty else {
            throw fault(certificateFile, "has no certificate in PEM")
        }
        guard let key = try? NIOSSLPrivateKey(file: keyFile, format: .pem) else {
            throw fault(keyFile, "has no private key in PEM, or one with a passphrase")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = minimum
        configuration.maximumTLSVersion = maximum
        configuration.applicationProtocols = ["http/1.1"]
        if let clientAuthorityFile, let verification {
            guard let authorities = try? NIOSSLCertificate.fromPEMFile(clientAuthorityFile), !authorities.isEmpty else {
                throw fault(clientAuthorityFile, "has no certificate in PEM")
            }
            configuration.trustRoots = .certificates(authorities)
            configuration.certificateVerification = verification
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw fault(keyFile, "is not the key of the certificate in \(certificateFile)")
        }
    }
}
