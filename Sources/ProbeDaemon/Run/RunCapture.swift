internal import Capture
internal import Observability
internal import ProbeEvents
internal import SmartCard

/// What a capture is to have in it.
package struct CaptureRequest: Sendable {
    /// Where it goes: a file, a FIFO, `/dev/fd/63`.
    package var file: String
    /// Whether the contents of files go in.
    package var includesFiles: Bool
    /// Whether identities in them stay in clear.
    package var showsIdentities: Bool

    /// A request.
    package init(file: String, includesFiles: Bool = false, showsIdentities: Bool = false) {
        (self.file, self.includesFiles, self.showsIdentities) = (file, includesFiles, showsIdentities)
    }
}

/// The capture of one run: a queue, so that no program waits for a disk, and the file behind it.
struct RunCapture: Sendable {
    /// How much shims are to tell for it.
    let level: Redaction.Level
    /// Takes the events.
    let sink: QueuedSink

    private let writing: CaptureSink

    /// Events that wait for the file: some seconds of a fast card.
    private static let queueCapacity = 8_192

    /// Makes the file, and says what goes into it when that is more than commands.
    init(_ request: CaptureRequest) throws(CaptureFileError) {
        let file = try CaptureFile(request.file)
        level = request.includesFiles ? .captureFiles : .capture
        let mask = request.includesFiles ? IdentityMask(Self.treatment(request)) : nil
        let writing = CaptureSink(file, level: level, mask: mask)
        sink = QueuedSink(writing, name: "capture", capacity: Self.queueCapacity) { _, count in
            writing.noteDropped(count)
        }
        self.writing = writing
    }

    /// Writes what waits, closes the file, and says what is not in it.
    func finish() {
        sink.finish(within: .seconds(2))
        writing.end().map(Terminal.say)
    }

    private static func treatment(_ request: CaptureRequest) -> IdentityMask.Treatment {
        let warning = "the contents of files go into \(request.file)"
        if request.showsIdentities {
            Terminal.say("\(warning), identities in clear")
            return .shown
        }
        do throws(IdentityKeyError) {
            let key = try IdentityKeyFile.usual.load()
            Terminal.say("\(warning), identities as a hash")
            return .hashed(IdentityHash(key: key))
        } catch {
            Terminal.say("\(warning), without identities: \(error.explanation)")
            return .cut
        }
    }
}
