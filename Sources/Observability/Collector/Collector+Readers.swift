internal import ProbeEvents
internal import PrometheusClient

extension Collector {
    func apply(_ change: ReaderChange) {
        switch change.change {
        case .readerCame: setDevice(.reader, named: change.reader, isConnected: true)
        case .readerWent: setDevice(.reader, named: change.reader, isConnected: false)
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
            if error == .sharingViolation { recordSharingViolation(on: reader) }
        }
    }
}
