/// What came of a function of an eUICC: the names of its codes, and what is known without one.
public enum ESIMResult: UInt8, Hashable, Sendable, CaseIterable {
    case ok
    // Profiles and notifications (SGP.22, 5.7.11 and 5.7.15 to 5.7.21)
    case iccidOrAidNotFound, iccidNotFound, profileNotInDisabledState, profileNotInEnabledState, disallowedByPolicy
    case wrongProfileReenabling, catBusy, nothingToDelete, incorrectInputValues
    // Servers and their sessions (5.7.5, 5.7.13, 5.7.14)
    case invalidCertificate, invalidSignature, unsupportedCurve, noSessionContext, invalidOid, euiccChallengeMismatch
    case ciPkUnknown, invalidTransactionId
    // Revocation lists (5.7.12)
    case invalidCrlFormat, notEnoughMemorySpace, verificationKeyNotFound, fresherCrlAlreadyLoaded, baseCrlMissing
    // Installation (2.5.6): errorReason, those that begin with installFailedDueTo without it
    case unsupportedCrtValues, unsupportedRemoteOperationType, unsupportedProfileClass, scp03tStructureError
    case scp03tSecurityError, iccidAlreadyExists, insufficientMemoryForProfile, interruption
    case profileElementProcessingError, dataMismatch, invalidNaaKey, pprNotAllowed, insufficientSecurityLevel
    case serverAddressNotAllowed, unknownError
    case undefinedError
    /// A code that the table does not have.
    case other
    /// The card refused a block by its status word.
    case refused
    /// The next function came, or the card was reset, before the answer.
    case abandoned
    /// An answer came that could not be read.
    case unread
}

/// Which part of a bound profile package an eUICC failed at (SGP.22, 2.5.6: bppCommandId).
public enum BoundProfileCommand: UInt8, Hashable, Sendable, CaseIterable {
    case initialiseSecureChannel, configureIsdp, storeMetadata, storeMetadata2, replaceSessionKeys
    case loadProfileElements
    /// A code that the specification does not have.
    case other

    /// The command with this code.
    init(code: UInt8) {
        self = code < Self.other.rawValue ? Self(rawValue: code) ?? .other : .other
    }
}

/// Why a download was cancelled (SGP.22, 5.7.14: CancelSessionReason).
public enum ESIMCancelReason: UInt8, Hashable, Sendable, CaseIterable {
    case endUserRejection, postponed, timeout, pprNotAllowed, metadataMismatch, loadBppExecutionError
    case undefinedReason
    /// A code that the specification does not have.
    case other

    /// The reason with this code.
    init(code: UInt8) {
        if code == 127 {
            self = .undefinedReason
        } else {
            self = code < Self.undefinedReason.rawValue ? Self(rawValue: code) ?? .other : .other
        }
    }
}
