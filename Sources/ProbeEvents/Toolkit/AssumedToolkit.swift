/// Commands and answers as they must have been, where a terminal does not tell them.
package enum AssumedToolkit {
    private static let typesOfChannels: ClosedRange<UInt8> = 0x40...0x44
    private static let openChannel: UInt8 = 0x40

    /// A command of channel 1 of which only the type is known; nil for one that has nothing to do with channels.
    ///
    /// - Parameters:
    ///   - number: its number, as the terminal repeats it in its answer.
    ///   - qualifier: its qualifier, likewise.
    package static func command(ofType type: UInt8, number: UInt8 = 1, qualifier: UInt8 = 0) -> [UInt8]? {
        guard typesOfChannels.contains(type) else { return nil }
        let destination: UInt8 = type == openChannel || type == 0x44 ? 0x82 : 0x21
        // A bearer that no table has: it is not known which.
        let bearer: [UInt8] = type == openChannel ? [0x35, 0x01, 0xFF] : []
        let objects = [0x81, 0x03, number, type, qualifier, 0x82, 0x02, 0x81, destination] + bearer
        return [0xD0, UInt8(objects.count)] + objects
    }

    /// The answer that says that it was done; nil for a command without details.
    ///
    /// A channel's number is said only where none will follow: a command that is told whole has it in the next one.
    static func answer(to command: [UInt8]) -> [UInt8]? {
        guard let details = details(of: command) else { return nil }
        let isTypeOnly = details[1] == openChannel && self.command(ofType: openChannel) == command
        let status: [UInt8] = isTypeOnly ? [0x38, 0x02, 0x81, 0x00] : []
        return [0x81, 0x03] + details + [0x82, 0x02, 0x82, 0x81, 0x83, 0x01, 0x00] + status
    }

    static func isOpenChannel(_ command: [UInt8]) -> Bool { details(of: command)?[1] == openChannel }

    /// Command details, which come first (TS 102 223, 6.6).
    private static func details(of command: [UInt8]) -> [UInt8]? {
        let width = command.dropFirst().first == 0x81 ? 3 : 2
        let object = command.dropFirst(width).prefix(5)
        guard object.count == 5, let tag = object.first, tag & 0x7F == 0x01, object.dropFirst().first == 3 else {
            return nil
        }
        return Array(object.suffix(3))
    }
}
