package import ProbeEvents

/// What a reader of a TLS connection has found.
package enum TLSNews: Sendable {
    /// The handshake ended, well or not; told once.
    case handshake(TLSHandshakeReport)
    /// Application data that could be read.
    case data(TLSApplicationData)
    /// The connection ended; the last there is.
    case closed(TLSEnding)
}

/// How a handshake ended.
package struct TLSHandshakeReport: Sendable, Equatable {
    /// When its first byte came.
    package var began: EventClock
    /// When it ended, CLOCK_MONOTONIC, nanoseconds.
    package var endedNanoseconds: UInt64
    /// The version that the server chose, else the best that the client offered.
    package var version = TLSVersion.unknown
    /// The suite that the server chose.
    package var cipherSuite = CipherSuite.none
    /// How it ended.
    package var result = HandshakeResult.success
    /// What was wrong.
    package var error: TLSErrorType?
    /// The last step that was seen.
    package var step = TLSStep.none
    /// Who sent the alert or closed.
    package var endedBy: TLSPeer?
    /// Whether an earlier session goes on.
    package var isResumed = false
    /// Whether both sides know the extended master secret.
    package var hasExtendedMasterSecret = false
    /// The client's identity, in clear: to be hashed before it is told to anybody.
    package var identity: [UInt8]?
    /// Whether what is inside can be read.
    package var reading = TLSReading.notAsked
}

/// Whether what is inside a connection can be read, once its handshake is done.
package enum TLSReading: Sendable, Equatable {
    /// There are no keys, or it is under none that is shared, or goes on from a session that was not seen.
    case notAsked
    /// It is.
    case read
    /// The file of keys does not have its identity.
    case noKey
    /// It has another key for it.
    case otherKey
    /// The suite or the version is not deciphered: 3DES, RC4, CCM, TLS 1.3.
    case notDeciphered
}

/// Application data of one record.
package struct TLSApplicationData: Sendable, Equatable {
    /// Who sent it.
    package var peer: TLSPeer
    /// It.
    package var bytes: [UInt8]
    /// When the first byte of its record came.
    package var began: EventClock
    /// When the last one came.
    package var ended: EventClock
}

/// How a connection ended.
package struct TLSEnding: Sendable, Equatable {
    /// What was wrong after the handshake.
    package var error: TLSErrorType?
    /// Who closed first.
    package var endedBy: TLSPeer?
    /// What the client sent.
    package var fromClient: TLSCount
    /// What the server sent.
    package var fromServer: TLSCount
}

/// How much one side sent.
package struct TLSCount: Sendable, Equatable {
    /// Bytes on the wire.
    package var bytes: UInt64 = 0
    /// Records that came whole.
    package var records: UInt64 = 0
}
