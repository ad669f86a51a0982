internal import NIOCore
internal import NIOPosix
package import ProbeEvents

/// The phones of an adb server, asked for once.
package enum PhoneList {
    /// A phone of the list.
    package struct Phone: Sendable, Hashable {
        /// Its serial number, or where it plugs in when it has none.
        package var name: String
        /// Its state.
        package var state: PhoneState
        /// Its model; empty when it is not told.
        package var model: String
    }

    private static let patience = TimeAmount.seconds(3)

    /// Asks; nil when no server answers in time. Not for an event loop.
    package static func of(_ server: RelayEnds.Endpoint) -> [Phone]? {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = loop.makePromise(of: [Phone]?.self)
        loop.execute { ask(server, loop, answer) }
        return try? answer.futureResult.wait()
    }

    private static func ask(_ server: RelayEnds.Endpoint, _ loop: any EventLoop, _ answer: EventLoopPromise<[Phone]?>) {
        var list = DeviceList()
        let latest = loop.assumeIsolated().scheduleTask(in: patience) { answer.succeed(nil) }
        ADBDialer(server, loop).call(["host:devices-l"]) { result in
            switch result {
            case .success(let channel):
                answer.futureResult.assumeIsolated().whenComplete { _ in
                    latest.cancel()
                    channel.close(promise: nil)
                }
            case .failure:
                latest.cancel()
                answer.succeed(nil)
            }
        } onNews: { news in
            switch news {
            case .bytes(let bytes):
                guard let phones = list.received(bytes).last else { return }
                answer.succeed(phones.map { Phone(name: $0.name, state: $0.state, model: $0.model) })
            case .refused, .unreadable, .closed: answer.succeed(nil)
            }
        }
    }
}
