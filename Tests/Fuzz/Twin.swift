import CFuzz
import SmartCard

/// Whether the shim's selection and `Redaction` keep the same bytes, and say the same of what is cut.
@_cdecl("redaction_agrees")
public func redactionAgrees(
    _ exchange: UnsafePointer<fuzz_exchange>, _ kept: UnsafePointer<allow_selection>
) -> Bool {
    let (exchange, kept) = (exchange.pointee, kept.pointee)
    let command = UnsafeBufferPointer(start: exchange.command, count: exchange.sent)
    let response = UnsafeBufferPointer(start: exchange.response, count: exchange.received)
    guard let level = Redaction.Level(rawValue: exchange.level) else { return false }
    let ours = Redaction.kept(command: command, response: response, level: level)
    let data = response.count >= 2 ? response.count - 2 : response.count
    return ours.cut == kept.cut
        && isSame(ours.command[...], kept.command, kept.command_kept)
        && isSame(ours.response.prefix(data), kept.response, kept.response_kept)
        && ours.response.suffix(ours.response.count - data).elementsEqual(response.suffix(response.count - data))
}

/// The kept bytes, and zeros for the rest.
private func isSame(_ bytes: ArraySlice<UInt8>, _ kept: UnsafePointer<UInt8>?, _ count: Int) -> Bool {
    bytes.prefix(count).elementsEqual(UnsafeBufferPointer(start: kept, count: count))
        && bytes.dropFirst(count).allSatisfy { $0 == 0 }
}
