internal import Modem
package import Observability
internal import ProbeEvents
internal import SmartCard

/// The modems of this machine: what they are, who uses their ports, and what they answer.
package struct ModemOverview: Sendable, Encodable {
    /// A program that has a port open.
    package struct Holder: Sendable, Encodable {
        /// Its process id.
        package var pid: Int32
        /// The name of its executable.
        package var program: String
    }

    /// A serial port of a modem.
    package struct Port: Sendable, Encodable {
        /// Its device.
        package var device: String
        /// The name that stays, by which it is opened; the device where there is none.
        package var path: String
        /// `at`, `at2`, `diag`, ...; null where no table tells it.
        package var role: OrNull<String>
        /// Programs that have it open, as far as this user may look.
        package var holders: [Holder]
    }

    /// How a modem can be talked to.
    package enum State: String, Sendable, Encodable {
        case answers
        /// It has a port, and nothing came back.
        case silent
        case inUse = "in use"
        case noPermission = "no permission"
        /// It speaks MBIM or QMI only.
        case withoutPort = "no AT port"
        /// Its port cannot be opened.
        case unusable
        /// It was not asked.
        case present
    }

    /// A modem.
    package struct Modem: Sendable, Encodable {
        /// Its name on this bench, as labels have it.
        package var name: String
        /// What it is by its USB descriptors; for a port that was named, the port.
        package var title: String
        /// `quectel`, `telit`, ...
        package var vendor: String
        /// Its serial ports.
        package var ports: [Port]
        /// The port that was asked; null for none.
        package var askedPort: OrNull<String>
        /// `MBIM` or `QMI`, which it speaks besides or instead; null for neither.
        package var controlProtocol: OrNull<String>
        /// How it can be talked to.
        package var state: State
        /// What is in the way; empty when nothing is.
        package var problem: String
        /// What to do about it.
        package var remedies: [String]
        /// What it answered; null when it did not.
        package var reading: OrNull<ModemAnswers>
    }

    /// The modems, those on USB first.
    package var modems: [Modem]
    /// ModemManager, when it runs: it opens the ports of modems as they come; null when it does not.
    package var modemManager: OrNull<Holder>
    /// How to keep it away from the modems that are here, and do not work for it; none when it does not run.
    package var modemManagerRemedies: [String]

    /// How long a modem may take to answer all.
    private static let patience = Duration.seconds(8)

    /// Looks for modems on USB and asks each that is free, and those behind further ports.
    ///
    /// - Parameters:
    ///   - ports: serial ports to ask besides; with some, USB is not looked at.
    ///   - isAsking: whether modems are asked, or only looked at.
    ///   - speed: bits a second, for ports that care.
    package static func take(
        ports: [String] = [], isAsking: Bool = true, speed: UInt32 = 115_200
    ) async -> ModemOverview {
        await take(machine: Machine(), ports: ports, isAsking: isAsking, speed: speed)
    }

    static func take(machine: Machine, ports: [String], isAsking: Bool, speed: UInt32) async -> ModemOverview {
        let found = ports.isEmpty ? ModemPorts(machine, usb: USBDevices(machine)).modems : []
        // Side by side: one that is silent keeps no other waiting.
        return await withTaskGroup(of: (Int, Modem).self) { group in
            for (place, modem) in found.enumerated() {
                group.addTask { (place, await look(at: modem, machine, isAsking, speed)) }
            }
            for (place, path) in ports.enumerated() {
                group.addTask { (found.count + place, await ask(path, machine, isAsking, speed)) }
            }
            var modems: [(Int, Modem)] = []
            for await modem in group { modems.append(modem) }
            let manager = machine.processes.first { $0.name == ModemRemedy.managerName }
            return ModemOverview(
                modems: modems.sorted { $0.0 < $1.0 }.map(\.1),
                modemManager: OrNull(manager.map { Holder(pid: $0.pid, program: $0.name) }),
                modemManagerRemedies: manager == nil ? [] : found.first.map { ModemRemedy.manager(uid: $0.uid) } ?? [])
        }
    }

    // MARK: One modem

    private static func look(
        at found: ModemPorts.Modem, _ machine: Machine, _ isAsking: Bool, _ speed: UInt32
    ) async -> Modem {
        var modem = Modem(
            name: found.name, title: found.device.title, vendor: (found.vendor ?? .unknown).name,
            ports: found.ports.map { port(device: $0.device, path: $0.path, role: $0.role, machine) },
            askedPort: OrNull(nil), controlProtocol: OrNull(found.controlProtocol), state: .present, problem: "",
            remedies: [], reading: OrNull(nil))
        guard !found.ports.isEmpty else {
            modem.explain(.withoutPort, "it speaks \(found.controlProtocol ?? "QMI") only", [ModemRemedy.withoutPort])
            return modem
        }
        for candidate in found.commandPorts {
            let holders = modem.ports.first { $0.device == candidate.device }?.holders ?? []
            guard await modem.ask(candidate.path, holders, machine, uid: found.uid, isAsking, speed) else { continue }
            break
        }
        return modem
    }

    private static func ask(_ path: String, _ machine: Machine, _ isAsking: Bool, _ speed: UInt32) async -> Modem {
        let device = Machine.resolved(path)
        var modem = Modem(
            name: path.split(separator: "/").last.map(String.init) ?? path, title: path,
            vendor: ModemVendor.unknown.name, ports: [port(device: device, path: path, role: nil, machine)],
            askedPort: OrNull(nil), controlProtocol: OrNull(nil), state: .present, problem: "", remedies: [],
            reading: OrNull(nil))
        // Who holds it is told, and the port all the same tried: a pseudo terminal is held by the one who made it.
        _ = await modem.ask(path, [], machine, uid: path, isAsking, speed)
        return modem
    }

    private static func port(device: String, path: String, role: PortRole?, _ machine: Machine) -> Port {
        Port(
            device: device, path: path, role: OrNull(role?.rawValue),
            holders: machine.holders(of: device).map { Holder(pid: $0.pid, program: $0.name) })
    }

    fileprivate static func read(
        _ path: String, name: String, speed: UInt32
    ) async -> Result<ModemAnswers, ModemProblem> {
        var settings = ATPortSettings(path: path, modem: name)
        settings.serial.speed = speed
        let poller = ModemPoller(settings)
        poller.start(into: Silence())
        let isDone = await poller.firstRound(within: patience)
        let (reading, refusal) = (poller.reading, poller.refusal)
        await poller.stopped()
        if let refusal { return .failure(ModemProblem(refusal)) }
        return isDone || reading.isAnswering ? .success(ModemAnswers(reading)) : .failure(.silent)
    }
}

/// Why a modem was not read.
private enum ModemProblem: Error {
    case silent
    case refused(ModemError)

    init(_ error: ModemError) { self = .refused(error) }
}

/// Nobody listens: what a look needs is in the reading.
private final class Silence: EventSink {
    func receive(_ event: ProbeEvent) {}
}

extension ModemOverview.Modem {
    fileprivate mutating func explain(_ state: ModemOverview.State, _ problem: String, _ remedies: [String]) {
        self.state = state
        self.problem = problem
        self.remedies = remedies
    }

    /// Asks on a port, when nobody has it; false when another port should be tried.
    fileprivate mutating func ask(
        _ path: String, _ holders: [ModemOverview.Holder], _ machine: Machine, uid: String, _ isAsking: Bool,
        _ speed: UInt32
    ) async -> Bool {
        askedPort = OrNull(path)
        if let manager = holders.first(where: { $0.program == ModemRemedy.managerName }) {
            explain(.inUse, "\(manager.program) (\(manager.pid)) has \(path) open", ModemRemedy.manager(uid: uid))
            return false
        }
        if let holder = holders.first {
            explain(.inUse, "\(holder.program) (\(holder.pid)) has \(path) open", [ModemRemedy.otherProgram])
            return false
        }
        guard isAsking else {
            state = .present
            return true
        }
        switch await ModemOverview.read(path, name: name, speed: speed) {
        case .success(let answers):
            explain(.answers, "", [])
            reading = OrNull(answers)
            if vendor == ModemVendor.unknown.name { vendor = answers.vendor }
            return true
        case .failure(.silent):
            explain(.silent, "nothing answers AT on \(path)", ["see that the modem has power and is no GPS receiver"])
        case .failure(.refused(let error)): explain(error.overviewState, error.explanation, [])
        }
        return false
    }
}

extension ModemError {
    fileprivate var overviewState: ModemOverview.State {
        switch self {
        case .held: .inUse
        case .notAllowed: .noPermission
        case .noSuchPort, .noTerminal, .nameTaken, .system: .unusable
        }
    }
}
