import Foundation
import GrantModel

/// What a sitting did, as people and programs read it.
struct AttestReport {
    var sitting: SignedSitting
    /// By path, what each `keep` does.
    var effects: [ByteString: KeepEffect]

    func text(on screen: Screen) -> String {
        var lines = sitting.attestation.decisions.map { decision -> String in
            let name = screen.styled(Reviewer.shortName(decision.file), .bold)
            switch decision.verdict {
            case .revoke: return "\(screen.styled("revoked", .red)) \(name): not in force from the merge on"
            case .keep: return "\(screen.styled("kept", .green)) \(name): \(Self.sentence(effects[decision.file]))"
            }
        }
        lines.append("signed \(sitting.path) with \(sitting.key.fingerprint)")
        lines.append(Self.place(of: sitting.submitted))
        // A forge's link to a pull request, often.
        lines += sitting.submitted.remoteSaid.map { "  \($0.printable)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Where the commit is.
    static func place(of submitted: Submitted) -> String {
        let commit = submitted.commit.prefix(10)
        guard let remote = submitted.remote else { return "committed \(commit) on `\(submitted.branch)`, not pushed" }
        return "pushed \(commit) to `\(remote)/\(submitted.branch)`"
    }

    static func sentence(_ effect: KeepEffect?) -> String {
        switch effect {
        case .lasts(let until)?: "in force until \(SpanText.moment(until))"
        case .takesEffect?: "in effect from the merge on"
        case .counts(let there, let needed, let others)?:
            "\(there) of \(needed) reviewers; \(others.isEmpty ? "nobody else may attest it" : "\(others.sentence) can follow")"
        case .nothing(let why)?: "changes nothing, \(why)"
        case .void(let why)?: "void, \(why)"
        case nil: "attested"
        }
    }

    /// Stable: every key is always there.
    var json: String {
        prettyJSON(
            Lines(
                attestation: sitting.path, by: sitting.attestation.by.text, at: "\(sitting.attestation.at)",
                key: sitting.key.fingerprint.text, commit: sitting.submitted.commit, branch: sitting.submitted.branch,
                remote: sitting.submitted.remote, pushed: sitting.submitted.remote != nil,
                decisions: sitting.attestation.decisions.map { decision in
                    Lines.Decision(
                        file: decision.file.text, sha256: decision.sha256.hex, decision: decision.verdict.rawValue,
                        note: decision.note, until: until(decision),
                        effect: decision.verdict == .revoke ? "revoked" : Self.sentence(effects[decision.file]))
                }))
    }

    private func until(_ decision: Attestation.Decision) -> String? {
        guard decision.verdict == .keep, case .lasts(let until)? = effects[decision.file] else { return nil }
        return "\(until)"
    }

    private struct Lines: Encodable {
        struct Decision: Encodable {
            var file: String
            var sha256: String
            var decision: String
            var note: String
            var until: String?
            var effect: String

            private enum CodingKeys: String, CodingKey {
                case file, sha256, decision, note, until, effect
            }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode(file, forKey: .file)
                try container.encode(sha256, forKey: .sha256)
                try container.encode(decision, forKey: .decision)
                try container.encode(note, forKey: .note)
                try container.encode(until, forKey: .until)
                try container.encode(effect, forKey: .effect)
            }
        }

        var attestation: String
        var by: String
        var at: String
        var key: String
        var commit: String
        var branch: String
        var remote: String?
        var pushed: Bool
        var decisions: [Decision]

        private enum CodingKeys: String, CodingKey {
            case attestation, by, at, key, commit, branch, remote, pushed, decisions
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(attestation, forKey: .attestation)
            try container.encode(by, forKey: .by)
            try container.encode(at, forKey: .at)
            try container.encode(key, forKey: .key)
            try container.encode(commit, forKey: .commit)
            try container.encode(branch, forKey: .branch)
            try container.encode(remote, forKey: .remote)
            try container.encode(pushed, forKey: .pushed)
            try container.encode(decisions, forKey: .decisions)
        }
    }
}
