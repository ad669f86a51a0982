internal import ProbeEvents
internal import PrometheusClient
internal import Synchronization

extension Collector {
    func apply(_ event: TLSEvent) {
        switch event {
        case .opened(let opened):
            switch openTesterWork.withLock({ $0.connections.open(opened.link) }) {
            case .new: catalog.tlsConnectionsActive.add(1)
            case .known: break
            case .noRoom: countUnfollowed(catalog.tlsConnectionsActive.name)
            }
        case .handshake(let done):
            catalog.tlsHandshakes[done.cipherSuite, done.result].increment()
            catalog.tlsHandshakeDuration[done.cipherSuite].record(done.stamp.durationNanoseconds)
            if let error = done.error { recordTLSError(error) }
        case .closed(let closed):
            if openTesterWork.withLock({ $0.connections.close(closed.link) }) != nil {
                catalog.tlsConnectionsActive.add(-1)
            }
            if let error = closed.error { recordTLSError(error) }
        }
    }

    func apply(_ event: OTAEvent) {
        switch event {
        case .began(let began):
            switch openTesterWork.withLock({ $0.sessions.open(began.link) }) {
            case .new: catalog.activeSessions[.ota].increment()
            case .known: return
            case .noRoom: countUnfollowed(catalog.activeSessions.name)
            }
            catalog.sessions[.ota, began.sessionProtocol].increment()
        case .turn: break
        case .packet(let packet):
            guard let receipt = packet.receipt else { return }
            let time = Duration.nanoseconds(Int64(clamping: packet.stamp.durationNanoseconds))
            recordOTAReceipt(receipt, after: receipt == .missing ? nil : time)
        case .leg(let leg): catalog.otaLegDuration[leg.leg].record(leg.stamp.durationNanoseconds)
        case .ended(let ended):
            if openTesterWork.withLock({ $0.sessions.close(ended.link) }) != nil {
                catalog.activeSessions[.ota].decrement()
            }
            catalog.sessionDuration[.ota, ended.status].record(ended.stamp.durationNanoseconds)
            if let error = ended.error { catalog.sessionErrors[.ota, error].increment() }
        }
    }

    func apply(_ event: ESIMEvent) {
        switch event {
        case .function(let done):
            let time = Duration.nanoseconds(Int64(clamping: done.stamp.durationNanoseconds))
            recordESIMFunction(done.function, done.result, took: time)
        case .download(let done): recordESIMDownload(done.result)
        }
    }

    func apply(_ event: PhoneEvent) {
        switch event {
        case .changed(let change):
            setDevice(.phone, named: change.phone, isConnected: change.state != .gone)
            guard change.state != .gone, change.state != .device else { return }
            // It is there, and cannot be used.
            catalog.deviceUp[DeviceType.phone, Self.label(ofDevice: change.phone)].set(0)
            if let error = change.state.error { recordDeviceError(error, of: .phone) }
        // What it is, is no label.
        case .identified: break
        case .operation(let done):
            catalog.adbOperationDuration[done.operation].record(done.stamp.durationNanoseconds)
            recordOperation(.command, on: .phone, done.status)
            if let error = done.error { recordDeviceError(error, of: .phone) }
        }
    }

    func apply(_ event: TestEvent) {
        switch event {
        case .suiteBegan: break
        case .suiteEnded(let ended):
            catalog.testSuiteDuration[OpenLabel(ended.suite.suite)].record(ended.stamp.durationNanoseconds)
        case .began(let began):
            switch openTesterWork.withLock({ $0.tests.open(began.identity) }) {
            case .new: catalog.testsRunning[OpenLabel(began.suite.suite)].increment()
            case .known: break
            case .noRoom: countUnfollowed(catalog.testsRunning.name)
            }
        case .ended(let ended): apply(ended)
        }
    }

    private func apply(_ ended: TestEnded) {
        let suite = OpenLabel(ended.suite.suite)
        if openTesterWork.withLock({ $0.tests.close(ended.identity) }) != nil {
            catalog.testsRunning[suite].decrement()
        }
        catalog.testResults[suite, ended.status].increment()
        catalog.testDuration[suite].record(ended.stamp.durationNanoseconds)
        recordAssertions(Int(ended.passedAssertions ?? 0), in: ended.suite.suite, .passed)
        recordAssertions(Int(ended.failedAssertions ?? 0), in: ended.suite.suite, .failed)
    }

    func apply(_ event: DatabaseEvent) {
        switch event {
        case .operation(let done):
            let table = OpenLabel(done.table)
            catalog.databaseOperations[done.operation, table, done.status].increment()
            catalog.databaseQueryDuration[done.operation, table].record(done.stamp.durationNanoseconds)
            if let error = done.error { recordDatabaseError(error, in: done.operation) }
        case .pool(let change):
            let isFollowed = openTesterWork.withLock { work in
                let isFollowed = work.pools.set(change.pool, change.connections)
                // Under the lock, so that of two changes at once the later one's number stands.
                catalog.databaseConnectionsActive.set(Double(work.pools.total))
                return isFollowed
            }
            if !isFollowed { countUnfollowed(catalog.databaseConnectionsActive.name) }
        }
    }
}

extension PhoneState {
    /// Why a phone that is there cannot be used; nil for one that can, or soon can.
    fileprivate var error: DeviceErrorType? {
        switch self {
        case .unauthorized, .noPermissions: .accessDenied
        case .offline: .unresponsive
        case .device, .gone, .bootloader, .host, .recovery, .rescue, .sideload, .authorizing, .connecting, .other: nil
        }
    }
}
