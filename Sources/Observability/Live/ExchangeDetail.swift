internal import ProbeEvents
internal import SmartCard

/// One command and its answer in all that is known of them: what `/api/v1/apdu/ID` answers.
///
/// Keys and units as in ``BenchStatus``.
package struct ExchangeDetail: Sendable, Hashable, Codable {
    /// Version of the JSON form.
    package var schema = 1
    /// As in the list.
    package var exchange: LiveExchange
    /// Header, Lc and Le with what they mean.
    package var fields: [Field]
    /// The status word; left out when none came.
    package var status: Status?
    /// The exchanges of the command as it was meant, this one too, by id: over T=0 it may take several.
    package var chain: [UInt64]
    package var timing: Timing
    /// `shown`; `cut` where the probe itself does not keep the bytes; `hidden` from a viewer who may not see them.
    package var payload: String
    /// The command's data field.
    package var sent: Data
    /// The response without its status word.
    package var received: Data

    /// A part of a command.
    package struct Field: Sendable, Hashable, Codable {
        /// `CLA`, `INS`, `P1`, `P2`, `Lc` or `Le`.
        package var name: String
        /// Two hex digits, or a length in decimal.
        package var value: String
        package var meaning: String
    }

    /// A status word.
    package struct Status: Sendable, Hashable, Codable {
        package var word: String
        /// The label under which it is counted.
        package var label: String
        package var category: String
        package var meaning: String
        /// Under which it counts as an error; left out when it does not.
        package var errorType: String?
    }

    /// Where the time went.
    package struct Timing: Sendable, Hashable, Codable {
        package var totalSeconds: Double
        package var cardSeconds: Double
        /// Spent waiting for another program's transaction.
        package var transactionWaitSeconds: Double
        /// In which the reader served others.
        package var sharingWaitSeconds: Double
        /// Whether some waiting may be counted as the card's time.
        package var isUpperBound: Bool
    }

    /// A data field.
    package struct Data: Sendable, Hashable, Codable {
        package var lengthBytes: Int
        /// The bytes, where they are shown.
        package var hex: String?
        /// The data objects in it; their values only where they are shown.
        package var objects: [Object]
    }

    /// A data object.
    package struct Object: Sendable, Hashable, Codable {
        package var tag: String
        package var name: String?
        package var lengthBytes: Int
        package var hex: String?
        package var objects: [Object]
    }
}

extension ExchangeDetail {
    /// All of an exchange that a viewer may see.
    init(_ entry: LiveEntry, chain: [UInt64], showsPayload: Bool) {
        let shown = entry.exchange
        let command = CommandAPDU(shown.command.bytes)
        exchange = LiveExchange(entry)
        fields = Self.fields(command)
        status = shown.statusWord.map { Status($0, shown.name, cla: command.cla) }
        self.chain = chain
        timing = Timing(shown)
        payload = !showsPayload ? "hidden" : shown.isCut ? "cut" : "shown"
        let objects = DataObjects(shown, command, showsPayload: showsPayload)
        let isShown = showsPayload && !shown.isCut
        let data = shown.command.bytes[command.dataRange]
        sent = Data(
            lengthBytes: command.lc, hex: isShown ? HexBytes(Array(data)).description : nil, objects: objects.sent)
        let answer = shown.statusWord == nil ? [] : shown.response.bytes.dropLast(2)
        received = Data(
            lengthBytes: answer.count, hex: isShown ? HexBytes(Array(answer)).description : nil,
            objects: objects.received)
    }

    private static func fields(_ command: CommandAPDU) -> [Field] {
        let header = [command.cla, command.ins, command.p1, command.p2].prefix(command.length)
        let meanings = CommandFields.meanings(command)
        var fields = zip(["CLA", "INS", "P1", "P2"], zip(header, meanings)).map { name, value in
            Field(name: name, value: HexBytes([value.0]).description, meaning: value.1)
        }
        if command.lc > 0 {
            fields.append(Field(name: "Lc", value: "\(command.lc)", meaning: "bytes of data that follow"))
        }
        if command.ne > 0 {
            fields.append(Field(name: "Le", value: "\(command.ne)", meaning: "bytes that are expected at most"))
        }
        return fields
    }
}

extension ExchangeDetail.Status {
    fileprivate init(_ statusWord: StatusWord, _ command: CommandName, cla: UInt8) {
        word = statusWord.description
        label = statusWord.label(cla: cla).name
        (category, meaning) = (statusWord.category(cla: cla).name, statusWord.meaning(cla: cla))
        errorType = statusWord.errorType(command: command, cla: cla)?.name
    }
}

extension ExchangeDetail.Timing {
    fileprivate init(_ exchange: APDUExchange) {
        totalSeconds = BenchStatus.seconds(exchange.stamp.durationNanoseconds)
        cardSeconds = BenchStatus.seconds(exchange.cardNanoseconds)
        transactionWaitSeconds = BenchStatus.seconds(exchange.waitNanoseconds)
        sharingWaitSeconds = BenchStatus.seconds(exchange.sharingNanoseconds)
        isUpperBound = exchange.isUpperBound
    }
}
