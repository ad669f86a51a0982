internal import Glibc
public import ProbeEvents

/// Why a modem's port cannot be had.
public enum ModemError: ExplainedError, Hashable {
    /// There is no such file.
    case noSuchPort(path: String)
    /// The file is no serial port.
    case noTerminal(path: String)
    /// This user may not open it.
    case notAllowed(path: String)
    /// Another program has it for itself; the process is 0 when it is not known.
    case held(path: String, pid: Int32, lock: String)
    /// The name that a relay is to have is another's; the process is that of the relay that has it, or 0.
    case nameTaken(path: String, pid: Int32)
    /// The system refused something else.
    case system(path: String, doing: String, errno: Int32)

    /// One line: what, where, what to do next.
    public var explanation: String {
        switch self {
        case .noSuchPort(let path): "there is no port \(path); plug the modem in, or see: cardlink-probe modems"
        case .noTerminal(let path): "\(path) is no serial port; see: cardlink-probe modems"
        case .notAllowed(let path):
            "no permission for \(path); run: sudo usermod -aG dialout $(id -un), then log in anew"
        case .held(let path, 0, let lock):
            "\(path) is in use by another program" + (lock.isEmpty ? "" : " (\(lock))")
                + "; end it, or see who it is: cardlink-probe modems"
        case .held(let path, let pid, let lock):
            "\(path) is in use by process \(pid) (\(lock)); end it, or give the probe another port of the modem"
        case .nameTaken(let path, 0):
            "\(path) is there, and no link of a relay; take it away, or give the relay another name: modems.taps"
        case .nameTaken(let path, let pid):
            "\(path) is the relay of process \(pid); end it, or give this relay another name: modems.taps"
        case .system(let path, let doing, let number):
            "\(doing) \(path): \(String(cString: strerror(number))); see: cardlink-probe doctor"
        }
    }

    /// What was wrong with the device, as metrics tell it.
    public var deviceError: DeviceErrorType {
        switch self {
        case .noSuchPort: .unavailable
        case .noTerminal: .other
        case .notAllowed: .accessDenied
        case .held, .nameTaken: .sharingViolation
        case .system: .communication
        }
    }
}
