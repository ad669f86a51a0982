public import ProbeEvents
internal import PrometheusClient
internal import Synchronization

extension Collector {
    /// Tells that a device came or went; told twice it counts once.
    public func setDevice(_ type: DeviceType, named name: String, isConnected: Bool) {
        let isRefused = devices.withLock { devices in
            let isRefused = !devices.set(type, name, isConnected)
            // Under the lock, so that of two changes at once the later one's numbers stand.
            catalog.devicesConnected[type].set(Double(devices.count(type)))
            catalog.deviceUp[type, Self.label(ofDevice: name)].set(isConnected ? 1 : 0)
            return isRefused
        }
        if isRefused { countUnfollowed(catalog.devicesConnected.name) }
    }

    /// Tells that a device belongs to the bench: one that is not there is then missed by name.
    public func expectDevice(_ type: DeviceType, named name: String) {
        let label = Self.label(ofDevice: name)
        catalog.deviceExpected[type, label].set(1)
        // A device that never was there is down, not unknown.
        catalog.deviceUp[type, label].add(0)
    }

    /// Tells that a device belongs to the bench no more.
    public func forgetExpectedDevice(_ type: DeviceType, named name: String) {
        catalog.deviceExpected.remove(type, Self.label(ofDevice: name))
    }

    /// Counts what was asked of a device, SCardTransmit left out.
    public func recordOperation(_ operation: DeviceOperation, on type: DeviceType, _ status: OperationStatus) {
        catalog.deviceOperations[type, operation, status].increment()
    }

    /// Counts what went wrong for a device's sake.
    public func recordDeviceError(_ error: DeviceErrorType, of type: DeviceType) {
        catalog.deviceErrors[type, error].increment()
    }

    /// Counts a call that was refused since another program held the card.
    public func recordSharingViolation(on reader: String) {
        catalog.readerSharingViolations[Self.label(ofDevice: reader)].increment()
    }

    /// Counts an operation that the work is, and the error that it ends with.
    public func countedOperation<Result, Failure: Error>(
        _ operation: DeviceOperation, on type: DeviceType, errorType: (Failure) -> DeviceErrorType = { _ in .other },
        _ work: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try timed(work) { _, error in record(operation, type, error, errorType) }
    }

    /// The same for work that waits; when it was cancelled, nothing went wrong.
    public func countedOperation<Result, Failure: Error>(
        _ operation: DeviceOperation, on type: DeviceType, errorType: (Failure) -> DeviceErrorType = { _ in .other },
        isolation: isolated (any Actor)? = #isolation, _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        try await timed(isolation: isolation, work) { _, error in record(operation, type, error, errorType) }
    }

    /// A device whose name is not known needs a label all the same: an empty one would be none.
    static func label(ofDevice name: String) -> OpenLabel { OpenLabel(name.isEmpty ? "unknown" : name) }

    private func record<Failure: Error>(
        _ operation: DeviceOperation, _ type: DeviceType, _ error: Failure?, _ errorType: (Failure) -> DeviceErrorType
    ) {
        guard let error else { return recordOperation(operation, on: type, .success) }
        guard !(error is CancellationError) else { return recordOperation(operation, on: type, .cancelled) }
        let reason = errorType(error)
        recordOperation(operation, on: type, reason == .timeout ? .timeout : .failed)
        recordDeviceError(reason, of: type)
    }
}

/// The names of the devices that are present, so that one told twice counts once.
struct PresentDevices {
    /// More of a type are not followed, and counted as refused; pcscd itself has room for 16.
    static let limit = 1_024

    private var names: [DeviceType: Set<String>] = [:]

    /// How many of a type are present.
    func count(_ type: DeviceType) -> Int { names[type]?.count ?? 0 }

    /// Notes that a device came or went; false when there was no room.
    mutating func set(_ type: DeviceType, _ name: String, _ isPresent: Bool) -> Bool {
        guard isPresent else {
            names[type]?.remove(name)
            return true
        }
        guard count(type) < Self.limit || names[type]?.contains(name) == true else { return false }
        names[type, default: []].insert(name)
        return true
    }
}
