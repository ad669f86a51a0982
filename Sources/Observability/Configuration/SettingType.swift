internal import ProbeEvents

/// How the text of a setting is read, and what may stand in it.
package struct SettingType<Value: Sendable>: Sendable {
    /// What may stand there, as a person is told.
    let allowed: String
    /// All that may stand there, where that is a list of words; empty where it is not.
    let words: [String]
    /// Whether there may be several values.
    let isList: Bool
    /// Whether it is the path of something.
    let isPath: Bool
    /// Gives the value of texts; exactly one where it is no list.
    let read: @Sendable ([String]) throws(SettingRefusal) -> Value
    /// The texts of a value.
    let texts: @Sendable (Value) -> [String]

    /// A type with one value, which is one of the words where there are any.
    init(
        allowed: String, words: [String] = [], isPath: Bool = false, texts: @escaping @Sendable (Value) -> [String],
        one read: @escaping @Sendable (String) throws(SettingRefusal) -> Value
    ) {
        (self.allowed, self.words) = (allowed, words)
        isList = false
        self.isPath = isPath
        self.texts = texts
        self.read = { texts throws(SettingRefusal) in
            guard let text = texts.first, texts.count == 1 else {
                throw SettingRefusal("has \(texts.count) values where one is allowed: \(allowed)")
            }
            return try read(text)
        }
    }

    /// A type with any number of values.
    init<Element: Sendable>(
        allowed: String, words: [String] = [], text: @escaping @Sendable (Element) -> String,
        each read: @escaping @Sendable (String) throws(SettingRefusal) -> Element
    ) where Value == [Element] {
        (self.allowed, self.words) = (allowed, words)
        isList = true
        isPath = false
        texts = { $0.map(text) }
        self.read = { texts throws(SettingRefusal) in
            var elements: [Element] = []
            for text in texts { elements.append(try read(text)) }
            return elements
        }
    }
}

/// What is wrong with the text of a setting, with the text and what is allowed.
struct SettingRefusal: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

extension SettingType where Value == Bool {
    /// `true` or `false`.
    static var flag: Self {
        Self(allowed: "true, false", words: ["true", "false"], texts: { ["\($0)"] }) { text throws(SettingRefusal) in
            guard let value = Bool(text.lowercased()) else {
                throw SettingRefusal("'\(text)' is neither true nor false")
            }
            return value
        }
    }
}

extension SettingType where Value == Int {
    /// A whole number.
    static func number(_ range: ClosedRange<Int>) -> Self {
        let allowed = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return Self(allowed: allowed, texts: { ["\($0)"] }) { text throws(SettingRefusal) in
            guard let value = Int(text), range.contains(value) else {
                throw SettingRefusal("'\(text)' is not \(allowed)")
            }
            return value
        }
    }
}

extension SettingType where Value == Double {
    /// A share of a whole.
    static var share: Self {
        Self(allowed: "a number from 0 to 1", texts: { ["\($0)"] }) { text throws(SettingRefusal) in
            guard let value = Double(text), (0...1).contains(value) else {
                throw SettingRefusal("'\(text)' is not a number from 0 to 1")
            }
            return value
        }
    }
}

extension SettingType where Value == Duration {
    /// A length of time.
    static func time(_ range: ClosedRange<Duration>) -> Self {
        let bounds = "\(DurationText.text(range.lowerBound)) to \(DurationText.text(range.upperBound))"
        let allowed = "a time from \(bounds), as in 5s, 500ms or 1m30s; a number alone is of seconds"
        return Self(allowed: allowed, texts: { [DurationText.text($0)] }) { text throws(SettingRefusal) in
            guard let value = DurationText.duration(text, bareSeconds: true), range.contains(value) else {
                throw SettingRefusal("'\(text)' is not \(allowed)")
            }
            return value
        }
    }
}

extension SettingType where Value == Int64 {
    /// A number of bytes.
    static func size(_ range: ClosedRange<Int64>) -> Self {
        let bounds = "\(SizeText.text(range.lowerBound)) to \(SizeText.text(range.upperBound))"
        let allowed = "a size from \(bounds), as in 256MiB; a number alone is of bytes"
        return Self(allowed: allowed, texts: { [SizeText.text($0)] }) { text throws(SettingRefusal) in
            guard let value = SizeText.bytes(text), range.contains(value) else {
                throw SettingRefusal("'\(text)' is not \(allowed)")
            }
            return value
        }
    }
}

extension SettingType where Value == String {
    /// The path of a web page that is not one of those that are there anyway, nor in one of their folders.
    static func webPath(besides taken: [String], below folders: [String]) -> Self {
        let free =
            "begins with /, is none of \(taken.joined(separator: ", ")), and not below "
            + folders.joined(separator: " or ")
        return Self(allowed: "a path that \(free)", texts: { [$0] }) { text throws(SettingRefusal) in
            guard text.hasPrefix("/"), !text.contains(where: { "?# ".contains($0) }), !taken.contains(text),
                !folders.contains(where: text.hasPrefix)
            else {
                throw SettingRefusal("'\(text)' is no free path; it \(free)")
            }
            return text
        }
    }
}

extension SettingType where Value == String? {
    /// The path of a file or folder.
    static var path: Self { name("a path", isPath: true) }

    /// Any text but an empty one.
    static func name(_ allowed: String, isPath: Bool = false) -> Self {
        Self(allowed: allowed, isPath: isPath, texts: { $0.map { [$0] } ?? [] }) { text throws(SettingRefusal) in
            guard !text.isEmpty else { throw SettingRefusal("is empty where \(allowed) is allowed") }
            return text
        }
    }
}

extension SettingType where Value == String? {
    /// One of these.
    static func choice(_ words: String...) -> Self {
        let allowed = words.joined(separator: ", ")
        return Self(allowed: allowed, words: words, texts: { $0.map { [$0] } ?? [] }) { text throws(SettingRefusal) in
            guard words.contains(text) else { throw SettingRefusal("'\(text)' is none of: \(allowed)") }
            return text
        }
    }

    /// Where telemetry goes. Names and passwords of users do not stand there: files and dumps show it.
    static var exportEndpoint: Self {
        let allowed = "HOST:PORT, or a URL that begins with http:// or https:// and has no user's name in it"
        return Self(allowed: allowed, texts: { $0.map { [$0] } ?? [] }) { text throws(SettingRefusal) in
            guard !text.contains("@") else {
                throw SettingRefusal("has a user's name or password; allowed: \(allowed)")
            }
            let rest = ["http://", "https://"].first(where: text.hasPrefix).map { text.dropFirst($0.count) }
            let isURL = rest?.first.map { !"/:?#".contains($0) } ?? false
            let isAddress = (try? ListenAddress(parsing: text)).map { !$0.host.isEmpty && $0.port > 0 } ?? false
            let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            guard isURL || isAddress, isPlain else { throw SettingRefusal("'\(text)' is not \(allowed)") }
            return text
        }
    }
}

extension SettingType where Value == [String] {
    /// Host names.
    static var hostNames: Self {
        Self(allowed: "host names", text: { $0 }) { text throws(SettingRefusal) in
            guard !text.isEmpty, text.utf8.allSatisfy(ListenAddress.isInName) else {
                throw SettingRefusal("'\(text)' is no host name")
            }
            return text
        }
    }
}

extension SettingType where Value == [String] {
    /// Names of things, as `what` calls them.
    static func names(_ what: String) -> Self {
        Self(allowed: what, text: { $0 }) { text throws(SettingRefusal) in
            guard !text.isEmpty, text.utf8.count <= 256, !text.unicodeScalars.contains(where: { $0.value < 0x20 })
            else { throw SettingRefusal("'\(text.prefix(64))' is none of \(what): 1 to 256 bytes in one line") }
            return text
        }
    }
}

extension SettingType where Value == [String] {
    /// Paths that are the same wherever they are read.
    static var absolutePaths: Self {
        Self(allowed: "paths that begin with /", text: { $0 }) { text throws(SettingRefusal) in
            guard text.hasPrefix("/") else { throw SettingRefusal("'\(text)' is no path that begins with /") }
            return text
        }
    }
}

extension SettingType where Value == ListenAddress? {
    /// Where datagrams go.
    static var destination: Self {
        Self(allowed: "HOST:PORT or [IPV6]:PORT", texts: { $0.map { [$0.description] } ?? [] }) {
            text throws(SettingRefusal) in
            do throws(ListenAddressError) {
                return try ListenAddress(sendingTo: text)
            } catch {
                throw SettingRefusal(error.explanation)
            }
        }
    }
}

extension SettingType where Value == [ListenAddress] {
    /// Addresses to listen on.
    static var addresses: Self {
        Self(allowed: "HOST:PORT, [IPV6]:PORT, or :PORT for every address", text: { $0.description }) {
            text throws(SettingRefusal) in
            do throws(ListenAddressError) {
                return try ListenAddress(parsing: text)
            } catch {
                throw SettingRefusal(error.explanation)
            }
        }
    }
}
