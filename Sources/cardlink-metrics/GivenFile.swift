internal import Observability
internal import ProbeEvents

/// A file that a command was given.
enum GivenFile {
    /// What a probe said once and was saved, as bytes; no page of a probe has more.
    static func page(_ path: String) throws(FileFault) -> [UInt8] {
        Array(try text(path, mostBytes: 256 * 1024 * 1024, remedy: "give another with --file").utf8)
    }

    /// Its text.
    ///
    /// - Parameter remedy: what to do where it cannot be read and that is not plain.
    static func text(
        _ path: String, mostBytes: Int = BoundedFile.mostBytes, remedy: String? = nil
    ) throws(FileFault) -> String {
        do throws(BoundedFile.Failure) {
            return try BoundedFile.text(path, mostBytes: mostBytes)
        } catch {
            throw FileFault(explanation: "\(path) \(error.reason)" + (remedy.map { "; \($0)" } ?? ""))
        }
    }
}

/// A file or folder that cannot be had.
struct FileFault: ExplainedError {
    let explanation: String
}
