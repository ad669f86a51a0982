/// What a virtual eUICC holds at its first power-up, and what it refuses.
package struct EUICCScript: Equatable, Sendable {
    /// 32 digits; the last two make the number 1 modulo 97 (GSMA SGP.29).
    package var eid = "89049032012345678901234567890170"
    /// Name of the SM-DP+: the default one, and where the notifications of all profiles go.
    package var server = "smdp.example.com"
    package var profiles: [EUICCProfile] = [
        EUICCProfile(iccid: "8988211000000000003", name: "CardLink", provider: "CardLink Mobile", isEnabled: true),
        EUICCProfile(iccid: "8988211000000000011", name: "Travel", provider: "Roamer"),
    ]
    package var failures: [EUICCFailure] = []

    package init() {}
}

/// A profile on a virtual eUICC.
package struct EUICCProfile: Equatable, Sendable {
    /// SGP.22, `ProfileClass`.
    package enum Class: String, CaseIterable, Sendable {
        case test, provisioning, operational

        var code: UInt8 {
            switch self {
            case .test: 0
            case .provisioning: 1
            case .operational: 2
            }
        }
    }

    /// 18 to 20 digits.
    package var iccid: String
    package var name = ""
    package var provider = ""
    package var nickname: String?
    package var profileClass = Class.operational
    package var isEnabled = false
}

/// A function that the eUICC does not do as it is asked; its result says why.
package struct EUICCFailure: Equatable, Sendable, CountedRule {
    package var function: EUICCFunction
    /// The number that SGP.22 gives the reason: `enableResult`, `authenticateErrorCode`, of a package `errorReason`.
    package var result: UInt8
    /// Of a bound profile package: `bppCommandId`, the part that is refused.
    package var packageCommand: UInt8 = 5
    package var after = 0
    package var times: Int?
}

/// The functions of ES10a, b and c by the names of SGP.22, 5.7.
package enum EUICCFunction: String, CaseIterable, Sendable {
    case getEuiccConfiguredAddresses, setDefaultDpAddress
    case getEuiccInfo1, getEuiccInfo2, getEuiccChallenge, getRAT, getEID
    case prepareDownload, loadBoundProfilePackage, authenticateServer, cancelSession
    case listNotification, retrieveNotificationsList, removeNotificationFromList
    case getProfilesInfo, enableProfile, disableProfile, deleteProfile, setNickname, eUICCMemoryReset

    /// The tag that begins request and response.
    var tag: UInt16 {
        switch self {
        case .getEuiccInfo1: 0xBF20
        case .prepareDownload: 0xBF21
        case .getEuiccInfo2: 0xBF22
        case .listNotification: 0xBF28
        case .setNickname: 0xBF29
        case .retrieveNotificationsList: 0xBF2B
        case .getProfilesInfo: 0xBF2D
        case .getEuiccChallenge: 0xBF2E
        case .removeNotificationFromList: 0xBF30
        case .enableProfile: 0xBF31
        case .disableProfile: 0xBF32
        case .deleteProfile: 0xBF33
        case .eUICCMemoryReset: 0xBF34
        case .loadBoundProfilePackage: 0xBF36
        case .authenticateServer: 0xBF38
        case .getEuiccConfiguredAddresses: 0xBF3C
        case .getEID: 0xBF3E
        case .setDefaultDpAddress: 0xBF3F
        case .cancelSession: 0xBF41
        case .getRAT: 0xBF43
        }
    }

    /// How its response says that it failed; nil for those that only a status word can refuse.
    var refusal: Refusal? {
        switch self {
        case .enableProfile, .disableProfile, .deleteProfile, .setNickname, .eUICCMemoryReset, .setDefaultDpAddress,
            .removeNotificationFromList:
            .result
        case .getProfilesInfo, .listNotification, .retrieveNotificationsList, .cancelSession: .choice
        case .authenticateServer, .prepareDownload: .transaction
        case .loadBoundProfilePackage: .package
        case .getEuiccInfo1, .getEuiccInfo2, .getEuiccChallenge, .getEuiccConfiguredAddresses, .getRAT, .getEID: nil
        }
    }

    enum Refusal {
        /// A number with tag 80, in the place where a success has 0; with tag 81 beside the success's A0; with the
        /// transaction in A1; a profile installation result.
        case result, choice, transaction, package
    }
}
