import GrantModel

/// One step of reconciling and how it stands, in the vocabulary of Flux and Kubernetes.
package struct ReconcileCondition: Sendable, Hashable {
    /// The steps in order, then what concerns all of them.
    package enum Kind: String, CaseIterable, Sendable {
        /// The remote was reached and its branch is here.
        case fetch
        /// Every listed remote was reached, and they agree.
        case remotes
        /// The branch only moved forward from what was accepted.
        case linear
        /// Its commits and files were read and have the content their ids say.
        case verified
        /// Its documents were read and the sittings judged.
        case parsed
        /// The table was made.
        case compiled
        /// The gateway decides by it, and it is accepted on disk.
        case live
        /// Files are broken; everything else works.
        case degraded
        /// Nothing moves until a person acts.
        case stalled
        /// The time of day did not step back.
        case clock
    }

    package enum Status: String, Sendable {
        case yes = "True"
        case no = "False"
        case unknown = "Unknown"
    }

    package var kind: Kind
    package var status: Status
    /// One word in camel case, stable.
    package var reason: String
    /// What happened and what to do: lower case, one line.
    package var message: String
    /// The commit it is about.
    package var commit: ObjectID
    /// When status or reason last changed.
    package var since: Instant

    package init(
        kind: Kind, status: Status, reason: String, message: String, commit: ObjectID, since: Instant
    ) {
        self.kind = kind
        self.status = status
        self.reason = reason
        self.message = message
        self.commit = commit
        self.since = since
    }

    /// Whether this is how it should be.
    package var isGood: Bool {
        switch kind {
        case .degraded, .stalled: status == .no
        case .fetch, .remotes, .linear, .verified, .parsed, .compiled, .live, .clock: status == .yes
        }
    }
}
