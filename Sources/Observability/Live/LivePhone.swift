internal import ProbeEvents

/// A phone as the bench knows it.
struct LivePhone: LiveDevice {
    let name: String
    private var state = PhoneState.other
    private var model = ""
    private var identity: PhoneIdentified?

    var isPresent: Bool { state != .gone }

    init(name: String) { self.name = name }

    mutating func note(_ change: PhoneChange) {
        state = change.state
        if !change.model.isEmpty { model = change.model }
        // What it is stays as it was; which operator it has found, and how its card does, is asked anew.
        if change.state != .device {
            identity?.operatorName = ""
            identity?.simState = ""
        }
    }

    mutating func note(_ known: PhoneIdentified) { identity = known }
}

extension BenchStatus.Phone {
    init(_ phone: LivePhone) { self = phone.shown }
}

extension LivePhone {
    private static func known(_ text: String?) -> String? { text?.isEmpty == false ? text : nil }

    fileprivate var shown: BenchStatus.Phone {
        BenchStatus.Phone(
            name: name, isPresent: isPresent, state: state.name,
            model: Self.known(model) ?? Self.known(identity?.model),
            release: Self.known(identity?.release), baseband: Self.known(identity?.baseband),
            operatorName: Self.known(identity?.operatorName), sim: Self.known(identity?.simState))
    }
}
