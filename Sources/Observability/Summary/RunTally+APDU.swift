internal import ProbeEvents
internal import PrometheusClient
internal import SmartCard

extension RunTally {
    mutating func apply(_ exchange: APDUExchange) {
        guard exchange.reachedCard else {
            unsentCommands += 1
            failedTransmits.update(exchange.resultCode, new: 0) { $0 += 1 }
            return
        }
        let command = CommandAPDU(exchange.command.bytes)
        let verdict = APDUVerdict(exchange, command)
        commands[exchange.name.index].add(exchange, verdict)
        if command.length >= 4 {
            instructions[Int(command.ins)] += 1
        } else {
            commandsWithoutHeader += 1
        }
        count(verdict, exchange, cla: command.cla)
        readers.update(exchange.reader, new: ReaderTally()) { reader in
            reader.commands += 1
            reader.waitNanoseconds.addSaturating(exchange.othersNanoseconds)
            if exchange.isUpperBound { reader.isWaitLowerBound = true }
        }
        let client = exchange.client
        clients.update(client.id, new: ClientTally(pid: client.pid, program: client.program)) { $0.commands += 1 }
        notePIN(exchange, command)
    }

    private mutating func count(_ verdict: APDUVerdict, _ exchange: APDUExchange, cla: UInt8) {
        if let statusWord = exchange.statusWord {
            statusWords[statusWord.value, default: 0] += 1
            statusWordLabels[statusWord.label(cla: cla), default: 0] += 1
            if case .probingRefusal = verdict { probingRefusals[statusWord.value, default: 0] += 1 }
        } else if !exchange.isAnswerKnown {
            unansweredCommands += 1
        } else if exchange.resultCode == 0 {
            responsesWithoutStatusWord += 1
        } else {
            failedTransmits.update(exchange.resultCode, new: 0) { $0 += 1 }
        }
        switch verdict {
        case .error(let type): errorTypes[type, default: 0] += 1
        case .expected(let type): expected[ExpectedFailure(exchange, type, cla: cla), default: 0] += 1
        case .good, .probingRefusal: break
        }
    }

    /// A try with a PIN. Without data the command only asks for the number of tries left (TS 102 221, 11.1.9).
    private mutating func notePIN(_ exchange: APDUExchange, _ command: CommandAPDU) {
        guard PINAnswer.isPINCommand(command), let statusWord = exchange.statusWord else { return }
        guard let answer = PINAnswer(statusWord, hasData: command.length > 5) else { return }
        let reference = PINReference(reader: exchange.reader, command: exchange.name, reference: command.p2)
        pins.update(reference, new: PINTally()) { $0.note(answer) }
    }
}

extension ExpectedFailure {
    fileprivate init(_ exchange: APDUExchange, _ type: APDUErrorType, cla: UInt8) {
        command = exchange.name
        outcome = exchange.statusWord.map { $0.label(cla: cla).name } ?? type.name
    }
}

extension CommandTally {
    fileprivate mutating func add(_ exchange: APDUExchange, _ verdict: APDUVerdict) {
        if exchange.isTimed { times.record(exchange.cardNanoseconds) } else { untimed += 1 }
        if exchange.isUpperBound { upperBounds += 1 }
        switch verdict {
        case .good: break
        case .probingRefusal: probingRefusals += 1
        case .expected: expectedErrors += 1
        case .error: errors += 1
        }
    }
}

/// What a card's answer to a PIN command says about the PIN.
enum PINAnswer: Hashable {
    /// It was wrong; so many tries are left, if the card tells.
    case refused(triesLeft: Int?)
    /// No further try is possible; whether this was one that was refused.
    case blocked(wasTry: Bool)
    /// It was right.
    case accepted

    /// VERIFY, CHANGE, DISABLE, ENABLE and UNBLOCK, in the classes that define them.
    static func isPINCommand(_ command: CommandAPDU) -> Bool {
        switch command.classByte.family {
        case .iso, .isoFurther, .gsm: break
        case .uicc, .uiccFurther, .proprietary, .pseudo, .reserved: return false
        }
        switch command.ins {
        case 0x20, 0x21, 0x24, 0x25, 0x26, 0x28, 0x2C, 0x2D: return true
        default: return false
        }
    }

    /// Nil when it says nothing: a question that was answered, or an error of another kind.
    init?(_ statusWord: StatusWord, hasData: Bool) {
        switch statusWord.value {
        case 0x63C0: self = hasData ? .refused(triesLeft: 0) : .blocked(wasTry: false)
        case 0x63C1...0x63CF where hasData: self = .refused(triesLeft: Int(statusWord.value & 0x0F))
        // 6300: ISO/IEC 7816-4, without counter; 9804: TS 51.011, 9.4.5.
        case 0x6300 where hasData, 0x9804 where hasData: self = .refused(triesLeft: nil)
        case 0x6983, 0x9840: self = .blocked(wasTry: hasData)
        case 0x9000 where hasData: self = .accepted
        default: return nil
        }
    }
}

extension PINTally {
    fileprivate mutating func note(_ answer: PINAnswer) {
        switch answer {
        case .refused(let tries):
            refused += 1
            triesLeft = tries
            isBlocked = tries == 0
            isAcceptedSince = false
        case .blocked(let wasTry):
            if wasTry { refused += 1 }
            triesLeft = 0
            isBlocked = true
            isAcceptedSince = false
        case .accepted:
            triesLeft = nil
            isBlocked = false
            isAcceptedSince = true
        }
    }
}
