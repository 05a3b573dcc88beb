import GrantModel

/// One decision as it is kept. Written before the request it is about is forwarded.
package struct DecisionRecord: Sendable, Hashable {
    /// Unique and growing with time; `x-grantctl-request` is its text form.
    package var id: RecordID
    /// Milliseconds since 1970.
    package var time: Int64
    package var service: ByteString
    package var issuer: ByteString
    package var subject: ByteString
    package var method: ByteString
    package var path: ByteString
    /// The first model named; others are in `facts`.
    package var model: ByteString
    /// The client's own session id, where it sends one.
    package var session: ByteString
    /// The facts the decision was made on, as JSON.
    package var facts: ByteString
    package var verdict: Decision.Verdict
    /// `Decision.Reason`, or the name of an identity or protocol fault.
    package var reason: ByteString
    package var grant: ByteString
    package var commit: ObjectID
    package var blob: ObjectID
    /// What decided, for people: the file and its attestations, or the denial.
    package var rule: ByteString
    package var requestBytes: Int64

    package init(
        id: RecordID, time: Int64, service: ByteString = "", issuer: ByteString = "", subject: ByteString = "",
        method: ByteString = "", path: ByteString = "", model: ByteString = "", session: ByteString = "",
        facts: ByteString = "", verdict: Decision.Verdict, reason: ByteString, grant: ByteString = "",
        commit: ObjectID = .none, blob: ObjectID = .none, rule: ByteString = "", requestBytes: Int64 = 0
    ) {
        self.id = id
        self.time = time
        self.service = service
        self.issuer = issuer
        self.subject = subject
        self.method = method
        self.path = path
        self.model = model
        self.session = session
        self.facts = facts
        self.verdict = verdict
        self.reason = reason
        self.grant = grant
        self.commit = commit
        self.blob = blob
        self.rule = rule
        self.requestBytes = requestBytes
    }
}

/// How an exchange ended. Written after its answer.
package struct CompletionRecord: Sendable, Hashable {
    package enum End: String, Sendable, CaseIterable {
        /// The whole answer was delivered.
        case complete
        /// The gateway answered itself.
        case refused
        /// A new table or an entry's end cut it.
        case cut
        /// It ended in front of a tool call beyond the grant.
        case toolRefused = "tool_refused"
        case clientGone = "client_gone"
        case upstreamFailed = "upstream_failed"
        case drained
    }

    package var id: RecordID
    package var end: End
    /// What the caller was answered; 0 for nothing.
    package var status: Int
    /// Microseconds from the request's head to: the decision on disk, the upstream's first byte, the end. -1 when not reached.
    package var decided: Int64
    package var firstByte: Int64
    package var total: Int64
    package var responseBytes: Int64
    /// As the upstream counted them; -1 when it did not say.
    package var inputTokens: Int64
    package var outputTokens: Int64

    package init(
        id: RecordID, end: End, status: Int, decided: Int64 = -1, firstByte: Int64 = -1, total: Int64,
        responseBytes: Int64 = 0, inputTokens: Int64 = -1, outputTokens: Int64 = -1
    ) {
        self.id = id
        self.end = end
        self.status = status
        self.decided = decided
        self.firstByte = firstByte
        self.total = total
        self.responseBytes = responseBytes
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
    }
}

/// Milliseconds since 1970 in the upper 43 bits, a counter below: sorts by time, and inserts append.
package struct RecordID: Sendable, Hashable, Comparable {
    package var value: Int64

    package init(value: Int64) {
        self.value = value
    }

    package static func < (left: RecordID, right: RecordID) -> Bool { left.value < right.value }
}
