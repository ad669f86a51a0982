internal import Modem
package import Observability
package import ProbeEvents
package import SmartCard

/// What a modem answered, for people and scripts: identities only as hashes.
package struct ModemAnswers: Sendable, Encodable {
    /// How it is registered for something.
    package struct Registration: Sendable, Encodable {
        /// `cs`, `ps`, `eps`, `5gs`.
        package var domain: String
        /// `home`, `roaming`, `searching`, ...
        package var state: String
        /// The radio access; null where it is not told.
        package var technology: OrNull<String>
    }

    /// The signal of a radio access.
    package struct Signal: Sendable, Encodable {
        /// The radio access.
        package var technology: String
        /// Measures by name, dBm.
        package var dbm: [String: Double]
        /// Measures by name, dB.
        package var db: [String: Double]
    }

    /// The family of commands that it speaks.
    package var vendor: String
    /// Who made it, as it says.
    package var maker: String
    /// Its model, as it says.
    package var model: String
    /// Its firmware, as it says.
    package var firmware: String
    /// `ready`, `pin`, `absent`, ...; null when it does not tell.
    package var sim: OrNull<String>
    /// How it is registered.
    package var registrations: [Registration]
    /// The radio access that it uses; `unknown` where it does not tell.
    package var technology: String
    /// The operator that it has chosen; null for none.
    package var operatorName: OrNull<String>
    /// Its signal.
    package var signals: [Signal]
    /// Data from it through its own connections, bytes; null where it does not count.
    package var sentBytes: OrNull<UInt64>
    /// Data to it.
    package var receivedBytes: OrNull<UInt64>
    /// How warm it is, degrees Celsius; null where it does not tell.
    package var temperatureCelsius: OrNull<Double>
    /// Identities by kind, hashed under the site's key; none without a key.
    package var identityHashes: [String: String]
    /// Commands that it does not know.
    package var missingCommands: [String]

    init(_ reading: ModemReading) {
        vendor = reading.vendor.name
        maker = reading.maker
        model = reading.model
        firmware = reading.firmware
        sim = OrNull(reading.sim?.name)
        registrations = RegistrationDomain.allCases.compactMap { domain in
            reading.registrations[domain].map {
                Registration(domain: domain.name, state: $0.state.name, technology: OrNull($0.technology?.name))
            }
        }
        operatorName = OrNull(reading.operatorChoice?.name)
        technology = reading.technology.name
        signals = RadioTechnology.allCases.compactMap { reading.signals[$0].map(Signal.init) }
        sentBytes = OrNull(reading.counters?.sentBytes)
        receivedBytes = OrNull(reading.counters?.receivedBytes)
        temperatureCelsius = OrNull(reading.temperatureCelsius)
        identityHashes = Self.hashes(of: reading.identities)
        missingCommands = reading.missingCommands.sorted()
    }

    private static func hashes(of identities: [IdentityKind: [UInt8]]) -> [String: String] {
        guard !identities.isEmpty, let hasher = IdentityHasher() else { return [:] }
        return Dictionary(uniqueKeysWithValues: identities.map { ($0.key.name, hasher.hash($0.key, $0.value)) })
    }
}

extension ModemAnswers.Signal {
    fileprivate init(_ reading: SignalReading) {
        technology = reading.technology.name
        dbm = ["rssi": reading.rssi, "rsrp": reading.rsrp, "rscp": reading.rscp].compactMapValues(\.self)
        db = ["rsrq": reading.rsrq, "sinr": reading.sinr, "ecio": reading.ecio].compactMapValues(\.self)
    }
}

/// Hashes what modems and cards are called under the site's key, as captures do.
package struct IdentityHasher: Sendable {
    private let hash: IdentityHash

    /// Nil when the site has no key, and none can be made.
    package init?() {
        guard let key = try? IdentityKeyFile.usual.load() else { return nil }
        hash = IdentityHash(key: key)
    }

    /// The hash of what is nobody else's business.
    package func hash(_ secret: CardSecret, _ bytes: [UInt8]) -> String { hash.text(of: bytes, kind: secret) }

    /// The hash of an identity.
    package func hash(_ kind: IdentityKind, _ number: [UInt8]) -> String {
        let secret: CardSecret =
            switch kind {
            case .imei: .imei
            case .imsi: .imsi
            case .iccid: .iccid
            }
        return self.hash(secret, number)
    }
}
