extension ProcFS {
    /// The line `cpu` of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal; what a guest used is in
    /// user already (proc(5)).
    static func processorTimes(fromStat text: String) -> ProcessorTimes? {
        guard let line = text.lines.first(where: { $0.hasPrefix("cpu ") }) else { return nil }
        let ticks = line.fields.dropFirst().prefix(8).map { UInt64($0) }
        guard ticks.count >= 4, !ticks.contains(nil) else { return nil }
        let known = ticks.compactMap { $0 }
        return ProcessorTimes(
            totalTicks: known.reduce(0, &+), idleTicks: known[3] &+ (known.count > 4 ? known[4] : 0))
    }

    /// The line `btime` of `/proc/stat`.
    static func bootTimeSeconds(fromStat text: String) -> UInt64? {
        guard let line = text.lines.first(where: { $0.hasPrefix("btime ") }) else { return nil }
        let fields = line.fields
        return fields.count == 2 ? UInt64(fields[1]) : nil
    }

    /// `MemTotal` and `MemAvailable`.
    static func memory(fromMeminfo text: String) -> Memory? {
        func kibibytes(_ name: String) -> UInt64? {
            guard let line = text.lines.first(where: { $0.hasPrefix("\(name):") }) else { return nil }
            let fields = line.fields
            return fields.count == 3 && fields[2] == "kB" ? UInt64(fields[1]) : nil
        }
        guard let total = kibibytes("MemTotal"), let available = kibibytes("MemAvailable"), available <= total
        else { return nil }
        let (bytes, overflow) = total.multipliedReportingOverflow(by: 1_024)
        return overflow ? nil : Memory(totalBytes: bytes, availableBytes: available * 1_024)
    }

    /// Lines `name: 16 numbers` of `/proc/net/dev`: the first of the eight for each direction is bytes. Lines that look
    /// otherwise, such as the two headings, are left out.
    static func traffic(fromNetDev text: String) -> [InterfaceTraffic] {
        text.lines.compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let names = line[..<colon].fields
            let numbers = line[line.index(after: colon)...].fields
            guard names.count == 1, numbers.count >= 16, let received = UInt64(numbers[0]),
                let sent = UInt64(numbers[8])
            else { return nil }
            return InterfaceTraffic(interface: String(names[0]), receivedBytes: received, sentBytes: sent)
        }
    }

    /// `/proc/PID/stat`. The second field is the program's name in brackets, which may hold anything, brackets too.
    static func processStatus(fromStat text: String) -> ProcessStatus? {
        guard let bracket = text.utf8.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[text.utf8.index(after: bracket)...].fields
        // proc(5) counts from 1 and these fields begin with its third, the state.
        func number(_ field: Int) -> UInt64? { fields.count > field - 3 ? UInt64(fields[field - 3]) : nil }
        guard let user = number(14), let kernel = number(15), let threads = number(20), let start = number(22),
            let virtual = number(23), let resident = number(24)
        else { return nil }
        return ProcessStatus(
            processorTicks: user &+ kernel, threads: threads, startTicks: start, virtualBytes: virtual,
            residentPages: resident)
    }

    /// The soft limits of `/proc/PID/limits`, whose columns begin at fixed places.
    static func limits(fromLimits text: String) -> ProcessLimits {
        func soft(_ name: String) -> UInt64? {
            guard let line = text.lines.first(where: { $0.hasPrefix("\(name) ") }) else { return nil }
            guard let value = line.dropFirst(name.count).fields.first else { return nil }
            return value == "unlimited" ? .max : UInt64(value)
        }
        return ProcessLimits(openFiles: soft("Max open files"), addressSpaceBytes: soft("Max address space"))
    }
}

extension StringProtocol where SubSequence == Substring {
    // Bytes, not characters: `/proc/stat` has tens of kilobytes on a large machine.
    fileprivate var lines: [Substring] { Substring(self).utf8.split(separator: UInt8(ascii: "\n")).map(Substring.init) }

    fileprivate var fields: [Substring] {
        Substring(self).utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\n") }
            .map(Substring.init)
    }
}
