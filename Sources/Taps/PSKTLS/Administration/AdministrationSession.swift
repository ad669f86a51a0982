package import ProbeEvents

/// What happens in a session of an administration server with a card.
package enum AdministrationNews: Sendable, Equatable {
    /// The card asked for the first time; who it says it is, in clear.
    case began(EventClock, agent: [UInt8]?, isResumed: Bool)
    /// The card asked and was answered.
    case turn(AdministrationTurn)
    /// The card did a script; its commands with their responses, as many as it did.
    case script(AdministrationRun)
    /// The session is over.
    case ended(AdministrationEnd)
}

/// A request of the card and its answer.
package struct AdministrationTurn: Sendable, Equatable {
    package var began: EventClock
    package var ended: EventClock
    package var scriptStatus: OTAScriptStatus?
    package var httpStatus: UInt16
    package var commandCount: UInt32?
    package var scriptBytes: UInt32
    package var resultBytes: UInt32
    package var hasNext: Bool
}

/// A script that a card did.
package struct AdministrationRun: Sendable, Equatable {
    /// When the card had it whole.
    package var began: EventClock
    /// When its result began to come.
    package var endedNanoseconds: UInt64
    package var exchanges: [Exchange]

    /// A command and its response.
    package struct Exchange: Sendable, Equatable {
        package var command: [UInt8]
        package var response: [UInt8]
    }
}

/// How a session ended.
package struct AdministrationEnd: Sendable, Equatable {
    package var began: EventClock
    /// When the last answer had come; nil when there was none.
    package var lastAnswer: EventClock?
    package var isComplete: Bool
    package var error: SessionErrorType?
}

/// Follows the HTTP inside a connection as GlobalPlatform's Amendment B has it: the card asks, with the result of the
/// script before, and the server answers with the next one. A plain value; other HTTP tells nothing.
package struct AdministrationSession: Sendable {
    private static let protocolField = "x-admin-protocol"
    private static let agentField = "x-admin-from"
    private static let statusField = "x-admin-script-status"
    private static let resumeField = "x-admin-resume"
    private static let nextFields = ["x-admin-next-uri", "scws-next-uri"]

    private var requests = HTTPMessages()
    private var answers = HTTPMessages()
    /// The request that has no answer yet.
    private var pending: HTTPMessage?
    /// The script that has no result yet, and when the card had it.
    private var script: (commands: [[UInt8]], at: EventClock)?
    private var began: EventClock?
    private var lastAnswer: EventClock?
    private var isComplete = false
    private var error: SessionErrorType?

    /// A connection in which nothing was said yet.
    package init() {}

    /// Takes what one side says.
    package mutating func received(_ data: TLSApplicationData) -> [AdministrationNews] {
        var news: [AdministrationNews] = []
        switch data.peer {
        case .client:
            for request in requests.received(data.bytes, began: data.began, ended: data.ended) { ask(request, &news) }
        case .server:
            for answer in answers.received(data.bytes, began: data.began, ended: data.ended) { reply(answer, &news) }
        }
        return news
    }

    /// The connection is gone.
    package mutating func ended(at clock: EventClock) -> [AdministrationNews] {
        var news: [AdministrationNews] = []
        if let answer = answers.ended(at: clock) { reply(answer, &news) }
        guard let began else { return news }
        let isComplete = isComplete && pending == nil && error == nil
        news.append(
            .ended(
                AdministrationEnd(
                    began: began, lastAnswer: lastAnswer, isComplete: isComplete,
                    error: isComplete ? nil : error ?? .other)))
        self = AdministrationSession()
        return news
    }

    private mutating func ask(_ request: HTTPMessage, _ news: inout [AdministrationNews]) {
        guard began != nil || request.fields[Self.protocolField] != nil || request.fields[Self.agentField] != nil
        else { return }
        if began == nil {
            began = request.began
            news.append(
                .began(
                    request.began, agent: request.fields[Self.agentField].map { Array($0.utf8) },
                    isResumed: request.fields[Self.resumeField]?.lowercased() == "true"))
        }
        pending = request
        if request.scriptStatus == .securityError { error = .accessDenied }
        takeResult(request, &news)
    }

    private mutating func takeResult(_ request: HTTPMessage, _ news: inout [AdministrationNews]) {
        guard let script, request.scriptStatus != nil || request.bodyBytes > 0 else { return }
        self.script = nil
        let responses = AdministrationScript.responses(request.body) ?? []
        let exchanges = zip(script.commands, responses).map {
            AdministrationRun.Exchange(command: $0, response: $1)
        }
        news.append(
            .script(
                AdministrationRun(
                    began: script.at, endedNanoseconds: request.began.monotonicNanoseconds, exchanges: exchanges)))
    }

    private mutating func reply(_ answer: HTTPMessage, _ news: inout [AdministrationNews]) {
        guard let status = answer.status, status >= 200, let request = pending.take() else { return }
        let commands = AdministrationScript.commands(answer.body)
        let hasNext = Self.nextFields.contains { answer.fields[$0] != nil }
        lastAnswer = answer.ended
        isComplete = !hasNext && status < 300
        if status >= 300 { error = error ?? .other }
        if let commands { script = (commands, answer.ended) }
        news.append(
            .turn(
                AdministrationTurn(
                    began: request.began, ended: answer.ended, scriptStatus: request.scriptStatus,
                    httpStatus: status, commandCount: commands.map { UInt32(clamping: $0.count) },
                    scriptBytes: UInt32(clamping: answer.bodyBytes), resultBytes: UInt32(clamping: request.bodyBytes),
                    hasNext: hasNext)))
    }
}

extension HTTPMessage {
    /// What the card says of the script that it was given.
    fileprivate var scriptStatus: OTAScriptStatus? {
        switch fields["x-admin-script-status"]?.lowercased() {
        case nil: nil
        case "ok": .ok
        case "unknown-application": .unknownApplication
        case "not-a-security-domain": .notASecurityDomain
        case "security-error": .securityError
        default: .other
        }
    }
}
