/// The life of one grant, from its first commit to a moment: what landed, who decided what, and what became of it, as the
/// gateway judged it commit by commit.
package struct GrantLife: Sendable {
    /// In the order it happened.
    package private(set) var events: [GrantEvent] = []
    /// What the grant is at the end; nil when there is no such file.
    package private(set) var standing: GrantStanding?

    private let id: ByteString
    private let path: ByteString
    private let verify: VerifySignature
    private var state = AccessState()
    private var last: Seen?
    private var reviewCount = 0

    /// How the grant stood when it was last looked at.
    private struct Seen {
        var assessment: Assessment
        var standing: Standing
    }

    /// Replays a history.
    /// - Parameter changes: the first-parent line, oldest first, none observed after `now`.
    package init(
        of grant: ByteString, in changes: [CommitChange], until now: Instant, verify: @escaping VerifySignature
    ) {
        id = grant
        path = ByteString(Array("grants/".utf8) + grant.bytes + Array(".yaml".utf8))
        self.verify = verify
        for change in changes { take(change) }
        pass(until: now, inclusive: true)
        standing = state.standing(ofGrant: grant, at: now)
    }

    private mutating func take(_ change: CommitChange) {
        pass(until: change.observed, inclusive: false)
        let before = state.grants.row(ofGrant: id).flatMap { state.grants.file($0) }
        state.advance(by: change, verify: verify)
        let row = state.grants.row(ofGrant: id)
        let file = row.flatMap { state.grants.file($0) }
        let bytes = note(before, file, change)
        let decided = noteDecisions(change)
        guard let file else {
            last = nil
            return
        }
        let assessment = state.assessor.assess(path, file)
        let standing = assessment.standing(at: change.observed)
        // What bytes or a decision themselves say need not be said twice, unless it is not what one would expect.
        if last?.standing != standing || (bytes || decided) && isWorthSaying(assessment, standing) {
            add(
                .became(standing, why: StandingText.why(assessment, at: change.observed)), change.observed,
                change.commit)
        }
        last = Seen(assessment: assessment, standing: standing)
    }

    /// A decision that counts and still leaves the grant waiting for somebody.
    private func isWorthSaying(_ assessment: Assessment, _ standing: Standing) -> Bool {
        standing == .awaitingReview && !assessment.attestedBy.isEmpty
            && assessment.attestedBy != last?.assessment.attestedBy
    }

    private mutating func add(_ kind: GrantEvent.Kind, _ at: Instant, _ commit: ObjectID) {
        events.append(GrantEvent(at: at, commit: commit, kind: kind))
    }

    /// What a commit did to the file.
    /// - Returns: whether it did anything.
    private mutating func note(
        _ before: AccessState.GrantFile?, _ file: AccessState.GrantFile?, _ change: CommitChange
    ) -> Bool {
        switch (before, file) {
        case (nil, nil): return false
        case (.some, nil):
            add(.removed, change.observed, change.commit)
        case (nil, .some(let file)):
            add(file.sha256.bytes.isEmpty ? unreadable : .landed(file.sha256), change.observed, change.commit)
        case (.some(let before), .some(let file)):
            guard before.sha256 != file.sha256 || (before.grant == nil) != (file.grant == nil) else { return false }
            let isReadable = file.grant != nil || before.sha256 != file.sha256
            add(
                isReadable ? .changed(from: before.sha256, to: file.sha256) : unreadable, change.observed, change.commit
            )
        }
        return true
    }

    private var unreadable: GrantEvent.Kind {
        .unreadable(GrantFaultText.unreadable(state.findings[path] ?? state.problems[path] ?? []))
    }

    /// Decisions about the grant that a commit brought.
    private mutating func noteDecisions(_ change: CommitChange) -> Bool {
        let reviews = state.grants.reviews(of: path)
        guard reviews.count > reviewCount else { return false }
        for review in reviews[reviewCount...] {
            let sitting = state.sittings[review.sitting]
            let decision = GrantDecision(
                verdict: review.verdict, by: sitting.by, signed: sitting.effective,
                fingerprint: sitting.key.isEmpty ? nil : Person.Key.fingerprint(of: sitting.key),
                sitting: sitting.origin, sha256: review.sha256, note: note(on: review, in: sitting, change),
                void: review.void.map { VoidText.why($0, by: sitting.by) })
            add(.decided(decision), change.observed, change.commit)
        }
        reviewCount = reviews.count
        return true
    }

    private func note(on review: Review, in sitting: Sitting, _ change: CommitChange) -> String {
        let files = change.written + change.companions
        guard let file = files.first(where: { $0.path == sitting.origin }),
            case .attestation(let attestation)? = ParsedDocument(path: .attestation, file: file, mentions: false)
                .document
        else { return "" }
        return attestation.decisions.first { $0.file == path && $0.sha256 == review.sha256 }?.note ?? ""
    }

    /// What time alone does before the next commit.
    private mutating func pass(until moment: Instant, inclusive: Bool) {
        while let seen = last, var next = nextChange(of: seen) {
            // Something that should have been noticed at the commit itself.
            if let latest = events.last?.at, next < latest { next = latest }
            guard inclusive ? next <= moment : next < moment else { return }
            let standing = seen.assessment.standing(at: next)
            add(.became(standing, why: StandingText.why(seen.assessment, at: next)), next, .none)
            last = Seen(assessment: seen.assessment, standing: standing)
        }
    }

    private func nextChange(of seen: Seen) -> Instant? {
        var moment = events.last?.at ?? .distantPast
        while let next = seen.assessment.nextChange(after: moment) {
            if seen.assessment.standing(at: next) != seen.standing { return next }
            moment = next
        }
        return nil
    }
}

extension AccessState {
    /// One grant's standing; nil when there is no such file.
    package func standing(ofGrant id: ByteString, at now: Instant) -> GrantStanding? {
        guard let row = grants.row(ofGrant: id), let file = grants.file(row) else { return nil }
        let path = grants.path(row)
        let assessment = assessor.assess(path, file)
        return GrantStanding(
            grant: id, path: path, blob: file.blob, standing: assessment.standing(at: now),
            notAfter: assessment.notAfter, attestedBy: assessment.attestedBy,
            why: StandingText.why(assessment, at: now))
    }
}
