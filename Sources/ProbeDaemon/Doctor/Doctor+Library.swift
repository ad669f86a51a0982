internal import Glibc
internal import Modem
internal import ProbeEvents

extension Doctor {
    #if arch(arm64)
        private static let triplet = "aarch64-linux-gnu"
    #else
        private static let triplet = "x86_64-linux-gnu"
    #endif

    /// The PC/SC libraries that programs of this machine can load, in the order in which they are found.
    private var libraries: [String] {
        let list = getenv("LD_LIBRARY_PATH").map { String(cString: $0) } ?? ""
        let folders =
            list.split(separator: ":").map(String.init)
            + ["/usr/local/lib/\(Self.triplet)", "/lib/\(Self.triplet)", "/usr/lib/\(Self.triplet)"]
            + ["/usr/local/lib64", "/lib64", "/usr/lib64", "/usr/local/lib", "/lib", "/usr/lib"]
        var seen: Set<String> = []
        return folders.compactMap { folder in
            let path = "\(folder)/\(ShimLibrary.libraryName)"
            // A folder with our audit object is the shim's own.
            guard machine.has(path), !machine.has("\(folder)/\(ShimLibrary.auditName)"),
                seen.insert(Machine.resolved(machine.root + path)).inserted
            else { return nil }
            return path
        }
    }

    /// Is there a PC/SC library, one of them, and whole?
    func library() -> [Finding] {
        let what = ShimLibrary.libraryName
        let found = libraries
        guard let first = found.first else {
            return [.fault("library", what, "not on this machine", "sudo apt install libpcsclite1")]
        }
        if let missing = Self.missingCall(in: machine.root + first) {
            return [
                .fault(
                    "library", first, "has no \(missing): too old, or not a PC/SC library",
                    "sudo apt install --reinstall libpcsclite1")
            ]
        }
        guard found.count > 1 else { return [.ok("library", first, "in its place")] }
        let others = found.dropFirst().joined(separator: ", ")
        return [
            .remark(
                "library", found.joined(separator: ", "),
                "two libraries; programs take the first, those that name a path may take \(others)",
                "remove the one that no package owns; this tells which: dpkg -S \(found.joined(separator: " "))")
        ]
    }

    /// Are the shim and its audit object there, and do they load?
    func shim() -> [Finding] {
        do throws(ShimLibraryError) {
            let shim = try ShimLibrary.find()
            for file in [shim.library, shim.auditObject] {
                guard let handle = dlopen(file, RTLD_LAZY | RTLD_LOCAL) else {
                    let reason = dlerror().map { String(cString: $0) } ?? "it does not load"
                    return [.fault("shim", file, reason, "install the probe again, or build it: swift build")]
                }
                dlclose(handle)
            }
            return [.ok("shim", shim.directory, "shim and audit object load")]
        } catch {
            return [.fault("shim", ShimLibrary.libraryName, error.what, error.remedy)]
        }
    }

    /// The first of the calls that a shim needs and a library lacks.
    private static func missingCall(in library: String) -> String? {
        guard let handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL) else { return "way to be loaded" }
        defer { dlclose(handle) }
        return ["SCardEstablishContext", "SCardTransmit", "SCardGetStatusChange", "SCardGetAttrib"].first {
            dlsym(handle, $0) == nil
        }
    }
}

extension ExplainedError {
    /// The part of the explanation that says what is wrong.
    var what: String { explanation.split(separator: "; ", maxSplits: 1).first.map(String.init) ?? explanation }

    /// The part that says what to do.
    var remedy: String {
        let parts = explanation.split(separator: "; ", maxSplits: 1)
        return parts.count == 2 ? String(parts[1]) : explanation
    }
}
