import Capture
import ProbeEvents
import SmartCard

/// An exchange as a tap tells it.
func exchange(
    _ command: String, _ response: String, reader: String = "Reader 0", result: UInt32 = 0, isCut: Bool = false
) -> APDUExchange {
    let bytes = HexBytes(hex: command) ?? []
    return APDUExchange(
        stamp: EventStamp(
            source: .shim, startNanoseconds: 5, durationNanoseconds: 1_234_567,
            wallNanoseconds: 1_700_000_000_123_456_789),
        client: ClientProcess(id: 7, pid: 4_711, program: "scriptor"), thread: 1, session: 2, reader: reader,
        interface: .pcsc, sessionProtocol: .t0, name: CommandAPDU(bytes.bytes).name(), command: bytes,
        response: HexBytes(hex: response) ?? [], isCut: isCut, resultCode: result, waitNanoseconds: 1_000,
        isWaitExact: true)
}

func hex(_ bytes: some Collection<UInt8>) -> String { HexBytes(Array(bytes)).description }

/// A capture of these exchanges, without its end.
func capture(_ exchanges: [APDUExchange]) -> [UInt8] {
    var writer = CaptureWriter()
    return exchanges.reduce(PCAPNG.section(hardware: "x86_64", system: "Linux 6.1", application: "test")) {
        $0 + writer.blocks(of: $1, cutBytes: 0).blocks
    }
}
