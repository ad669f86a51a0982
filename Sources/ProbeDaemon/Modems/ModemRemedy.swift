internal import Modem

/// What to do about a modem that the probe cannot talk to.
enum ModemRemedy {
    static let managerName = "ModemManager"

    /// ModemManager has the port, or will have it.
    static func manager(uid: String) -> [String] {
        [
            "mmcli --inhibit-device=\(uid) (as long as it runs)",
            "or for good: a udev rule that sets ENV{ID_MM_PORT_IGNORE}=\"1\" for it, "
                + "then: sudo udevadm control --reload && sudo udevadm trigger",
        ]
    }

    static let permission = "sudo usermod -aG dialout $(id -un), then log in anew"
    static let otherProgram = "end that program"

    /// It speaks MBIM or QMI, and has nothing that AT commands go through.
    static let withoutPort =
        "switch it to a composition with serial ports, as its vendor's manual has it "
        + "(Quectel: AT+QCFG=\"usbnet\"; Sierra: AT!USBCOMP; Telit: AT#USBCFG)"
}
