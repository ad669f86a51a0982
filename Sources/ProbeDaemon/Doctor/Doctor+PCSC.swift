internal import CardReader
internal import Glibc
internal import Modem
internal import Observability
internal import ProbeEvents

extension Doctor {
    /// Does pcscd answer this user?
    func pcscd() -> [Finding] {
        let socket = getenv("PCSCLITE_CSOCK_NAME").map { String(cString: $0) } ?? "/run/pcscd/pcscd.comm"
        do throws(CardReaderError) {
            _ = try ReaderListing.take()
            return [.ok("pcscd", socket, "pcscd answers")]
        } catch {
            if getenv("PCSCLITE_CSOCK_NAME") != nil, !machine.has(socket) {
                return [
                    .fault("pcscd", socket, "PCSCLITE_CSOCK_NAME names no socket", "unset PCSCLITE_CSOCK_NAME")
                ]
            }
            if !machine.has("/usr/sbin/pcscd"), !machine.has(socket) {
                return [.fault("pcscd", socket, "pcscd is not installed", "sudo apt install pcscd")]
            }
            return [.fault("pcscd", socket, error.what, command(for: error))]
        }
    }

    func command(for error: CardReaderError) -> String {
        switch error.code {
        case 0x8010_001D where machine.has("/run/systemd/system"): "sudo systemctl enable --now pcscd.socket"
        case 0x8010_001D: "sudo pcscd"
        case 0x8010_001E: "sudo apt install --reinstall pcscd libpcsclite1 && sudo systemctl restart pcscd"
        case 0x8010_006A:
            "run as root, or allow it: put a rule for org.debian.pcsc-lite.access_pcsc and .access_card "
                + "into /etc/polkit-1/rules.d"
        default: error == .noAnswer ? "sudo systemctl restart pcscd" : error.remedy
        }
    }

    /// Are there readers, and does every reader on USB have its driver?
    func readers(_ usb: USBDevices, _ overview: ReaderOverview?) -> [Finding] {
        let plugged = usb.readers.map(\.title)
        guard let overview else {
            guard !plugged.isEmpty else { return [] }
            return [.remark("readers", "USB", "\(plugged.joined(separator: ", ")); pcscd must answer first")]
        }
        guard !overview.readers.isEmpty else { return [withoutReaders(usb)] }
        return overview.readers.map { reader in
            let listing = reader.listing
            let state = listing.state.joined(separator: ", ")
            if listing.state.contains("mute") {
                return .fault(
                    "readers", listing.name, "its card does not answer",
                    "take the card out, clean its contacts, and put it in again the right way round")
            }
            guard listing.state.contains("exclusive") else {
                return .ok("readers", listing.name, state + (listing.atrDescription.map { ", \($0)" } ?? ""))
            }
            let holders = reader.holders.map { "\($0.program) (\($0.pid))" }
            return .remark(
                "readers", listing.name, "\(state), held by \(holders.first ?? "a program that is not seen")",
                "end that program, or let it connect with SCARD_SHARE_SHARED")
        }
    }

    func withoutReaders(_ usb: USBDevices) -> Finding {
        guard let reader = usb.readers.first else {
            return .fault(
                "readers", "pcscd and USB", "no reader is plugged in",
                "plug one in; without hardware: cardlink-probe simulate bench -- PROGRAM")
        }
        let hasDriver = machine.has("/usr/lib/pcsc/drivers/ifd-ccid.bundle")
        guard hasDriver else {
            return .fault(
                "readers", "USB", "\(reader.title) is plugged in and pcscd has no driver for it",
                "sudo apt install libccid && sudo systemctl restart pcscd")
        }
        let taken = reader.interfaces.first { $0.interfaceClass == "0b" }?.driver ?? ""
        if !taken.isEmpty, taken != "usbfs" {
            return .fault(
                "readers", "USB", "\(reader.title) is taken by the kernel's driver \(taken)",
                "sudo modprobe -r \(taken) && sudo systemctl restart pcscd")
        }
        if let agent = machine.processes.first(where: { $0.name == "scdaemon" }), taken == "usbfs" {
            return .fault(
                "readers", "USB", "\(reader.title) is held by \(agent), past pcscd",
                "echo disable-ccid >> ~/.gnupg/scdaemon.conf && gpgconf --kill scdaemon")
        }
        return .fault(
            "readers", "USB", "\(reader.title) is plugged in and pcscd does not have it",
            "sudo systemctl restart pcscd; then see: journalctl -u pcscd")
    }

    /// Do programs use PC/SC that the probe does not see?
    func strangers(_ overview: ReaderOverview?) -> [Finding] {
        guard let unseen = overview?.unseenPrograms, !unseen.isEmpty else { return [] }
        return unseen.map { candidate in
            guard let pid = candidate.pid.value else {
                return .remark(
                    "strangers", "pcscd's connections", "a program of another user uses PC/SC and is not seen",
                    "sudo cardlink-probe readers")
            }
            let remedy =
                candidate.program == "scdaemon"
                ? "gpgconf --kill scdaemon"
                : "end it, and start it anew with: cardlink-probe run -- \(candidate.program)"
            return .remark(
                "strangers", "pcscd's connections",
                "\(candidate.program) (\(pid)) uses PC/SC and is not seen; times beside it are upper bounds", remedy)
        }
    }
}
