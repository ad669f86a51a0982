internal import ProbeEvents

/// What an attribute says.
package enum AttributeValue: Sendable, Hashable {
    case text(String)
    case flag(Bool)
    case integer(Int64)
    case number(Double)
    case texts([String])
    case flags([Bool])
    case integers([Int64])
    case numbers([Double])
}

extension AttributeValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
    package init(stringLiteral value: String) { self = .text(value) }
    package init(booleanLiteral value: Bool) { self = .flag(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }

    /// Whether a text in it may have more characters than that; a text has no more characters than bytes.
    func isLonger(than length: Int) -> Bool {
        switch self {
        case .text(let text): text.utf8.count > length
        case .texts(let texts): texts.contains { $0.utf8.count > length }
        default: false
        }
    }

    /// Texts with at most so many characters each.
    func cut(to length: Int) -> AttributeValue {
        switch self {
        case .text(let text) where isLonger(than: length): .text(String(text.prefix(length)))
        case .texts(let texts) where isLonger(than: length): .texts(texts.map { String($0.prefix(length)) })
        default: self
        }
    }
}

/// One attribute.
package struct Attribute: Sendable, Hashable {
    /// Its name.
    package var key: String
    /// What it says.
    package var value: AttributeValue

    /// An attribute.
    package init(_ key: String, _ value: AttributeValue) { (self.key, self.value) = (key, value) }
}

/// Attributes up to a limit; no key comes twice.
package struct Attributes: Sendable, Hashable {
    /// Those that had room, in the order in which they came.
    package private(set) var kept: [Attribute] = []
    /// How many had none.
    package private(set) var dropped: UInt32 = 0

    /// No attributes.
    package init() {}

    /// Puts one in, in the place of one with the same key.
    package mutating func set(_ key: String, _ value: AttributeValue, limits: SpanLimits) {
        let value = value.cut(to: limits.valueLength)
        if let place = kept.firstIndex(where: { $0.key == key }) {
            kept[place].value = value
        } else if kept.count < limits.attributes {
            kept.append(Attribute(key, value))
        } else {
            dropped &+= 1
        }
    }

    /// Puts several in.
    package mutating func set(_ attributes: [Attribute], limits: SpanLimits) {
        // The usual case costs no copy: a span's first attributes, all as they may be.
        if kept.isEmpty, dropped == 0, attributes.count <= limits.attributes,
            attributes.allSatisfy({ !$0.value.isLonger(than: limits.valueLength) }), Self.areDistinct(attributes)
        {
            kept = attributes
        } else {
            for attribute in attributes { set(attribute.key, attribute.value, limits: limits) }
        }
    }

    /// Whether no key comes twice; looks closely only at keys of equal length.
    private static func areDistinct(_ attributes: [Attribute]) -> Bool {
        for (place, attribute) in attributes.enumerated() {
            let length = attribute.key.utf8.count
            for earlier in attributes[..<place]
            where earlier.key.utf8.count == length && earlier.key == attribute.key { return false }
        }
        return true
    }

    /// The value of a key.
    package subscript(key: String) -> AttributeValue? { kept.first { $0.key == key }?.value }
}

/// How much a span holds; what is more is counted with it.
package struct SpanLimits: Sendable, Hashable {
    /// Attributes of a span, of an event, of a link.
    package var attributes = 128
    /// Events of a span.
    package var events = 128
    /// Links of a span.
    package var links = 128
    /// Characters of a text.
    package var valueLength = 4_096

    /// The usual ones.
    package init() {}
}

/// What a span is towards its caller; the names are OpenTelemetry's.
package enum SpanKind: Sendable, Hashable {
    case `internal`, server, client, producer, consumer
}

/// How a span ended.
package enum SpanStatus: Sendable, Hashable {
    /// Nobody said.
    case unset
    /// Well, whatever is in it.
    case ok
    /// Badly; why, in a line that may be empty.
    case error(String)
}

/// A span as exporters take it.
package struct SpanData: Sendable, Hashable {
    /// Something that happened in it.
    package struct Event: Sendable, Hashable {
        /// What.
        package var name: String
        /// When, nanoseconds since 1970 in UTC.
        package var wallNanoseconds: UInt64
        /// More about it.
        package var attributes = Attributes()
    }

    /// Another span that it has to do with.
    package struct Link: Sendable, Hashable {
        /// The other one.
        package var context: SpanContext
        /// More about it.
        package var attributes = Attributes()
    }

    /// What it is called: one of few names.
    package var name: String
    /// What it is towards its caller.
    package var kind: SpanKind
    /// Its own numbers.
    package let context: SpanContext
    /// The span that it is part of; nil for a trace's first.
    package let parent: SpanContext?
    /// When it began, nanoseconds since 1970 in UTC.
    package var startNanoseconds: UInt64
    /// The same by both clocks; nil where nobody told.
    private var begin: EventClock?
    /// When it ended, nanoseconds since 1970 in UTC; its begin while it is open.
    package var endNanoseconds: UInt64
    /// More about it.
    package private(set) var attributes = Attributes()
    /// What happened in it.
    package private(set) var events: [Event] = []
    /// Events that had no room.
    package private(set) var droppedEvents: UInt32 = 0
    /// Other spans that it has to do with.
    package private(set) var links: [Link] = []
    /// Links that had no room.
    package private(set) var droppedLinks: UInt32 = 0
    /// How it ended.
    package var status = SpanStatus.unset
    /// How much it holds.
    package let limits: SpanLimits

    /// A span without length and with nothing in it.
    package init(
        _ name: String, kind: SpanKind = .internal, context: SpanContext, parent: SpanContext?,
        startNanoseconds: UInt64, limits: SpanLimits = SpanLimits()
    ) {
        self.name = name
        self.kind = kind
        self.context = context
        self.parent = parent
        self.startNanoseconds = startNanoseconds
        endNanoseconds = startNanoseconds
        self.limits = limits
    }

    /// A span that begins with what a stamp tells.
    init(
        _ name: String, context: SpanContext, parent: SpanContext?, from begin: EventStamp, limits: SpanLimits
    ) {
        self.init(
            name, context: context, parent: parent, startNanoseconds: begin.wallNanoseconds, limits: limits)
        self.begin = EventClock(
            monotonicNanoseconds: begin.startNanoseconds, wallNanoseconds: begin.wallNanoseconds)
    }

    /// The wall time of a stamp's end, by the clock that does not jump where its begin is known by that.
    private func endWall(of stamp: EventStamp) -> UInt64 {
        guard let begin else { return stamp.endWallNanoseconds }
        return begin.wall(atMonotonic: stamp.startNanoseconds &+ stamp.durationNanoseconds)
    }

    /// Ends it with what a stamp tells.
    mutating func end(with stamp: EventStamp) { endNanoseconds = max(startNanoseconds, endWall(of: stamp)) }

    /// Ends it with what happened in it last.
    mutating func endWithItsLastEvent() {
        endNanoseconds = max(startNanoseconds, events.last?.wallNanoseconds ?? 0)
    }

    /// Puts an attribute in, in the place of one with the same key.
    package mutating func set(_ key: String, _ value: AttributeValue) { attributes.set(key, value, limits: limits) }

    /// Puts attributes in.
    package mutating func set(_ attributes: [Attribute]) { self.attributes.set(attributes, limits: limits) }

    /// The attributes anew.
    package mutating func replaceAttributes(_ attributes: [Attribute]) {
        self.attributes = Attributes()
        set(attributes)
    }

    /// Adds an event.
    package mutating func addEvent(_ name: String, wallNanoseconds: UInt64, _ attributes: [Attribute] = []) {
        guard events.count < limits.events else { return droppedEvents &+= 1 }
        var event = Event(name: name, wallNanoseconds: wallNanoseconds)
        event.attributes.set(attributes, limits: limits)
        events.append(event)
    }

    /// Adds an event that a stamp tells.
    mutating func addEvent(_ name: String, atEndOf stamp: EventStamp, _ attributes: [Attribute] = []) {
        addEvent(name, wallNanoseconds: endWall(of: stamp), attributes)
    }

    /// Adds a link.
    package mutating func addLink(_ context: SpanContext, _ attributes: [Attribute] = []) {
        guard links.count < limits.links else { return droppedLinks &+= 1 }
        var link = Link(context: context)
        link.attributes.set(attributes, limits: limits)
        links.append(link)
    }

    /// Notes an error: an event, `error.type` and the status.
    ///
    /// Its text is told only when it is one of ours: another's may have anything in it.
    package mutating func record(_ error: any Error, wallNanoseconds: UInt64) {
        let type = String(reflecting: Swift.type(of: error))
        let explanation = (error as? any ExplainedError)?.explanation
        var about = [Attribute("exception.type", .text(type))]
        if let explanation { about.append(Attribute("exception.message", .text(explanation))) }
        addEvent("exception", wallNanoseconds: wallNanoseconds, about)
        set("error.type", .text(type))
        status = .error(explanation ?? "")
    }
}
