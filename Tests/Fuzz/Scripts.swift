@testable import BenchSimulator

/// libFuzzer: whatever the script of a virtual card or modem says, it is a script, or one fault with its line.
///
/// An input: a script; it is read as a card's and as a modem's.
@_cdecl("LLVMFuzzerTestOneInput")
public func takeScript(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    let lines = text.utf8.count { $0 == 0x0A || $0 == 0x0D } + text.unicodeScalars.count { $0.value > 0x7F } + 2
    do throws(SimulatorError) {
        let script = try CardScriptReader.read(text: text, file: "F")
        precondition((2...33).contains(script.atr.count))
        precondition(script.delay >= .zero && script.rules.allSatisfy { $0.delay ?? .zero >= .zero })
        // A card of it takes a command.
        var card = VirtualCard(script: script)
        _ = card.process([0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00])
    } catch { hold(error, lines) }
    do throws(SimulatorError) {
        let script = try ModemScriptReader.read(text: text, file: "F")
        precondition(script.delay >= .zero && (script.chunkBytes ?? 1) > 0)
    } catch { hold(error, lines) }
    return 0
}

private func hold(_ error: SimulatorError, _ lines: Int) {
    precondition(!error.explanation.isEmpty && !error.explanation.contains("\n"))
    if case .script(_, let line?, _) = error { precondition((1...lines).contains(line)) }
}
