internal import ProbeEvents

extension RunTally {
    mutating func apply(_ opened: ReaderSessionOpened) {
        sessions.opened += 1
        readers.update(opened.reader, new: ReaderTally()) { $0.sessions += 1 }
        guard sessions.open.count < Self.rememberedSessions else { return }
        let key = SessionTally.Key(client: opened.client.id, session: opened.session)
        sessions.open[key] = SessionTally.Opening(
            reader: opened.reader, startNanoseconds: opened.stamp.startNanoseconds)
    }

    mutating func apply(_ closed: ReaderSessionClosed) {
        sessions.open[SessionTally.Key(client: closed.client.id, session: closed.session)] = nil
        sessions.closed[closed.status, default: 0] += 1
        if let error = closed.error { sessions.errors[error, default: 0] += 1 }
        readers.update(closed.reader, new: ReaderTally()) {
            $0.sessionNanoseconds.addSaturating(closed.stamp.durationNanoseconds)
        }
    }

    mutating func apply(_ operation: ReaderOperation) {
        operations[operation.operation, default: OperationTally()].add(operation)
        guard operation.waitNanoseconds > 0 else { return }
        readers.update(operation.reader, new: ReaderTally()) { reader in
            reader.waitNanoseconds.addSaturating(operation.waitNanoseconds)
            if !operation.isWaitExact { reader.isWaitUpperBound = true }
        }
    }

    mutating func apply(_ change: ReaderChange) {
        guard change.change == .cardCame else { return }
        learnATR(change.atr.bytes, of: change.reader)
    }

    /// Keeps the ATR; one longer than a card's can be (ISO/IEC 7816-3, 8.2.1: 33 bytes) is cut.
    mutating func learnATR(_ atr: [UInt8], of reader: String) {
        readers.update(reader, new: ReaderTally()) { $0.atr = Array(atr.prefix(33)) }
    }
}

extension OperationTally {
    fileprivate mutating func add(_ operation: ReaderOperation) {
        calls += 1
        guard operation.resultCode != 0 else { return }
        failures.update(operation.resultCode, new: 0) { $0 += 1 }
    }
}
