package import SmartCard

/// How a card's answers to a command of one name are held against its usual.
package struct CardDrift: Sendable, Hashable {
    package var command: CommandName
    /// How much longer it takes, as a part of what is usual; 0 while it may be chance.
    package var slowdown: Double
    /// The share of answers that are not usual; 0 while it may be chance.
    package var unusualAnswers: Double

    package init(command: CommandName, slowdown: Double = 0, unusualAnswers: Double = 0) {
        (self.command, self.slowdown, self.unusualAnswers) = (command, slowdown, unusualAnswers)
    }
}
