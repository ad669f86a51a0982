/// What a look for programs that use PC/SC and are not seen gave.
package enum StrangerSight: Sendable {
    /// None can have used pcscd since the last look.
    case nothing
    /// One came that has a tap: it is about to make itself known, or tells another probe. The next look will tell.
    case undecided
    /// One may have.
    case activity
}
