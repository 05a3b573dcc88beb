/// Restricting files: policy, people, issuers, services, data classes, denials. Whatever goes wrong with one, its last
/// accepted version stays.
extension AccessState {
    /// Takes a restricting file as a commit wrote it.
    mutating func takeRestriction(
        _ file: FileContent, kind: DocumentPath, document: Document?, isFirst: Bool, before: AcceptedDocuments
    ) {
        var entry =
            restrictions[file.path]
            ?? RestrictionFile(
                path: kind, condition: .broken, sha256: nil, acceptedSHA256: nil, acceptedAt: -1)
        entry.sha256 = file.sha256
        defer { restrictions[file.path] = entry }

        guard let document else {
            entry.condition = .broken
            return
        }
        if entry.acceptedSHA256 == file.sha256 {
            entry.condition = .accepted
            return
        }
        if case .policy(let policy) = document, let refusal = refusal(of: policy, at: file.path) {
            entry.condition = .refused(refusal)
            return
        }
        if !isFirst, kind.isProtected, before.policy?.protect == .attestation {
            entry.condition = .pending(document)
            return
        }
        accept(document, into: &entry)
    }

    mutating func removeRestriction(_ path: ByteString, kind: DocumentPath) {
        guard var entry = restrictions[path] else { return }
        entry.condition = .removed
        entry.sha256 = nil
        if kind != .policy {
            // A policy that is deleted stays in effect, and its version still counts.
            entry.acceptedSHA256 = nil
            entry.acceptedAt = ordinal
            accepted.drop(kind)
        }
        restrictions[path] = entry
    }

    mutating func breakRestriction(_ path: ByteString, kind: DocumentPath) {
        restrictions[
            path,
            default: RestrictionFile(
                path: kind, condition: .broken, sha256: nil, acceptedSHA256: nil, acceptedAt: -1)
        ].condition = .broken
        restrictions[path]?.sha256 = nil
    }

    /// Accepts what waited for admins and now has their `keep`s, and all that waits once nothing is protected any more.
    mutating func promotePending() {
        let waiting = restrictions.filter { if case .pending = $1.condition { true } else { false } }
        guard !waiting.isEmpty else { return }
        // Who signed as an admin was found when each sitting was judged, and must still be one; the admins and the number
        // needed are those of the policy before.
        let needed = max(1, accepted.policy?.protectReviewers ?? 1)
        let admins = accepted.policy?.admins ?? []
        var humansChanged = false
        // The policy comes first, so that one commit's files fall under what it then says about protection.
        for (path, file) in waiting.sorted(by: { $0.value.path == .policy && $1.value.path != .policy }) {
            guard case .pending(let document) = file.condition, let sha256 = file.sha256 else { continue }
            let unprotected = accepted.policy?.protect == .merge
            guard
                unprotected
                    || keepers(of: path, sha256: sha256, after: file.acceptedAt, needed: needed, admins: admins).count
                        >= needed
            else { continue }
            if case .policy(let policy) = document, refusal(of: policy, at: path) != nil { continue }
            var entry = file
            accept(document, into: &entry)
            restrictions[path] = entry
            grants.touched = GrantStore.Touched()
            if file.path.tellsPeopleApart { humansChanged = true }
        }
        if humansChanged { accepted.findHumans() }
    }

    /// Sittings of distinct admins whose `keep` of a protected file counts; empty once anybody revoked those bytes.
    func keepers(
        of path: ByteString, sha256: Digest, after ordinal: Int, needed: Int, admins: [ByteString]
    ) -> [Int] {
        let decisions = reviews(of: path).filter { $0.sha256 == sha256 }
        // A revoke of exactly these bytes counts whether or not they were there when it came.
        let revoked = decisions.contains {
            $0.verdict == .revoke && ($0.void == nil || $0.void == .otherBytes || $0.void == .unknownFile)
        }
        if revoked { return [] }
        let usable = decisions.filter { $0.void == nil }.map(\.sitting).filter { index in
            let sitting = sittings[index]
            return sitting.isPresent && sitting.void == nil && sitting.ordinal > ordinal
                && admins.contains(sitting.by) && compromise(of: sitting) == nil
        }
        return Reviewers(sittings: sittings).best(needed, of: usable)
            ?? Reviewers(sittings: sittings).most(of: usable)
    }

    private mutating func accept(_ document: Document, into entry: inout RestrictionFile) {
        accepted.take(document)
        entry.condition = .accepted
        entry.acceptedSHA256 = entry.sha256
        entry.acceptedAt = ordinal
    }

    /// Why a policy can never follow the one in effect.
    private func refusal(of policy: Policy, at path: ByteString) -> Diagnostic? {
        guard let current = accepted.policy else { return nil }
        if policy.name != current.name {
            return Diagnostic(
                path: path.text, code: "policy-name",
                message: "the name changed from `\(current.name)` to `\(policy.name)`",
                help: "put the old name back: every attestation was signed for it")
        }
        if policy.version <= current.version {
            return Diagnostic(
                path: path.text, code: "policy-version",
                message: "version \(policy.version) is not above \(current.version), which is in effect",
                help: "set version to \(current.version + 1) or more")
        }
        return nil
    }
}

extension DocumentPath {
    /// Whether `protect: attestation` covers files of this kind. Denials never need any.
    var isProtected: Bool {
        switch self {
        case .policy, .person, .issuer, .metadata, .service, .dataClass: true
        case .grant, .attestation, .attestationSignature, .denial, .outside, .misplaced: false
        }
    }
}
