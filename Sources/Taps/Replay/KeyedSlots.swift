/// Values by key that are changed in their place: a dictionary copies a large one each time that it is looked at.
struct KeyedSlots<Value> {
    /// The values by slot; those of keys that are gone stay until their slot is taken.
    var all: [Value] = []
    private var slots: [UInt64: Int] = [:]
    private var free: [Int] = []
    private var last: (key: UInt64, slot: Int)?

    /// How many keys there are.
    var count: Int { slots.count }

    /// The keys, the smallest first.
    var keys: [UInt64] { slots.keys.sorted() }

    /// Where the value of a key is.
    mutating func slot(of key: UInt64) -> Int? {
        if let last, last.key == key { return last.slot }
        guard let slot = slots[key] else { return nil }
        last = (key, slot)
        return slot
    }

    /// The value of a key.
    subscript(key: UInt64) -> Value? {
        get { slots[key].map { all[$0] } }
        set {
            last = nil
            guard let newValue else {
                if let slot = slots.removeValue(forKey: key) { free.append(slot) }
                return
            }
            if let slot = slots[key] {
                all[slot] = newValue
            } else if let slot = free.popLast() {
                (all[slot], slots[key]) = (newValue, slot)
            } else {
                slots[key] = all.count
                all.append(newValue)
            }
        }
    }
}
