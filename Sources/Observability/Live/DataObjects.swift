internal import ProbeEvents
internal import SmartCard

/// The data objects in an exchange; values only where they were not cut and may be shown.
struct DataObjects {
    /// Objects that are told at most, and how deep.
    private static let limits = (objects: 128, depth: 6)

    private(set) var sent: [ExchangeDetail.Object] = []
    private(set) var received: [ExchangeDetail.Object] = []
    private let showsPayload: Bool
    private let isCut: Bool
    private var left = Self.limits.objects

    init(_ exchange: APDUExchange, _ command: CommandAPDU, showsPayload: Bool) {
        (self.showsPayload, isCut) = (showsPayload, exchange.isCut)
        guard !command.isMalformed else { return }
        let data = exchange.command.bytes[command.dataRange]
        let answer = exchange.response.bytes.dropLast(2)
        switch exchange.name {
        case .fetch: received = outer(answer)
        case .envelope: sent = outer(data)
        case .terminalResponse: sent = comprehension(data)
        // Of anything else cut bytes are all 00, and these are no objects.
        case _ where isCut: return
        case .select, .getResponse: received = templates(answer)
        default: return
        }
    }

    /// A proactive command or an envelope: an outer object, and in it those with a comprehension bit.
    private mutating func outer(_ bytes: ArraySlice<UInt8>) -> [ExchangeDetail.Object] {
        let (objects, truncated) = BERTLVs.decode(bytes)
        guard let first = objects.first, !truncated else { return [] }
        let inner = comprehension(first.value)
        return [
            ExchangeDetail.Object(
                tag: Self.hex(first.tag), lengthBytes: first.value.count, objects: inner)
        ]
    }

    private mutating func comprehension(_ bytes: ArraySlice<UInt8>) -> [ExchangeDetail.Object] {
        var objects: [ExchangeDetail.Object] = []
        for object in ComprehensionTLVs(bytes) where takePlace() {
            let known = ToolkitTag.named(object.tag)
            // What redaction keeps of a tag is whole even where the exchange was cut.
            let isShown = showsPayload && (!isCut || known?.isKept == true)
            objects.append(
                ExchangeDetail.Object(
                    tag: Self.hex(UInt32(object.tag)), name: known?.name, lengthBytes: object.value.count,
                    hex: isShown ? HexBytes(Array(object.value)).description : nil, objects: []))
        }
        return objects
    }

    /// File control and other templates: BER-TLV that is read to its end.
    private mutating func templates(_ bytes: ArraySlice<UInt8>) -> [ExchangeDetail.Object] {
        let (objects, truncated) = BERTLVs.decode(bytes)
        guard !truncated, objects.first?.isConstructed == true else { return [] }
        return ber(objects, depth: 0, in: nil)
    }

    private mutating func ber(_ all: [BERTLV], depth: Int, in outer: UInt32?) -> [ExchangeDetail.Object] {
        var objects: [ExchangeDetail.Object] = []
        for object in all where takePlace() {
            let children =
                depth < Self.limits.depth ? ber(Array(object.children), depth: depth + 1, in: object.tag) : []
            objects.append(
                ExchangeDetail.Object(
                    tag: Self.hex(object.tag), name: FileControlTag.name(of: object.tag, in: outer),
                    lengthBytes: object.value.count,
                    hex: showsPayload && children.isEmpty ? HexBytes(Array(object.value)).description : nil,
                    objects: children))
        }
        return objects
    }

    private mutating func takePlace() -> Bool {
        left -= 1
        return left >= 0
    }

    private static func hex(_ tag: UInt32) -> String {
        let digits = String(tag, radix: 16, uppercase: true)
        return digits.count.isMultiple(of: 2) ? digits : "0" + digits
    }
}
