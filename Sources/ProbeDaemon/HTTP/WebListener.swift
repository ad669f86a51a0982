internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Observability
internal import ServiceLifecycle

/// An HTTP server on one address, listening from `start` until `stop`.
struct WebListener: Sendable {
    /// What was asked for.
    let asked: ListenAddress
    /// The same with the port that it has.
    let bound: ListenAddress
    private let group: ServiceGroup
    private let task: Task<Void, Never>

    /// Listens; returns when connections are accepted.
    static func start(
        on address: ListenAddress, option: String, responder: WebResponder, bound: ConnectionBound, limits: WebLimits,
        logger: Logger
    ) async throws(ListenError) -> WebListener {
        guard address.host.isEmpty else {
            return try await start(on: address, at: address.host, option, responder, bound, limits, logger)
        }
        do {
            // One socket for both families, unless the machine has no IPv6.
            return try await start(on: address, at: "::", option, responder, bound, limits, logger)
        } catch {
            guard error.reason == .notHere || error.reason == .other(EAFNOSUPPORT) else { throw error }
            return try await start(on: address, at: "0.0.0.0", option, responder, bound, limits, logger)
        }
    }

    /// Accepts no more, and returns when answers under way have ended or their time is over.
    func stop() async {
        await group.triggerGracefulShutdown()
        await task.value
    }

    private static func start(
        on address: ListenAddress, at host: String, _ option: String, _ responder: WebResponder,
        _ bound: ConnectionBound, _ limits: WebLimits, _ logger: Logger
    ) async throws(ListenError) -> WebListener {
        let (outcomes, outcome) = AsyncStream.makeStream(of: Result<Int, any Error>.self)
        let executor = LoopExecutor(MultiThreadedEventLoopGroup.singleton.next())
        let application = Application(
            responder: responder,
            server: .http1(
                secured: responder.security,
                configuration: HTTP1Channel.Configuration(
                    additionalChannelHandlers: [ConnectionGuard(bound: bound, limits: limits)],
                    idleTimeout: limits.idle)),
            configuration: ApplicationConfiguration(address: .hostname(host, port: Int(address.port))),
            onServerRunning: { channel in outcome.yield(.success(channel.localAddress?.port ?? Int(address.port))) },
            eventLoopGroupProvider: .shared(executor.loop), logger: logger)
        var configuration = ServiceGroupConfiguration(services: [application], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(3)
        let group = ServiceGroup(configuration: configuration)
        let task = Task(executorPreference: executor) {
            do {
                try await group.run()
            } catch {
                outcome.yield(.failure(error))
            }
            outcome.finish()
        }
        for await result in outcomes {
            switch result {
            case .success(let port):
                let own = ListenAddress(host: address.host, port: UInt16(clamping: port))
                return WebListener(asked: address, bound: own, group: group, task: task)
            case .failure(let error):
                throw ListenError(address: address, option: option, reason: reason(of: error))
            }
        }
        throw ListenError(address: address, option: option, reason: .other(ECANCELED))
    }

    private static func reason(of error: any Error) -> ListenError.Reason {
        switch error {
        case is SocketAddressError, is SocketAddressError.UnknownHost: return .unknownHost
        case let error as IOError:
            return switch error.errnoCode {
            case EADDRINUSE: .inUse
            case EACCES: .notPermitted
            case EADDRNOTAVAIL: .notHere
            default: .other(error.errnoCode)
            }
        default: return .other(EINVAL)
        }
    }
}
