/// A kind of proactive command: the byte in its command details, and its name (TS 102 223, 9.4).
///
/// To add one, add a row to ``all``.
public struct ProactiveCommandType: Hashable, Sendable {
    /// The byte.
    public let code: UInt8
    /// The name, one of few; `OTHER` when the table has no row for the byte.
    public let name: String

    /// The kind with this byte.
    public init(_ code: UInt8) {
        self.code = code
        name = Self.names[code] ?? "OTHER"
    }

    private init(_ code: UInt8, _ name: String) { (self.code, self.name) = (code, name) }

    /// Opens a channel.
    public static let openChannel = ProactiveCommandType(0x40)
    /// Closes one.
    public static let closeChannel = ProactiveCommandType(0x41)
    /// Fetches what came through one.
    public static let receiveData = ProactiveCommandType(0x42)
    /// Sends through one.
    public static let sendData = ProactiveCommandType(0x43)
    /// Asks how all channels do.
    public static let getChannelStatus = ProactiveCommandType(0x44)
    /// Asks the terminal to read files again, or to reset the card.
    public static let refresh = ProactiveCommandType(0x01)
    /// SEND SHORT MESSAGE.
    public static let sendShortMessage = ProactiveCommandType(0x13)

    private static let names = Dictionary(uniqueKeysWithValues: all.map { ($0.code, $0.name) })

    /// The table.
    public static let all: [ProactiveCommandType] = [
        ProactiveCommandType(0x01, "REFRESH"),
        ProactiveCommandType(0x02, "MORE TIME"),
        ProactiveCommandType(0x03, "POLL INTERVAL"),
        ProactiveCommandType(0x04, "POLLING OFF"),
        ProactiveCommandType(0x05, "SET UP EVENT LIST"),
        ProactiveCommandType(0x10, "SET UP CALL"),
        ProactiveCommandType(0x11, "SEND SS"),
        ProactiveCommandType(0x12, "SEND USSD"),
        ProactiveCommandType(0x13, "SEND SHORT MESSAGE"),
        ProactiveCommandType(0x14, "SEND DTMF"),
        ProactiveCommandType(0x15, "LAUNCH BROWSER"),
        ProactiveCommandType(0x16, "GEOGRAPHICAL LOCATION REQUEST"),
        ProactiveCommandType(0x20, "PLAY TONE"),
        ProactiveCommandType(0x21, "DISPLAY TEXT"),
        ProactiveCommandType(0x22, "GET INKEY"),
        ProactiveCommandType(0x23, "GET INPUT"),
        ProactiveCommandType(0x24, "SELECT ITEM"),
        ProactiveCommandType(0x25, "SET UP MENU"),
        ProactiveCommandType(0x26, "PROVIDE LOCAL INFORMATION"),
        ProactiveCommandType(0x27, "TIMER MANAGEMENT"),
        ProactiveCommandType(0x28, "SET UP IDLE MODE TEXT"),
        ProactiveCommandType(0x30, "PERFORM CARD APDU"),
        ProactiveCommandType(0x31, "POWER ON CARD"),
        ProactiveCommandType(0x32, "POWER OFF CARD"),
        ProactiveCommandType(0x33, "GET READER STATUS"),
        ProactiveCommandType(0x34, "RUN AT COMMAND"),
        ProactiveCommandType(0x35, "LANGUAGE NOTIFICATION"),
        ProactiveCommandType(0x40, "OPEN CHANNEL"),
        ProactiveCommandType(0x41, "CLOSE CHANNEL"),
        ProactiveCommandType(0x42, "RECEIVE DATA"),
        ProactiveCommandType(0x43, "SEND DATA"),
        ProactiveCommandType(0x44, "GET CHANNEL STATUS"),
        ProactiveCommandType(0x45, "SERVICE SEARCH"),
        ProactiveCommandType(0x46, "GET SERVICE INFORMATION"),
        ProactiveCommandType(0x47, "DECLARE SERVICE"),
        ProactiveCommandType(0x50, "SET FRAMES"),
        ProactiveCommandType(0x51, "GET FRAMES STATUS"),
        ProactiveCommandType(0x60, "RETRIEVE MULTIMEDIA MESSAGE"),
        ProactiveCommandType(0x61, "SUBMIT MULTIMEDIA MESSAGE"),
        ProactiveCommandType(0x62, "DISPLAY MULTIMEDIA MESSAGE"),
        ProactiveCommandType(0x70, "ACTIVATE"),
        ProactiveCommandType(0x71, "CONTACTLESS STATE CHANGED"),
        ProactiveCommandType(0x72, "COMMAND CONTAINER"),
        ProactiveCommandType(0x73, "ENCAPSULATED SESSION CONTROL"),
        // Modems tell it; it is never on the card's interface.
        ProactiveCommandType(0x81, "END OF PROACTIVE SESSION"),
    ]
}
