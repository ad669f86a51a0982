/// A device that is remembered by its name.
protocol LiveDevice: Sendable {
    var name: String { get }
    /// Whether it is there now.
    var isPresent: Bool { get }

    init(name: String)
}

/// Devices in order of first sight, at most so many; one that is gone makes room for a new one.
struct LiveDevices<Device: LiveDevice>: Sendable {
    private(set) var all: [Device] = []
    private var places: [String: Int] = [:]
    private let limit: Int

    init(limit: Int = RunTally.rememberedNames) { self.limit = limit }

    subscript(name: String) -> Device? { places[name].map { all[$0] } }

    /// Changes a device, a new one when the name is new; nothing when all that there is room for are there.
    mutating func update(_ name: String, _ change: (inout Device) -> Void) {
        if let place = places[name] { return change(&all[place]) }
        guard makeRoom() else { return }
        var device = Device(name: name)
        change(&device)
        places[name] = all.count
        all.append(device)
    }

    private mutating func makeRoom() -> Bool {
        guard all.count >= limit else { return true }
        guard let gone = all.firstIndex(where: { !$0.isPresent }) else { return false }
        all.remove(at: gone)
        places = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($0.element.name, $0.offset) })
        return true
    }
}
