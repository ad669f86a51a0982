internal import ProbeEvents

/// Sets one key in a configuration file, and leaves all else in it as it is: comments, order, mode, owner.
package struct ConfigEdit: Sendable {
    private let row: SettingFacts
    private let texts: [String]

    /// A change of a key to texts that are allowed there.
    package init(_ row: SettingFacts, to texts: [String]) throws(ConfigError) {
        if let reason = row.refusal(texts) { throw ConfigError([ConfigFault(row, reason: reason)], isUsage: true) }
        self.row = row
        self.texts = texts
    }

    /// How long it waits for another program that changes the file.
    private static let patience = Duration.seconds(3)

    /// Writes it; what is told is a line. The file is made where it is missing, and stays as it was when it would have a
    /// fault. Of several that write at once each keeps what the others set.
    package func write(to file: String) async throws -> String {
        let lock = try await FolderLock.of(file, within: Self.patience)
        let line = try await writeLocked(to: file)
        _ = consume lock
        return line
    }

    private func writeLocked(to file: String) async throws -> String {
        let old = try text(of: file)
        let new: String
        do throws(YAMLEdit.Refusal) {
            new = try YAMLEdit(row.path, to: texts, isList: row.isList).applied(to: old)
        } catch {
            throw ConfigError([ConfigFault(file: file, line: error.line, reason: "\(row.path) \(error.reason)")])
        }
        let value = texts.joined(separator: ", ")
        guard new != old else { return "\(file) has \(row.path) \(value) already" }
        let replaced = try ReplacedFile(file, text: new)
        do throws(ConfigError) {
            _ = try await ConfigSources(file: replaced.temporaryPath).load()
        } catch {
            throw ConfigError(error.faults.map { $0.moved(from: replaced.temporaryPath, to: file) })
        }
        try replaced.commit()
        let change = row.isLive ? "at SIGHUP: systemctl reload cardlink-probe" : "when the probe is started again"
        return "\(row.path) is now \(value) in \(file); it counts \(change)"
    }

    private func text(of file: String) throws(ConfigError) -> String {
        do throws(BoundedFile.Failure) {
            return try BoundedFile.text(file)
        } catch {
            if error.isMissing { return "" }
            throw ConfigError([ConfigFault(file: file, line: nil, reason: error.reason)])
        }
    }
}
