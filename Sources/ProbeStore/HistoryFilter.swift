/// Which rows of the history are wanted; each part that is given must hold.
package struct HistoryFilter: Sendable, Hashable {
    /// Of this run.
    package var run: Int64?
    /// With this reader or modem, by its whole name.
    package var device: String?
    /// Begun at this moment or later, RFC 3339 in UTC.
    package var since: String?
    /// With commands of this name.
    package var command: String?
    /// With responses of this status word; `X` stands for any digit.
    package var statusWord: String?
    /// With commands that failed, refusals of a SELECT left out.
    package var hasErrors = false
    /// At most so many, the newest ones.
    package var limit: Int

    /// A filter that lets all pass.
    package init(limit: Int) { self.limit = limit }

    /// The condition on rows of `apdus`, with its values; nil when there is none.
    var ofCommands: (sql: String, values: [String])? { ofCommands(withErrors: hasErrors) }

    /// The same, where errors may mean those of something else.
    func ofCommands(withErrors hasErrors: Bool) -> (sql: String, values: [String])? {
        var parts: [String] = []
        var values: [String] = []
        if let command {
            parts.append("apdus.command = ?")
            values.append(command.uppercased())
        }
        if let statusWord {
            parts.append("apdus.status_word LIKE ?")
            values.append(statusWord.uppercased().replacing("X", with: "_"))
        }
        if hasErrors { parts.append("apdus.verdict = 'error'") }
        return parts.isEmpty ? nil : (parts.joined(separator: " AND "), values)
    }
}
