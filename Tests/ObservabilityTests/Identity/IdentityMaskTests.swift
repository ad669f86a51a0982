import Observability
import ProbeEvents
import SmartCard
import Testing

/// What is left in exchanges that were kept with the contents of files.
@Suite struct IdentityMaskTests {
    private static let hash = IdentityHash(key: Array(0..<32))
    private static let imsi: [UInt8] = [0x08, 0x09, 0x10, 0x10, 0, 0, 0, 0, 0x10]
    private static let name: [UInt8] = Array("CardLink".utf8)

    /// A client's session and what it says.
    private struct Talk {
        var mask: IdentityMask
        var reader = "R"

        init(_ treatment: IdentityMask.Treatment = .hashed(IdentityMaskTests.hash)) { mask = IdentityMask(treatment) }

        mutating func open(_ session: UInt64 = 1, client: UInt64 = 1) {
            mask.observe(
                .sessionOpened(
                    ReaderSessionOpened(
                        stamp: Self.stamp, client: Self.client(client), session: session, reader: reader,
                        sessionProtocol: .t0, shareMode: 2)))
        }

        mutating func close(_ session: UInt64 = 1, client: UInt64 = 1) {
            mask.observe(
                .sessionClosed(
                    ReaderSessionClosed(
                        stamp: Self.stamp, client: Self.client(client), session: session, reader: reader,
                        status: .completed, error: nil)))
        }

        mutating func call(_ operation: DeviceOperation) {
            mask.observe(
                .operation(
                    ReaderOperation(
                        stamp: Self.stamp, client: Self.client(1), thread: 1, session: 1, reader: reader,
                        operation: operation, resultCode: 0, waitNanoseconds: 0, isWaitExact: true)))
        }

        mutating func send(
            _ command: [UInt8], _ response: [UInt8], session: UInt64 = 1, client: UInt64 = 1
        ) -> IdentityMask.Masked {
            mask.masked(
                APDUExchange(
                    stamp: Self.stamp, client: Self.client(client), thread: 1, session: session, reader: reader,
                    interface: .pcsc, sessionProtocol: .t0, name: CommandAPDU(command).name(),
                    command: HexBytes(command), response: HexBytes(response), isCut: false, resultCode: 0,
                    waitNanoseconds: 0, isWaitExact: true))
        }

        mutating func select(_ file: UInt16, session: UInt64 = 1, client: UInt64 = 1) {
            _ = send(
                [0x00, 0xA4, 0x00, 0x0C, 0x02, UInt8(file >> 8), UInt8(file & 0xFF)], [0x90, 0x00], session: session,
                client: client)
        }

        mutating func read(_ contents: [UInt8], session: UInt64 = 1, client: UInt64 = 1) -> IdentityMask.Masked {
            send(
                [0x00, 0xB0, 0x00, 0x00, UInt8(contents.count)], contents + [0x90, 0x00], session: session,
                client: client)
        }

        static let stamp = EventStamp(source: .shim, startNanoseconds: 0, wallNanoseconds: 0)
        static func client(_ id: UInt64) -> ClientProcess { ClientProcess(id: id, pid: 1, program: "p") }
    }

    /// The hash is that of the digits, which is what a modem says of the same card.
    @Test func aCardIsKnownByItsICCID() throws {
        var talk = Talk()
        let client = Talk.client(1)
        talk.open()
        talk.mask.observe(
            .cardIdentified(CardIdentified(stamp: Talk.stamp, client: client, reader: "R", atr: [0x3B, 0x00])))
        talk.select(0x2FE2)
        let masked = talk.read([0x98, 0x94, 0x20, 0x00, 0x00, 0x10, 0x32, 0x54, 0x76, 0xF8])
        let card = try #require(masked.card)
        #expect(card.reader == "R" && card.atr == [0x3B, 0x00] && card.client == client)
        #expect(card.iccidHash == Self.hash.text(of: Array("8949020000012345678".utf8), kind: .iccid))
        // A part of it, what is no number, and another file tell none.
        #expect(talk.read([0x98, 0x94, 0x20]).card == nil)
        #expect(talk.read([0x98, 0xA4, 0x20, 0x00, 0x00, 0x10, 0x32, 0x54, 0x76, 0xF8]).card == nil)
        talk.select(0x6F07)
        #expect(talk.read(Self.imsi).card == nil)
        var shown = Talk(.shown)
        shown.open()
        shown.select(0x2FE2)
        #expect(shown.read([0x98, 0x94, 0x20, 0x00, 0x00, 0x10, 0x32, 0x54, 0x76, 0xF8]).card == nil)
    }

    /// A card is known by its EID; a profile has the hash that its EF.ICCID has.
    @Test func whatAnEUICCTellsIsHashed() throws {
        let eid: [UInt8] = [
            0x89, 0x04, 0x90, 0x32, 0x12, 0x34, 0x51, 0x23, 0x45, 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x35,
        ]
        let iccid: [UInt8] = [0x98, 0x94, 0x20, 0x00, 0x00, 0x10, 0x32, 0x54, 0x76, 0xF8]
        let getEID: [UInt8] = [0x80, 0xE2, 0x91, 0x00, 0x06, 0xBF, 0x3E, 0x03, 0x5C, 0x01, 0x5A]
        let answer: [UInt8] = [0xBF, 0x3E, 0x12, 0x5A, 0x10]
        var talk = Talk()
        talk.open()
        let masked = talk.send(getEID, answer + eid + [0x90, 0x00])
        #expect(masked.exchange.response.bytes == answer + Self.hash.bytes(of: eid, kind: .eid) + [0x90, 0x00])
        #expect(masked.exchange.command.bytes == getEID && masked.remark == "eid hashed" && masked.cutBytes == 0)
        let digits = Array("89049032123451234512345678901235".utf8)
        #expect(try #require(masked.card).eidHash == Self.hash.text(of: digits, kind: .eid))
        let list: [UInt8] = [0xBF, 0x2D, 0x10, 0xA0, 0x0E, 0xE3, 0x0C, 0x5A, 0x0A]
        let listed = talk.send([0x00, 0xC0, 0x00, 0x00, 0x13], list + iccid + [0x90, 0x00])
        #expect(listed.exchange.response.bytes == list + Self.hash.bytes(of: iccid, kind: .iccid) + [0x90, 0x00])
        #expect(listed.remark == "iccid hashed" && listed.card == nil)
        var other = Talk(.cut)
        other.open()
        let cut = other.send(getEID, answer + eid + [0x90, 0x00])
        #expect(cut.exchange.response.bytes == [0xBF, 0x3E, 0x12] + Array(repeating: 0, count: 18) + [0x90, 0x00])
        #expect(cut.remark == "eid cut" && cut.cutBytes == 18 + 3 && cut.card == nil)
        var shown = Talk(.shown)
        shown.open()
        #expect(
            shown.send(getEID, answer + eid + [0x90, 0x00]).exchange.response.bytes == answer + eid + [0x90, 0x00])
    }

    @Test func identitiesAreHashed() {
        var talk = Talk()
        talk.open()
        talk.select(0x6F07)
        let masked = talk.read(Self.imsi)
        #expect(masked.exchange.response.bytes == Self.hash.bytes(of: Self.imsi, kind: .imsi) + [0x90, 0x00])
        #expect(masked.exchange.command.bytes == [0x00, 0xB0, 0x00, 0x00, 0x09])
        #expect(masked.remark == "imsi hashed" && masked.cutBytes == 0)
        let update = talk.send([0x00, 0xD6, 0x00, 0x00, 0x09] + Self.imsi, [0x90, 0x00])
        #expect(update.exchange.command.bytes.suffix(9) == Self.hash.bytes(of: Self.imsi, kind: .imsi)[...])
    }

    @Test func otherFilesStay() {
        var talk = Talk()
        talk.open()
        talk.select(0x6F46)
        let masked = talk.read(Self.name)
        #expect(masked.exchange.response.bytes == Self.name + [0x90, 0x00] && masked.remark == "")
    }

    @Test func shownWhereAskedFor() {
        var talk = Talk(.shown)
        talk.open()
        talk.select(0x6F07)
        #expect(talk.read(Self.imsi).exchange.response.bytes == Self.imsi + [0x90, 0x00])
    }

    @Test func cutWithoutAKey() {
        var talk = Talk(.cut)
        talk.open()
        talk.select(0x6F07)
        let masked = talk.read(Self.imsi)
        #expect(masked.exchange.response.bytes == [UInt8](repeating: 0, count: 9) + [0x90, 0x00])
        #expect(masked.cutBytes == 9 && masked.exchange.isCut && masked.remark == "imsi cut")
    }

    @Test(arguments: [true, false])
    func keysAreNeverShown(isShown: Bool) {
        var talk = Talk(isShown ? .shown : .hashed(Self.hash))
        talk.open()
        talk.select(0x6F08)
        let masked = talk.read([7] + [UInt8](repeating: 0xAB, count: 32))
        #expect(!masked.exchange.response.bytes.contains(0xAB) && masked.remark == "keys cut")
    }

    /// What the tracker believes is not what the card did: a neighbour that nobody saw.
    @Test func whatLooksLikeOneIsOne() {
        var talk = Talk()
        talk.open()
        talk.select(0x6F46)
        #expect(talk.read(Self.imsi).remark == "imsi hashed")
    }

    @Test(arguments: [
        "no select", "unseen session", "two sessions", "end of transaction", "reconnect", "control", "loss",
    ])
    func uncertainFilesAreCut(why: String) {
        var talk = Talk()
        if why != "unseen session" { talk.open() }
        if why != "no select" { talk.select(0x6F46) }
        switch why {
        case "two sessions": talk.open(2, client: 9)
        case "end of transaction": talk.call(.endTransaction)
        case "reconnect": talk.call(.reconnect)
        case "control": talk.call(.control)
        case "loss":
            talk.mask.observe(.eventsDropped(EventsDropped(stamp: Talk.stamp, reason: .ringFull, count: 1)))
        default: break
        }
        let masked = talk.read(Self.name)
        #expect(masked.exchange.response.bytes == [UInt8](repeating: 0, count: 8) + [0x90, 0x00])
        #expect(masked.remark == "file unknown" && masked.cutBytes == 8)
    }

    /// The end of a session may be lost; its program's is not one of those who may have selected another file.
    @Test func theEndOfAProgramIsThatOfItsSessions() {
        var talk = Talk()
        talk.open(1, client: 1)
        talk.mask.observe(
            .clientEnded(
                ClientEnded(stamp: Talk.stamp, client: Talk.client(1), isOrderly: true, openSessions: 1)))
        talk.open(1, client: 2)
        talk.select(0x6F46, client: 2)
        #expect(talk.read(Self.name, client: 2).remark == "")
    }

    @Test func anothersSelectIsNotOnesOwn() {
        var talk = Talk()
        talk.open(1, client: 1)
        talk.select(0x6F46)
        talk.close(1, client: 1)
        talk.open(1, client: 2)
        #expect(talk.read(Self.name, client: 2).remark == "file unknown")
        talk.select(0x6F46, client: 2)
        #expect(talk.read(Self.name, client: 2).remark == "")
    }

    @Test(arguments: [
        ([0x80, 0xCA, 0x00, 0x5A, 0x00] as [UInt8], "eid hashed"), ([0x00, 0xCA, 0x9F, 0x7F, 0x00], "cplc hashed"),
        ([0x80, 0xCA, 0x00, 0x42, 0x00], "iin hashed"), ([0x80, 0xCA, 0x00, 0x45, 0x00], "cin hashed"),
        ([0x00, 0xCB, 0x3F, 0xFF, 0x03, 0x5C, 0x01, 0x5A], "eid hashed"), ([0x80, 0xCA, 0x00, 0x66, 0x00], ""),
        ([0x00, 0xCB, 0x3F, 0xFF, 0x03, 0x5C, 0x01, 0x7E], ""), ([0xFF, 0xB0, 0x00, 0x04, 0x08], ""),
    ])
    func dataObjects(command: [UInt8], remark: String) {
        var talk = Talk()
        talk.open()
        let masked = talk.send(command, Self.name + [0x90, 0x00])
        #expect(masked.remark == remark)
        #expect((masked.exchange.response.bytes == Self.name + [0x90, 0x00]) == remark.isEmpty)
    }
}
