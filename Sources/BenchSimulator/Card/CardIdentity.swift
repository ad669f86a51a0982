/// Who the card says it is; the defaults are of the test network (MCC 001, MNC 01).
package struct CardIdentity: Equatable, Sendable {
    /// 18 to 20 digits; the last of 19 or more is the Luhn digit.
    package var iccid = "8988211000000000003"
    /// 6 to 15 digits.
    package var imsi = "001010000000001"
    /// Digits of the network code, 2 or 3.
    package var networkCodeDigits = 2
    package var serviceProviderName = "CardLink"

    package init() {}

    /// The identity of the card in a further slot: both numbers one higher for each, with the right Luhn digit.
    package func next(_ slot: Int) -> CardIdentity {
        var identity = self
        identity.imsi = Self.adding(slot, to: imsi)
        let body = Self.adding(slot, to: String(iccid.prefix(18)))
        identity.iccid = body + String(Self.luhnDigit(of: body))
        return identity
    }

    /// The digit that makes a number right by Luhn's rule: ITU-T E.118.
    static func luhnDigit(of digits: String) -> Int {
        var sum = 0
        for (place, digit) in digits.reversed().compactMap(\.wholeNumberValue).enumerated() {
            let doubled = place.isMultiple(of: 2) ? digit * 2 : digit
            sum += doubled > 9 ? doubled - 9 : doubled
        }
        return (10 - sum % 10) % 10
    }

    /// EF.ICCID: nibbles swapped, F-padded to 10 bytes.
    var encodedICCID: [UInt8] { Self.swapped(iccid, digits: 20) }

    /// EF.IMSI: length, then the parity nibble and the digits swapped, in 9 bytes.
    var encodedIMSI: [UInt8] {
        let isOdd = !imsi.count.isMultiple(of: 2)
        let text = (isOdd ? "9" : "1") + imsi
        let length = UInt8(clamping: (text.count + 1) / 2)
        return [length] + Self.swapped(text, digits: 16)
    }

    /// EF.SPN: display condition, then 16 characters.
    var encodedServiceProviderName: [UInt8] {
        let name = Array(serviceProviderName.utf8.prefix(16))
        return [0x01] + name + [UInt8](repeating: 0xFF, count: 16 - name.count)
    }

    /// Digits in pairs with their nibbles swapped, filled up with F.
    static func swapped(_ text: String, digits: Int) -> [UInt8] {
        var nibbles = text.prefix(digits).compactMap(\.wholeNumberValue).map { UInt8(clamping: $0) }
        nibbles += [UInt8](repeating: 0x0F, count: max(0, digits - nibbles.count))
        return stride(from: 0, to: nibbles.count - 1, by: 2).map { nibbles[$0 + 1] << 4 | nibbles[$0] }
    }

    private static func adding(_ amount: Int, to digits: String) -> String {
        guard let number = Int(digits) else { return digits }
        let (sum, overflow) = number.addingReportingOverflow(amount)
        let text = String(sum)
        guard !overflow, text.count <= digits.count else { return digits }
        return String(repeating: "0", count: digits.count - text.count) + text
    }
}
