/// A secured packet for a card, as a tester sends it in SMS-PP downloads: ETSI TS 102 225, 5.1, 3GPP TS 31.115, 4.2.
package struct SMSPacket {
    /// TAR in hexadecimal.
    package var application: String
    package var counter: UInt64
    /// SPI: in clear without a checksum, its counter higher than the last, and a receipt as the answer.
    package var security: UInt16 = 0x1001
    package var cipheringKey = "00"
    package var data = "A0A40000023F00"
    /// Of ENVELOPE.
    package var cla = "80"

    package init(application: String = "B00011", counter: UInt64, security: UInt16 = 0x1001) {
        self.application = application
        self.counter = counter
        self.security = security
    }

    /// The command that gives it to the card whole.
    package var envelope: String { Self.envelope(cla, header: "027000", packet) }

    /// The commands that give it in two messages.
    package func envelopes(reference: UInt8) -> [String] {
        [("01", packet.prefix(40)), ("02", packet.dropFirst(40))].map { number, piece in
            let part = "0003\(Self.byte(reference))02\(number)"
            return Self.envelope(cla, header: number == "01" ? "07\(part)7000" : "05\(part)", String(piece))
        }
    }

    private var packet: String {
        let body = "0D" + Self.hex(UInt64(security), bytes: 2) + cipheringKey + "00" + application
        let whole = body + Self.hex(counter, bytes: 5) + "00" + data
        return Self.hex(UInt64(whole.count / 2), bytes: 2) + whole
    }

    private static func envelope(_ cla: String, header: String, _ data: String) -> String {
        let userData = header + data
        // SMS-DELIVER from 1234567, (U)SIM data download, 8 bit for the card
        let message = "440791214365F77FF622112110000000" + byte(userData.count / 2) + userData
        let body = "82028381" + "060591214365F7" + "8B" + byte(message.count / 2) + message
        let download = "D1" + byte(body.count / 2) + body
        return cla + "C20000" + byte(download.count / 2) + download
    }

    private static func byte(_ value: some BinaryInteger) -> String { hex(UInt64(value), bytes: 1) }

    private static func hex(_ value: UInt64, bytes: Int) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: 2 * bytes - digits.count) + digits
    }
}
