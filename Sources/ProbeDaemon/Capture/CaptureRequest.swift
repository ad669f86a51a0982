internal import Capture
package import Observability
internal import ProbeEvents

/// What a capture is to have in it, and where it goes.
package struct CaptureRequest: Sendable {
    /// A file, a FIFO, `/dev/fd/63`; nil for none.
    package var file: String?
    /// Where GSMTAP goes as it happens; nil for nowhere.
    package var live: ListenAddress?
    /// Whether the contents of files go in.
    package var includesFiles: Bool
    /// Whether identities stay in clear.
    package var showsIdentities: Bool

    /// A request.
    package init(
        file: String? = nil, live: ListenAddress? = nil, includesFiles: Bool = false, showsIdentities: Bool = false
    ) {
        (self.file, self.live) = (file, live)
        (self.includesFiles, self.showsIdentities) = (includesFiles, showsIdentities)
    }

    /// What hides identities in the contents of files; nil where those stay out. What becomes of them is told.
    func mask(_ tell: (String) -> Void) -> IdentityMask? {
        guard includesFiles else { return nil }
        let warning = "the contents of files go into the capture"
        if showsIdentities {
            tell("\(warning), identities in clear")
            return IdentityMask(.shown)
        }
        do throws(IdentityKeyError) {
            let key = try IdentityKeyFile.usual.load()
            tell("\(warning), identities as a hash")
            return IdentityMask(.hashed(IdentityHash(key: key)))
        } catch {
            tell("\(warning), without identities: \(error.explanation)")
            return IdentityMask(.cut)
        }
    }
}
