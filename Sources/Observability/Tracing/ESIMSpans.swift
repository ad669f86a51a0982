internal import ProbeEvents
internal import SmartCard

// What eUICCs were asked for, as spans: each is told whole when it is over.

extension SpanManager {
    /// Tells a function, or a download with its steps as events.
    func tell(_ event: ESIMEvent, under parent: SpanContext?) {
        let (stamp, link) = (event.stamp, event.link)
        var span = SpanData(
            event.spanName, context: context(under: parent), parent: parent, startNanoseconds: stamp.wallNanoseconds,
            limits: limits)
        span.set([
            Attribute("cardlink.interface", .text(link.interface.name)),
            Attribute(link.interface == .at ? "cardlink.modem" : "cardlink.reader", .text(link.device)),
        ])
        switch event {
        case .function(let done): span.note(done)
        case .download(let done): span.note(done)
        }
        span.endNanoseconds = stamp.endWallNanoseconds
        tell(span)
    }
}

extension ESIMEvent {
    fileprivate var spanName: String {
        switch self {
        case .function(let done): "\(done.function.group.rawValue).\(done.function.specifiedName)"
        case .download: "eSIM download"
        }
    }
}

extension SpanData {
    fileprivate mutating func note(_ done: ESIMFunctionDone) {
        set([
            Attribute("cardlink.esim.function", .text(done.function.name)),
            Attribute("cardlink.esim.result", .text(done.result.name)),
            Attribute("cardlink.esim.blocks", .integer(Int64(done.blocks))),
            Attribute("cardlink.esim.sent_bytes", .integer(Int64(done.sentBytes))),
            Attribute("cardlink.esim.received_bytes", .integer(Int64(done.receivedBytes))),
        ])
        if let code = done.code { set("cardlink.esim.code", .integer(Int64(code))) }
        if let listed = done.listed { set("cardlink.esim.listed", .integer(Int64(listed))) }
        if done.result != .ok { fail(done.result.name) }
    }

    fileprivate mutating func note(_ done: ESIMDownloadDone) {
        set([
            Attribute("cardlink.esim.result", .text(done.result.name)),
            Attribute("cardlink.esim.segments", .integer(Int64(done.segments))),
            Attribute("cardlink.esim.loaded_bytes", .integer(Int64(done.loadedBytes))),
        ])
        if let bytes = done.packageBytes { set("cardlink.esim.package_bytes", .integer(Int64(bytes))) }
        if let command = done.failedCommand { set("cardlink.esim.failed_command", .text(command.name)) }
        if let reason = done.cancelReason { set("cardlink.esim.cancel_reason", .text(reason.name)) }
        for step in done.steps {
            addEvent(
                step.function.specifiedName, wallNanoseconds: startNanoseconds &+ step.afterNanoseconds,
                [
                    Attribute("cardlink.esim.result", .text(step.result.name)),
                    Attribute("cardlink.esim.seconds", .seconds(step.durationNanoseconds)),
                ])
        }
        if done.result != .installed && done.result != .authenticated {
            fail(done.failedStep?.result.name ?? done.result.name)
        }
    }

    private mutating func fail(_ reason: String) {
        set("error.type", .text(reason))
        status = .error("")
    }
}
