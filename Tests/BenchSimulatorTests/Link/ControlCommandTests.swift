import Testing

@testable import BenchSimulator

@Suite struct ControlCommandTests {
    @Test(arguments: [
        ("status", ControlCommand.status), ("insert", .insert(slot: 0)), ("insert 1", .insert(slot: 1)),
        ("remove", .remove(slot: 0)), ("remove 1", .remove(slot: 1)), ("kill-pcscd", .killPCSCD),
        ("stop-pcscd", .stopPCSCD), ("start-pcscd", .startPCSCD),
    ])
    func known(_ line: String, _ command: ControlCommand) throws {
        #expect(try ControlCommand(line.split(separator: " ").map(String.init), slots: 2, hasPCSCD: true) == command)
    }

    @Test(arguments: [
        ("status now", true), ("insert 2", true), ("insert -1", true), ("insert x", true), ("insert 0 1", true),
        ("", true), ("kill-pcscd", false), ("stop-pcscd 1", true), ("KILL", true),
    ])
    func refused(_ line: String, _ hasPCSCD: Bool) {
        #expect(throws: SimulatorError.self) {
            try ControlCommand(line.split(separator: " ").map(String.init), slots: 2, hasPCSCD: hasPCSCD)
        }
    }
}
