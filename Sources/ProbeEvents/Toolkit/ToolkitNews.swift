/// What a terminal's line tells of its card's toolkit.
public enum ToolkitNews: Sendable, Equatable {
    /// A proactive command that waits for a terminal response, as the card gave it (D0…).
    case command([UInt8])
    /// A proactive command that the terminal carries out itself.
    case notice([UInt8])
    /// The terminal's answer to a command.
    case response([UInt8])
    /// An envelope to the card (D1 to DF).
    case envelope([UInt8])
    /// A command of which only the type is told (TS 102 223, 9.4).
    case type(UInt8)
    /// The session is over.
    case end
    /// Something of the maker's own that is not read.
    case unread
    /// A line that should hold hex, and holds something else.
    case malformed
}
