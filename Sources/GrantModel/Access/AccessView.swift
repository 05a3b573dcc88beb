/// A table at a moment, as comparisons and questions about people look at it.
struct AccessView {
    /// A grant file and what is to be said of it.
    struct JudgedGrant {
        var file: AccessState.GrantFile
        var assessment: Assessment
        var side: AccessDifference.Side
        /// What it gives now; nil unless it is in force.
        var rule: AccessRule?
        /// What it gives now, or would give once those who must attest it have done so. Ends with its own `until`: when a
        /// review that is still to come ends, nobody knows.
        var asked: AccessRule?
    }

    let table: ScopeTable
    let now: Instant

    init(_ table: ScopeTable, _ now: Instant) {
        self.table = table
        self.now = now
    }

    private var grants: GrantStore { table.state.grants }

    func id(_ row: UInt32) -> ByteString { grants.id(row) }
    func path(_ row: UInt32) -> ByteString { grants.path(row) }
    func service(_ row: UInt32) -> ByteString { grants.conditions.names[grants.records[Int(row)].service] }

    private func isPresent(_ row: UInt32) -> Bool {
        Int(row) < grants.records.count && grants.records.at(Int(row)).flags.contains(.present)
    }

    /// Of the file at a row; nil where there is none.
    func digest(_ row: UInt32) -> Digest? {
        isPresent(row) ? grants.digest(grants.records.at(Int(row)).digest) : nil
    }

    /// Rows whose file or standing is not as it was. Looks at every row, at some nanoseconds each.
    func rowsUnlike(_ before: AccessView) -> [UInt32] {
        (0..<UInt32(grants.records.count)).filter { row in
            let isThere = isPresent(row)
            guard isThere == before.isPresent(row) else { return true }
            guard isThere else { return false }
            let (new, old) = (table.rules.at(Int(row)), before.table.rules.at(Int(row)))
            if !new.isLike(old) || table.tiers[UInt32(new.tier)] != before.table.tiers[UInt32(old.tier)] { return true }
            let (record, former) = (grants.records.at(Int(row)), before.grants.records.at(Int(row)))
            return record.digest != former.digest && digest(row) != before.digest(row)
        }
    }

    /// The grant at a row, judged; nil where no file is.
    func grant(_ row: UInt32) -> JudgedGrant? {
        guard isPresent(row), let file = grants.file(row) else { return nil }
        let assessment = table.assessor.assess(grants.path(row), file)
        let standing = assessment.standing(at: now)
        let side = AccessDifference.Side(
            standing: standing, notAfter: assessment.notAfter, tiers: file.grant.map { tierNames($0) } ?? [],
            tier: assessment.tier, attestedBy: assessment.attestedBy,
            why: StandingText.why(assessment, at: now))
        var judged = JudgedGrant(file: file, assessment: assessment, side: side)
        guard let grant = file.grant else { return judged }
        func rule(until notAfter: Instant) -> AccessRule {
            AccessRule(
                grant: grant.id, service: grant.service, can: grant.can, see: grant.see, notAfter: notAfter)
        }
        if standing == .inForce { judged.rule = rule(until: assessment.notAfter ?? now) }
        if judged.rule != nil || assessment.canBeReviewed(at: now) {
            judged.asked = rule(until: grant.until ?? .distantFuture)
        }
        return judged
    }

    /// The tiers that apply to a grant: the service's own first, then what it asks for that is elevated.
    private func tierNames(_ grant: Grant) -> [ByteString] {
        guard let service = table.state.accepted.services[grant.service] else { return [] }
        var names = [service.tier]
        for elevation in service.elevated where !names.contains(elevation.tier) {
            if Assessor.applies(elevation, to: grant) { names.append(elevation.tier) }
        }
        return names
    }

    /// Whether a grant is for everybody whom a condition names, and no denial stops them.
    func applies(_ grant: Grant?, to who: CallerCondition, _ caller: Caller) -> Bool {
        guard let grant, table.denial(of: caller) == nil else { return false }
        return grant.to.contains { $0.includes(who) }
    }

    /// What everybody whom a caller stands for can do on a service.
    /// - Parameter asWritten: whether each ends with its own `until`, as what is asked for does.
    func rules(for caller: Caller, on service: ByteString, asWritten: Bool) -> [AccessRule] {
        guard table.denial(of: caller) == nil, let number = grants.conditions.names.existing(service) else { return [] }
        var rows: Set<Int> = []
        table.callers.forEachMatch(service: number, caller: caller) { row in
            if table.rules.at(row).isLive(at: now) { rows.insert(row) }
        }
        return rows.sorted().compactMap { row in
            guard let grant = grants.grant(UInt32(row)) else { return nil }
            return AccessRule(
                grant: grant.id, service: grant.service, can: grant.can, see: grant.see,
                notAfter: asWritten
                    ? grant.until ?? .distantFuture : Instant(seconds: table.rules.at(row).notAfter))
        }
    }

    /// Whether other sittings than on another side decide on a grant, whatever they count for.
    func hasOtherReviews(of row: UInt32, than before: AccessView) -> Bool {
        func present(_ view: AccessView) -> [Int] {
            view.grants.reviews(ofRow: row).map(\.sitting).filter { view.table.state.sittings[$0].isPresent }
        }
        return present(self) != present(before)
    }

    /// Who signed the sitting that lies at a path.
    func signer(of attestation: ByteString) -> ByteString? { sitting(at: attestation)?.by }

    private func sitting(at path: ByteString) -> Sitting? {
        guard let index = table.state.sittingFiles[path]?.sitting, table.state.sittings.indices.contains(index) else {
            return nil
        }
        return table.state.sittings[index]
    }

    /// Whether a sitting still lies there and is one of those that count for a grant, or could.
    func counts(_ attestation: ByteString, for row: UInt32) -> Bool {
        guard let index = table.state.sittingFiles[attestation]?.sitting,
            table.state.sittings.indices.contains(index)
        else { return false }
        let sitting = table.state.sittings[index]
        guard sitting.void == nil, sitting.isPresent, table.state.compromise(of: sitting) == nil else { return false }
        return grants.reviews(ofRow: row).contains {
            $0.sitting == index && $0.verdict == .keep && $0.void == nil
                && $0.sha256 == grants.digest(grants.records.at(Int(row)).digest)
        }
    }

    /// Why a sitting counts no more for a grant whose bytes are as they were.
    func reason(_ attestation: ByteString, _ grant: JudgedGrant) -> String {
        guard let sitting = sitting(at: attestation) else { return "its file is gone" }
        if let since = table.state.compromise(of: sitting) {
            return VoidText.why(.keyCompromised(since: since), by: sitting.by)
        }
        return grant.assessment.voids.first ?? "it is not needed any more"
    }
}

extension ScopeRule {
    /// Whether a grant stands as another rule says it does; tiers are numbered by each table for itself.
    fileprivate func isLike(_ other: ScopeRule) -> Bool {
        notBefore == other.notBefore && expires == other.expires && reviewEnds == other.reviewEnds
            && scope == other.scope && basis == other.basis && flags == other.flags
    }
}

extension Assessment {
    /// Whether nothing but the `keep`s of those who must attest it keeps it from being in force.
    fileprivate func canBeReviewed(at now: Instant) -> Bool {
        switch basis {
        case .quarantined, .denied: false
        case .revoked(_, _, _, let ofTheseBytes): !ofTheseBytes && now < expires
        case .awaitingReview, .kept, .merged: now < expires
        }
    }
}

extension CallerCondition {
    /// Whether this condition holds for everybody for whom `other` holds.
    package func includes(_ other: CallerCondition) -> Bool {
        func asksNoMore(_ own: ByteString?, _ theirs: ByteString?) -> Bool { own == nil || own == theirs }
        return issuer == other.issuer && asksNoMore(subject, other.subject) && asksNoMore(email, other.email)
            && asksNoMore(group, other.group) && asksNoMore(role, other.role)
            && claims.allSatisfy { other.claims[$0.key] == $0.value }
    }
}
