internal import FoundationEssentials
internal import Modem
internal import ProbeStore
internal import Synchronization

/// What pcscd's drivers call which USB device, which is how a reader's name leads to its place in sysfs.
///
/// pcscd itself tells firmware and place only to who connects to the reader (SCARD_ATTR_VENDOR_IFD_VERSION,
/// SCARD_ATTR_CHANNEL_ID), and a connection keeps others from theirs: programs that want the card for themselves would
/// fail for a question of ours. What the kernel read when the device was plugged in disturbs nobody.
final class ReaderDrivers: Sendable {
    /// What is read of a driver's description: a row each of these lists is a kind of device.
    private struct Driver: Decodable {
        var ifdVendorID: [String]
        var ifdProductID: [String]
        var ifdFriendlyName: [String]
    }

    private static let folder = "/usr/lib/pcsc/drivers"
    private static let mostBytes = 1 << 20

    private let machine: Machine
    private let names = Mutex<[String: [String]]?>(nil)

    /// The drivers of a machine.
    init(_ machine: Machine = Machine()) { self.machine = machine }

    /// What is certain of the reader with a name: of several that may be meant, what they have in common.
    func hardware(of reader: String, _ usb: USBDevices) -> DeviceHardware {
        // Behind the name stand its number and the slot's: " 00 00".
        let name = reader.dropLast(6)
        let named = usb.devices.filter { device in (known[device.id] ?? []).contains { Self.fits(name, $0) } }
        let told = named.filter { !$0.serial.isEmpty && name.hasSuffix(" (\($0.serial))") }
        let meant = told.isEmpty ? named : told
        let releases = Set(meant.map(\.release))
        return DeviceHardware(
            port: meant.count == 1 ? meant[0].name : nil, firmware: releases.count == 1 ? releases.first ?? nil : nil)
    }

    /// pcscd puts interface and serial number behind the driver's name: `Name [Interface] (1234)`.
    private static func fits(_ name: Substring, _ friendly: String) -> Bool {
        name == friendly || name.hasPrefix("\(friendly) [") || name.hasPrefix("\(friendly) (")
    }

    /// Names by `072f:b100`; read once.
    private var known: [String: [String]] {
        names.withLock { names in
            if let names { return names }
            let read = read()
            names = read
            return read
        }
    }

    private func read() -> [String: [String]] {
        var names: [String: [String]] = [:]
        for bundle in machine.names(in: Self.folder) {
            let text = machine.text("\(Self.folder)/\(bundle)/Contents/Info.plist", most: Self.mostBytes) ?? ""
            guard let driver = try? PropertyListDecoder().decode(Driver.self, from: Data(text.utf8)) else { continue }
            for (numbers, name) in zip(zip(driver.ifdVendorID, driver.ifdProductID), driver.ifdFriendlyName) {
                guard let vendor = Self.digits(numbers.0), let product = Self.digits(numbers.1) else { continue }
                names["\(vendor):\(product)", default: []].append(name)
            }
        }
        return names
    }

    /// `0x072F` as sysfs has it.
    private static func digits(_ number: String) -> String? {
        guard number.hasPrefix("0x"), let value = UInt16(number.dropFirst(2), radix: 16) else { return nil }
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 4 - text.count) + text
    }
}
