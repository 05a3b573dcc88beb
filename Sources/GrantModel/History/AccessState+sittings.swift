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
        let parsed = read(.attestation, document)
        findings[path] = parsed.diagnostics.isEmpty ? nil : parsed.diagnostics
        guard case .attestation(let attestation)? = parsed.document else { return }

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
        for decision in attestation.decisions {
            let fault = void ?? fault(of: decision, in: attestation, observed: observed, eligibility: eligibility)
            var review = Review(sitting: index, sha256: decision.sha256, verdict: decision.verdict, void: fault)
            if decision.verdict == .revoke, fault == .otherBytes || fault == .unknownFile {
                review.stopsFormerBytes = formerBytes[decision.file]?[decision.sha256] != nil
            }
            if fault == nil, decision.verdict == .keep, let grant = grants[decision.file]?.grant {
                review.undecided = eligibility.undecided(grant, reviewer: attestation.by)
            }
            reviews[decision.file, default: []].append(review)
            note(review, of: decision.file)
        }
    }

    /// Remembers what was revoked by its bytes, so that another name does not bring it back.
    private mutating func note(_ review: Review, of path: ByteString) {
        guard review.verdict == .revoke, case .grant(_, let service) = DocumentPath(path) else { return }
        // A plain directory does not say what a file that is gone held, so the revoke is believed.
        guard review.void == nil || review.stopsFormerBytes || (directoryMoment != nil && review.void == .unknownFile)
        else { return }
        // Bytes that left the file before the revoke came may have been moved just then.
        let left = review.stopsFormerBytes ? formerBytes[path]?[review.sha256] : nil
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
                        ? landing.ordinal >= revoke.from : grants[revoke.path] == nil)
            }.map(\.review)
        }
    }

    /// The person that a file is about as it is now, accepted or not.
    private func described(at path: ByteString) -> Person? {
        switch restrictions[path]?.condition {
        case .pending(.person(let person))?: person
        case .accepted?: if case .person(let name) = DocumentPath(path) { accepted.people[name] } else { nil }
        case .pending?, .broken?, .refused?, .removed?, nil: nil
        }
    }

    private func fault(
        of decision: Attestation.Decision, in attestation: Attestation, observed: Instant, eligibility: Eligibility
    ) -> VoidReason? {
        let path = DocumentPath(decision.file)
        let held: Digest?
        switch path {
        case .grant: held = grants[decision.file]?.sha256
        case .policy, .person, .issuer, .service, .dataClass: held = restrictions[decision.file]?.sha256
        case .attestation, .attestationSignature, .denial, .outside, .misplaced: return .notReviewable
        }
        guard let held else { return .unknownFile }
        guard held == decision.sha256 else {
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
            guard let grant = grants[decision.file]?.grant else { return .unreadableFile }
            return eligibility.fault(keeping: grant, reviewer: attestation.by)
        }
    }
}
