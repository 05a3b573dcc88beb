/// What a table says to one request. A value, not an error; anything but `allow` forwards nothing.
package struct Decision: Sendable, Hashable {
    package enum Verdict: String, Sendable {
        case allow, deny, pause
    }

    /// Why a request was refused; the raw value is stable and goes into records and metrics.
    package enum Reason: String, Sendable, CaseIterable {
        case allowed
        /// No table is live.
        case noTable = "no_table"
        /// No grant names this caller on this service.
        case noGrant = "no_grant"
        /// Grants name the caller, none is in force now.
        case notInForce = "not_in_force"
        /// A grant is in force and what was asked goes beyond it.
        case beyondScope = "beyond_scope"
        /// A file in `denied/` matches.
        case denied
        /// The remote has not been reached for longer than the tier allows.
        case stale
        /// The request holds a field this version does not know.
        case unknownField = "unknown_field"
    }

    package var verdict: Verdict
    package var reason: Reason
    /// The grant that allowed, or the nearest one; an index into `ScopeTable.entries`.
    package var entry: Int32?
    /// An allowed exchange must end at this moment unless decided again: the first moment not covered.
    package var until: Instant

    package init(verdict: Verdict, reason: Reason, entry: Int32?, until: Instant) {
        self.verdict = verdict
        self.reason = reason
        self.entry = entry
        self.until = until
    }
}

/// The moments a decision depends on.
package struct DecisionClock: Sendable, Hashable {
    package var now: Instant
    /// When the remote was last reached and agreed with what is live; bounds access by each tier's `stale`.
    package var confirmed: Instant

    package init(now: Instant, confirmed: Instant) {
        self.now = now
        self.confirmed = confirmed
    }
}

extension Service {
    /// Whether a request passes although this was decided about it: a service that observes takes part in everything but a
    /// denial, which wins over whatever else is said.
    package func observes(_ decision: Decision) -> Bool {
        mode == .observe && decision.verdict != .allow && decision.reason != .denied
    }
}
