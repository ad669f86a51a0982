extension EUICC {
    /// Where a download stands, from the server's first words to the last part of its package.
    struct Download: Equatable {
        /// The challenge that the server must sign.
        var challenge: [UInt8]?
        /// Its transaction, once the server was let in.
        var transaction: [UInt8]?
        var isPrepared = false
        var loading: Loading?
    }

    /// A bound profile package that comes in parts.
    struct Loading: Equatable {
        /// Bytes that are still to come.
        var missingBytes: Int
        /// StoreMetadata, without the checksums of its parts.
        var metadata: [UInt8] = []
        var failure: EUICCFailure?

        /// An icon may have a kilobyte.
        static let longestMetadata = 2_048
    }

    mutating func challenge() -> [UInt8] {
        challenges &+= 1
        let bytes = (0..<16).map { challenges &* 16 &+ $0 }
        download = Download(challenge: bytes)
        return bytes
    }

    /// AuthenticateServer: SGP.22, 5.7.13.
    mutating func authenticate(_ value: [UInt8]) -> [UInt8] {
        let function = EUICCFunction.authenticateServer
        guard let signed = TLV.value(0x30, in: value), let transaction = TLV.value(0x80, in: signed) else {
            return refuse(function, 127, value)
        }
        guard let challenge = download.challenge else { return refuse(function, 4, value) }
        guard TLV.value(0x81, in: signed) == challenge else { return refuse(function, 6, value) }
        download.transaction = transaction
        let told: [UInt16] = [0x80, 0x83, 0x84]
        let echoed = told.flatMap { tag in TLV.value(tag, in: signed).map { TLV.encode(tag, $0) } ?? [] }
        let context = TLV.encode(0xA0, TLV.value(0xA0, in: value) ?? [])
        let response = TLV.encode(0x30, echoed + information + context) + Self.signature + Self.certificates
        return TLV.encode(function.tag, TLV.encode(0xA0, response))
    }

    /// PrepareDownload: SGP.22, 5.7.5.
    mutating func prepare(_ value: [UInt8]) -> [UInt8] {
        let function = EUICCFunction.prepareDownload
        guard let transaction = download.transaction else { return refuse(function, 4, value) }
        guard TLV.value(0x30, 0x80, in: value) == transaction else { return refuse(function, 5, value) }
        download.isPrepared = true
        let key = TLV.encode(0x5F49, [0x04] + [UInt8](repeating: 0x0F, count: 64))
        let hash = TLV.value(0x04, in: value).map { TLV.encode(0x04, $0) } ?? []
        let signed = TLV.encode(0x30, TLV.encode(0x80, transaction) + key + hash)
        return TLV.encode(function.tag, TLV.encode(0xA0, signed + Self.signature))
    }

    /// CancelSession: SGP.22, 5.7.14.
    mutating func cancel(_ value: [UInt8]) -> [UInt8] {
        let function = EUICCFunction.cancelSession
        guard let transaction = TLV.value(0x80, in: value), transaction == download.transaction else {
            return refuse(function, 5, value)
        }
        download = Download()
        let reason = TLV.value(0x81, in: value) ?? []
        let signed = TLV.encode(
            0x30, TLV.encode(0x80, transaction) + TLV.encode(0x81, Self.serverIdentifier) + TLV.encode(0x82, reason))
        return TLV.encode(function.tag, TLV.encode(0xA0, signed + Self.signature))
    }

    /// LoadBoundProfilePackage: SGP.22, 5.7.6; silence until the last part, or the first one that is not taken.
    mutating func load(_ part: [UInt8], _ header: TLV.Header) -> CardAnswer {
        if header.tag == EUICCFunction.loadBoundProfilePackage.tag {
            guard download.isPrepared else { return .status(0x6985) }
            download.loading = Loading(
                missingBytes: header.bytes + header.valueBytes,
                failure: failures.next { $0.function == .loadBoundProfilePackage })
            let opening = TLV.value(0xBF23, 0x80, in: Array(part.dropFirst(header.bytes)))
            guard opening == download.transaction else { return .afterData(install(.refused(command: 0, reason: 3))) }
        }
        guard download.loading != nil else { return .status(0x6985) }
        download.loading?.missingBytes -= part.count
        if let refusal = refusal(of: part, header) { return .afterData(install(refusal)) }
        guard download.loading?.missingBytes ?? 0 <= 0 else { return .done }
        return .afterData(install(profiles.count < Self.mostProfiles ? .done : .refused(command: 5, reason: 10)))
    }

    private enum Installation {
        case done
        case refused(command: UInt8, reason: UInt8)
    }

    /// Why this part is not taken; keeps what it says of the profile.
    private mutating func refusal(of part: [UInt8], _ header: TLV.Header) -> Installation? {
        let command: UInt8
        switch header.tag {
        case EUICCFunction.loadBoundProfilePackage.tag: command = 0
        case 0xA0, 0x87: command = 1
        case 0x88: command = 2
        case 0xA2: command = 4
        case 0x86: command = 5
        // the heads of lists, which say nothing themselves
        case 0xA1, 0xA3: return nil
        default: return .refused(command: 5, reason: 1)
        }
        if let failure = download.loading?.failure, failure.packageCommand == command {
            return .refused(command: command, reason: failure.result)
        }
        guard command == 2 else { return nil }
        let room = Loading.longestMetadata - (download.loading?.metadata.count ?? 0)
        download.loading?.metadata += (TLV.value(0x88, in: part) ?? []).dropLast(8).prefix(room)
        let number = loadedNumber
        return profiles.contains { $0.iccid == number } ? .refused(command: command, reason: 9) : nil
    }

    private var loadedNumber: [UInt8]? { TLV.value(0xBF25, 0x5A, in: download.loading?.metadata ?? []) }

    /// Ends a download by its ProfileInstallationResult, which is a notification, too.
    private mutating func install(_ installation: Installation) -> [UInt8] {
        let iccid = loadedNumber
        let transaction = TLV.encode(0x80, download.transaction ?? [])
        let final: [UInt8]
        switch installation {
        case .done:
            let metadata = TLV.value(0xBF25, in: download.loading?.metadata ?? []) ?? []
            func text(_ tag: UInt16) -> String { String(decoding: TLV.value(tag, in: metadata) ?? [], as: UTF8.self) }
            add(EUICCProfile(iccid: "", name: text(0x92), provider: text(0x91)), iccid: iccid ?? Self.unnamed)
            let response: [UInt8] = [0x30, 0x07, 0xA0, 0x05, 0x30, 0x03, 0x80, 0x01, 0x00]
            final = TLV.encode(
                0xA0, TLV.encode(0x4F, profiles.last?.identifier ?? []) + TLV.encode(0x04, response))
        case .refused(let command, let reason):
            final = TLV.encode(0xA1, TLV.encode(0x80, [command]) + TLV.encode(0x81, [reason]))
        }
        download = Download()
        note(.install, iccid) { metadata in
            let data = transaction + metadata + TLV.encode(0x06, Self.serverIdentifier) + TLV.encode(0xA2, final)
            return TLV.encode(0xBF37, TLV.encode(0xBF27, data) + Self.signature)
        }
        return notifications.last?.pending ?? []
    }

    /// An object identifier of the SM-DP+: 2.23.146.1.2.1.4.
    private static let serverIdentifier: [UInt8] = [0x67, 0x81, 0x12, 0x01, 0x02, 0x01, 0x04]
    /// The ICCID of a package that does not say it.
    private static let unnamed: [UInt8] = CardIdentity.swapped("8988211999999999993", digits: 20)
}
