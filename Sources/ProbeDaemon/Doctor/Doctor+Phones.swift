internal import Observability
internal import ProbeEvents
internal import Taps

extension Doctor {
    /// Is there an adb server, and can its phones be used? Nothing where there is no adb at all.
    func phones() -> [Finding] {
        let server = RelayEnds.Endpoint((request.settings ?? .fallback)[\.phonesServer])
        let place = "\(server)"
        guard let phones = PhoneList.of(server) else {
            guard ProgramFile(named: "adb", path: Self.searchPath).path != nil else { return [] }
            return [.remark("phones", place, "no adb server answers, so no phone can be watched", "adb start-server")]
        }
        guard !phones.isEmpty else { return [.ok("phones", place, "an adb server answers; it has no phone")] }
        return phones.map { phone in
            let title = phone.model.isEmpty ? phone.name : "\(phone.name) (\(phone.model))"
            guard phone.state != .device else { return .ok("phones", title, "can be used") }
            return .fault("phones", title, phone.state.words, phone.state.remedy)
        }
    }
}
