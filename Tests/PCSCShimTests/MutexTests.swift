import Foundation
import TestSupport
import Testing

/// What Swift's Mutex does that nobody expects.
///
/// ThreadSanitizer sees only the half of it that is compiled into the caller: what `CProbe/mutex.c` tells it silences what
/// is wrong, and nothing else.
@Suite struct MutexTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// The program `mutex.swift` for ThreadSanitizer, told of Mutex or not.
    private func program(isTold: Bool) throws -> String {
        let (object, program) = (folder.file("mutex.o"), folder.file("mutex"))
        let source = Workshop.sources.appending(path: "CProbe/mutex.c").path
        var compiled = try Command.run(
            [
                "\(try Files.toolchain.get())/clang", "-std=gnu17", "-O1", "-fsanitize=thread", "-c", source, "-o",
                object,
            ])
        try #require(compiled.ending == .exited(0), "\(compiled.errors)")
        compiled = try Command.run(
            ["swiftc", "-swift-version", "6", "-sanitize=thread", "-o", program]
                + [Workshop.programs.appending(path: "mutex.swift").path] + (isTold ? [object] : []))
        try #require(compiled.ending == .exited(0), "\(compiled.errors)")
        return program
    }

    private func warnings(_ words: [String]) throws -> Int {
        let outcome = try Command.run(words, environment: ["TSAN_OPTIONS": "exitcode=0"])
        #expect(outcome.output == "80000\n" && outcome.ending == .exited(0))
        return outcome.errors.components(separatedBy: "WARNING: ThreadSanitizer").count - 1
    }

    @Test func lockIsSeenAndItsAbsenceToo() throws {
        let told = try program(isTold: true)
        #expect(try warnings([told]) == 0)
        #expect(try warnings([told, "bare"]) > 0)
    }

    /// When this is 0, Swift tells the sanitizer itself, and `mutex.c` may go.
    @Test func withoutItTheLockSeemsToBeARace() throws {
        #expect(try warnings([program(isTold: false)]) > 0)
    }

    /// A function that is all that a mutex holds is wrapped anew, and never freed, each time it is read; as a member of a
    /// structure it is not. Seen with Swift 6.3.
    @Test func noneHoldsAFunctionAlone() throws {
        let files = try #require(FileManager.default.enumerator(at: Workshop.sources, includingPropertiesForKeys: nil))
        var count = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            count += 1
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(text.firstMatch(of: /Mutex<[(@][^<>\[]*->/) == nil, "\(file.lastPathComponent)")
        }
        #expect(count > 500)
    }
}
