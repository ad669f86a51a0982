@testable import SmartCard

/// libFuzzer: whatever a device and an eUICC say, each function ends once, in its time, and what redaction leaves of it
/// tells the same.
///
/// An input: exchanges, each the command's length in two bytes, the command, the response's length in two bytes, the
/// response; what is there of the last.
@_cdecl("LLVMFuzzerTestOneInput")
public func takeExchanges(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var input = Array(UnsafeBufferPointer(start: start, count: count))[...]
    var (whole, cut) = (Follower(), Follower())
    var now: UInt64 = 0
    while !input.isEmpty {
        let (command, response) = (take(&input), take(&input))
        holdReading(command, response)
        let kept = Redaction.kept(command: command, response: response)
        // What may be either is taken for a proof of receipt; lengths that contradict one another are cut, and then do not.
        let isReceipt = ReceiptLayout.answer(response, in: ResponseAPDU(response).dataRange) != nil
        let isOther = isReceipt || CommandAPDU(command).isMalformed
        whole.take(isOther ? kept.command : command, isOther ? kept.response : response, at: now)
        cut.take(kept.command, kept.response, at: now)
        precondition(whole.told == cut.told && whole.downloads == cut.downloads)
        now += 10
    }
    whole.end()
    return 0
}

private func take(_ input: inout ArraySlice<UInt8>) -> [UInt8] {
    let length = input.prefix(2).reversed().reduce(0) { $0 << 8 | Int($1) }
    input = input.dropFirst(2)
    defer { input = input.dropFirst(length) }
    return Array(input.prefix(length))
}

private func holdReading(_ command: [UInt8], _ response: [UInt8]) {
    if let block = try? ESIMBlock(command) {
        let range = CommandAPDU(command).dataRange
        precondition(block.head.lowerBound == range.lowerBound && block.head.upperBound <= range.upperBound)
        precondition((2...6).contains(block.head.count))
    }
    guard let answer = try? ESIMAnswer(response) else { return }
    var end = 0
    for part in answer.kept {
        precondition(part.lowerBound >= end && part.upperBound <= response.count - 2 && !part.isEmpty)
        end = part.upperBound
    }
    precondition(answer.listed ?? 0 <= response.count && answer.length >= 3)
    precondition(
        (answer.code == nil)
            == (answer.result == .ok && answer.function.row.answer != .code || answer.result == .unread))
}

/// One session, followed.
private struct Follower {
    private var tracker = ESIMTracker()
    private var trail = ESIMDownloads()
    private var began: UInt64 = 0
    var told: [DoneFunction] = []
    var downloads: [ESIMDownload] = []

    mutating func take(_ command: [UInt8], _ response: [UInt8], at now: UInt64) {
        told = tracker.observe(command: command, response: response, fromNanoseconds: now, toNanoseconds: now + 5)
        precondition(told.count <= 2)
        downloads = told.flatMap { trail.observe($0) }
        for done in told { hold(done, now: now) }
    }

    mutating func end() {
        told = tracker.reset().map { [$0] } ?? []
        for done in told { hold(done, now: .max) }
        precondition(tracker.reset() == nil)
        downloads = [trail.end(.abandoned)].compactMap(\.self)
        precondition(trail.end(.abandoned) == nil)
    }

    private mutating func hold(_ done: DoneFunction, now: UInt64) {
        precondition(done.startNanoseconds >= began && done.endNanoseconds >= done.startNanoseconds)
        precondition(done.blocks >= 1 && done.sentBytes >= 3 && done.segments <= done.blocks)
        precondition((done.packageBytes == nil) == (done.function != .loadBoundProfilePackage))
        if let answer = done.answer { precondition(answer.function == done.function) }
        began = done.startNanoseconds
        for download in downloads {
            precondition((1...8).contains(download.steps.count) && download.endNanoseconds >= download.startNanoseconds)
        }
    }
}
