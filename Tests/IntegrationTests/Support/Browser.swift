import Foundation
import TestSupport
import Testing

/// A headless Chromium beside a test, told what to do line by line; it ends with its owner.
final class Browser {
    private let process: RunningCommand

    init() throws {
        guard FileManager.default.isExecutableFile(atPath: TraceSink.python) else {
            throw TestFailure("no \(TraceSink.python); Tests/run makes it")
        }
        process = try RunningCommand([TraceSink.python, Files.client("browser.py")], input: .kept)
        _ = try process.readLine()
    }

    deinit { _ = try? process.end(within: 10) }

    /// Says a line, and gives the answer.
    @discardableResult
    func ask(_ line: String) throws -> Any {
        try process.say(line)
        let answer = try process.readLine(within: 150)
        let value = try JSONSerialization.jsonObject(with: Data(answer.utf8), options: .fragmentsAllowed)
        if let error = (value as? [String: Any])?["error"] { throw TestFailure("\(error)") }
        return value
    }

    func open(_ url: String, width: Int = 1280, height: Int = 800, colours: String = "light") throws {
        try ask("open \(url) \(width) \(height) \(colours)")
    }

    /// What a script's expression is, as text.
    func text(_ script: String) throws -> String { try ask("value String(\(script))") as? String ?? "" }

    /// Whether a script's expression becomes true within ten seconds.
    func becomes(_ script: String) throws -> Bool { try ask("until \(script)") as? String != "late" }

    /// The text of the first element that a selector finds.
    func text(of selector: String) throws -> String { try text("document.querySelector(\"\(selector)\").innerText") }

    func press(_ keys: String) throws { try ask("press \(keys)") }

    func lines(_ line: String) throws -> [String] { try ask(line) as? [String] ?? ["no list"] }
}
