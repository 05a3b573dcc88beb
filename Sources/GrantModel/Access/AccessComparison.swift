/// Works out what changes between two tables, of which the second was compiled from a state that went on from the first.
package struct AccessComparison {
    private let before: AccessView
    private let after: AccessView
    private let now: Instant

    /// - Parameters:
    ///   - before: of the state that the change starts from.
    ///   - after: of that same state, advanced.
    ///   - now: the moment that both are asked about.
    package static func difference(
        from before: ScopeTable, to after: ScopeTable, at now: Instant
    ) -> AccessDifference {
        let comparison = AccessComparison(
            before: AccessView(before, now), after: AccessView(after, now), now: now)
        var difference = AccessDifference(now: now)
        difference.grants = comparison.grants()
        difference.restrictions = RestrictionComparison(before: before.state, after: after.state).changes()
        return difference
    }

    private init(before: AccessView, after: AccessView, now: Instant) {
        self.before = before
        self.after = after
        self.now = now
    }

    private func grants() -> [AccessDifference.GrantChange] {
        let rows = after.rowsUnlike(before)
        let moved = moves(rows)
        return rows.compactMap { change(of: $0, moved) }.filter { !isSilent($0) }.sorted {
            ($0.service, $0.grant) < ($1.service, $1.grant)
        }
    }

    /// Nothing about it is worth a line: a date that moved before it ever counted, for instance.
    private func isSilent(_ change: AccessDifference.GrantChange) -> Bool {
        (change.file == .untouched || change.file == .reviewed) && change.onLanding.isEmpty && change.voided.isEmpty
            && change.before?.standing == change.after?.standing && change.before?.tiers == change.after?.tiers
            && change.before?.tier == change.after?.tier && change.before?.notAfter == change.after?.notAfter
    }

    /// Files whose bytes lay at another path that is gone now, by row.
    private func moves(_ rows: [UInt32]) -> [UInt32: ByteString] {
        var gone: [Digest: ByteString] = [:]
        for row in rows where after.digest(row) == nil {
            if let digest = before.digest(row) { gone[digest] = before.path(row) }
        }
        guard !gone.isEmpty else { return [:] }
        var moves: [UInt32: ByteString] = [:]
        for row in rows where before.digest(row) == nil {
            if let digest = after.digest(row), let from = gone[digest] { moves[row] = from }
        }
        return moves
    }

    private func change(of row: UInt32, _ moved: [UInt32: ByteString]) -> AccessDifference.GrantChange? {
        let (then, now) = (before.grant(row), after.grant(row))
        guard then != nil || now != nil else { return nil }
        let file: AccessDifference.FileChange =
            switch (then, now) {
            case (nil, _): moved[row].map { .moved(from: $0) } ?? .added
            case (_, nil): .removed
            case (let then?, let now?):
                then.file.sha256 != now.file.sha256
                    ? .changed : after.hasOtherReviews(of: row, than: before) ? .reviewed : .untouched
            }
        let path = after.path(row)
        let onLanding = effects(from: then?.rule, then?.file.grant, to: now?.rule, now?.file.grant)
        var onceReviewed: [AccessDifference.Effect] = []
        if file != .untouched, file != .reviewed, file != .removed, let now, now.rule == nil {
            onceReviewed = effects(
                from: then?.asked, then?.file.grant, to: now.asked, now.file.grant, asWritten: true)
        }
        return AccessDifference.GrantChange(
            grant: after.id(row), path: path, service: after.service(row), file: file, before: then?.side,
            after: now?.side, onLanding: onLanding, onceReviewed: onceReviewed,
            voided: voided(row, then, now, file))
    }

    /// What everybody named by either version of a grant gains and loses.
    private func effects(
        from then: AccessRule?, _ thenGrant: Grant?, to now: AccessRule?, _ nowGrant: Grant?, asWritten: Bool = false
    ) -> [AccessDifference.Effect] {
        guard then != nil || now != nil, then != now || thenGrant?.to != nowGrant?.to else {
            return []
        }
        let named = (then == nil ? [] : thenGrant?.to ?? []) + (now == nil ? [] : nowGrant?.to ?? [])
        var seen: Set<CallerCondition> = []
        let who = named.filter { seen.insert($0).inserted }.sorted {
            $0.sortKey.lexicographicallyPrecedes($1.sortKey)
        }
        return who.map { effect($0, from: then, thenGrant, to: now, nowGrant, asWritten) }.filter { !$0.isEmpty }
    }

    private func effect(
        _ who: CallerCondition, from then: AccessRule?, _ thenGrant: Grant?, to now: AccessRule?, _ nowGrant: Grant?,
        _ asWritten: Bool
    ) -> AccessDifference.Effect {
        let caller = who.caller
        let had = then.flatMap { before.applies(thenGrant, to: who, caller) ? $0 : nil }
        let has = now.flatMap { after.applies(nowGrant, to: who, caller) ? $0 : nil }
        let gains = has.map { beyond($0, had, before.rules(for: caller, on: $0.service, asWritten: asWritten)) } ?? []
        let loses = had.map { beyond($0, has, after.rules(for: caller, on: $0.service, asWritten: asWritten)) } ?? []
        let written = (thenGrant?.until ?? .distantFuture, nowGrant?.until ?? .distantFuture)
        return AccessDifference.Effect(
            who: who, gains: gains, loses: loses, until: gains.isEmpty ? nil : has?.notAfter,
            isWhole: (had == nil) != (has == nil),
            isRenewal: had != nil && written.1 <= written.0 && !gains.isEmpty && gains.allSatisfy(\.isTime))
    }

    /// What a rule gives beyond the same grant on the other side, unless some grant there gives all of it.
    private func beyond(_ rule: AccessRule, _ same: AccessRule?, _ others: [AccessRule]) -> [Capability] {
        if let same, rule.beyond(same).isEmpty { return [] }
        if others.contains(where: { rule.beyond($0).isEmpty }) { return [] }
        if let same { return rule.beyond(same) }
        // Another grant gives the same, for a shorter time.
        let longer = others.map { rule.beyond($0) }.filter { $0.allSatisfy(\.isTime) }
        return longer.first ?? (rule.capabilities.isEmpty ? [.other] : rule.capabilities)
    }

    private func voided(
        _ row: UInt32, _ then: AccessView.JudgedGrant?, _ now: AccessView.JudgedGrant?,
        _ file: AccessDifference.FileChange
    ) -> [AccessDifference.VoidedReview] {
        guard let then else { return [] }
        let kept = Set(now?.assessment.attestations ?? [])
        return then.assessment.attestations.filter { !kept.contains($0) }.compactMap { attestation in
            guard let by = before.signer(of: attestation) else { return nil }
            let why: String
            switch file {
            case .removed: why = "the file is gone"
            case .changed: why = "it covers other bytes"
            case .added, .moved, .untouched, .reviewed:
                // Of those who need not be asked any more, as many as count are enough.
                guard let now, now.rule == nil || now.assessment.attestedBy.contains(by) == false else { return nil }
                guard after.counts(attestation, for: row) == false else { return nil }
                why = after.reason(attestation, now)
            }
            return AccessDifference.VoidedReview(by: by, attestation: attestation, why: why)
        }
    }
}

extension AccessComparison {
    /// Grants that were in force at one moment of a history and had ended by themselves at a later one, by time.
    /// - Parameters:
    ///   - before: of the state at `start`.
    ///   - after: of that same state, advanced to `end`.
    package static func lapses(
        from before: ScopeTable, at start: Instant, to after: ScopeTable, at end: Instant
    ) -> [AccessDifference.Lapse] {
        let view = AccessView(after, end)
        let rows = (0..<before.rules.count).filter { row in
            guard before.rules.at(row).isLive(at: start) else { return false }
            let standing = after.rules.at(row).standing(at: end)
            return standing == .lapsed || standing == .expired
        }
        return rows.map { row in
            let rule = after.rules.at(row)
            return AccessDifference.Lapse(
                grant: view.id(UInt32(row)), path: view.path(UInt32(row)), standing: rule.standing(at: end) ?? .lapsed,
                at: Instant(seconds: rule.notAfter))
        }.sorted { ($0.at, $0.grant) < ($1.at, $1.grant) }
    }
}
