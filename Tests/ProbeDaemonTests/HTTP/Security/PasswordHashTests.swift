import TestSupport
import Testing

@testable import ProbeDaemon

struct PasswordHashTests {
    /// Hashes that Apache's program made.
    @Test(arguments: ["geheim", "", "pass word", "pässwörd🔑", String(repeating: "a", count: 72)])
    func whatOthersHashedMatches(_ password: String) throws {
        let line = try Command.run(["htpasswd", "-nbBC", "4", "anna", password]).output
        let hash = String(line.split(separator: "\n")[0].dropFirst("anna:".count))
        #expect(PasswordHash.matches(hash, password: password))
        #expect(!PasswordHash.matches(hash, password: "x" + password))
        #expect(!PasswordHash.matches(hash, password: password + "\0"))
    }

    @Test(arguments: ["", "geheim", "*0", "*1", "$2y$99$" + String(repeating: "a", count: 53)])
    func whatIsNoHashMatchesNothing(_ hash: String) {
        for password in ["", "geheim", "*0", String(repeating: "a", count: 10_000)] {
            #expect(!PasswordHash.matches(hash, password: password))
        }
    }

    @Test(arguments: [
        ("Basic YW5uYTpnZWhlaW0=", "anna", "geheim"), ("basic YW5uYTo=", "anna", ""), ("BASIC Og==", "", ""),
        ("Basic YTpiOmM=", "a", "b:c"),
    ])
    func credentialsAreRead(header: String, user: String, password: String) throws {
        let credentials = try #require(BasicCredentials(header: header))
        #expect(credentials.user == user)
        #expect(credentials.password == password)
    }

    @Test(arguments: [
        "", "Basic", "Basic ", "Basic YW5uYQ==", "Basic ????", "Basic /zp4", "Bearer YW5uYTpnZWhlaW0=",
        "Basic " + String(repeating: "YTpi", count: 2_000),
    ])
    func otherHeadersHaveNone(_ header: String) {
        #expect(BasicCredentials(header: header) == nil)
    }
}
