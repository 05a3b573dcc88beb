/// Sittings: who signed what, judged once when first observed.
extension AccessState {
    /// Looks at an attestation after either of its files changed.
    mutating func takeSitting(
        _ path: ByteString, observed moment: Instant, eligibility: Eligibility, verify: VerifySignature,
        read: ReadDocument
    ) {
        detach(path)
        findings[path] = nil
        guard let file = sittingFiles[path] else { return }
        guard let document = file.document else {
            if file.signature == nil {
                sittingFiles[path] = nil
            } else {
                findings[path] = [
                    Diagnostic(
                        path: path.text + ".sig", code: "missing-attestation",
                        message: "a signature without `\(path)` beside it", help: "add the file it signs, or delete it")
                ]
            }
            return
        }
        guard !file.hasDroppedBytes else {
            // Nobody who reads a repository leaves them out; whoever does must not gain by it.
            findings[path] = [
                Diagnostic(
                    path: path.text, code: "missing-attestation",
                    message: "the signature changed, and the attestation's own bytes are not at hand",
                    help: "sign a new one")
            ]
            return
        }
        let parsed = read(.attestation, document)
        findings[path] = parsed.diagnostics.isEmpty ? nil : parsed.diagnostics
        guard case .attestation(let attestation)? = parsed.document else { return }
        defer { sittingFiles[path]?.dropBytes() }

        let observed = directoryMoment == nil ? moment : min(attestation.at, moment)
        guard let signature = file.signature else {
            add(attestation, key: [], void: .unsigned, path: path, observed: observed, eligibility: eligibility)
            return
        }
        let key: [UInt8]
        switch verify(signature, document.bytes) {
        case .success(let signer): key = signer.blob
        case .failure(let fault):
            // The same signature over other bytes: what was signed has been changed, its date first of all.
            let signed = signers[Digest.sha256(of: signature)].map { sittings[$0] }
            add(
                attestation, key: [],
                void: signed.map { .alteredAfterSigning($0.place, signed: $0.effective) }
                    ?? .badSignature(fault.message),
                path: path, observed: observed, eligibility: eligibility)
            return
        }
        let identity = Sitting.Identity(sha256: document.sha256, key: key)
        if let known = judged[identity] {
            sittings[known].paths = (sittings[known].paths + [path]).sorted()
            sittingFiles[path]?.sitting = known
            touch(known)
            return
        }
        judged[identity] = sittings.count
        signers[Digest.sha256(of: signature)] = sittings.count
        let fault = eligibility.fault(of: attestation, key: key, observed: observed)
        add(attestation, key: key, void: fault, path: path, observed: observed, eligibility: eligibility)
    }

    /// When somebody's key was compromised so that, in hindsight, a sitting's `keep`s do not count.
    func compromise(of sitting: Sitting) -> Instant? {
        guard let fingerprint = sitting.fingerprint else { return nil }
        return accepted.retirements(ofKey: fingerprint).lazy
            .filter { $0.compromised && $0.since <= sitting.observed }.map(\.since).min()
    }

    private mutating func detach(_ path: ByteString) {
        guard let index = sittingFiles[path]?.sitting else { return }
        sittings[index].paths.removeAll { $0 == path }
        sittingFiles[path]?.sitting = nil
        touch(index)
    }

    /// Whatever a sitting decided on is to be looked at again.
    private mutating func touch(_ sitting: Int) { grants.touch(reviews: sittings[sitting].reviews) }

    /// Takes back the bytes of an attestation that were dropped once it was judged.
    mutating func rememberBytes(of file: FileContent) {
        guard sittingFiles[file.path]?.document?.sha256 == file.sha256 else { return }
        sittingFiles[file.path]?.document = file
    }

    private mutating func add(
        _ attestation: Attestation, key: [UInt8], void: VoidReason?, path: ByteString, observed: Instant,
        eligibility: Eligibility
    ) {
        let index = sittings.count
        let listed = eligibility.before.people[attestation.by]?.keys.first { $0.blob == key }
        sittings.append(
            Sitting(
                by: attestation.by, names: eligibility.names(of: attestation.by), key: key,
                fingerprint: listed?.fingerprint,
                effective: min(attestation.at, observed), observed: observed, ordinal: ordinal, void: void,
                paths: [path], origin: path))
        sittingFiles[path]?.sitting = index
        let before = grants.reviews.count
        for decision in attestation.decisions {
            let held = grants.held(decision)
            let fault =
                void
                ?? fault(of: decision, in: attestation, held, observed: observed, eligibility: eligibility)
            var review = Review(sitting: index, sha256: decision.sha256, verdict: decision.verdict, void: fault)
            if decision.verdict == .revoke, fault == .otherBytes || fault == .unknownFile {
                review.stopsFormerBytes = formerBytes[decision.file]?[decision.sha256] != nil
            }
            if fault == nil, let kept = held.kept {
                review.undecided = eligibility.undecided(kept, reviewer: attestation.by)
            }
            add(review, to: decision.file, row: held.row)
            note(review, of: decision.file)
        }
        sittings[index].reviews = before..<grants.reviews.count
    }

    /// Remembers what was revoked by its bytes, so that another name does not bring it back.
    private mutating func note(_ review: Review, of path: ByteString) {
        guard review.verdict == .revoke, case .grant(_, let service) = DocumentPath(path) else { return }
        // A plain directory does not say what a file that is gone held, so the revoke is believed.
        guard review.void == nil || review.stopsFormerBytes || (directoryMoment != nil && review.void == .unknownFile)
        else { return }
        // Bytes that left the file before the revoke came may have been moved just then.
        let left = review.stopsFormerBytes ? formerBytes[path]?[review.sha256] : nil
        // Then files that are there already take it along, and nothing says which.
        if left != nil { grants.touched = GrantStore.Touched() }
        revokedBytes[RevokedBytes(service: service, sha256: review.sha256), default: []].append(
            BytesRevoke(path: path, review: review, from: left ?? ordinal + 1))
    }

    /// Revokes of bytes that `file` held and that another file held before: it was moved, or copied, after somebody
    /// revoked it. A file that lay beside the revoked one at that time is judged by its own revokes only.
    func revokesTakenAlong(by file: GrantFile, at path: ByteString) -> [Review] {
        guard !revokedBytes.isEmpty, case .grant(_, let service) = DocumentPath(path) else { return [] }
        var held = file.earlier
        held[file.sha256] = file.landing
        return held.flatMap { sha256, landing in
            (revokedBytes[RevokedBytes(service: service, sha256: sha256)] ?? []).filter { revoke in
                revoke.path != path
                    && (directoryMoment == nil
                        ? landing.ordinal >= revoke.from : !grants.contains(revoke.path))
            }.map(\.review)
        }
    }

    /// The person that a file is about as it is now, accepted or not.
    func described(at path: ByteString) -> Person? {
        switch restrictions[path]?.condition {
        case .pending(.person(let person))?: person
        case .accepted?: if case .person(let name) = DocumentPath(path) { accepted.people[name] } else { nil }
        case .pending?, .broken?, .refused?, .removed?, nil: nil
        }
    }

    private func fault(
        of decision: Attestation.Decision, in attestation: Attestation, _ held: HeldGrant, observed: Instant,
        eligibility: Eligibility
    ) -> VoidReason? {
        if DocumentPath.parts(ofGrant: decision.file.bytes) != nil {
            guard held.isThere else { return .unknownFile }
            if held.isSame, decision.verdict == .keep {
                if let fault = eligibility.ageFault(of: attestation, observed: observed) { return fault }
                guard let kept = held.kept else { return .unreadableFile }
                return eligibility.fault(keeping: kept, reviewer: attestation.by)
            }
        }
        let path = DocumentPath(decision.file)
        let isSame: Bool?
        switch path {
        case .grant: isSame = held.isThere ? held.isSame : nil
        case .policy, .person, .issuer, .metadata, .service, .dataClass:
            isSame = restrictions[decision.file]?.sha256.map { $0 == decision.sha256 }
        case .attestation, .attestationSignature, .denial, .outside, .misplaced: return .notReviewable
        }
        guard let isSame else { return .unknownFile }
        guard isSame else {
            // What a plain directory held before is not known. A revoke of it stays until a newer keep, as it does with
            // history; without that, an edit would undo it wherever landing counts as the review.
            if directoryMoment != nil, decision.verdict == .revoke { return nil }
            return .otherBytes
        }
        switch decision.verdict {
        case .revoke: return nil
        case .keep:
            if let fault = eligibility.ageFault(of: attestation, observed: observed) { return fault }
            if path.isProtected {
                return eligibility.fault(
                    keepingProtected: path, described: described(at: decision.file), reviewer: attestation.by)
            }
            // A grant's were judged above.
            return .unreadableFile
        }
    }
}

/// What a decision finds at the path of a grant.
private struct HeldGrant {
    /// Of the path, if it was ever heard of.
    var row: UInt32?
    /// Whether a file is there.
    var isThere = false
    /// Whether it holds the bytes decided on.
    var isSame = false
    /// What it says; looked up only for a `keep` of these bytes, which is judged by it.
    var kept: Grant?
}

extension GrantStore {
    // A method, because an initializer would take a copy of all of this for each of a million decisions.
    fileprivate func held(_ decision: Attestation.Decision) -> HeldGrant {
        var held = HeldGrant()
        guard let row = row(of: decision.file) else { return held }
        held.row = row
        guard records[Int(row)].flags.contains(.present) else { return held }
        held.isThere = true
        held.isSame = holds(row, decision.sha256)
        if held.isSame, decision.verdict == .keep { held.kept = grant(row, prose: false) }
        return held
    }
}
