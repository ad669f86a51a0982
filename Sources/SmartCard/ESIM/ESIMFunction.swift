/// A function that an eUICC's ISD-R offers to the device (GSMA SGP.22 v2.x, 5.7: ES10a, ES10b, ES10c).
public enum ESIMFunction: UInt8, Hashable, Sendable, CaseIterable {
    case getEuiccConfiguredAddresses, setDefaultDpAddress
    case prepareDownload, loadBoundProfilePackage, getEuiccChallenge, getEuiccInfo1, getEuiccInfo2
    case listNotification, retrieveNotificationsList, removeNotificationFromList, loadCrl, authenticateServer
    case cancelSession, getRat
    case getProfilesInfo, enableProfile, disableProfile, deleteProfile, euiccMemoryReset, getEid, setNickname

    /// The interface as the specification names it, by who uses it.
    public enum Group: String, Hashable, Sendable {
        /// To find servers; to download profiles and notify; to manage profiles for the user.
        case es10a = "ES10a", es10b = "ES10b", es10c = "ES10c"
    }

    /// How its answer says what came of it.
    enum Answer: Hashable, Sendable {
        /// Data; that it comes is the result.
        case data
        /// A code: `80 01 code`.
        case code
        /// Data behind `A0`, or a code: `81 01 code`.
        case choice
        /// The same; the data begins with what was signed, and that ends with a reason.
        case cancellation
        /// The same; the data is a list.
        case list
        /// Data behind `A0`, or behind `A1` the transaction and `02 01 code`.
        case transaction
        /// The result of an installation, which has a tag of its own.
        case installation
    }

    /// What is known of a function.
    struct Row: Sendable {
        /// The second byte of its tag; the first is BF.
        let tag: UInt8
        let name: String
        let group: Group
        let answer: Answer
        /// What its codes mean.
        let codes: [UInt8: ESIMResult]
        let clause: String
    }

    // By raw value. The codes are those of the ASN.1 module RSPDefinitions (SGP.22, annex H).
    static let rows: [Row] = [
        Row(
            tag: 0x3C, name: "GetEuiccConfiguredAddresses", group: .es10a, answer: .data, codes: [:], clause: "5.7.3"),
        Row(
            tag: 0x3F, name: "SetDefaultDpAddress", group: .es10a, answer: .code,
            codes: [0: .ok, 127: .undefinedError], clause: "5.7.4"),
        Row(
            tag: 0x21, name: "PrepareDownload", group: .es10b, answer: .transaction,
            codes: [
                1: .invalidCertificate, 2: .invalidSignature, 3: .unsupportedCurve, 4: .noSessionContext,
                5: .invalidTransactionId, 127: .undefinedError,
            ], clause: "5.7.5"),
        Row(
            tag: 0x36, name: "LoadBoundProfilePackage", group: .es10b, answer: .installation,
            codes: [
                1: .incorrectInputValues, 2: .invalidSignature, 3: .invalidTransactionId, 4: .unsupportedCrtValues,
                5: .unsupportedRemoteOperationType, 6: .unsupportedProfileClass, 7: .scp03tStructureError,
                8: .scp03tSecurityError, 9: .iccidAlreadyExists, 10: .insufficientMemoryForProfile, 11: .interruption,
                12: .profileElementProcessingError, 13: .dataMismatch, 14: .invalidNaaKey, 15: .pprNotAllowed,
                31: .insufficientSecurityLevel, 32: .serverAddressNotAllowed, 127: .unknownError,
            ], clause: "5.7.6"),
        Row(tag: 0x2E, name: "GetEUICCChallenge", group: .es10b, answer: .data, codes: [:], clause: "5.7.7"),
        Row(tag: 0x20, name: "GetEUICCInfo1", group: .es10b, answer: .data, codes: [:], clause: "5.7.8"),
        Row(tag: 0x22, name: "GetEUICCInfo2", group: .es10b, answer: .data, codes: [:], clause: "5.7.8"),
        Row(
            tag: 0x28, name: "ListNotification", group: .es10b, answer: .list, codes: [127: .undefinedError],
            clause: "5.7.9"),
        Row(
            tag: 0x2B, name: "RetrieveNotificationsList", group: .es10b, answer: .list,
            codes: [127: .undefinedError], clause: "5.7.10"),
        Row(
            tag: 0x30, name: "RemoveNotificationFromList", group: .es10b, answer: .code,
            codes: [0: .ok, 1: .nothingToDelete, 127: .undefinedError], clause: "5.7.11"),
        Row(
            tag: 0x35, name: "LoadCRL", group: .es10b, answer: .choice,
            codes: [
                1: .invalidSignature, 2: .invalidCrlFormat, 3: .notEnoughMemorySpace, 4: .verificationKeyNotFound,
                5: .fresherCrlAlreadyLoaded, 6: .baseCrlMissing, 127: .undefinedError,
            ], clause: "5.7.12"),
        Row(
            tag: 0x38, name: "AuthenticateServer", group: .es10b, answer: .transaction,
            codes: [
                1: .invalidCertificate, 2: .invalidSignature, 3: .unsupportedCurve, 4: .noSessionContext,
                5: .invalidOid, 6: .euiccChallengeMismatch, 7: .ciPkUnknown, 127: .undefinedError,
            ], clause: "5.7.13"),
        Row(
            tag: 0x41, name: "CancelSession", group: .es10b, answer: .cancellation,
            codes: [5: .invalidTransactionId, 127: .undefinedError], clause: "5.7.14"),
        Row(tag: 0x43, name: "GetRAT", group: .es10b, answer: .data, codes: [:], clause: "5.7.22"),
        Row(
            tag: 0x2D, name: "GetProfilesInfo", group: .es10c, answer: .list,
            codes: [1: .incorrectInputValues, 127: .undefinedError], clause: "5.7.15"),
        Row(
            tag: 0x31, name: "EnableProfile", group: .es10c, answer: .code,
            codes: [
                0: .ok, 1: .iccidOrAidNotFound, 2: .profileNotInDisabledState, 3: .disallowedByPolicy,
                4: .wrongProfileReenabling, 5: .catBusy, 127: .undefinedError,
            ], clause: "5.7.16"),
        Row(
            tag: 0x32, name: "DisableProfile", group: .es10c, answer: .code,
            codes: [
                0: .ok, 1: .iccidOrAidNotFound, 2: .profileNotInEnabledState, 3: .disallowedByPolicy, 5: .catBusy,
                127: .undefinedError,
            ], clause: "5.7.17"),
        Row(
            tag: 0x33, name: "DeleteProfile", group: .es10c, answer: .code,
            codes: [
                0: .ok, 1: .iccidOrAidNotFound, 2: .profileNotInDisabledState, 3: .disallowedByPolicy,
                127: .undefinedError,
            ], clause: "5.7.18"),
        Row(
            tag: 0x34, name: "eUICCMemoryReset", group: .es10c, answer: .code,
            codes: [0: .ok, 1: .nothingToDelete, 5: .catBusy, 127: .undefinedError], clause: "5.7.19"),
        Row(tag: 0x3E, name: "GetEID", group: .es10c, answer: .data, codes: [:], clause: "5.7.20"),
        Row(
            tag: 0x29, name: "SetNickname", group: .es10c, answer: .code,
            codes: [0: .ok, 1: .iccidNotFound, 127: .undefinedError], clause: "5.7.21"),
    ]

    /// The function whose request has the tag `BF tag`.
    init?(tag: UInt8) {
        guard let index = Self.rows.firstIndex(where: { $0.tag == tag }) else { return nil }
        self.init(rawValue: UInt8(truncatingIfNeeded: index))
    }

    /// The function whose answer has the tag `BF tag`.
    init?(answerTag tag: UInt8) {
        if tag == 0x37 {
            self = .loadBoundProfilePackage
        } else if tag != 0x36, let function = ESIMFunction(tag: tag) {
            self = function
        } else {
            return nil
        }
    }

    var row: Row { Self.rows[Int(rawValue)] }

    /// Its name in the specification: `GetEID`.
    public var specifiedName: String { row.name }
    /// Its interface: ES10a, ES10b or ES10c.
    public var group: Group { row.group }
}
