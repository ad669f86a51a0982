internal import Observability
internal import ProbeEvents

/// Why a probe did not give what it was asked for.
package struct ProbeError: ExplainedError, Hashable {
    /// The address that was asked.
    package let url: String
    /// What came in between.
    package let reason: Reason

    /// What can come in between.
    package enum Reason: Error, Hashable {
        /// Nobody listens there.
        case refused
        /// The host cannot be reached, in the system's words.
        case unreachable(String)
        /// The host's name has no address.
        case unknownHost
        /// No answer came in so many seconds.
        case noAnswer(Double)
        /// The connection ended before the answer did.
        case cut
        /// The certificate does not lead to an authority that is trusted, or is none.
        case untrusted
        /// The certificate is for other names.
        case otherName
        /// TLS ended, in the library's words.
        case noHandshake(String)
        /// TLS was begun with somebody who speaks none.
        case noTLS
        /// A file for TLS cannot be used.
        case badFile(String)
        /// What came is no HTTP; over plain HTTP that is what TLS looks like.
        case noHTTP
        /// HTTP 401; whether a user was given.
        case unauthorized(hasUser: Bool)
        /// HTTP 403.
        case forbidden(String)
        /// HTTP 404.
        case notThere(path: String)
        /// HTTP 503, with what the probe says to it.
        case unavailable(String)
        /// HTTP 3xx.
        case redirected(to: String)
        /// Another status.
        case status(UInt, String)
        /// The answer has more than so many bytes.
        case tooLarge(Int)
        /// The answer is not what a probe says.
        case notAProbe(String)
        /// A document of a probe that is newer.
        case newer(schema: Int)
    }

    /// An error from its parts.
    package init(_ url: String, _ reason: Reason) {
        self.url = url
        self.reason = reason
    }

    /// One line: what, where, what to do next.
    package var explanation: String {
        // A server that wants TLS ends a connection that begins without.
        let isPlain = reason == .cut && url.hasPrefix("http:")
        return "\(url): \(reason.text)\(isPlain ? "; if it speaks TLS, write --url with https://" : "")"
    }
}

extension ProbeError.Reason {
    /// What is wrong and what to do.
    fileprivate var text: String {
        switch self {
        case .refused: "connection refused; start a probe with: cardlink-probe serve, or name another with --url"
        case .unreachable(let words): "cannot be reached (\(words)); name another with --url"
        case .unknownHost: "no address is known for this host; correct --url, or write an address"
        case .noAnswer(let seconds):
            "no answer in \(DurationText.text(.seconds(seconds))); see whether the probe hangs, or wait longer with --timeout"
        case .cut: "the connection ended before the answer did; ask again"
        case .untrusted: "its certificate is signed by nobody who is trusted; give its authority with --cacert FILE"
        case .otherName: "its certificate is for another host name; write --url with a name that it has"
        case .noHandshake(let words):
            "TLS failed (\(words)); a probe that wants a certificate gets one with --cert and --key"
        case .noTLS: "speaks no TLS; write --url with http://"
        case .badFile(let words): "\(words); give another file"
        case .noHTTP: "what answers speaks no HTTP; if it speaks TLS, write --url with https://"
        case .unauthorized(hasUser: false):
            "a user and a password are needed; give --user NAME and --password-file FILE"
        case .unauthorized(hasUser: true): "user and password are not accepted; check --user and its password"
        case .forbidden(let words): "\(words)"
        case .notThere(let path):
            "there is no \(path); a probe without it is older than this program, or has it off or elsewhere (web.live_page, metrics.path); else correct --url"
        case .unavailable(let words): words
        case .redirected(let to): "leads elsewhere, which is not followed; if it is right, give --url \(to)"
        case .status(let code, let words): "answers \(code)\(words.isEmpty ? "" : " (\(words))"); see the probe's log"
        case .tooLarge(let most): "the answer has more than \(most) bytes, which none of a probe has; correct --url"
        case .notAProbe(let words): "what answers is no probe (\(words)); correct --url"
        case .newer(let schema):
            "the probe speaks version \(schema) of its status, newer than this program; install the same version of both"
        }
    }
}
