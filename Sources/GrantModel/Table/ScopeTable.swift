/// The compiled, immutable form of an `AccessState`: what the proxy asks for every request.
///
/// Shared between threads; nothing in it changes after `init`. Expiry needs no new table: each entry carries its bounds.
package final class ScopeTable: Sendable {
    /// One grant, whatever its standing, so that a refusal can name the nearest one.
    package struct Entry: Sendable {
        package var grant: ByteString
        /// The file, from the repository's root.
        package var path: ByteString
        package var blob: ObjectID
        /// Paths of the sittings whose `keep`s it rests on.
        package var attestations: [ByteString]
        /// In force from then on; `distantFuture` when never.
        package var notBefore: Instant
        /// The first moment not covered.
        package var notAfter: Instant
    }

    package let commit: ObjectID
    package let policyName: ByteString
    package let services: [Service]
    package let issuers: [Issuer]
    package let entries: [Entry]

    package init(compiling state: AccessState) {
        commit = state.commit
        policyName = ""
        services = []
        issuers = []
        entries = []
    }

    /// Decides one request. Pure; does not allocate when it allows.
    /// - Parameter service: an index into `services`.
    package func decide(service: Int, caller: Caller, facts: RequestFacts, clock: DecisionClock) -> Decision {
        Decision(verdict: .deny, reason: .noGrant, entry: nil, until: clock.now)
    }

    /// The same decision with everything a person wants to know about it. Slower; never on the path of an allowed request.
    package func explain(service: Int, caller: Caller, facts: RequestFacts, clock: DecisionClock) -> Explanation {
        Explanation(decision: decide(service: service, caller: caller, facts: facts, clock: clock))
    }

    /// The next moment after `now` at which some entry's standing changes by time alone.
    package func nextExpiry(after now: Instant) -> Instant? { nil }
}

/// A decision with its reasons.
package struct Explanation: Sendable {
    /// A grant that names the caller on this service.
    package struct Candidate: Sendable, Hashable {
        package var grant: ByteString
        package var path: ByteString
        package var standing: Standing
        /// Why it did not allow, or that it did: lower case, one line.
        package var why: String

        package init(grant: ByteString, path: ByteString, standing: Standing, why: String) {
            self.grant = grant
            self.path = path
            self.standing = standing
            self.why = why
        }
    }

    package var decision: Decision
    package var grant: ByteString?
    /// What the nearest grant lacks, as `attribute: name` (`models: claude-opus-4-1`, `max_tokens: 9000`).
    package var missing: [String]
    package var see: [ByteString]
    package var mask: [ByteString]
    package var candidates: [Candidate]
    /// The refusal's text for the caller: what was missing, the nearest grant, the command that asks for it. Several lines.
    package var text: String

    package init(
        decision: Decision, grant: ByteString? = nil, missing: [String] = [], see: [ByteString] = [],
        mask: [ByteString] = [], candidates: [Candidate] = [], text: String = ""
    ) {
        self.decision = decision
        self.grant = grant
        self.missing = missing
        self.see = see
        self.mask = mask
        self.candidates = candidates
        self.text = text
    }
}
