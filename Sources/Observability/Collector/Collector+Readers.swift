internal import ProbeEvents
internal import PrometheusClient
internal import Synchronization

extension Collector {
    func apply(_ change: ReaderChange) {
        switch change.change {
        case .readerCame: setPresence(of: change.reader, true)
        case .readerWent: setPresence(of: change.reader, false)
        // The reader's monitor told the reader before; sessions tell what is done with the card.
        case .cardCame, .cardWent: break
        }
    }

    func apply(_ operation: ReaderOperation) {
        let status = OperationStatus(pcscResult: operation.resultCode)
        catalog.deviceOperations[.reader, operation.operation, status].increment()
        if operation.waitNanoseconds > 0 {
            let reason: WaitReason = operation.operation == .connect ? .connect : .transaction
            catalog.apduWait[reason].record(operation.waitNanoseconds)
        }
        guard operation.resultCode != 0 else { return }
        countReaderFailure(operation.resultCode, reader: operation.reader)
        // What goes wrong later is told by the session's end.
        if operation.operation == .connect, let error = SessionErrorType(pcscResult: operation.resultCode) {
            catalog.sessionErrors[.pcsc, error].increment()
        }
    }

    func countReaderFailure(_ resultCode: UInt32, reader: String) {
        if let error = DeviceErrorType(pcscResult: resultCode) {
            catalog.deviceErrors[.reader, error].increment()
            if error == .sharingViolation { catalog.readerSharingViolations[Self.label(ofReader: reader)].increment() }
        }
    }

    private func setPresence(of reader: String, _ isPresent: Bool) {
        let isRefused = readers.withLock { readers in
            let isRefused = !readers.set(reader, isPresent)
            // Under the lock, so that of two changes at once the later one's numbers stand.
            catalog.devicesConnected[.reader].set(Double(readers.count))
            catalog.deviceUp[DeviceType.reader, Self.label(ofReader: reader)].set(isPresent ? 1 : 0)
            return isRefused
        }
        if isRefused { countUnfollowed(catalog.devicesConnected.name) }
    }

    /// A reader whose name is not known needs a label all the same: an empty one would be none.
    private static func label(ofReader name: String) -> OpenLabel { OpenLabel(name.isEmpty ? "unknown" : name) }
}

/// The names of the devices of a kind that are present, so that one told twice counts once.
struct PresentDevices {
    /// More are not followed, and counted as refused; pcscd itself has room for 16.
    static let limit = 1_024

    private var names: Set<String> = []

    /// How many are present.
    var count: Int { names.count }

    /// Notes that a reader came or went; false when there was no room.
    mutating func set(_ name: String, _ isPresent: Bool) -> Bool {
        guard isPresent else {
            names.remove(name)
            return true
        }
        guard names.count < Self.limit || names.contains(name) else { return false }
        names.insert(name)
        return true
    }
}
