import Foundation
import GrantModel

/// Compares a request with what is there, and says how it will be reviewed.
struct RequestCheck {
    let state: AccessState
    let grant: Grant
    let outlook: RequestOutlook
    /// What is no error and yet hardly meant, in sentences.
    let warnings: [String]

    init(
        _ grant: Grant, in state: AccessState, warnings: [String] = [], now: Instant = .clock
    ) throws(CommandFault) {
        let faults = state.faults(of: grant)
        if !faults.isEmpty {
            throw CommandFault(description: "the request is not valid: \(faults.joined(separator: "; "))")
        }
        guard let outlook = state.outlook(for: grant, at: now) else {
            throw CommandFault(
                description:
                    "the service `\(grant.service)` or one of its tiers is not accepted; run `grantctl validate`")
        }
        if let until = grant.until, until <= now {
            throw CommandFault(description: "`until` is in the past; choose a later day")
        }
        self.state = state
        self.grant = grant
        self.outlook = outlook
        self.warnings = warnings
        try refuseDuplicates(now)
    }

    /// An existing grant that gives all of it is to be reviewed again rather than doubled.
    private func refuseDuplicates(_ now: Instant) throws(CommandFault) {
        let others = state.grants(on: grant.service)
        if others.contains(where: { $0.id == grant.id }) {
            throw CommandFault(
                description: "there is a grant `\(grant.id)` already; edit its file to change it, "
                    + "or choose another name with --name")
        }
        for other in others where other.covers(grant) {
            guard let standing = state.standing(ofGrant: other.id, at: now) else { continue }
            let gives = "`\(other.id)` gives all of this already"
            switch standing.standing {
            case .inForce:
                throw CommandFault(
                    description: "\(gives), until \(standing.notAfter.map { "\($0)" } ?? "further notice"); "
                        + "nothing needs to be asked for")
            case .awaitingReview:
                throw CommandFault(
                    description: "\(gives) and waits for review; ask \(Self.names(outlook.eligible)) to review it")
            case .lapsed:
                throw CommandFault(
                    description: "\(gives) and has lapsed; ask \(Self.names(outlook.eligible)) to review it again")
            case .expired, .revoked, .denied, .quarantined: continue
            }
        }
    }

    static func names(_ names: [ByteString]) -> String {
        switch names.count {
        case 0: "somebody"
        case 1: "\(names[0])"
        case _: names.dropLast().map(\.text).joined(separator: ", ") + " or \(names[names.count - 1])"
        }
    }

    /// How many reviewers and why, in lines for people.
    var advice: [String] {
        let count = max(1, outlook.tier.reviewers)
        let eligible =
            outlook.eligible.isEmpty ? "nobody may" : "of " + outlook.eligible.map(\.text).joined(separator: ", ")
        var lines = warnings.map { "warning: \($0)" }
        for tier in outlook.applied {
            lines.append("tier \(tier.name), for \(tier.because.joined(separator: ", "))")
        }
        if outlook.tier.firstReview == .merge {
            lines.append("landing on the main branch is its first review; then every \(outlook.tier.review)")
        } else {
            lines.append(
                "needs \(count == 1 ? "1 reviewer" : "\(count) reviewers") (\(eligible)), "
                    + "again every \(outlook.tier.review)")
        }
        lines += outlook.excluded.map { "not \($0.name): \($0.why)" }
        lines.append("ends \(outlook.ends) at the latest")
        if outlook.tier.firstReview == .attestation, outlook.eligible.count < count {
            lines.append(
                "nobody can put it in force as it is: \(outlook.eligible.count) of \(count) reviewers could sign; "
                    + "ask an admin for more owners of services/\(grant.service).yaml")
        }
        return lines
    }
}
