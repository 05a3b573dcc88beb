import GrantModel

/// What is said about a change of access, in text and Markdown alike.
enum DiffWording {
    /// `in force until 2027-02-20T00:00:00Z`
    static func standing(_ side: AccessDifference.Side) -> String {
        switch side.standing {
        case .inForce: "in force" + (side.notAfter.map { " until \($0)" } ?? "")
        case .awaitingReview: "awaits review"
        case .lapsed: "lapsed"
        case .expired: "expired"
        case .revoked: "revoked"
        case .denied: "denied"
        case .quarantined: "quarantined"
        }
    }

    /// What became of the grant, with why it stands as it does.
    static func standing(_ change: AccessDifference.GrantChange) -> String {
        switch (change.before, change.after) {
        case (let before?, nil): "gone; it was \(standing(before))"
        case (nil, let after?): "\(standing(after)): \(after.why)"
        case (let before?, let after?):
            if before.standing == after.standing, before.notAfter == after.notAfter || before.standing != .inForce {
                "\(standing(after)), as before: \(after.why)"
            } else {
                "\(standing(after)) (before: \(standing(before))): \(after.why)"
            }
        case (nil, nil): ""
        }
    }

    static func file(_ change: AccessDifference.FileChange) -> String {
        switch change {
        case .added: "added"
        case .changed: "changed"
        case .removed: "removed"
        case .untouched: "untouched"
        case .reviewed: "reviewed"
        case .moved(let from): "moved from \(from)"
        }
    }

    /// Whether a grant came into force and gives nobody anything new.
    static func isCovered(_ change: AccessDifference.GrantChange) -> Bool {
        change.after?.standing == .inForce && change.before?.standing != .inForce && change.onLanding.isEmpty
    }

    static let covered = "gives nobody anything new: other grants in force give all of it"

    /// Which tiers apply, where that is new or changes; nil where it does not.
    static func tier(_ change: AccessDifference.GrantChange) -> String? {
        guard let after = change.after, let tier = after.tier else { return nil }
        guard let before = change.before, let former = before.tier else {
            return
                "tier \(names(after.tiers)): \(tier.reviewers) reviewer\(tier.reviewers == 1 ? "" : "s"), review \(tier.review), longest \(tier.longest)"
        }
        guard before.tiers != after.tiers || tier != former else { return nil }
        var parts: [String] = []
        func compare(_ name: String, _ then: some CustomStringConvertible & Equatable, _ now: String) {
            if "\(then)" != now { parts.append("\(name) \(now) instead of \(then)") }
        }
        compare("reviewers", former.reviewers, "\(tier.reviewers)")
        compare("review", former.review, "\(tier.review)")
        compare("longest", former.longest, "\(tier.longest)")
        compare("stale", former.stale, "\(tier.stale)")
        compare("first review by", former.firstReview.rawValue, tier.firstReview.rawValue)
        let names =
            before.tiers == after.tiers ? names(after.tiers) : "\(names(after.tiers)) instead of \(names(before.tiers))"
        return "tier \(names)" + (parts.isEmpty ? "" : ": " + parts.joined(separator: ", "))
    }

    private static func names(_ tiers: [ByteString]) -> String { tiers.map(\.text).joined(separator: " + ") }

    /// `models claude-opus-*, claude-haiku-*; max_tokens 8192 instead of 4096`, each value as `quote` shows it.
    static func capabilities(_ capabilities: [Capability], quote: (String) -> String = { $0 }) -> String {
        var fields: [(name: String, values: [String])] = []
        for capability in capabilities {
            var value = quote(capability.value)
            if let instead = capability.instead {
                value += " instead of \(quote(instead))"
            } else if case .maxTokens = capability {
                value = "up to \(value)"
            }
            if let place = fields.firstIndex(where: { $0.name == capability.field }) {
                fields[place].values.append(value)
            } else {
                fields.append((capability.field, [value]))
            }
        }
        return fields.map { "\($0.name) \($0.values.joined(separator: ", "))" }.joined(separator: "; ")
    }

    /// One sentence: which way it goes, now and later.
    static func verdict(_ difference: AccessDifference) -> String {
        switch (difference.verdict, difference.onLanding) {
        case (.same, _):
            difference.grants.contains { $0.onLanding.contains(where: \.isRenewal) }
                ? "same: nobody gains or loses access; reviews make some of it last longer"
                : "same: nobody gains or loses access"
        case (.narrows, _): "narrows: somebody loses access, and nobody gains any"
        case (.widens, .widens): "widens: somebody gains access as soon as this lands"
        case (.widens, .narrows): "widens once it is reviewed; until then somebody loses access"
        case (.widens, .same): "widens once it is reviewed; until then nothing changes"
        }
    }

    /// What a merge cannot be asked about beforehand.
    static func contested(_ paths: [ByteString]) -> String {
        "changed on both sides, judged as it is on the branch: " + paths.map(\.text).joined(separator: ", ")
    }
}
