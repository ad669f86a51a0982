package import ProbeEvents

/// What is on the bench at one moment: what `/api/v1/status` answers, and what `cardlink-metrics status` and the live
/// page show.
///
/// The JSON's keys are the property names in snake case; they are stable, units are their last word, what does not apply
/// is left out, and times of day are RFC 3339 in UTC. `schema` changes when a key changes its meaning.
package struct BenchStatus: Sendable, Hashable, Codable {
    /// Version of the JSON form.
    package var schema = 1
    /// When it was taken.
    package var time: String
    /// The probe's version.
    package var version: String
    /// Seconds since the probe's start.
    package var uptimeSeconds: Double
    /// Name, site and id of the bench.
    package var bench: Bench
    /// The worst of the health checks and those that are not healthy.
    package var health: Health
    /// What the probe listens to, in order of their names.
    package var sources: [Source]
    /// Card readers, in order of first sight.
    package var readers: [Reader]
    /// Modems, in order of first sight.
    package var modems: [Modem]
    /// Phones, in order of first sight.
    package var phones: [Phone]
    /// Sessions that are open, the oldest first; at most 100, `sessionCount` tells how many there are.
    package var sessions: [Session]
    /// How many sessions are open.
    package var sessionCount: Int
    /// Commands since the start.
    package var traffic: Traffic
    /// Commands by name, the one with the most card time first.
    package var commands: [Command]
    /// The upper bounds of the buckets of `cardlink_apdu_response_time_seconds`, which `commands` count by.
    package var responseTimeBoundsSeconds: [Double]
    /// BIP channels, open ones first, then those that ended last; at most 50.
    package var channels: [Channel]
    /// Sessions over the air: those under way first, then those that ended last; at most 50.
    package var ota: [OTA] = []
    /// What went wrong, the latest first; at most 50.
    package var faults: [Fault]
    /// Events that were lost, by any source, since the start.
    package var droppedEvents: UInt64

    /// Who the bench is.
    package struct Bench: Sendable, Hashable, Codable {
        package var name: String
        package var site: String
        package var instanceId: String
    }

    /// How the probe itself is.
    package struct Health: Sendable, Hashable, Codable {
        package var status: HealthStatus
        /// Checks that are not healthy, by name, with their line.
        package var problems: [String: String]
    }

    /// A kind of source.
    package struct Source: Sendable, Hashable, Codable {
        package var name: SourceKind
        /// Whether it sees what it should.
        package var isImpaired: Bool
        /// What it says of that; empty when all is well.
        package var message: String
        package var received: UInt64
        package var dropped: UInt64
    }

    /// A card reader.
    package struct Reader: Sendable, Hashable, Codable {
        package var name: String
        /// Whether it is plugged in.
        package var isPresent: Bool
        /// Whether a card is in it; nil when not known.
        package var hasCard: Bool?
        /// The kind of card that its ATR points to, `UICC`.
        package var card: String?
        /// The ATR in words.
        package var atrDescription: String?
        /// Whether a card's driver says that it does not answer.
        package var isMute: Bool
        /// Sessions that are open.
        package var sessions: Int
        package var commands: UInt64
        package var errors: UInt64
        /// When its last command was.
        package var lastUsed: String?
        /// What went wrong between its contacts and the card; nil while that is too little to tell.
        package var contact: Contact?
        /// Commands that its card does not answer as usual; nil for none.
        package var drifts: [Drift]?
    }

    /// Contacts of a reader that do badly.
    package struct Contact: Sendable, Hashable, Codable {
        /// The part of ten minutes' commands and faults that are commands, 0 to 1.
        package var ratio: Double
        /// How often each thing happened in that time, `mute`: 3.
        package var events: [String: UInt64]
    }

    /// A command that a card does not answer as usual.
    package struct Drift: Sendable, Hashable, Codable {
        package var command: String
        /// How much longer it takes, as a part of what is usual; 0 where it does not.
        package var slowdown: Double
        /// The part of its latest answers that are not usual, 0 to 1.
        package var unusualAnswers: Double
    }

    /// A modem.
    package struct Modem: Sendable, Hashable, Codable {
        package var name: String
        package var isPresent: Bool
        /// Whether it answers.
        package var isAnswering: Bool
        package var vendor: String?
        package var model: String?
        /// State of its card in words, `ready`.
        package var sim: String?
        /// State of registration by domain, `ps`: `home`.
        package var registration: [String: String]
        package var operatorName: String?
        package var technology: String?
        /// The latest by measure, `rsrp`: -97 (dBm, or dB where the measure is a ratio).
        package var signal: [String: Double]
        package var commands: UInt64
        package var errors: UInt64
    }

    /// A phone.
    package struct Phone: Sendable, Hashable, Codable {
        package var name: String
        package var isPresent: Bool
        /// As adb calls it, `device` or `unauthorized`.
        package var state: String
        package var model: String?
        /// Of Android, `14`.
        package var release: String?
        /// Of the modem's software.
        package var baseband: String?
        package var operatorName: String?
        /// In Android's words, `LOADED`; one a slot, with commas.
        package var sim: String?
    }

    /// A session that is open.
    package struct Session: Sendable, Hashable, Codable {
        package var id: String
        package var type: SessionType
        package var program: String
        package var pid: Int32
        /// The reader, modem or peer.
        package var device: String
        package var openedAt: String
        package var ageSeconds: Double
        package var commands: UInt64
        package var errors: UInt64
        package var traceId: String?
    }

    /// Commands.
    package struct Traffic: Sendable, Hashable, Codable {
        package var commands: UInt64
        /// Those that failed, less `probingRefusals` and `expectedErrors`.
        package var errors: UInt64
        /// SELECT commands that the card refused: a program looking what is there.
        package var probingRefusals: UInt64
        /// Those that failed as the tester means them to.
        package var expectedErrors: UInt64
        /// Commands a second over the last 10 seconds.
        package var commandsPerSecond: Double
        /// Part of the last minute's commands that failed, neither probing nor expected, 0 to 1.
        package var errorRatio: Double
        package var sentBytes: UInt64
        package var receivedBytes: UInt64
        package var waitSeconds: Double
    }

    /// Commands of one name.
    package struct Command: Sendable, Hashable, Codable {
        package var command: String
        package var calls: UInt64
        package var errors: UInt64
        package var p50Seconds: Double
        package var p95Seconds: Double
        package var maxSeconds: Double
        package var totalSeconds: Double
        /// Part of the card time of all commands, 0 to 1.
        package var share: Double
        /// How many took how long, by `responseTimeBoundsSeconds`; the last has no bound.
        package var buckets: [UInt64]
    }

    /// A BIP channel.
    package struct Channel: Sendable, Hashable, Codable {
        package var id: String
        /// The reader or modem whose card opened it.
        package var device: String
        package var channel: Int
        package var bearer: String
        /// Protocol and port, `tcp 443`; never an address.
        package var destination: String
        /// `open`, `completed`, `failed`, or `timeout`.
        package var state: String
        /// Why it failed, by name.
        package var reason: String?
        package var openedAt: String
        package var ageSeconds: Double
        package var sentBytes: UInt64
        package var receivedBytes: UInt64
        /// The trace of its session.
        package var traceId: String?
    }

    /// A session over the air.
    package struct OTA: Sendable, Hashable, Codable {
        package var id: String
        /// `scp81`, `scp80`, `channel` for one of which only trigger and channel were seen, or `download` of a profile.
        package var kind: String
        /// The card's reader or modem where one saw it, else the tap before the server.
        package var device: String
        /// The tap before the server.
        package var tap: String?
        /// `open`, `completed`, `failed`, or `timeout`.
        package var state: String
        /// Why it failed.
        package var reason: String?
        package var beganAt: String
        package var ageSeconds: Double
        /// Its legs in order, or what a download asked for; none while it is open.
        package var steps: [Step]

        /// A part of it.
        package struct Step: Sendable, Hashable, Codable {
            package var name: String
            /// `seen`, `unknown` where no tap saw it, or `not_reached`.
            package var state: String
            /// When it began after the session did, and how long it took; where it was seen.
            package var afterSeconds: Double?
            package var seconds: Double?
            /// What came of it.
            package var result: String?
        }
    }

    /// Something that went wrong.
    package struct Fault: Sendable, Hashable, Codable {
        package var time: String
        /// `card`, `reader`, `modem`, `phone`, `bip`, `tls`, `ota`, `esim`, `test`, `database`, `source`, `program` or `loss`.
        package var kind: String
        /// The reader, modem or source.
        package var device: String
        /// One line.
        package var message: String
        /// How often the same was seen, since it is among the last 50.
        package var count: UInt64
        package var traceId: String?
        /// The name of the file that the flight recorder wrote of it.
        package var flight: String?
    }
}
