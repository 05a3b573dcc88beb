/// A version of a file that counted before: one that reviewers attested, or that is in effect.
package struct AttestedVersion: Sendable, Hashable {
    package var sha256: Digest
    /// Who kept it, in name order; empty for a protected file's version in effect.
    package var by: [ByteString]
    /// When the latest of them signed; nil where nobody did.
    package var at: Instant?
    /// The place on the first-parent line of a commit that holds these bytes; nil where that is not known.
    package var ordinal: Int?

    package init(sha256: Digest, by: [ByteString], at: Instant?, ordinal: Int?) {
        self.sha256 = sha256
        self.by = by
        self.at = at
        self.ordinal = ordinal
    }
}

/// A `keep` that counts, and where its note stands.
package struct CountedKeep: Sendable, Hashable {
    package var by: ByteString
    package var signed: Instant
    package var sitting: ByteString
}

/// What a reviewer looks at beside the file itself.
extension ReviewDesk {
    /// What the file of a grant says; nil where it cannot be read or is not there.
    package func grant(at path: ByteString) -> Grant? {
        state.grants.row(of: path).flatMap { state.grants.grant($0) }
    }

    /// What applies to a grant of all tiers; nil where the grant, its service or the policy cannot be judged.
    package func tier(of grant: Grant) -> Tier? {
        guard let service = state.accepted.services[grant.service], let policy = state.accepted.policy,
            assessor.referenceFaults(of: grant).isEmpty
        else { return nil }
        return Assessor.tier(of: grant, on: service, policy: policy)
    }

    /// The names of the tiers that apply to a grant, the service's own first.
    package func tierNames(of grant: Grant) -> [ByteString] {
        guard let service = state.accepted.services[grant.service] else { return [] }
        var names = [service.tier]
        for elevation in service.elevated
        where Assessor.applies(elevation, to: grant) && !names.contains(elevation.tier) {
            names.append(elevation.tier)
        }
        return names
    }

    /// People whom `to` names by subject or address, in name order.
    package func peopleNamed(in grant: Grant) -> [ByteString] {
        state.accepted.people.keys.filter {
            ReviewerAccounts(of: $0, in: [state.accepted]).isNamed(in: grant, states: [state.accepted])
        }.sorted()
    }

    /// The bytes that were attested last at a path, other than what it holds now; nil where there are none.
    package func lastAttested(at path: ByteString) -> AttestedVersion? {
        guard let row = state.grants.row(of: path), let file = state.grants.file(row) else { return nil }
        let keeps = state.grants.reviews(ofRow: row).filter {
            $0.verdict == .keep && $0.void == nil && $0.sha256 != file.sha256 && state.sittings[$0.sitting].isPresent
        }
        guard let latest = keeps.max(by: { effective($0) < effective($1) }) else { return nil }
        let same = keeps.filter { $0.sha256 == latest.sha256 }.map { state.sittings[$0.sitting].by }
        let left = state.formerBytes[path]?[latest.sha256]
        return AttestedVersion(
            sha256: latest.sha256, by: Set(same).sorted(), at: effective(latest),
            ordinal: file.earlier[latest.sha256]?.ordinal ?? left.map { max(0, $0 - 1) })
    }

    /// The version of a protected file that is in effect while another one waits; nil where there is none.
    package func versionInEffect(at path: ByteString) -> AttestedVersion? {
        guard let file = state.restrictions[path], let accepted = file.acceptedSHA256, accepted != file.sha256 else {
            return nil
        }
        return AttestedVersion(sha256: accepted, by: [], at: nil, ordinal: file.acceptedAt)
    }

    /// The latest `keep` of each signer that covers the bytes as they are, oldest first.
    package func keeps(of path: ByteString) -> [CountedKeep] {
        guard let row = state.grants.row(of: path), let file = state.grants.file(row) else { return [] }
        let keeps = state.grants.reviews(ofRow: row).filter {
            $0.verdict == .keep && $0.void == nil && $0.sha256 == file.sha256 && state.sittings[$0.sitting].isPresent
        }
        var latest: [ByteString: CountedKeep] = [:]
        for review in keeps.sorted(by: { effective($0) < effective($1) }) {
            let sitting = state.sittings[review.sitting]
            latest[sitting.by] = CountedKeep(by: sitting.by, signed: sitting.effective, sitting: sitting.place)
        }
        return latest.values.sorted { ($0.signed, $0.by) < ($1.signed, $1.by) }
    }

    private func effective(_ review: Review) -> Instant { state.sittings[review.sitting].effective }
}
