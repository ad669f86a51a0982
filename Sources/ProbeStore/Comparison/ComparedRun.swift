internal import ProbeEvents
internal import SmartCard

/// One side of a comparison: what was said to cards, in its order, and the bench as it was.
package struct ComparedRun: Sendable {
    /// A command that went to a card, and what came back.
    package struct Exchange: Sendable, Hashable {
        /// The command's name.
        package var command: String
        /// CLA, INS, P1 and P2 in hex; of CLA without the logical channel, which the card chooses.
        package var header: String
        /// Length of the command's data, bytes.
        package var sentBytes: Int
        /// Length of the response's data, bytes.
        package var receivedBytes: Int
        /// Four digits; nil when none came.
        package var statusWord: String?
        /// The card's own time.
        package var nanoseconds: UInt64

        /// An exchange from its parts.
        package init(
            command: String, header: String, sentBytes: Int, receivedBytes: Int, statusWord: String?,
            nanoseconds: UInt64
        ) {
            (self.command, self.header) = (command, Self.withoutChannel(header))
            (self.sentBytes, self.receivedBytes) = (sentBytes, receivedBytes)
            (self.statusWord, self.nanoseconds) = (statusWord, nanoseconds)
        }

        private static func withoutChannel(_ header: String) -> String {
            guard let value = UInt8(header.prefix(2), radix: 16) else { return header }
            let channel = ClassByte(value).logicalChannel
            guard channel > 0 else { return header }
            // Further channels have classes of their own (ISO/IEC 7816-4, 5.4.1).
            let bare = HexBytes([value & (channel < 4 ? 0xFC : 0xF0)]).description
            return bare + header.dropFirst(2)
        }
    }

    /// Something that the diary knows.
    package struct Fact: Sendable, Hashable {
        /// What: `kernel`.
        package var what: String
        /// How it was: `6.1.0-18-amd64`.
        package var value: String
        /// Whether a side that does not have it is another one for that: a device. Else it is only unknown there.
        package var isThing = false

        /// A fact; nil where it is not known.
        init?(_ what: String, _ value: String?, isThing: Bool = false) {
            guard let value, !value.isEmpty else { return nil }
            (self.what, self.value, self.isThing) = (what, value, isThing)
        }
    }

    /// What it is called: `run 12`, or the file's name.
    package var name: String
    /// The bench as it was.
    package var diary: [Fact]
    /// All that was said.
    package var exchanges: [Exchange]
    /// Whether it ends before the run did: it was longer than ``limit``, or parts of the file could not be read.
    package var isCut = false

    /// So many commands are compared at most, the first ones.
    package static let limit = 1_000_000

    /// A side from its parts.
    package init(name: String, diary: [Fact] = [], exchanges: [Exchange], isCut: Bool = false) {
        (self.name, self.diary, self.exchanges, self.isCut) = (name, diary, exchanges, isCut)
    }
}

extension ComparedRun.Fact {
    /// What is known of a device.
    static func facts(
        type: String, name: String, atr: String?, port: String? = nil, model: String? = nil, firmware: String? = nil,
        iccidHash: String? = nil, eidHash: String? = nil
    ) -> [Self] {
        let what = "\(type) \(name)"
        return [
            Self(what, "used", isThing: true), Self("\(what): port", port), Self("\(what): model", model),
            Self("\(what): firmware", firmware), Self("\(what): ATR", atr), Self("\(what): card", iccidHash),
            Self("\(what): eUICC", eidHash),
        ].compactMap(\.self)
    }
}
