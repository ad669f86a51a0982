import Foundation
import Testing

@testable import ProbeEvents

/// What an event is about is what its line says.
@Suite struct EventSubjectTests {
    private static let deviceNames = ["reader", "modem", "phone", "device", "tap"]

    @Test(arguments: EventLineTests.rows) func theLineSaysTheSame(_ row: EventLineTests.Row) throws {
        let object = try JSONSerialization.jsonObject(with: Data(row.line.utf8)) as? [String: Any]
        let line = try #require(object)
        let members = line.merging(line["link"] as? [String: Any] ?? [:]) { $1 }
        let device = Self.deviceNames.compactMap { members[$0] as? String }.first { !$0.isEmpty }
        let client = (members["client"] as? [String: Any])?["id"] as? UInt64
        let session = client == nil ? nil : members["session"] as? UInt64
        let subject = row.event.subject
        #expect(subject.device == device)
        #expect(subject.client?.id == client)
        #expect(subject.session == session)
    }
}
