/// The part of an eUICC that a Local Profile Assistant talks to: ISD-R and its functions ES10a, b, c (GSMA SGP.22 v2, 5.7).
///
/// Profiles, notifications and downloads have the states of a real one. Nothing is computed with keys: a challenge is a
/// count, signatures and certificates are filler of usual lengths, and a bound profile package is taken as it comes.
struct EUICC {
    static let identifier: [UInt8] = [
        0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x01, 0x00,
    ]
    /// Name, and what SGP.22, 5.7.1 adds to it: the version 2.2.2.
    static let fileControlInformation = TLV.encode(
        0x6F,
        TLV.encode(0x84, identifier) + TLV.encode(0xA5, TLV.encode(0x9F65, [0xFF]))
            + TLV.encode(0xE0, TLV.encode(0x82, version)))
    static let version: [UInt8] = [2, 2, 2]
    /// The most bytes of one request.
    static let longestRequest = 1 << 16
    /// So many profiles have room.
    static let mostProfiles = 16
    /// The most notifications that wait; the oldest goes first.
    static let mostNotifications = 64

    struct Profile: Equatable {
        let iccid: [UInt8]
        let identifier: [UInt8]
        var about: EUICCProfile
    }

    struct Notification: Equatable {
        let sequence: Int
        let event: Event
        let metadata: [UInt8]
        /// What the SM-DP+ is sent: `PendingNotification`.
        let pending: [UInt8]
    }

    /// One bit of `NotificationEvent`.
    enum Event: UInt8 {
        case install = 0x80
        case enable = 0x40
        case disable = 0x20
        case delete = 0x10
    }

    let script: EUICCScript
    var failures: RuleBook<EUICCFailure>
    private(set) var profiles: [Profile] = []
    private(set) var notifications: [Notification] = []
    private var sequence = 0
    private var profilesMade: UInt8 = 0
    private var server: String
    var challenges: UInt8 = 0
    var download = Download()
    private var request: [UInt8] = []
    private var nextBlock: UInt8 = 0

    init(_ script: EUICCScript) {
        self.script = script
        server = script.server
        failures = RuleBook(script.failures)
        for profile in script.profiles { add(profile, iccid: CardIdentity.swapped(profile.iccid, digits: 20)) }
    }

    /// Power-up or reset: what was begun is forgotten; profiles and notifications stay.
    mutating func reset() {
        request = []
        nextBlock = 0
        download = Download()
    }

    /// STORE DATA: SGP.22, 5.7.2. P1 11 says that more blocks follow, 91 that this is the last; P2 numbers them.
    mutating func store(_ command: CardCommand) -> CardAnswer {
        guard command.p1 == 0x11 || command.p1 == 0x91 else { return .status(0x6A86) }
        if command.p2 == 0, nextBlock != 0 { (request, nextBlock) = ([], 0) }
        guard command.p2 == nextBlock, request.count + command.data.count <= Self.longestRequest else {
            let refusal: UInt16 = command.p2 == nextBlock ? 0x6A84 : 0x6A86
            (request, nextBlock) = ([], 0)
            return .status(refusal)
        }
        request += command.data
        nextBlock &+= 1
        guard command.p1 == 0x91 else { return .done }
        let whole = request
        (request, nextBlock) = ([], 0)
        return perform(whole)
    }

    private mutating func perform(_ request: [UInt8]) -> CardAnswer {
        guard let header = TLV.header(request) else { return .status(0x6A80) }
        // The parts of a bound profile package come one by one, without the tag of the whole: SGP.22, 2.5.5.
        if header.tag == EUICCFunction.loadBoundProfilePackage.tag || header.tag <= 0xFF {
            return load(request, header)
        }
        guard let function = EUICCFunction.allCases.first(where: { $0.tag == header.tag }) else {
            return .status(0x6A88)
        }
        guard let value = TLV.value(header.tag, in: request) else { return .status(0x6A80) }
        if let failure = failures.next(where: { $0.function == function }) {
            return .afterData(refuse(function, failure.result, value))
        }
        return .afterData(answer(function, value))
    }

    private mutating func answer(_ function: EUICCFunction, _ value: [UInt8]) -> [UInt8] {
        switch function {
        case .getEuiccInfo1: TLV.encode(function.tag, TLV.encode(0x82, Self.version) + Self.keyIdentifiers)
        case .getEuiccInfo2: information
        case .getEID: TLV.encode(function.tag, TLV.encode(0x5A, bytes(hexadecimal: script.eid) ?? []))
        // no rules authorisation table
        case .getRAT: TLV.encode(function.tag, TLV.encode(0xA0, []))
        case .getEuiccChallenge: TLV.encode(function.tag, TLV.encode(0x80, challenge()))
        case .getEuiccConfiguredAddresses:
            TLV.encode(
                function.tag, TLV.encode(0x80, Array(server.utf8)) + TLV.encode(0x81, Array("lpa.ds.gsma.com".utf8)))
        case .setDefaultDpAddress: result(function, setServer(value))
        case .getProfilesInfo: TLV.encode(function.tag, TLV.encode(0xA0, profilesInfo(value)))
        case .enableProfile: result(function, enable(value))
        case .disableProfile: result(function, disable(value))
        case .deleteProfile: result(function, delete(value))
        case .setNickname: result(function, setNickname(value))
        case .eUICCMemoryReset: result(function, resetMemory(value))
        case .listNotification:
            TLV.encode(function.tag, TLV.encode(0xA0, chosen(value).flatMap(\.metadata)))
        case .retrieveNotificationsList: retrieve(value)
        case .removeNotificationFromList: result(function, remove(value))
        case .authenticateServer: authenticate(value)
        case .prepareDownload: prepare(value)
        case .cancelSession: cancel(value)
        case .loadBoundProfilePackage: []
        }
    }

    func result(_ function: EUICCFunction, _ code: UInt8) -> [UInt8] {
        TLV.encode(function.tag, TLV.encode(0x80, [code]))
    }

    /// A response that says why not, in the form that the function has for it.
    func refuse(_ function: EUICCFunction, _ code: UInt8, _ value: [UInt8]) -> [UInt8] {
        switch function.refusal {
        case .choice: return TLV.encode(function.tag, TLV.encode(0x81, [code]))
        case .transaction:
            let transaction = TLV.value(0x30, 0x80, in: value) ?? []
            return TLV.encode(
                function.tag, TLV.encode(0xA1, TLV.encode(0x80, transaction) + TLV.encode(0x02, [code])))
        case .result, .package, nil: return result(function, code)
        }
    }

    // MARK: The eUICC itself

    /// The CI keys that are known, for verification and for signing: one.
    private static let keyIdentifiers =
        TLV.encode(0xA9, TLV.encode(0x04, keyIdentifier)) + TLV.encode(0xAA, TLV.encode(0x04, keyIdentifier))
    private static let keyIdentifier = [UInt8](0x10..<0x24)

    /// EUICCInfo2; each profile takes 64 KiB.
    var information: [UInt8] {
        let free = max(0, Self.mostProfiles - profiles.count) << 16
        let resources =
            TLV.encode(0x81, [UInt8(clamping: profiles.count)])
            + TLV.encode(0x82, Self.integer(free)) + TLV.encode(0x83, Self.integer(1 << 14))
        var members = TLV.encode(0x81, [2, 3, 1]) + TLV.encode(0x82, Self.version) + TLV.encode(0x83, [1, 0, 0])
        members += TLV.encode(0x84, resources) + TLV.encode(0x85, [0x05, 0x7F, 0x20])
        members += TLV.encode(0x86, [9, 2, 0]) + TLV.encode(0x87, [2, 3, 0]) + TLV.encode(0x88, [0x02, 0x90])
        members += Self.keyIdentifiers + TLV.encode(0x8B, [2])
        members += TLV.encode(0x04, [0, 0, 1]) + TLV.encode(0x0C, Array("XX-YY-ZZ-0001".utf8))
        return TLV.encode(EUICCFunction.getEuiccInfo2.tag, members)
    }

    private mutating func setServer(_ value: [UInt8]) -> UInt8 {
        guard let name = TLV.value(0x80, in: value) else { return 127 }
        server = String(decoding: name, as: UTF8.self)
        return 0
    }

    /// `resetOptions`: operational profiles, test profiles, the default server.
    private mutating func resetMemory(_ value: [UInt8]) -> UInt8 {
        guard let options = TLV.value(0x82, in: value), options.count == 2 else { return 127 }
        let gone = profiles.filter { profile in
            switch profile.about.profileClass {
            case .operational: options[1] & 0x80 != 0
            case .test: options[1] & 0x40 != 0
            case .provisioning: false
            }
        }
        if options[1] & 0x20 != 0 { server = script.server }
        profiles.removeAll { gone.contains($0) }
        for profile in gone { note(.delete, profile.iccid) }
        return gone.isEmpty && options[1] & 0x20 == 0 ? 1 : 0
    }

    // MARK: Profiles

    mutating func add(_ profile: EUICCProfile, iccid: [UInt8]) {
        // ISD-P: SGP.02, 2.2.3, its instances counted from 10
        let identifier = Self.identifier.prefix(12) + [0x00, 0x00, 0x10 &+ profilesMade, 0x00]
        profilesMade &+= 1
        profiles.append(Profile(iccid: iccid, identifier: Array(identifier), about: profile))
    }

    /// ProfileInfo of those that are asked for by A0, with what 5C lists, or all that there is.
    private func profilesInfo(_ value: [UInt8]) -> [UInt8] {
        let wanted = TLV.value(0x5C, in: value).map(TLV.tags)
        let criteria = TLV.value(0xA0, in: value).map { TLV.elements($0) } ?? []
        return profiles.filter { profile in
            criteria.allSatisfy { member in
                switch member.tag {
                case 0x4F: member.value == profile.identifier
                case 0x5A: member.value == profile.iccid
                case 0x95: member.value == [profile.about.profileClass.code]
                default: false
                }
            }
        }.flatMap { profile in
            let about = profile.about
            var members: [(tag: UInt16, value: [UInt8])] = [
                (0x5A, profile.iccid), (0x4F, profile.identifier), (0x9F70, [about.isEnabled ? 1 : 0]),
            ]
            if let nickname = about.nickname { members.append((0x90, Array(nickname.utf8))) }
            members += [(0x91, Array(about.provider.utf8)), (0x92, Array(about.name.utf8))]
            members.append((0x95, [about.profileClass.code]))
            let told = members.filter { wanted?.contains($0.tag) ?? true }
            return TLV.encode(0xE3, told.flatMap { TLV.encode($0.tag, $0.value) })
        }
    }

    /// The profile that a request names by ICCID or AID, in A0 or without it.
    private func named(_ value: [UInt8]) -> Int? {
        let choice = TLV.value(0xA0, in: value) ?? value
        if let iccid = TLV.value(0x5A, in: choice) { return profiles.firstIndex { $0.iccid == iccid } }
        guard let identifier = TLV.value(0x4F, in: choice) else { return nil }
        return profiles.firstIndex { $0.identifier == identifier }
    }

    private mutating func enable(_ value: [UInt8]) -> UInt8 {
        guard let index = named(value) else { return 1 }
        guard !profiles[index].about.isEnabled else { return 2 }
        for other in profiles.indices where profiles[other].about.isEnabled { setEnabled(false, other) }
        setEnabled(true, index)
        return 0
    }

    private mutating func disable(_ value: [UInt8]) -> UInt8 {
        guard let index = named(value) else { return 1 }
        guard profiles[index].about.isEnabled else { return 2 }
        setEnabled(false, index)
        return 0
    }

    private mutating func setEnabled(_ isEnabled: Bool, _ index: Int) {
        profiles[index].about.isEnabled = isEnabled
        note(isEnabled ? .enable : .disable, profiles[index].iccid)
    }

    private mutating func delete(_ value: [UInt8]) -> UInt8 {
        guard let index = named(value) else { return 1 }
        guard !profiles[index].about.isEnabled else { return 2 }
        note(.delete, profiles.remove(at: index).iccid)
        return 0
    }

    private mutating func setNickname(_ value: [UInt8]) -> UInt8 {
        guard let index = named(value) else { return 1 }
        guard let name = TLV.value(0x90, in: value), name.count <= 64 else { return 127 }
        profiles[index].about.nickname = name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
        return 0
    }

    // MARK: Notifications

    private mutating func note(_ event: Event, _ iccid: [UInt8]) {
        note(event, iccid) { TLV.encode(0x30, $0 + Self.signature + Self.certificates) }
    }

    /// Keeps a notification until it is said to be sent; `pending` makes of its metadata what the server gets.
    mutating func note(_ event: Event, _ iccid: [UInt8]?, pending: ([UInt8]) -> [UInt8]) {
        sequence += 1
        var members = TLV.encode(0x80, Self.integer(sequence))
        // a string of four bits, so four of the byte are not used
        members += TLV.encode(0x81, [0x04, event.rawValue]) + TLV.encode(0x0C, Array(script.server.utf8))
        if let iccid { members += TLV.encode(0x5A, iccid) }
        let metadata = TLV.encode(0xBF2F, members)
        if notifications.count == Self.mostNotifications { notifications.removeFirst() }
        notifications.append(
            Notification(sequence: sequence, event: event, metadata: metadata, pending: pending(metadata)))
    }

    /// Those with a number (80) or of an event (81); all without either.
    private func chosen(_ criteria: [UInt8]) -> [Notification] {
        let number = TLV.value(0x80, in: criteria)
        let events = TLV.value(0x81, in: criteria)?.last
        return notifications.filter { notification in
            (number.map { $0 == Self.integer(notification.sequence) } ?? true)
                && (events.map { $0 & notification.event.rawValue != 0 } ?? true)
        }
    }

    private func retrieve(_ value: [UInt8]) -> [UInt8] {
        let found = chosen(TLV.value(0xA0, in: value) ?? [])
        guard !found.isEmpty else { return refuse(.retrieveNotificationsList, 1, value) }
        return TLV.encode(
            EUICCFunction.retrieveNotificationsList.tag, TLV.encode(0xA0, found.flatMap(\.pending)))
    }

    private mutating func remove(_ value: [UInt8]) -> UInt8 {
        guard TLV.value(0x80, in: value) != nil else { return 127 }
        let sent = chosen(value).map(\.sequence)
        notifications.removeAll { sent.contains($0.sequence) }
        return sent.isEmpty ? 1 : 0
    }

    // MARK: Filler

    static let signature = TLV.encode(0x5F37, [UInt8](repeating: 0x5A, count: 64))
    /// Of the eUICC and of its maker; no X.509 inside.
    static let certificates =
        TLV.encode(0x30, [UInt8](repeating: 0xE1, count: 420)) + TLV.encode(0x30, [UInt8](repeating: 0xE2, count: 460))

    /// A whole number as ASN.1 has it: as few bytes as can be, none negative.
    static func integer(_ number: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = number
        repeat {
            bytes.insert(UInt8(truncatingIfNeeded: rest), at: 0)
            rest >>= 8
        } while rest > 0
        return bytes[0] & 0x80 == 0 ? bytes : [0x00] + bytes
    }
}

extension VirtualCard {
    /// STORE DATA: only ISD-R takes it.
    mutating func storeData(_ context: CommandContext) -> CardAnswer {
        guard channels[context.channel]?.isRoot == true else { return .status(0x6D00) }
        return euicc?.store(context.command) ?? .status(0x6D00)
    }
}
