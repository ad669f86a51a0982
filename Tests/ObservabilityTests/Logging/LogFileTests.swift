import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Observability

/// The file of a log beside the programs and the disks that make it hard.
@Suite(.serialized) struct LogFileTests {
    private let folder: TemporaryFolder
    private let lost = LostLines()

    init() throws { folder = try TemporaryFolder() }

    private var file: String { folder.file("log") }

    private func writer(capacity: Int = 4_096) -> LogWriter { LogWriter(file: file, capacity: capacity, lost: lost) }

    @Test func theFileIsThisUsersAndItsGroupsOnly() throws {
        let before = umask(0)
        defer { umask(before) }
        let writer = writer()
        writer.say(0)
        #expect(writer.finish(within: .seconds(5)))
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o640)
        #expect(try LogLines(folder.read("log")).numbers == [0])
        // Afterwards nothing is taken.
        writer.say(1)
        #expect(lost[.end] == 1)
        #expect(writer.finish(within: .seconds(5)))
    }

    @Test func aLineThatAKilledWriterLeftIsEnded() throws {
        try folder.write("{\"message\":\"li", to: "log")
        let writer = writer()
        writer.say(0)
        #expect(writer.finish(within: .seconds(5)))
        let lines = folder.read("log").split(separator: "\n")
        #expect(lines.count == 2 && lines[0] == "{\"message\":\"li")
        #expect(try LogLines("\(lines[1])\n").numbers == [0])
    }

    /// logrotate, while eight threads say numbers: each is there once, in the order of its thread, and no line is torn.
    @Test func logrotateMovesTheFileAwayAndNothingIsLost() throws {
        let count = 5_000
        let writer = LogWriter(file: file, capacity: 1 << 20, byteLimit: .max, lost: lost)
        let rotation = try Rotation(folder, "rotate 1000\nnodateext\ncreate 0640\nstart 1")
        let (rotations, lines) = (Counted(), Counted())
        let says = Threads(8) { thread in
            for number in 0..<count {
                writer.say(thread * count + number)
                lines.increment()
                // However slow logrotate is, it comes five times while lines are said.
                while number % 1_000 == 999, rotations.value <= number / 1_000 { usleep(1_000) }
            }
        }
        while !says.haveEnded {
            let before = lines.value
            try rotation.rotate()
            rotations.increment()
            while !says.haveEnded, lines.value < before + 1_000 { usleep(1_000) }
        }
        #expect(writer.finish(within: .seconds(20)))
        let texts = ((1...rotations.value).reversed().map { folder.read("log.\($0)") }) + [folder.read("log")]
        let numbers = try texts.flatMap { try LogLines($0).numbers }
        #expect(texts.count { !$0.isEmpty } > 3)
        #expect(lost.total == 0 && numbers.count == 8 * count)
        for thread in 0..<8 {
            let own = numbers.filter { $0 / count == thread }
            #expect(own.elementsEqual(thread * count..<(thread + 1) * count) == true)
        }
    }

    /// What is written between the copy and the cut is lost to copytruncate itself; so it is told in quiet moments.
    @Test func logrotateCopiesAndTruncates() throws {
        let writer = writer()
        let rotation = try Rotation(folder, "rotate 1000\nnodateext\ncopytruncate\nstart 1")
        for round in 0..<5 {
            for number in 0..<100 { writer.say(round * 100 + number) }
            #expect(writer.isIdle())
            try rotation.rotate()
        }
        writer.say(500)
        #expect(writer.finish(within: .seconds(5)))
        #expect(try LogLines(folder.read("log")).numbers == [500])
        for round in 0..<5 {
            let numbers = try LogLines(folder.read("log.\(5 - round)")).numbers
            #expect(numbers.elementsEqual(round * 100..<(round + 1) * 100) == true)
        }
    }

    @Test func aRemovedFileIsMadeAnew() throws {
        let writer = writer()
        writer.say(0)
        #expect(writer.isIdle())
        try FileManager.default.removeItem(atPath: file)
        writer.say(1)
        #expect(writer.finish(within: .seconds(5)))
        #expect(try LogLines(folder.read("log")).numbers == [1])
    }

    /// Lines go on to where the file went, until there is another, or for a second.
    @Test func aMovedFileIsWrittenOnUntilThereIsAnother() throws {
        let writer = writer()
        writer.say(0)
        #expect(writer.isIdle())
        try FileManager.default.moveItem(atPath: file, toPath: folder.file("log.1"))
        writer.say(1)
        #expect(writer.isIdle())
        #expect(!FileManager.default.fileExists(atPath: file))
        try folder.write("", to: "log")
        writer.say(2)
        #expect(writer.isIdle())
        try FileManager.default.moveItem(atPath: file, toPath: folder.file("log.2"))
        var said = 2
        #expect(
            eventually {
                said += 1
                writer.say(said)
                return FileManager.default.fileExists(atPath: file)
            })
        #expect(writer.finish(within: .seconds(5)))
        #expect(try LogLines(folder.read("log.1")).numbers == [0, 1])
        #expect(try LogLines(folder.read("log.2") + folder.read("log")).numbers.elementsEqual(2...said))
    }

    @Test func aMissingFolderIsWaitedFor() throws {
        let writer = LogWriter(file: folder.file("later/log"), capacity: 10, lost: lost)
        let count = try sayUntilLost(writer)
        try FileManager.default.createDirectory(atPath: folder.file("later"), withIntermediateDirectories: false)
        try expectRest(of: count, writer) { folder.read("later/log") }
    }

    /// A read-only folder that becomes a writable one; read-only as a mount is, which holds for root too.
    @Test func aReadOnlyFolderIsWaitedFor() throws {
        let disk = try SmallDisk(kilobytes: 64)
        try disk.run("mkdir d && mount --bind d d && mount -o remount,bind,ro d")
        let writer = LogWriter(file: disk.file("d/log"), capacity: 10, lost: lost)
        let count = try sayUntilLost(writer)
        try disk.run("umount d")
        try expectRest(of: count, writer) { disk.read("d/log") }
    }

    /// Says numbers until one is lost because nothing can be written; how many those were.
    private func sayUntilLost(_ writer: LogWriter) throws -> Int {
        var count = 0
        let isLost = eventually(within: 5) {
            writer.say(count)
            count += 1
            return lost[.write] > 0
        }
        guard isLost else { throw TestFailure("what cannot be written was not lost") }
        return count
    }

    /// What can be written again is written, and the log says how much is missing.
    private func expectRest(of count: Int, _ writer: LogWriter, _ text: () -> String) throws {
        #expect(writer.isIdle())
        #expect(writer.finish(within: .seconds(5)))
        let lines = try LogLines(text())
        #expect(lines.numbers.count + lost.total == count && lines.lost == lost.total)
        #expect(lines.numbers.suffix(10).elementsEqual(count - 10..<count) == true)
    }

    @Test func aFullDiskTearsNoLineAndCountsWhatWasLost() throws {
        let disk = try SmallDisk(kilobytes: 64)
        try disk.run("head -c 30000 /dev/zero >other")
        let writer = LogWriter(file: disk.file("log"), capacity: 300, lost: lost)
        let count = try sayUntilLost(writer)
        let started = ContinuousClock.now
        // Nobody is held up while it is full, and each line is one more that is lost.
        let before = lost.total
        for number in count..<count + 5_000 { writer.say(number) }
        #expect(ContinuousClock.now - started < .seconds(2))
        #expect(lost.total == before + 5_000)
        #expect(!disk.read("log").hasSuffix("\n"))
        try disk.run("rm other && mount -o remount,size=4m .")
        #expect(writer.isIdle())
        writer.say(count + 5_000)
        #expect(writer.finish(within: .seconds(5)))
        let lines = try LogLines(disk.read("log"))
        #expect(lines.numbers.count + lost.total == count + 5_001)
        #expect(lines.lost == lost.total && lines.numbers == lines.numbers.sorted())
        #expect(lines.numbers.last == count + 5_000)
        #expect(
            lines.messages.contains { $0.hasSuffix("lines were lost here: \(disk.file("log")) could not be written") })
    }

    /// While the disk is full, somebody makes room by taking the log itself away: what was half written comes whole.
    @Test(arguments: ["rm log", "mv log old; rm other", ": >log"])
    func aHalfWrittenLineComesWhole(_ relief: String) throws {
        let disk = try SmallDisk(kilobytes: 64)
        try disk.run("head -c 40000 /dev/zero >other")
        let writer = LogWriter(file: disk.file("log"), lost: lost)
        for number in 0..<300 { writer.say(number) }
        // What is read while it is being written ends anywhere: twice the same is where the disk was full.
        var half = ""
        #expect(
            eventually(within: 5) {
                half = disk.read("log")
                usleep(50_000)
                return !half.isEmpty && !half.hasSuffix("\n") && half == disk.read("log")
            })
        let torn = try LogLines(Self.whole(half)).numbers
        try disk.run(relief)
        #expect(writer.isIdle())
        #expect(writer.finish(within: .seconds(5)))
        // A file that was moved away is written on for a while.
        let moved = try LogLines(Self.whole(disk.read("old"))).numbers
        let lines = try LogLines(disk.read("log"))
        #expect(lost.total == 0 && (moved.isEmpty ? torn : moved) + lines.numbers == Array(0..<300))
    }

    /// A FIFO whose reader sleeps: nobody waits, and what is read in the end and what was counted is all.
    @Test func aStuckOutputHoldsUpNobody() throws {
        #expect(mkfifo(file, 0o600) == 0)
        let (reader, capacity, count) = (open(file, O_RDONLY | O_NONBLOCK), 1_000, 100_000)
        #expect(reader >= 0)
        let writer = writer(capacity: capacity)
        var longest = Duration.zero
        for number in 0..<count {
            let started = ContinuousClock.now
            writer.say(number)
            longest = max(longest, ContinuousClock.now - started)
        }
        #expect(longest < .milliseconds(500))
        #expect(lost.total > count - capacity - 2_000)
        let collected = Collected(reader)
        #expect(writer.finish(within: .seconds(5)))
        let lines = try LogLines(collected.end())
        #expect(lines.numbers.count + lost.total == count && lines.lost == lost.total)
        #expect(lines.numbers.suffix(capacity) == Array(count - capacity..<count)[...])
    }

    /// The same without any reader, ever: the end is bounded, and everything is counted.
    @Test(arguments: [false, true])
    func anEndIsBounded(_ hasReader: Bool) throws {
        #expect(mkfifo(file, 0o600) == 0)
        let reader = hasReader ? open(file, O_RDONLY | O_NONBLOCK) : -1
        let writer = writer(capacity: 1_000)
        for number in 0..<5_000 { writer.say(number) }
        let started = ContinuousClock.now
        #expect(!writer.finish(within: .milliseconds(500)))
        #expect(ContinuousClock.now - started < .seconds(1))
        var text = ""
        if hasReader { text = Collected(reader).end() }
        #expect(try LogLines(Self.whole(text)).numbers.count + lost.total == 5_000)
        #expect(lost[.end] > 0)
    }

    @Test(arguments: ["/dev/full", "/", "/no/such/folder/log", "/proc/version"])
    func whatCannotBeWrittenIsNoCrash(_ path: String) {
        let writer = LogWriter(file: path, lost: lost)
        for number in 0..<100 { writer.say(number) }
        #expect(!writer.finish(within: .seconds(5)))
        #expect(lost[.end] == 100)
    }

    /// Ending a text behind its last whole line.
    private static func whole(_ text: String) -> String {
        text.lastIndex(of: "\n").map { String(text[...$0]) } ?? ""
    }
}

/// Debian's logrotate, on one file.
private struct Rotation {
    private let folder: TemporaryFolder

    init(_ folder: TemporaryFolder, _ lines: String) throws {
        self.folder = folder
        try folder.write("\(folder.file("log")) {\nsize 1\nmissingok\n\(lines)\n}\n", to: "logrotate.conf")
        chmod(folder.file("logrotate.conf"), 0o644)
    }

    func rotate() throws {
        let words = ["/usr/sbin/logrotate", "-s", folder.file("state"), "-f", folder.file("logrotate.conf")]
        let end = try Command.run(words)
        guard end.ending == .exited(0) else { throw TestFailure("logrotate: \(end.errors)") }
    }
}

/// A file system of a few kilobytes, in a mount namespace of its own, which this process reaches through /proc.
private final class SmallDisk {
    private let keeper: RunningCommand
    private let root: String

    init(kilobytes: Int) throws {
        let script =
            "mount -t tmpfs -o size=\(kilobytes)k none /mnt && cd /mnt && echo ready && while read -r line; do "
            + "eval \"$line\" && echo done; done"
        keeper = try RunningCommand(["unshare", "-Urm", "sh", "-c", script], input: .kept)
        root = "/proc/\(keeper.pid)/root/mnt"
        guard try keeper.readLine() == "ready" else { throw TestFailure("no small disk: \(keeper.errorsSoFar)") }
    }

    func file(_ name: String) -> String { "\(root)/\(name)" }

    func read(_ name: String) -> String { (try? String(contentsOfFile: file(name), encoding: .utf8)) ?? "" }

    /// Runs a line of shell in its folder.
    func run(_ line: String) throws {
        try keeper.say(line)
        guard try keeper.readLine(within: 5) == "done" else { throw TestFailure("\(line): \(keeper.errorsSoFar)") }
    }
}

/// A number that several threads raise.
private final class Counted: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .relaxed) }

    func increment() { count.add(1, ordering: .relaxed) }
}

/// Threads that do the same.
private final class Threads: Sendable {
    private let group = DispatchGroup()

    init(_ count: Int, _ work: @escaping @Sendable (Int) -> Void) {
        for number in 0..<count {
            group.enter()
            Thread.detachNewThread { [group] in
                work(number)
                group.leave()
            }
        }
    }

    var haveEnded: Bool { group.wait(timeout: .now()) == .success }
}

/// Reads a descriptor to its end, on a thread.
private final class Collected: @unchecked Sendable {
    // Written by the thread, read when it has ended.
    private var bytes: [UInt8] = []
    private let descriptor: CInt
    private let done = DispatchSemaphore(value: 0)

    init(_ descriptor: CInt) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFL, 0)
        Thread.detachNewThread { [self] in
            var piece = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = Glibc.read(descriptor, &piece, piece.count)
                guard count > 0 else { break }
                bytes += piece.prefix(count)
            }
            done.signal()
        }
    }

    func end() -> String {
        done.wait()
        close(descriptor)
        return String(decoding: bytes, as: UTF8.self)
    }
}
