/// One line of a page, taken apart from the left.
struct MetricLine {
    /// Why it cannot be read.
    struct Fault: Error {
        let reason: String
    }

    private let bytes: ArraySlice<UInt8>
    private var place: Int
    /// Whether one blank parts words, and a sample may have an exemplar.
    private let isOpenMetrics: Bool

    init(_ bytes: ArraySlice<UInt8>, isOpenMetrics: Bool) {
        self.bytes = bytes
        place = bytes.startIndex
        self.isOpenMetrics = isOpenMetrics
    }

    private var next: UInt8? { place < bytes.endIndex ? bytes[place] : nil }

    var isAtEnd: Bool { place == bytes.endIndex }

    // MARK: Comments

    /// The word behind `# `, when it is one of these.
    mutating func keyword(_ words: [String]) -> String? {
        let start = place
        if skip(UInt8(ascii: "#")), skipBlanks(), let word = try? text(upTo: \.isBlank, "comment"), words.contains(word)
        {
            return word
        }
        place = start
        return nil
    }

    /// A metric's name, and what follows it.
    mutating func nameAndRest() throws(Fault) -> (name: String, rest: String) {
        guard skipBlanks() else { throw Fault(reason: "has no metric name") }
        let name = try metricName()
        guard !isAtEnd else { return (name, "") }
        guard skipBlanks() else { throw Fault(reason: "has no blank behind the metric name") }
        return (name, try text(upTo: { _ in false }, "text"))
    }

    /// A help text with its escapes taken off.
    func unescaped(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
        var out = ""
        var isEscaped = false
        for character in text.unicodeScalars {
            guard isEscaped else {
                if character == "\\" { isEscaped = true } else { out.unicodeScalars.append(character) }
                continue
            }
            isEscaped = false
            switch character {
            case "n": out += "\n"
            case "\\": out += "\\"
            case "\"" where isOpenMetrics: out += "\""
            default:
                out += "\\"
                out.unicodeScalars.append(character)
            }
        }
        return isEscaped ? out + "\\" : out
    }

    // MARK: Samples

    /// The whole line as a sample.
    mutating func sample() throws(Fault) -> MetricPage.Sample {
        if !isOpenMetrics { skipBlanks() }
        let name = try metricName()
        let isParted = !isOpenMetrics && skipBlanks()
        let hasLabels = next == UInt8(ascii: "{")
        let labels = hasLabels ? try labels() : []
        guard skipBlanks() || isParted || (hasLabels && !isOpenMetrics) else {
            throw Fault(reason: isAtEnd ? "has no value" : "has a character that no metric name has")
        }
        let number = try number("value")
        var sample = MetricPage.Sample(name: name, labels: labels, number: number)
        if skipBlanks(), !isAtEnd, next != UInt8(ascii: "#") {
            sample.timestamp = try timestamp()
            skipBlanks()
        }
        if isOpenMetrics, next == UInt8(ascii: "#") { sample.exemplar = try exemplar() }
        guard isAtEnd else { throw Fault(reason: "has something behind its value") }
        return sample
    }

    private mutating func exemplar() throws(Fault) -> MetricPage.Exemplar {
        guard skip(UInt8(ascii: "#")), skipBlanks(), next == UInt8(ascii: "{") else {
            throw Fault(reason: "has an exemplar without labels")
        }
        let labels = try labels()
        guard skipBlanks() else { throw Fault(reason: "has an exemplar without a value") }
        var exemplar = MetricPage.Exemplar(labels: labels, number: try number("value of its exemplar"))
        if skipBlanks() { exemplar.timestamp = try timestamp() }
        return exemplar
    }

    private mutating func metricName() throws(Fault) -> String {
        let start = place
        while let byte = next, byte.isInName || byte == UInt8(ascii: ":") { place += 1 }
        guard start < place, !bytes[start].isDigit else { throw Fault(reason: "begins with no metric name") }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func labels() throws(Fault) -> [MetricPage.Label] {
        var labels: [MetricPage.Label] = []
        place += 1
        while true {
            if !isOpenMetrics { skipBlanks() }
            if skip(UInt8(ascii: "}")) { return labels }
            let start = place
            while let byte = next, byte.isInName { place += 1 }
            guard start < place, !bytes[start].isDigit else {
                throw Fault(reason: "has no label name where one should be")
            }
            let name = String(decoding: bytes[start..<place], as: UTF8.self)
            if !isOpenMetrics { skipBlanks() }
            guard skip(UInt8(ascii: "=")) else { throw Fault(reason: "has no = behind the label \(name)") }
            if !isOpenMetrics { skipBlanks() }
            guard !labels.contains(where: { $0.name == name }) else {
                throw Fault(reason: "has the label \(name) twice")
            }
            labels.append(MetricPage.Label(name: name, value: try quoted(name)))
            if !isOpenMetrics { skipBlanks() }
            guard skip(UInt8(ascii: ",")) || next == UInt8(ascii: "}") else {
                throw Fault(reason: "has no , or } behind the label \(name)")
            }
        }
    }

    private mutating func quoted(_ label: String) throws(Fault) -> String {
        guard skip(UInt8(ascii: "\"")) else { throw Fault(reason: "has no quote before the value of \(label)") }
        var value: [UInt8] = []
        while let byte = next {
            place += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: value, as: UTF8.self) else {
                    throw Fault(reason: "has a value of \(label) that is no UTF-8")
                }
                return text
            case UInt8(ascii: "\\"):
                switch next {
                case UInt8(ascii: "n"): value.append(UInt8(ascii: "\n"))
                case UInt8(ascii: "\\"), UInt8(ascii: "\""): value.append(bytes[place])
                // What nothing stands for is itself.
                case let other?: value += [byte, other]
                case nil: continue
                }
                place += 1
            default: value.append(byte)
            }
        }
        throw Fault(reason: "has no quote behind the value of \(label)")
    }

    private mutating func number(_ what: String) throws(Fault) -> String {
        let word = try text(upTo: \.isBlank, what)
        guard MetricNumber.value(word) != nil else { throw Fault(reason: "has no number as \(what)") }
        return word
    }

    private mutating func timestamp() throws(Fault) -> String {
        let word = try text(upTo: \.isBlank, "timestamp")
        let isRight = isOpenMetrics ? MetricNumber.value(word)?.isFinite == true : Int64(word) != nil
        guard isRight else {
            throw Fault(
                reason: "has a timestamp that is no \(isOpenMetrics ? "number of seconds" : "whole number of ms")")
        }
        return word
    }

    // MARK: Bytes

    private mutating func text(upTo isEnd: (UInt8) -> Bool, _ what: String) throws(Fault) -> String {
        let start = place
        while let byte = next, !isEnd(byte) { place += 1 }
        guard let text = String(validating: bytes[start..<place], as: UTF8.self) else {
            throw Fault(reason: "has a \(what) that is no UTF-8")
        }
        return text
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        place += 1
        return true
    }

    /// Goes over the blanks here; false when there is none. OpenMetrics has one between words.
    @discardableResult private mutating func skipBlanks() -> Bool {
        if isOpenMetrics { return skip(UInt8(ascii: " ")) }
        let start = place
        while next?.isBlank == true { place += 1 }
        return place > start
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }

    /// Whether label names may have it; metric names may have a colon, too.
    fileprivate var isInName: Bool {
        isDigit || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) || self == UInt8(ascii: "_")
    }
}
