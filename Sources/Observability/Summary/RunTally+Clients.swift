internal import ProbeEvents

extension RunTally {
    mutating func apply(_ attached: ClientAttached) {
        clientCounts.attached += 1
        let client = attached.client
        clients.update(client.id, new: ClientTally(pid: client.pid, program: client.program)) {
            $0.library = attached.library
            $0.isWaitExact = attached.isWaitExact
        }
    }

    mutating func apply(_ ended: ClientEnded) {
        let left = UInt64(max(0, ended.openSessions))
        clientCounts.ended += 1
        if !ended.isOrderly { clientCounts.killed += 1 }
        clientCounts.sessionsLeftOpen.addSaturating(left)
        let client = ended.client
        clients.update(client.id, new: ClientTally(pid: client.pid, program: client.program)) {
            $0.state = ended.isOrderly ? .ended : .killed
            $0.endedNanoseconds = ended.stamp.startNanoseconds
            $0.sessionsLeftOpen.addSaturating(left)
        }
    }

    mutating func apply(_ state: SourceState) {
        if state.isWorking {
            openFaults[state.stamp.source] = nil
        } else {
            sourceFaults += 1
            openFaults[state.stamp.source] = String(state.message.prefix(512))
        }
    }
}
