import GrantModel
import Proxy

/// What `grantctl explain` answers. Its JSON form is stable: every key is always there.
struct ExplainAnswer: Encodable {
    struct Candidate: Encodable {
        var grant: String
        var standing: String
        var why: String
    }

    let verdict: Decision.Verdict
    private let grant: String?
    /// Nil for a plain folder.
    private let commit: String?
    private let until: String?
    private let see: [String]
    private let mask: [String]
    private let reason: String
    private let missing: [String]
    private let candidates: [Candidate]
    /// What the caller would read.
    private let message: String
    private let observed: Bool
    /// The text form where grants were looked at; nil where the answer needs none of them.
    private var candidatesText: String?

    init(_ explanation: Explanation, table: ScopeTable, observed: Bool, text: String) {
        candidatesText = text
        let decision = explanation.decision
        verdict = decision.verdict
        grant = explanation.grant?.text
        commit = table.commit == .none ? nil : table.commit.hex
        // Offline there is no remote to lose: the grant's own end, not that of an unconfirmed table.
        until = decision.verdict == .allow ? decision.entry.map { "\(table.entries[Int($0)].notAfter)" } : nil
        see = explanation.see.map(\.text)
        mask = explanation.mask.map(\.text)
        reason = decision.reason.rawValue
        missing = explanation.missing
        candidates = explanation.candidates.map {
            Candidate(grant: $0.grant.text, standing: $0.standing.rawValue, why: $0.why)
        }
        message = explanation.text
        self.observed = observed
    }

    /// Grants lie below `grants/SERVICE/`, and the service is not there: all of them are quarantined.
    init(withoutService service: String, standings: [GrantStanding], table: ScopeTable) {
        verdict = .deny
        grant = standings.first?.grant.text
        commit = table.commit == .none ? nil : table.commit.hex
        until = nil
        see = []
        mask = []
        reason = Decision.Reason.notInForce.rawValue
        missing = []
        candidates = standings.map {
            Candidate(grant: $0.grant.text, standing: $0.standing.rawValue, why: $0.why)
        }
        message = "the service `\(service)` is not accepted, so nothing on it is in force"
        observed = false
    }

    /// A request that is refused before any grant is looked at.
    init(_ fault: RequestFault, table: ScopeTable) {
        verdict = .deny
        grant = nil
        commit = table.commit == .none ? nil : table.commit.hex
        until = nil
        see = []
        mask = []
        reason = fault.reason
        missing = []
        candidates = []
        message = "\(fault.status): \(fault.message)"
        observed = false
    }

    /// For people.
    var text: String {
        if let candidatesText { return candidatesText }
        var lines = ["\(verdict.rawValue): \(reason)"]
        if let until { lines[0] += ", until \(until)" }
        if observed, verdict != .allow {
            lines.append("the service only observes: the request would pass and be recorded")
        }
        lines += message.split(separator: "\n").map(String.init)
        if !candidates.isEmpty { lines += ["", "grants that name the caller:"] }
        lines += candidates.map { "  \($0.grant)  \($0.standing)  \($0.why)" }
        if !mask.isEmpty {
            lines += ["", "masked: \(mask.joined(separator: ", "))"]
        }
        return lines.joined(separator: "\n")
    }

    private enum CodingKeys: String, CodingKey {
        case verdict, grant, commit, until, see, mask, reason, missing, candidates
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(verdict.rawValue, forKey: .verdict)
        try container.encode(grant, forKey: .grant)
        try container.encode(commit, forKey: .commit)
        try container.encode(until, forKey: .until)
        try container.encode(see, forKey: .see)
        try container.encode(mask, forKey: .mask)
        try container.encode(reason, forKey: .reason)
        try container.encode(missing, forKey: .missing)
        try container.encode(candidates, forKey: .candidates)
    }
}
