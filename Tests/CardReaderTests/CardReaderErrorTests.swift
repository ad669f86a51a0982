import Testing

@testable import CardReader

struct CardReaderErrorTests {
    @Test(
        arguments: [
            (
                PCSCCall.establishContext, 0x8010_001D, PCSCDSocket.Access.missing,
                """
                pcscd is not running (0x8010001D SCARD_E_NO_SERVICE, no socket /run/x); \
                start it: systemctl start pcscd, or: pcscd
                """
            ),
            (
                .establishContext, 0x8010_001D, .present,
                """
                pcscd is not running (0x8010001D SCARD_E_NO_SERVICE, nobody answers on /run/x); \
                start it: systemctl start pcscd, or: pcscd
                """
            ),
            (
                .establishContext, 0x8010_001D, .refused,
                """
                pcscd cannot be reached (0x8010001D SCARD_E_NO_SERVICE, no permission for /run/x); \
                run as root, or give this user access to the socket
                """
            ),
            (
                .getStatusChange, 0x8010_0013, .present,
                """
                pcscd went away during SCardGetStatusChange (0x80100013 SCARD_F_COMM_ERROR); \
                start it: systemctl start pcscd, or: pcscd
                """
            ),
            (
                .getStatusChange, 0x8010_001D, .missing,
                """
                pcscd went away during SCardGetStatusChange (0x8010001D SCARD_E_NO_SERVICE); \
                start it: systemctl start pcscd, or: pcscd
                """
            ),
            (
                .establishContext, 0x8010_006A, .present,
                """
                pcscd refuses this user (SCardEstablishContext gave 0x8010006A SCARD_W_SECURITY_VIOLATION); \
                allow org.debian.pcsc-lite.access_pcsc by a polkit rule, or run as root
                """
            ),
            (
                .listReaders, 0x8010_0006, .present,
                """
                SCardListReaders failed (0x80100006 SCARD_E_NO_MEMORY); see what pcscd says: journalctl -u pcscd
                """
            ),
        ] as [(PCSCCall, UInt32, PCSCDSocket.Access, String)])
    func explains(call: PCSCCall, code: UInt32, access: PCSCDSocket.Access, text: String) {
        let socket = PCSCDSocket(path: "/run/x", access: access)
        #expect(CardReaderError.explain(call, code, socket: socket) == text)
    }

    /// What a call about one reader failed with, and what helps.
    @Test(
        arguments: [
            (
                .transmit, 0x8010_0069,
                "card in \"R\" removed (SCardTransmit gave 0x80100069 SCARD_W_REMOVED_CARD); insert it and reconnect"
            ),
            (
                .connect, 0x8010_000C,
                "no card in \"R\" (SCardConnect gave 0x8010000C SCARD_E_NO_SMARTCARD); insert one, or let waitForCard wait for it"
            ),
            (
                .transmit, 0x8010_0068,
                "another program reset the card in \"R\" (SCardTransmit gave 0x80100068 SCARD_W_RESET_CARD); reconnect, and select anew"
            ),
            (
                .connect, 0x8010_000B,
                "another program has the card in \"R\" for itself (SCardConnect gave 0x8010000B SCARD_E_SHARING_VIOLATION); wait for it, or end it"
            ),
            (
                .connect, 0x8010_0066,
                "the card in \"R\" does not answer (SCardConnect gave 0x80100066 SCARD_W_UNRESPONSIVE_CARD); turn it, clean its contacts, or try another"
            ),
            (
                .connect, 0x8010_000F,
                "the card in \"R\" speaks none of the protocols asked for (SCardConnect gave 0x8010000F SCARD_E_PROTO_MISMATCH); ask for .any"
            ),
            (
                .connect, 0x8010_0009,
                "no reader \"R\" (SCardConnect gave 0x80100009 SCARD_E_UNKNOWN_READER); plug it in, or see what is there: cardlink-probe readers"
            ),
            (
                .control, 0x8010_001F,
                "the driver of \"R\" cannot do this (SCardControl gave 0x8010001F SCARD_E_UNSUPPORTED_FEATURE); see what its manual offers"
            ),
            (
                .transmit, 0x8010_0016,
                "the exchange with the card in \"R\" broke off (SCardTransmit gave 0x80100016 SCARD_E_NOT_TRANSACTED); reconnect with a reset"
            ),
            (
                .status, 0x8010_0003,
                "pcscd does not know the session with the card in \"R\" (SCardStatus gave 0x80100003 SCARD_E_INVALID_HANDLE); connect again"
            ),
            (
                .beginTransaction, 0x8010_001D,
                "pcscd went away, and the session with the card in \"R\" with it (SCardBeginTransaction gave 0x8010001D SCARD_E_NO_SERVICE); start it, systemctl start pcscd or pcscd, and connect again"
            ),
            (
                .transmit, 0x8010_0001,
                "reader \"R\": SCardTransmit gave 0x80100001 SCARD_F_INTERNAL_ERROR; see what pcscd says: journalctl -u pcscd"
            ),
        ] as [(PCSCCall, UInt32, String)])
    func explainsWhatAReaderRefused(call: PCSCCall, code: UInt32, text: String) {
        #expect(CardReaderError.refused(call, code: code, reader: "R").explanation == text)
    }

    @Test(
        arguments: [
            (.notConnected(reader: "R"), "the session with the card in \"R\" is closed; connect again"),
            (.cancelled, "the task was cancelled; what had not been sent to the card by then was not sent"),
            (
                .noCard(reader: "R", after: .milliseconds(300)),
                "no card came into \"R\" within 0.3 seconds; put one in, or see what is there: cardlink-probe readers"
            ),
            (
                .noCard(reader: "", after: .seconds(2)),
                "no card came into any reader within 2.0 seconds; put one in, or see what is there: cardlink-probe readers"
            ),
            (
                .cardStayed(reader: "R", after: .seconds(2)),
                "the card in \"R\" was not taken out within 2.0 seconds; take it out, or wait longer"
            ),
            (
                .noStatusWord(reader: "R", bytes: 1),
                "the card in \"R\" answered 1 bytes, too few for a status word; reset it, or try another reader"
            ),
            (
                .commandTooLong(dataBytes: 65_536, expectedBytes: 0),
                "a command with 65536 bytes of data that asks for 0; at most 65535 and 65536 are possible"
            ),
        ] as [(CardReaderError, String)])
    func saysWhatElseWentWrong(error: CardReaderError, text: String) {
        #expect(error.explanation == text)
        #expect(error.deviceError == nil && error.code == nil)
    }

    @Test(arguments: [
        ("", []), ("\0", []), ("A\0\0", ["A"]), ("A 00\0B 01\0\0", ["A 00", "B 01"]), ("A", ["A"]), ("\0\0A\0", ["A"]),
    ])
    func splitsListsOfStrings(text: String, names: [String]) {
        #expect(PCSCContext.split(multiString: text.utf8.map { CChar(bitPattern: $0) }) == names)
    }
}
