internal import ProbeEvents

/// A phone as the adb server lists it.
struct ListedPhone: Sendable, Hashable {
    /// Its serial number, or where it plugs in when it has none.
    var name: String
    var state: PhoneState
    /// Its model; empty when it is not told.
    var model = ""
    /// By which the server is asked for it.
    var transport: String

    /// The request that turns a connection to this phone.
    var request: String { "host:\(transport)" }
}

/// Reads lists of phones as they come: four hex digits of length, and a line each.
struct DeviceList {
    /// A serial number is shorter, and so is everything else that is kept of a line.
    private static let longestWord = 128
    /// More phones than a bench has.
    private static let longestList = 256
    private static let withoutSerial = "(no serial number)"

    private var fields = ADBFields()
    private var length: Int?
    private(set) var isUnreadable = false

    /// The lists that these bytes complete; the last one counts.
    mutating func received(_ bytes: [UInt8]) -> [[ListedPhone]] {
        var rest = bytes[...]
        var lists: [[ListedPhone]] = []
        while !isUnreadable {
            if let length {
                guard let text = fields.take(length, from: &rest) else { break }
                self.length = nil
                lists.append(Self.phones(String(decoding: text, as: UTF8.self)))
            } else {
                guard let digits = fields.take(4, from: &rest) else { break }
                length = ADBFields.length(hex: digits)
                isUnreadable = length == nil
            }
        }
        return lists
    }

    /// The phones of a list; a line that is none is left out.
    static func phones(_ text: String) -> [ListedPhone] {
        var names: Set<String> = []
        return text.split(whereSeparator: \.isNewline).prefix(longestList).compactMap(phone).filter {
            names.insert($0.name).inserted
        }
    }

    /// `SERIAL TAB STATE`, or serial number and state with facts behind them.
    private static func phone(_ line: Substring) -> ListedPhone? {
        let hasNone = line.hasPrefix(withoutSerial)
        let serial = hasNone ? "" : line.prefix { $0 != " " && $0 != "\t" }
        let rest = line.dropFirst(hasNone ? withoutSerial.count : serial.count).drop { $0 == " " || $0 == "\t" }
        guard !rest.isEmpty, hasNone || !serial.isEmpty else { return nil }
        let words = rest.split(separator: " ")
        func fact(_ name: String) -> String? {
            words.first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count).prefix(longestWord)) }
        }
        let place = words.first { $0.hasPrefix("usb:") }.map { String($0.prefix(longestWord)) }
        let number = fact("transport_id:")
        let name = hasNone ? place ?? "unknown" : String(serial.prefix(longestWord))
        return ListedPhone(
            name: name, state: PhoneState(adb: rest), model: fact("model:") ?? "",
            transport: number.map { "transport-id:\($0)" } ?? "transport:\(name)")
    }
}

extension PhoneState {
    /// From adb's word for it, with whatever stands behind.
    fileprivate init(adb text: Substring) {
        if text.hasPrefix("no permissions") {
            self = .noPermissions
        } else {
            let state = Self(name: String(text.prefix { $0 != " " }))
            // These two are the probe's own words.
            self = state == .gone || state == .noPermissions ? .other : state ?? .other
        }
    }
}
