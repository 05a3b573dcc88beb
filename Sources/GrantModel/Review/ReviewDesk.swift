/// Works out what waits for reviewers at a moment, and what their decisions would do. Pure.
///
/// Belongs to one thread: it remembers what it found about each reviewer.
package struct ReviewDesk {
    let state: AccessState
    let assessor: Assessor
    let now: Instant
    /// Compiled from the state; it tells most grants that are not due without judging them again.
    let table: ScopeTable?
    /// As if a sitting came with the next commit, which changes nothing else.
    private let eligibility: Eligibility

    /// - Parameter table: compiled from `state`, where that was done anyway.
    package init(_ state: AccessState, table: ScopeTable? = nil, now: Instant) {
        self.state = state
        self.table = table
        self.now = now
        assessor = state.assessor
        eligibility = Eligibility(before: state.accepted, after: state.accepted, ignoresAge: false)
    }

    package var policy: Policy? { state.accepted.policy }

    /// A person as the repository knows them now.
    package func person(_ name: ByteString) -> Person? { state.accepted.people[name] }

    /// Everybody whose file is in effect, in name order.
    package var people: [Person] { state.accepted.people.values.sorted { $0.name < $1.name } }

    /// A person's keys that nobody's file has retired by now.
    package func usableKeys(of person: Person) -> [Person.Key] {
        person.keys.filter { key in
            !state.accepted.retirements(ofKey: key.fingerprint).contains { $0.since <= now }
        }
    }

    package func service(_ name: ByteString) -> Service? { state.accepted.services[name] }

    /// The reminder that comes first: how far ahead reviewers look unless told otherwise.
    package var firstReminder: Span { policy?.remind.max() ?? .days(14) }

    /// What is in force and ends before `horizon`, what waits for a review, what lapsed, and protected files that wait for
    /// admins, in the order of their moments.
    package func due(until horizon: Instant) -> [DueReview] {
        let (state, now) = (state, now)
        let candidates = table.map { $0.rowsThatMayBeDue(at: now, until: horizon) } ?? Array(state.grants.rows)
        let grants = ParallelWork.map(candidates) {
            // What it remembers belongs to one thread.
            let desk = ReviewDesk(state, now: now)
            return { row in desk.dueGrant(row, until: horizon) }
        }.compactMap { $0 }
        return (grants + duePending()).sorted {
            let (left, right) = ($0.moment(now: now), $1.moment(now: now))
            return left == right ? $0.path < $1.path : left < right
        }
    }

    /// One file, whether or not it is due; nil where nothing lies that can be attested.
    package func matter(at path: ByteString) -> DueReview? {
        guard let row = state.grants.row(of: path) else { return pending(at: path) }
        return dueGrant(row)
    }

    /// Whether a grant is due before a moment.
    private func isDue(_ assessment: Assessment, until horizon: Instant) -> Bool {
        switch assessment.standing(at: now) {
        case .inForce: assessment.notAfter.map { $0 < horizon } ?? false
        case .awaitingReview, .lapsed: true
        case .revoked: assessment.isUndoable
        case .expired, .denied, .quarantined: false
        }
    }

    /// - Parameter horizon: nil for the grant whether or not it is due.
    func dueGrant(_ row: UInt32, until horizon: Instant? = nil) -> DueReview? {
        guard let file = state.grants.file(row) else { return nil }
        let path = state.grants.path(row)
        let assessment = assessor.assess(path, file)
        if let horizon, !isDue(assessment, until: horizon) { return nil }
        let standing = assessment.standing(at: now)
        var due = DueReview(
            path: path, grant: file.id, sha256: file.sha256, standing: standing, end: assessment.end(at: now),
            notAfter: assessment.notAfter, landed: assessment.landed, needed: max(1, assessment.tier?.reviewers ?? 1),
            attestedBy: assessment.attestedBy, reviewers: [], accountable: file.grant?.by,
            why: StandingText.why(assessment, at: now))
        guard let grant = file.grant, let tier = assessment.tier, assessment.isOpenToReview(at: now) else { return due }
        due.needed = max(1, tier.reviewers)
        let round = round(grant, path, file, assessment, tier)
        due.reviewers = reviewers(of: grant).filter { round.gains(by: sitting(of: $0)) }
        return due
    }

    /// Owners of its service who may keep a grant, in name order.
    private func reviewers(of grant: Grant) -> [ByteString] {
        (state.accepted.services[grant.service]?.owners ?? []).filter {
            state.accepted.people[$0] != nil && eligibility.fault(keeping: grant, reviewer: $0) == nil
        }.sorted()
    }

    /// What a `keep` by `reviewer`, signed now and landing at once, would do to the file at `path`.
    package func effect(ofKeepBy reviewer: ByteString, of path: ByteString) -> KeepEffect {
        guard state.accepted.people[reviewer] != nil else { return .void(void(.unknownPerson, reviewer)) }
        guard let row = state.grants.row(of: path), let file = state.grants.file(row) else {
            return effect(ofKeepBy: reviewer, ofProtected: path)
        }
        guard let grant = file.grant else { return .void("the file cannot be read") }
        if let fault = eligibility.fault(keeping: grant, reviewer: reviewer) { return .void(void(fault, reviewer)) }
        let assessment = assessor.assess(path, file)
        guard let tier = assessment.tier, assessment.isOpenToReview(at: now) else {
            return .nothing(StandingText.why(assessment, at: now))
        }
        let round = round(grant, path, file, assessment, tier)
        return round.effect(
            ofKeepBy: sitting(of: reviewer), others: reviewers(of: grant).filter { $0 != reviewer }.map(sitting))
    }

    private func round(
        _ grant: Grant, _ path: ByteString, _ file: AccessState.GrantFile, _ assessment: Assessment, _ tier: Tier
    ) -> ReviewRound {
        let decisions = state.grants.reviews(ofRow: file.row)
        let lastRevoke = assessor.revokes(among: decisions, of: file, at: path).max {
            state.sittings[$0.sitting].effective < state.sittings[$1.sitting].effective
        }
        let keeps = assessor.keeps(among: decisions, of: grant, file, after: lastRevoke)
        return ReviewRound(assessment, tier, now: now, keeps: keeps.map { state.sittings[$0] })
    }

    /// A sitting that `reviewer` would sign now.
    func sitting(of reviewer: ByteString) -> Sitting {
        Sitting(
            by: reviewer, names: eligibility.names(of: reviewer), key: reviewer.bytes, fingerprint: nil, effective: now,
            observed: now,
            ordinal: state.ordinal, void: nil, paths: [], origin: "")
    }

    /// Why a keep would be void: as it is said of one that came, in the present tense.
    private func void(_ reason: VoidReason, _ reviewer: ByteString) -> String {
        switch reason {
        case .unknownPerson: "there is no people/\(reviewer).yaml"
        case .unknownFile: "there is no such file"
        case .unknownService(let service): "there is no service `\(service)`"
        case .notOwner(let service): "\(reviewer) is not an owner of `\(service)`"
        case .notAdmin: "\(reviewer) is not an admin"
        case .unsigned, .badSignature, .alteredAfterSigning, .otherRepository, .noPolicy, .unknownKey,
            .keyOfSameCommit, .keyRetired, .keyCompromised, .stockpiled, .datedAhead, .replayed, .otherBytes,
            .unreadableFile, .notReviewable, .accountable, .sameHumanAsAccountable, .receivesAccess, .describesReviewer:
            VoidText.why(reason, by: reviewer)
        }
    }
}

extension ScopeTable {
    /// Rows of grants that `ReviewDesk.due` and `queue` list, and some more.
    func rowsThatMayBeDue(at now: Instant, until horizon: Instant) -> [UInt32] {
        (0..<UInt32(rules.count)).filter { row in
            let rule = rules.at(Int(row))
            switch rule.standing(at: now) {
            case .inForce: return rule.notAfter < horizon.seconds
            case .awaitingReview, .lapsed, .revoked: return true
            case .expired, .denied, .quarantined, nil: return false
            }
        }
    }
}

/// Protected files.
extension ReviewDesk {
    private var admins: [ByteString] { state.accepted.policy?.admins ?? [] }

    func duePending() -> [DueReview] {
        state.restrictions.keys.compactMap { pending(at: $0) }
    }

    private func pending(at path: ByteString) -> DueReview? {
        guard let file = state.restrictions[path], case .pending = file.condition, let sha256 = file.sha256 else {
            return nil
        }
        let kept = keepers(of: path, sha256, file)
        let needed = neededAdmins
        let there = kept.map { state.sittings[$0] }
        return DueReview(
            path: path, grant: nil, sha256: sha256, standing: .awaitingReview, end: nil, notAfter: nil, landed: nil,
            needed: needed, attestedBy: there.map(\.by).sorted(),
            reviewers: admins.filter { admin in
                fault(keeping: path, by: admin) == nil && !there.contains { $0.sharesHuman(with: sitting(of: admin)) }
            }.sorted(), accountable: nil,
            why: "waits for \(needed - kept.count) of \(needed) keeps by admins")
    }

    private var neededAdmins: Int { max(1, state.accepted.policy?.protectReviewers ?? 1) }

    private func keepers(of path: ByteString, _ sha256: Digest, _ file: AccessState.RestrictionFile) -> [Int] {
        state.keepers(of: path, sha256: sha256, after: file.acceptedAt, needed: neededAdmins, admins: admins)
    }

    private func fault(keeping path: ByteString, by reviewer: ByteString) -> VoidReason? {
        eligibility.fault(
            keepingProtected: DocumentPath(path), described: state.described(at: path), reviewer: reviewer)
    }

    private func effect(ofKeepBy reviewer: ByteString, ofProtected path: ByteString) -> KeepEffect {
        guard DocumentPath(path).isProtected else { return .void(void(.notReviewable, reviewer)) }
        guard let file = state.restrictions[path] else { return .void(void(.unknownFile, reviewer)) }
        if let fault = fault(keeping: path, by: reviewer) { return .void(void(fault, reviewer)) }
        switch file.condition {
        case .accepted: return .nothing("it is in effect as it is")
        case .removed: return .void(void(.unknownFile, reviewer))
        case .broken: return .void("the file is broken")
        case .refused(let diagnostic): return .nothing(diagnostic.message)
        case .pending: break
        }
        guard let sha256 = file.sha256 else { return .void("the file is broken") }
        let there = keepers(of: path, sha256, file).map { state.sittings[$0] }
        guard !there.contains(where: { $0.sharesHuman(with: sitting(of: reviewer)) }) else {
            return .nothing("it was kept by \(there.map(\.by).sorted().listed) already, and others must follow")
        }
        if there.count + 1 >= neededAdmins { return .takesEffect }
        let others = admins.filter { admin in
            admin != reviewer && fault(keeping: path, by: admin) == nil
                && !there.contains { $0.sharesHuman(with: sitting(of: admin)) }
        }
        return .counts(there.count + 1, of: neededAdmins, others: others.sorted())
    }
}

extension Assessment {
    /// Whether new bytes are not needed for a `keep` to count: nobody revoked these.
    var isUndoable: Bool {
        switch basis {
        case .revoked(_, _, _, let ofTheseBytes): !ofTheseBytes
        case .awaitingReview, .kept, .merged: true
        case .quarantined, .denied: false
        }
    }

    /// Whether a `keep` of these bytes can still make a difference.
    func isOpenToReview(at now: Instant) -> Bool {
        guard isUndoable, now < expires else { return false }
        guard standing(at: now) == .inForce, let reviewEnds else { return true }
        return reviewEnds < expires
    }

    /// What ends it first; nil for what is not reviewed.
    func end(at now: Instant) -> DueReview.End? {
        guard isReviewed, let reviewEnds else { return nil }
        if reviewEnds < expires { return .review }
        return endsByUntil ? .until : .longest
    }
}

/// Looking things up.
extension ReviewDesk {
    /// Of the file at a path as it is on the branch; nil where none is, or none that can be read.
    package func digest(at path: ByteString) -> Digest? {
        guard let row = state.grants.row(of: path) else { return state.restrictions[path]?.sha256 }
        guard let file = state.grants.file(row), !file.sha256.bytes.isEmpty else { return nil }
        return file.sha256
    }

    /// The grant whose id is written nearest to `text`; nil where none is near.
    package func nearestGrant(to text: String) -> String? {
        let ids = state.grants.rows.lazy.map { state.grants.id($0) }
        // Each comparison costs its length squared; beyond some thousands nobody waits for a guess.
        return nearestName(to: ByteString(text), among: ids.prefix(5_000).map(\.text).sorted())
    }

    /// Every grant's id that a denial may name.
    package func hasGrant(_ id: ByteString) -> Bool { state.grants.row(ofGrant: id) != nil }
    package func hasIssuer(_ name: ByteString) -> Bool { state.accepted.issuers[name] != nil }
    package var issuerNames: [ByteString] { state.accepted.issuers.keys.sorted() }
}

/// What would be.
extension ReviewDesk {
    /// The desk after a commit that writes these files and lands now.
    package func after(writing files: [FileContent]) -> ReviewDesk {
        var next = state
        let change = CommitChange(commit: .none, observed: now, written: files.sorted { $0.path < $1.path })
        next.advance(by: change) { _, _ in .failure(SignatureFault(message: "there is no signature")) }
        return ReviewDesk(next, now: now)
    }

    /// Why a grant cannot be judged at all; nil where it can.
    package func quarantine(at path: ByteString) -> String? {
        guard let row = state.grants.row(of: path), let file = state.grants.file(row) else { return nil }
        guard case .quarantined(let why) = assessor.assess(path, file).basis else { return nil }
        return why
    }
}
