/// A first-in first-out queue of fixed capacity whose oldest element makes room for a new one.
struct RingQueue<Element: Sendable>: Sendable {
    private var slots: [Element?]
    private var oldest = 0
    private(set) var count = 0

    init(capacity: Int) {
        slots = Array(repeating: nil, count: max(1, capacity))
    }

    /// Adds at the end; returns the oldest element when it had to go.
    mutating func append(_ element: Element) -> Element? {
        if count < slots.count {
            slots[place(count)] = element
            count += 1
            return nil
        }
        let dropped = slots[oldest]
        slots[oldest] = element
        oldest = place(1)
        return dropped
    }

    /// The newest element for which something is so.
    func last(where isSo: (Element) -> Bool) -> Element? {
        (0..<count).reversed().lazy.compactMap { slots[place($0)] }.first(where: isSo)
    }

    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = slots[oldest]
        slots[oldest] = nil
        count -= 1
        // An empty queue begins anew, where memory is still in the processor's cache.
        oldest = count == 0 ? 0 : place(1)
        return element
    }

    /// Where the element is that is so many behind the oldest, at most as many as there are slots; without a division,
    /// which is the dearest part of an append.
    private func place(_ offset: Int) -> Int {
        let place = oldest + offset
        return place < slots.count ? place : place - slots.count
    }

    mutating func removeAll() -> [Element] {
        var elements: [Element] = []
        while let element = popFirst() { elements.append(element) }
        return elements
    }
}
