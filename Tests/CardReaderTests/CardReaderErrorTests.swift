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

    @Test(arguments: [
        ("", []), ("\0", []), ("A\0\0", ["A"]), ("A 00\0B 01\0\0", ["A 00", "B 01"]), ("A", ["A"]), ("\0\0A\0", ["A"]),
    ])
    func splitsListsOfStrings(text: String, names: [String]) {
        #expect(PCSCContext.split(multiString: text.utf8.map { CChar(bitPattern: $0) }) == names)
    }
}
