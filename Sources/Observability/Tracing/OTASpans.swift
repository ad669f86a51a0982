internal import ProbeEvents

// Sessions over the air from trigger to end, as spans: each is told whole when it is over.

extension SpanManager {
    /// Tells a session with a span for each leg that was seen; `links` are the spans of what it is made of.
    func tell(_ timeline: OTATimeline, under parent: SpanContext?, links: [SpanContext]) {
        switch timeline.kind {
        case .scp81, .channel: break
        // These are spans of their own.
        case .scp80, .download: return
        }
        var span = SpanData(
            "trigger to effect", context: context(under: parent), parent: parent,
            startNanoseconds: timeline.began.wallNanoseconds, limits: limits)
        span.set(timeline.attributes)
        links.forEach { span.addLink($0) }
        if let error = timeline.error { span.set("error.type", .text(error)) }
        if timeline.status != .completed { span.status = .error("") }
        span.endNanoseconds = span.startNanoseconds &+ timeline.durationNanoseconds
        for step in timeline.steps {
            guard let after = step.afterNanoseconds, let took = step.durationNanoseconds else { continue }
            var leg = SpanData(
                step.name, context: context(under: span.context), parent: span.context,
                startNanoseconds: span.startNanoseconds &+ after, limits: limits)
            leg.set("cardlink.ota.leg", .text(step.name))
            leg.endNanoseconds = leg.startNanoseconds &+ took
            tell(leg)
        }
        tell(span)
    }
}

extension OTATimeline {
    fileprivate var attributes: [Attribute] {
        var about = [
            Attribute("cardlink.ota.kind", .text(kind.rawValue)), Attribute("cardlink.ota.device", .text(device)),
            Attribute("cardlink.session.status", .text(status.name)),
            Attribute("cardlink.ota.unknown_legs", .texts(steps.filter { $0.state == .unknown }.map(\.name))),
        ]
        if let tap { about.append(Attribute("cardlink.tap", .text(tap))) }
        if let port { about.append(Attribute("cardlink.ota.port", .integer(Int64(port)))) }
        if let identity { about.append(Attribute("cardlink.identity", .text(identity))) }
        return about
    }
}
