/// Wording of why a decision does not count.
enum VoidText {
    /// One sentence, lower case, without a full stop.
    static func sentence(_ reason: VoidReason, review: Review, sitting: Sitting, at place: ByteString) -> String {
        let verdict = review.verdict.rawValue
        return
            "\(sitting.by)'s \(verdict) of \(sitting.effective.day) (\(place)) is void: \(why(reason, by: sitting.by))"
    }

    static func why(_ reason: VoidReason, by person: ByteString) -> String {
        switch reason {
        case .unsigned: "there is no signature beside it"
        case .badSignature(let message): "its signature is not valid: \(message)"
        case .alteredAfterSigning(let origin, let signed):
            "re-dated or edited after it was signed: its signature is that of \(origin) as signed on \(signed.day)"
        case .otherRepository(let name, let expected):
            "it was signed for `\(name)`, and this repository is `\(expected)`"
        case .noPolicy: "no policy was in effect when it came"
        case .unknownPerson: "there was no people/\(person).yaml when it came"
        case .unknownKey: "signed with a key that was not in people/\(person).yaml when it came"
        case .keyOfSameCommit: "signed with a key that was added in the same commit"
        case .keyRetired(let since): "signed with a key retired on \(since.day)"
        case .keyCompromised(let since): "signed with a key compromised since \(since.day)"
        case .stockpiled(let age, let within):
            "stockpiled: signed \(age) before it was first seen, and at most \(within) count"
        case .datedAhead(let ahead):
            "dated ahead: \(ahead) after it was first seen, and at most \(Eligibility.mostAhead) count"
        case .replayed(let origin, let observed):
            "replayed: the same sitting was first seen on \(observed.day) as \(origin), and counts once, from then"
        case .unknownFile: "there was no such file when it came"
        case .otherBytes: "the file held other bytes when it came"
        case .unreadableFile: "the file could not be read when it came"
        case .notReviewable: "files of this kind are not attested"
        case .unknownService(let service): "there was no service `\(service)` before the commit that brought it"
        case .notOwner(let service): "\(person) was not an owner of `\(service)` before the commit that brought it"
        case .accountable: "\(person) is the one accountable for the grant"
        case .sameHumanAsAccountable(let by): "\(person) and \(by), who is accountable, are one person"
        case .receivesAccess: "the grant gives access to \(person)"
        case .notAdmin: "\(person) was not an admin before the commit that brought it"
        case .describesReviewer: "the file describes \(person)"
        }
    }
}

extension VoidReason {
    /// The name of the diagnostic for a whole sitting; where `Validation` finds the same, its name.
    var code: String {
        switch self {
        case .unsigned: "missing-signature"
        case .otherRepository: "wrong-repository"
        case .alteredAfterSigning: "altered-sitting"
        case .replayed: "replayed-sitting"
        case .badSignature, .noPolicy, .unknownPerson, .unknownKey, .keyOfSameCommit, .keyRetired, .keyCompromised,
            .stockpiled, .datedAhead, .unknownFile, .otherBytes, .unreadableFile, .notReviewable, .unknownService,
            .notOwner,
            .accountable, .sameHumanAsAccountable, .receivesAccess, .notAdmin, .describesReviewer:
            "void-sitting"
        }
    }
}

/// Wording of why a grant cannot be judged at all.
enum GrantFaultText {
    static func unreadable(_ findings: [Diagnostic]) -> String {
        guard let first = findings.first(where: { $0.severity == .error }) else { return "the file cannot be read" }
        return first.line > 0 ? "line \(first.line): \(first.message)" : first.message
    }
}

/// Wording of a grant's standing.
enum StandingText {
    /// One sentence, lower case, without a full stop.
    static func why(_ assessment: Assessment, at now: Instant) -> String {
        let voids = assessment.voids.isEmpty ? "" : "; " + assessment.voids.joined(separator: "; ")
        switch assessment.basis {
        case .quarantined(let why): return why
        case .denied(let name, let why): return "denied/\(name).yaml: \(why)"
        case .revoked(let by, let at, let path, let ofTheseBytes):
            let base = "\(by) revoked it on \(at.day) (\(path))"
            return (ofTheseBytes ? base : base + ", and no newer keep covers what it says now") + voids
        case .awaitingReview, .kept, .merged: break
        }
        switch assessment.standing(at: now) {
        case .expired:
            if assessment.endsByUntil { return "its `until` ended at \(assessment.expires)" }
            let longest = assessment.tier?.longest.description ?? ""
            return "landed on \(assessment.landed.day), and its tier allows \(longest), until \(assessment.expires)"
        case .lapsed: return "\(review(assessment)), which counted until \(assessment.reviewEnds ?? now)" + voids
        case .inForce: return review(assessment)
        case .awaitingReview:
            let needed = assessment.tier?.reviewers ?? 1
            let kept = assessment.attestedBy
            let count =
                kept.isEmpty
                ? (needed > 1 ? "nobody attested these bytes, and \(needed) must" : "nobody attested these bytes")
                : "attested by \(kept.listed) only, and \(needed) must"
            return count + voids
        case .denied, .revoked, .quarantined: return ""
        }
    }

    private static func review(_ assessment: Assessment) -> String {
        switch assessment.basis {
        case .merged: "landing on \(assessment.landed.day) counted as its review"
        default: "attested by \(assessment.attestedBy.listed)"
        }
    }
}

extension Instant {
    /// `2026-11-20`, the UTC day.
    var day: String { String(description.prefix(10)) }
}

extension [ByteString] {
    /// `tom`, `ines and tom`, `ines, maria and tom`.
    var listed: String {
        guard let last else { return "nobody" }
        guard count > 1 else { return last.text }
        return dropLast().map(\.text).joined(separator: ", ") + " and " + last.text
    }
}
