import ProbeDaemon
import Testing

struct HostGuardTests {
    private let hosts = HostGuard(names: ["Bench3", "bench3.lab.example"])

    @Test(arguments: [
        nil, "localhost", "LOCALHOST:7816", "probe.localhost:7816", "127.0.0.1", "127.0.0.1:7816", "192.168.1.5:80",
        "[::1]", "[::1]:7816", "bench3", "BENCH3:7816", "bench3.:7816", "bench3.lab.example",
    ])
    func answersToItsOwnNames(authority: String?) {
        #expect(hosts.allows(authority))
    }

    @Test(arguments: [
        "", ":7816", "evil.example", "evil.example:7816", "bench3.evil.example", "localhost.evil.example",
        "127.0.0.1.evil.example", "notlocalhost", "[::1", "[::1]x:80", "[evil.example]", "a:b:c", "127.0.0.1:80:80",
        "127.0.0.256", "bench3..",
    ])
    func answersToNoOther(authority: String) {
        #expect(!hosts.allows(authority))
    }

    @Test func takesSearchDomainsFromTheResolversFile() throws {
        let names = HostGuard.ownNames(
            resolverFile: "# search no.example\nnameserver 192.0.2.1\nsearch a.example b.example .\n")
        let short = try #require(names.dropFirst().first)
        #expect(Array(names.dropFirst()) == [short, "\(short).local", "\(short).a.example", "\(short).b.example"])
    }
}
