internal import Synchronization

/// The places for scrapes at once; a scrape that finds none is refused and counted.
final class ScrapeSlots: Sendable {
    /// A taken place; it is free again when the last reference is gone, on every way that a scrape can end.
    final class Slot: Sendable {
        private let slots: ScrapeSlots

        fileprivate init(_ slots: ScrapeSlots) { self.slots = slots }

        deinit { slots.taken.subtract(1, ordering: .relaxed) }
    }

    private let count: Int
    private let taken = Atomic<Int>(0)
    private let refused = Atomic<UInt64>(0)

    init(count: Int) { self.count = count }

    /// Scrapes refused since the start.
    var refusedCount: UInt64 { refused.load(ordering: .relaxed) }

    /// Takes a place; nil when there is none.
    func take() -> Slot? {
        if taken.add(1, ordering: .relaxed).newValue <= count { return Slot(self) }
        taken.subtract(1, ordering: .relaxed)
        refused.add(1, ordering: .relaxed)
        return nil
    }
}
