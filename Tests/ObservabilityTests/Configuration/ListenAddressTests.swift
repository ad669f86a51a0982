import Observability
import Testing

struct ListenAddressTests {
    @Test(arguments: [
        (":7816", "", 7816, "http://127.0.0.1:7816/"),
        ("127.0.0.1:7816", "127.0.0.1", 7816, "http://127.0.0.1:7816/"),
        ("[::1]:7816", "::1", 7816, "http://[::1]:7816/"),
        ("[::]:1", "::", 1, "http://[::1]:1/"),
        ("[fe80::1%eth0]:80", "fe80::1%eth0", 80, "http://[fe80::1%eth0]:80/"),
        ("localhost:0", "localhost", 0, "http://localhost:0/"),
        ("bench-3.lab_net.example:65535", "bench-3.lab_net.example", 65535, "http://bench-3.lab_net.example:65535/"),
    ])
    func reads(text: String, host: String, port: UInt16, url: String) throws {
        let address = try ListenAddress(parsing: text)
        #expect(address == ListenAddress(host: host, port: port))
        #expect(address.description == text)
        #expect(address.localURL() == url)
    }

    @Test(arguments: [
        ("", ListenAddressError.noPort("")),
        ("localhost", .noPort("localhost")),
        ("7816", .onlyPort("7816")),
        (":", .badPort(":")),
        (":65536", .badPort(":65536")),
        (":-1", .badPort(":-1")),
        (":+1", .badPort(":+1")),
        ("127.0.0.1:http", .badPort("127.0.0.1:http")),
        ("::1:7816", .noBrackets("::1:7816")),
        ("[::1:7816", .noBrackets("[::1:7816")),
        ("[::1]", .badPort("[::1]")),
        ("[localhost]:1", .badHost("[localhost]:1")),
        ("http//host:1", .badHost("http//host:1")),
        ("bench 3:1", .badHost("bench 3:1")),
    ])
    func refuses(text: String, error: ListenAddressError) {
        #expect(throws: error) { try ListenAddress(parsing: text) }
        #expect(!error.explanation.contains("\n"))
    }
}
