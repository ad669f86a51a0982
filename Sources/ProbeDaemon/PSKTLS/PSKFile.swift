internal import Observability
internal import ProbeEvents
internal import Taps

/// The file of `taps.psk_file`.
enum PSKFile {
    /// Reads it; what it holds is in no error.
    static func load(_ path: String) throws -> PSKTable {
        let text: String
        do throws(BoundedFile.Failure) {
            text = try BoundedFile.text(path, isSecret: true)
        } catch {
            throw PSKFileError(path: path, failure: error)
        }
        return try PSKTable(parsing: text, path: path)
    }
}

/// Why keys cannot be read.
struct PSKFileError: ExplainedError, Hashable {
    var path: String
    var failure: BoundedFile.Failure

    var explanation: String {
        let remedy = failure == .readableByOthers ? "run: chmod 600 \(path), as its owner" : "correct taps.psk_file"
        return "the file of keys \(path) \(failure.reason); \(remedy)"
    }
}
