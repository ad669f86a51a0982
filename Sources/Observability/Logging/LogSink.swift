/// Takes log records: a file, a terminal, an exporter.
package protocol LogSink: Sendable {
    /// Takes one record, whose level has been judged; any thread calls, and none waits for the output itself.
    func receive(_ record: LogRecord)
}
