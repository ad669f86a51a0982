internal import ProbeEvents
internal import TelemetryExport

/// The Pushgateway that a run's numbers are pushed to.
package struct PushTarget: Sendable {
    let gateway: Pushgateway

    /// Reads its address; the error does not repeat it, since it may hold a password.
    package init(_ address: String) throws(PushTargetError) {
        do throws(PushgatewayError) {
            gateway = try Pushgateway(address)
        } catch {
            throw PushTargetError(explanation: error.explanation)
        }
    }
}

/// What is wrong with the address of a Pushgateway.
package struct PushTargetError: ExplainedError, Hashable {
    /// One line: what, and what to write.
    package let explanation: String
}
