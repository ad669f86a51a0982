/// What a run came to: what the summary shows as text, and as JSON for scripts.
///
/// The JSON's keys are the property names in snake case; they are stable, units are their last word, a value that does
/// not apply is `null`, and times of day are RFC 3339 in UTC. `version` changes when a key changes its meaning.
package struct RunReport: Sendable, Encodable {
    /// Version of the JSON form.
    package var version = 1
    /// The program's name.
    package var program: String
    /// Its exit status; null when a signal ended it.
    package var exitCode: OrNull<Int32>
    /// The signal that ended it; null when it ended by exit.
    package var exitSignal: OrNull<Int32>
    /// The name of that signal, `SIGKILL`.
    package var exitSignalName: OrNull<String>
    /// When it was started.
    package var startedAt: String
    /// When it had ended.
    package var endedAt: String
    /// How long it ran.
    package var wallNanoseconds: UInt64
    /// Time of all commands in cards, waiting for other programs left out.
    package var cardNanoseconds: UInt64
    /// That time's part of the program's, 0 to 1; commands to several cards at once can be more than its time: 1.
    package var cardShare: Double
    /// Time spent waiting for other programs that used the cards.
    package var waitNanoseconds: UInt64
    /// Commands of which some waiting may be in the card's time, since it could not be told apart.
    package var upperBoundCommands: UInt64
    /// Calls on PC/SC of any kind that were seen.
    package var pcscCalls: UInt64
    /// What the caller says about a program that made no PC/SC call that was seen; null when it made one.
    package var remark: OrNull<String>

    /// Commands that were sent, as they were sent: a GET RESPONSE counts, and a command sent again does.
    package var commandCount: UInt64
    /// Commands of which it is not known how long they took, since a log does not say so: they are in no time.
    package var untimedCount: UInt64
    /// Commands of which a log does not say what the card answered: they are in no status word, and no error.
    package var unansweredCount: UInt64
    /// Commands that PC/SC refused to send: they are in `failed_transmits`, and in no other count of commands.
    package var unsentCount: UInt64
    /// Commands that failed, less `probingRefusalCount` and `expectedCount`.
    package var errorCount: UInt64
    /// SELECT commands that the card refused with 6A82, 6A81, 6D00 or 6E00: a program looking what is there.
    package var probingRefusalCount: UInt64
    /// Commands that failed as the tester means them to.
    package var expectedCount: UInt64
    /// Commands by name, the one with the most card time first.
    package var commands: [Command]
    /// How often each status word came, by its four digits.
    package var statusWords: [String: UInt64]
    /// The same by label, counts and lengths in a status word folded: `61XX`.
    package var statusWordLabels: [String: UInt64]
    /// SELECT refusals by status word; they are in `status_words` too.
    package var probingRefusals: [String: UInt64]
    /// Failures that the tester means to see, as `VERIFY 63CX`.
    package var expected: [String: UInt64]
    /// Rules for all commands, each with how often it met its failure.
    package var expectations: [Expectation]
    /// The files of its faults, the oldest first: cardlink-probe explain NAME.
    package var flights: [String]
    /// Errors by type, probing refusals and expected failures left out.
    package var errorTypes: [String: UInt64]
    /// Commands by INS, two hex digits.
    package var instructions: [String: UInt64]
    /// Commands of fewer than four bytes, which have no INS.
    package var commandsWithoutHeader: UInt64
    /// Responses of fewer than two bytes, which have no status word.
    package var responsesWithoutStatusWord: UInt64
    /// SCardTransmit calls that failed, by return code.
    package var failedTransmits: [Failure]
    /// Other PC/SC calls, by kind.
    package var operations: [Operation]

    /// Readers, in order of first sight; one with the name `other` stands for all beyond the first 64.
    package var readers: [Reader]
    /// Sessions over all readers.
    package var sessions: Sessions
    /// Client processes, in order of first sight; one with the name `other` stands for all beyond the first 64.
    package var clients: [Client]
    /// Counts over all client processes.
    package var clientCounts: Clients
    /// PINs that a card refused or said to be blocked.
    package var pins: [PIN]
    /// BIP channels over all readers.
    package var bip: BIP
    /// Secured packets over all readers.
    package var securedPackets: SecuredPackets
    /// What was asked of eUICCs.
    package var esim: ESIM
    /// Suites and tests, where a test runner told of them.
    package var tests: Tests
    /// Events that were lost: they are missing in every count here.
    package var droppedEvents: UInt64
    /// Processes that took events along which nobody had read; how many is not known.
    package var lostClients: UInt64
    /// Both of these by reason.
    package var droppedEventsByReason: [String: UInt64]
    /// How often a source could not see what it should.
    package var sourceFaults: UInt64
    /// What the sources say that still cannot.
    package var openSourceFaults: [String]
}

extension RunReport {
    /// Commands of one name.
    package struct Command: Sendable, Encodable {
        package var command: String
        package var calls: UInt64
        /// Those that are in no time.
        package var untimedCalls: UInt64
        /// Those that failed, less `probingRefusals` and `expectedErrors`.
        package var errors: UInt64
        package var probingRefusals: UInt64
        package var expectedErrors: UInt64
        package var p50Nanoseconds: UInt64
        package var p95Nanoseconds: UInt64
        package var maxNanoseconds: UInt64
        package var totalNanoseconds: UInt64
        /// Part of the card time of all commands, 0 to 1.
        package var share: Double
    }

    /// A failure that the whole run expects.
    package struct Expectation: Sendable, Hashable, Encodable {
        /// As it was given: `VERIFY=63CX`.
        package var rule: String
        package var count: UInt64
    }

    /// Calls that failed in the same way.
    package struct Failure: Sendable, Encodable {
        /// PC/SC's return code, eight hex digits; `other` for all beyond the first 64.
        package var resultCode: String
        /// Its name in pcsclite.h; the code again when it has none.
        package var name: String
        /// Whether programs meet it every day: a wait that ran out or was cancelled.
        package var isRoutine: Bool
        package var count: UInt64
    }

    /// PC/SC calls of one kind.
    package struct Operation: Sendable, Encodable {
        package var operation: String
        package var calls: UInt64
        /// Those that did not return SCARD_S_SUCCESS, time-outs and cancelled ones too.
        package var failures: [Failure]
    }

    /// A reader.
    package struct Reader: Sendable, Encodable {
        package var reader: String
        /// The ATR seen last, in hex; null when none was.
        package var atr: OrNull<String>
        /// The ATR decoded: protocols, speed, likely card, channels; null without ATR.
        package var atrDescription: OrNull<String>
        /// The kind of card that the ATR points to, `UICC`; null when it points to none.
        package var card: OrNull<String>
        package var commands: UInt64
        package var sessions: UInt64
        /// Time of its sessions; those not closed count to the end of their program or of the run.
        package var sessionNanoseconds: UInt64
        package var waitNanoseconds: UInt64
        /// Whether more was waited, which is in the card's time since it could not be told apart.
        package var waitIsLowerBound: Bool
        /// Whether less was waited: what a program waits in SCardConnect is seen as a bound only.
        package var waitIsUpperBound: Bool
    }

    /// Sessions over all readers.
    package struct Sessions: Sendable, Encodable {
        package var opened: UInt64
        /// By how they ended.
        package var closed: [String: UInt64]
        /// By what went wrong.
        package var errors: [String: UInt64]
        /// How many the programs left open when they ended.
        package var leftOpen: UInt64
    }

    /// A client process.
    package struct Client: Sendable, Encodable {
        package var pid: Int32
        package var program: String
        /// The real PC/SC library that it uses, full path.
        package var library: String
        /// Whether waiting for other programs is known exactly.
        package var isWaitExact: Bool
        package var commands: UInt64
        /// `running`, `ended` by exit, `killed` (or replaced by another program).
        package var state: String
        package var sessionsLeftOpen: UInt64
    }

    /// Counts over client processes.
    package struct Clients: Sendable, Encodable {
        package var attached: UInt64
        package var ended: UInt64
        /// Those that were killed or replaced themselves.
        package var killed: UInt64
    }

    /// A PIN that was refused.
    package struct PIN: Sendable, Encodable {
        package var reader: String
        package var command: String
        /// P2, two hex digits: which PIN.
        package var reference: String
        package var refused: UInt64
        /// Tries left as the card told last; null when it did not, or accepted the PIN since.
        package var triesLeft: OrNull<Int>
        package var isBlocked: Bool
        package var isAcceptedSince: Bool
    }
}

/// A value that JSON shows as `null` when it is not there, so that its key always is.
package struct OrNull<Value: Sendable & Encodable>: Sendable, Encodable {
    /// The value.
    package var value: Value?

    /// Wraps a value.
    package init(_ value: Value?) { self.value = value }

    /// Writes the value or `null`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value {
            try container.encode(value)
        } else {
            try container.encodeNil()
        }
    }
}
