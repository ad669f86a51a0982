internal import Crypto
internal import Dispatch
internal import Synchronization

/// Checks passwords one at a time on a thread of its own, and remembers what it found.
///
/// A check takes as long as the hash is dear, 70 ms and more, and no event loop may wait for it. A scraper comes with the
/// same password each time: its second scrape costs a hash of nanoseconds. Kept is a keyed hash, never a password.
final class PasswordCheck: Sendable {
    /// What a check found.
    enum Result: Sendable, Hashable {
        case right, wrong
        /// Too many wait for their turn.
        case busy
    }

    private struct Known {
        var right: [String: [UInt8]] = [:]
        var wrong: Set<[UInt8]> = []
    }

    private static let mostWaiting = 16
    private static let mostWrong = 256

    private let key = SymmetricKey(size: .bits256)
    private let queue = DispatchQueue(label: "cardlink-probe.passwords")
    private let waiting = Atomic<Int>(0)
    private let known = Mutex(Known())

    /// Whether this is the password of this user. A user who is not known takes as long as one who is.
    func check(_ credentials: BasicCredentials, users: [String: String]) async -> Result {
        let hash = users[credentials.user]
        // The hash is part of it, so that a password that was changed is checked anew.
        let proof = proof(of: credentials, hash: hash ?? "")
        if let result = remembered(proof, credentials.user) { return result }
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.mostWaiting else {
            waiting.subtract(1, ordering: .relaxed)
            return .busy
        }
        let someHash = users.values.max() ?? ""
        return await withCheckedContinuation { continuation in
            queue.async { [self] in
                // One that waited with the same password may have been before.
                let result =
                    remembered(proof, credentials.user)
                    ?? (PasswordHash.matches(hash ?? someHash, password: credentials.password) && hash != nil
                        ? .right : .wrong)
                remember(result, proof, credentials.user)
                waiting.subtract(1, ordering: .relaxed)
                continuation.resume(returning: result)
            }
        }
    }

    private func proof(of credentials: BasicCredentials, hash: String) -> [UInt8] {
        var code = HMAC<SHA256>(key: key)
        for part in [hash, credentials.user, credentials.password] {
            code.update(data: Array("\(part.utf8.count):\(part)".utf8))
        }
        return Array(code.finalize())
    }

    private func remembered(_ proof: [UInt8], _ user: String) -> Result? {
        known.withLock { known in
            if known.right[user] == proof { return .right }
            return known.wrong.contains(proof) ? .wrong : nil
        }
    }

    /// A guesser cannot push out what is right: there is one for each user that the file has.
    private func remember(_ result: Result, _ proof: [UInt8], _ user: String) {
        known.withLock { known in
            switch result {
            case .right: known.right[user] = proof
            case .wrong:
                if known.wrong.count >= Self.mostWrong { known.wrong.removeAll() }
                known.wrong.insert(proof)
            case .busy: break
            }
        }
    }
}
