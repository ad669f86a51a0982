internal import FoundationEssentials
internal import Glibc
internal import Gzip
internal import ProbeEvents
internal import SmartCard

/// Why a file cannot be compared.
package struct RecordedRunError: ExplainedError, Hashable {
    /// The file.
    package var path: String
    /// What is wrong with it.
    package var what: String

    /// One line: what, where, what to do next.
    package var explanation: String {
        "\(path) \(what); name a run of the history by its number, or a file of run --events or serve --events.recording"
    }
}

extension ComparedRun {
    /// What a file of `run --events` or `serve --events.recording` tells, gzip or not.
    package init(recording path: String) throws(RecordedRunError) {
        guard let file = InflatedFile(path) else {
            throw RecordedRunError(path: path, what: "cannot be opened: \(String(cString: strerror(errno)))")
        }
        var reading = Reading()
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        var line: [UInt8] = []
        while let count = file.read(into: &piece), count > 0 {
            var rest = piece[..<count]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                line += rest[..<end]
                reading.take(line)
                line.removeAll(keepingCapacity: true)
                rest = rest[(end + 1)...]
            }
            line += rest
            // What is longer is no event, and is not gathered.
            if line.count > EventLine.longestBytes { line.removeLast(line.count - EventLine.longestBytes - 1) }
        }
        if !line.isEmpty { reading.take(line) }
        guard reading.events > 0 else { throw RecordedRunError(path: path, what: "has no events") }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        self.init(
            name: name, diary: reading.diary, exchanges: reading.exchanges, isCut: reading.isCut || file.isBroken)
    }

    /// What was read so far.
    private struct Reading {
        private struct Device {
            var type: DeviceType
            var atr: HexBytes = []
            var model: String?
            var firmware: String?
            var iccidHash: String?
            var eidHash: String?
        }

        private static let deviceLimit = 256

        private(set) var exchanges: [Exchange] = []
        private(set) var events = 0
        private(set) var isCut = false
        private var attached: ClientAttached?
        private var devices: [String: Device] = [:]

        mutating func take(_ line: [UInt8]) {
            guard line.count > 1 else { return }
            guard let event = try? EventLine.decode(Data(line)) else { return isCut = true }
            events += 1
            switch event {
            case .apdu(let exchange): take(exchange)
            // Of several programs the first stands for all.
            case .clientAttached(let event): attached = attached ?? event
            case .cardIdentified(let card):
                use(card.reader, .reader) { device in
                    if !card.atr.bytes.isEmpty { device.atr = card.atr }
                    device.iccidHash = card.iccidHash ?? device.iccidHash
                    device.eidHash = card.eidHash ?? device.eidHash
                }
            case .sessionOpened(let opened): use(opened.reader, opened.type == .at ? .modem : .reader) { _ in }
            case .modemIdentified(let modem):
                use(modem.modem, .modem) { device in
                    (device.model, device.firmware) = (modem.model, modem.firmware)
                    device.iccidHash = modem.identities.first { $0.kind == .iccid }?.hash
                }
            default: break
            }
        }

        private mutating func take(_ exchange: APDUExchange) {
            guard exchanges.count < ComparedRun.limit else { return isCut = true }
            let word = exchange.statusWord
            exchanges.append(
                Exchange(
                    command: exchange.name.name,
                    header: HexBytes(Array(exchange.command.bytes.prefix(CommandAPDU.headerLength))).description,
                    sentBytes: CommandAPDU(exchange.command.bytes).lc,
                    receivedBytes: word == nil ? 0 : exchange.response.bytes.count - 2,
                    statusWord: word?.description, nanoseconds: exchange.cardNanoseconds))
        }

        private mutating func use(_ name: String, _ type: DeviceType, _ change: (inout Device) -> Void) {
            guard devices[name] != nil || devices.count < Self.deviceLimit else { return }
            change(&devices[name, default: Device(type: type)])
        }

        var diary: [Fact] {
            let own = [
                ("program", attached?.client.program), ("tester", attached?.testerVersion),
                ("tester's commit", attached?.testerCommit), ("PC/SC library", attached?.library),
            ].compactMap { Fact($0.0, $0.1) }
            return own
                + devices.sorted { $0.key < $1.key }.flatMap { name, device in
                    Fact.facts(
                        type: device.type.name, name: name,
                        atr: device.atr.bytes.isEmpty ? nil : device.atr.description, model: device.model,
                        firmware: device.firmware, iccidHash: device.iccidHash, eidHash: device.eidHash)
                }
        }
    }
}
