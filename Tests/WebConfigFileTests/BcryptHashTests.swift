import Testing
import WebConfigFile

/// What a bcrypt hash is.
struct BcryptHashTests {
    @Test(
        arguments: [
            ("$2y$10$" + String(repeating: "a", count: 53), 10),
            ("$2a$04$" + String(repeating: "./", count: 26) + "Z", 4),
            ("$2b$31$" + String(repeating: "0", count: 53), 31), ("$2x$10$" + String(repeating: "a", count: 53), nil),
            ("$2y$10$" + String(repeating: "a", count: 52), nil), ("$2y$10$" + String(repeating: "a", count: 54), nil),
            ("$2y$1a$" + String(repeating: "a", count: 53), nil), ("$2y$+1$" + String(repeating: "a", count: 53), nil),
            ("$2y$10$" + String(repeating: "-", count: 53), nil), ("$6$salt$hash", nil), ("geheim", nil), ("", nil),
        ] as [(String, Int?)])
    func onlyBcryptHasACost(hash: String, cost: Int?) {
        #expect(BcryptHash.cost(of: hash) == cost)
    }
}
