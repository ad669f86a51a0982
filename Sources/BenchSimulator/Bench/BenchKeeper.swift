internal import Glibc

/// The process that a bench lives in: nobody's child, in namespaces of its own, there as long as its starter is.
package enum BenchKeeper {
    /// Descriptors that ``BenchLauncher`` leaves to the keeper.
    private static let linkDescriptor: Int32 = 3
    private static let starterDescriptor: Int32 = 4

    /// Builds the bench, tells its starter, waits for the starter's end and takes all of it away; returns the exit code.
    package static func run(_ options: BenchOptions) async -> Int32 {
        for descriptor in [linkDescriptor, starterDescriptor] {
            guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
                tell("this command is started by: cardlink-probe simulate bench")
                return 64
            }
        }
        // until now the link stood here for the complaints of unshare
        dup2(STDOUT_FILENO, STDERR_FILENO)
        let link = KeeperLink(descriptor: linkDescriptor)
        let bench: Bench
        do throws(SimulatorError) {
            bench = try await Bench.build(options)
        } catch {
            link.send(.failed(error))
            return error.exitCode
        }
        do throws(SimulatorError) {
            try await bench.start()
            link.send(.ready(socket: bench.folder.socket))
            _ = await EndWatch().firstEnd { waitForStarter(link) }
        } catch {
            link.send(.failed(error))
        }
        await bench.tearDown()
        return 0
    }

    /// Returns when the starter has ended or said stop. That its link closes means nothing: it became the command.
    private static func waitForStarter(_ link: KeeperLink) {
        var link = link
        var polls = [
            pollfd(fd: starterDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: link.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            guard poll(&polls, nfds_t(polls.count), -1) > 0 else {
                if errno == EINTR { continue }
                return
            }
            if polls[0].revents != 0 { return }
            guard polls[1].revents != 0 else { continue }
            switch link.next() {
            case .stop: return
            case nil: polls[1].fd = -1
            default: continue
            }
        }
    }
}

extension KeeperLink.Message {
    fileprivate static func failed(_ error: SimulatorError) -> KeeperLink.Message {
        if case .namespacesRefused(let reason) = error {
            return .failed(code: SimulatorError.refusedNamespacesCode, text: reason)
        }
        return .failed(code: error.exitCode, text: error.explanation)
    }
}
