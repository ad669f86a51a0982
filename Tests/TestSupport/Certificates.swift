/// Certificates of an authority of their own, made by openssl.
package struct Certificates {
    /// Where they lie: `ca.pem`, and what was made.
    package let folder: TemporaryFolder

    /// Makes an authority.
    package init(in folder: TemporaryFolder) throws {
        self.folder = folder
        try openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=authority", "-keyout", folder.file("ca.key"), "-out", folder.file("ca.pem"),
        ])
    }

    /// Makes `NAME.pem` and `NAME.key`, for the address and the name of loopback or for other names.
    package func make(_ name: String, names others: String = "IP:127.0.0.1,DNS:localhost") throws {
        let request = folder.file("\(name).csr")
        try openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)", "-keyout",
            folder.file("\(name).key"), "-out", request,
        ])
        let names = try folder.write("subjectAltName=\(others)\n", to: "names")
        try openssl([
            "x509", "-req", "-in", request, "-CA", folder.file("ca.pem"), "-CAkey", folder.file("ca.key"), "-days", "2",
            "-CAcreateserial", "-extfile", names, "-out", folder.file("\(name).pem"),
        ])
    }

    private func openssl(_ words: [String]) throws {
        let end = try Command.run(["openssl"] + words)
        guard end.ending == .exited(0) else { throw TestFailure(end.errors) }
    }
}
