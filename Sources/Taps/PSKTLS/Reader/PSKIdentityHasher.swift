package import SmartCard

/// What an identity becomes before it is told; nil where it cannot be hashed.
package typealias PSKIdentityHasher = @Sendable (CardSecret, [UInt8]) -> String?
