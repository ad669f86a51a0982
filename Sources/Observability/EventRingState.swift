internal import ProbeEvents

/// The events of an ``EventRing``, and how far each reader is; a value under one lock.
///
/// An event's place is its number, counted from 0, by the number of slots.
struct EventRingState {
    /// What a reader has next.
    enum Step {
        case event(ProbeEvent)
        /// One that is not for it.
        case other
        /// Nothing: it is idle, which these wait for.
        case none([OneTimeSignal])
    }

    /// Whom an event that was put in concerns.
    struct Wake {
        /// Who had read all.
        var idle = ReaderSet()
        /// Who has half of what it can hold, since this event.
        var crowded = ReaderSet()

        var isEmpty: Bool { idle.isEmpty && crowded.isEmpty }
    }

    /// A power of two; none before there is a reader.
    private var slots: [ProbeEvent?] = []
    /// How many were told.
    private var head = 0
    /// The number of the oldest event that anybody has yet to read.
    private var oldest = 0
    /// Before there are so many, nobody loses anything.
    private var limit = Int.max
    /// Before there are so many, nobody more has half of what it can hold.
    private var crowd = Int.max
    private var readers: [Position] = []
    private var idle = ReaderSet()
    /// Those for whom every event is.
    private var takers = ReaderSet()
    /// Those who are asked for each event.
    private var choosers: [Int] = []
    private var closed: [Int] = []

    /// Puts an event in; returns whom to wake.
    mutating func put(_ event: ProbeEvent) -> Wake {
        guard !slots.isEmpty else { return Wake() }
        if head >= limit { makeRoom(before: event) }
        slots[place(head)] = event
        head += 1
        var meant = takers
        for number in choosers {
            if readers[number].choose(event, head: head) { meant.insert(number) }
        }
        return Wake(idle: idle.removeAll(in: meant), crowded: head == crowd ? takeCrowded() : ReaderSet())
    }

    /// Adds a reader; returns its number.
    mutating func add(_ terms: ReaderTerms) -> Int {
        let number = readers.count
        precondition(number < ReaderSet.limit, "a ring has at most \(ReaderSet.limit) readers")
        if terms.capacity > slots.count { grow(to: terms.capacity) }
        readers.append(Position(terms, next: head))
        idle.insert(number)
        if terms.takes == nil { takers.insert(number) } else { choosers.append(number) }
        settle()
        return number
    }

    /// A reader's next step.
    mutating func next(_ number: Int) -> Step {
        guard readers[number].waiting(before: head) > 0, let event = slots[place(readers[number].next)] else {
            idle.insert(number)
            defer { readers[number].whenIdle = [] }
            return .none(readers[number].whenIdle)
        }
        idle.remove(number)
        let isMeant = readers[number].pass(event)
        settle()
        return isMeant ? .event(event) : .other
    }

    /// How many events wait for a reader.
    func length(_ number: Int) -> Int { readers[number].waiting(before: head) }

    /// Whether a reader has read all, and knows it.
    func isIdle(_ number: Int) -> Bool { idle.contains(number) }

    /// Drops what is told to a reader from now on; whether it is busy with what it has, of whose end it then tells.
    mutating func close(_ number: Int, signalling end: OneTimeSignal) -> Bool {
        if readers[number].end == nil {
            readers[number].end = head
            takers.remove(number)
            choosers.removeAll { $0 == number }
            closed.append(number)
            settle()
        }
        guard !idle.contains(number) else { return false }
        readers[number].whenIdle.append(end)
        return true
    }

    /// Takes what waits for a reader that was closed.
    mutating func giveUp(_ number: Int) -> [ProbeEvent] {
        var left: [ProbeEvent] = []
        while readers[number].waiting(before: head) > 0, let event = slots[place(readers[number].next)] {
            if readers[number].pass(event) { left.append(event) }
        }
        settle()
        return left
    }

    private func place(_ number: Int) -> Int { number & (slots.count - 1) }

    /// Takes the oldest event from those who have no room, and the new one from those who take no more.
    private mutating func makeRoom(before event: ProbeEvent) {
        for number in closed where readers[number].terms.isFor(event) { readers[number].terms.onDrop(event) }
        settle()
        for number in readers.indices where readers[number].isFull(before: head) {
            guard let lost = slots[place(readers[number].next)] else { continue }
            if readers[number].pass(lost) { readers[number].terms.onDrop(lost) }
        }
        settle()
    }

    private mutating func takeCrowded() -> ReaderSet {
        var crowded = ReaderSet()
        for number in readers.indices where !readers[number].isAtEnd && readers[number].half == head {
            crowded.insert(number)
        }
        settle()
        return crowded
    }

    /// Lets go what everybody has read, and finds out when there is half of the room, and none; after each change of a
    /// position.
    private mutating func settle() {
        var needed = head
        limit = closed.isEmpty ? .max : .min
        crowd = .max
        for number in readers.indices {
            readers[number].skipOthers(before: head)
            guard !readers[number].isAtEnd else { continue }
            needed = min(needed, readers[number].next)
            limit = min(limit, readers[number].next + readers[number].terms.capacity)
            if readers[number].half > head { crowd = min(crowd, readers[number].half) }
        }
        while oldest < needed {
            slots[place(oldest)] = nil
            oldest += 1
        }
    }

    private mutating func grow(to capacity: Int) {
        var count = 1
        while count < capacity { count *= 2 }
        var grown = [ProbeEvent?](repeating: nil, count: count)
        for number in oldest..<head { grown[number & (count - 1)] = slots[place(number)] }
        slots = grown
    }
}

/// What was agreed with a reader.
struct ReaderTerms: Sendable {
    let capacity: Int
    let takes: (@Sendable (ProbeEvent) -> Bool)?
    let onDrop: @Sendable (ProbeEvent) -> Void

    func isFor(_ event: ProbeEvent) -> Bool { takes?(event) ?? true }
}

/// How far a reader is.
private struct Position {
    let terms: ReaderTerms
    /// The number of the event that it reads next.
    var next: Int
    /// Of one that chooses: how many wait that are for it.
    var chosen = 0
    /// Before which it ends.
    var end: Int?
    var whenIdle: [OneTimeSignal] = []

    init(_ terms: ReaderTerms, next: Int) { (self.terms, self.next) = (terms, next) }

    var isAtEnd: Bool { end.map { next >= $0 } ?? false }

    func waiting(before head: Int) -> Int { terms.takes == nil ? (end ?? head) - next : chosen }

    func isFull(before head: Int) -> Bool { !isAtEnd && head - next >= terms.capacity }

    /// When there are so many it has half of what it can hold.
    var half: Int { next + max(1, terms.capacity / 2) }

    /// Asks one that chooses for an event that was put in; before the first that it chooses it holds none.
    mutating func choose(_ event: ProbeEvent, head: Int) -> Bool {
        let isMeant = terms.isFor(event)
        if isMeant { chosen += 1 } else if chosen == 0 { next = head }
        return isMeant
    }

    /// Goes past an event; whether it is for this reader.
    mutating func pass(_ event: ProbeEvent) -> Bool {
        next += 1
        guard terms.takes != nil else { return true }
        let isMeant = terms.isFor(event)
        if isMeant { chosen -= 1 }
        return isMeant
    }

    /// One that chooses and has all that it chose holds nothing that is not for it.
    mutating func skipOthers(before head: Int) {
        if terms.takes != nil, chosen == 0 { next = end ?? head }
    }
}

/// Readers, by their numbers.
struct ReaderSet: Sendable {
    private var bits: UInt64 = 0

    static let limit = UInt64.bitWidth

    var isEmpty: Bool { bits == 0 }

    func contains(_ number: Int) -> Bool { bits & (1 << UInt64(number)) != 0 }

    mutating func insert(_ number: Int) { bits |= 1 << UInt64(number) }

    mutating func remove(_ number: Int) { bits &= ~(1 << UInt64(number)) }

    /// Removes those that are in another set; returns them.
    mutating func removeAll(in others: ReaderSet) -> ReaderSet {
        var removed = self
        removed.bits &= others.bits
        bits &= ~others.bits
        return removed
    }
}
