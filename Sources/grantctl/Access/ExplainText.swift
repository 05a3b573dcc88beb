import Foundation
import GrantModel
import Proxy
import Reconciler

/// Why a call would be allowed or refused, for people: candidate by candidate, with file and line.
struct ExplainText {
    let explanation: Explanation
    let repository: OfflineRepository
    /// An index into the table's services.
    let service: Int
    let caller: Caller
    let facts: RequestFacts
    let style: TextStyle

    var rendered: String {
        let decision = explanation.decision
        var lines = [heading]
        if repository.table.services[service].mode == .observe, decision.verdict != .allow {
            lines.append(style.warning("the service only observes: the request would pass and be recorded"))
        }
        if decision.verdict != .allow { lines += explanation.text.split(separator: "\n").map(String.init) }
        lines += [
            "", style.dim("caller    \(callerText)"), style.dim("request   \(requestText)"),
            style.dim("judged    \(judged)"),
        ]
        if let denial = explanation.denial { lines += [""] + self.denial(denial) }
        for candidate in explanation.candidates { lines += [""] + self.candidate(candidate) }
        if explanation.candidates.isEmpty, explanation.denial == nil { lines += nearest }
        if !explanation.mask.isEmpty {
            lines += [
                "",
                "protected on `\(repository.table.services[service].name)`: \(explanation.mask.map(\.text).joined(separator: ", "))",
            ]
        }
        return lines.joined(separator: "\n")
    }

    private var heading: String {
        let decision = explanation.decision
        var text = "\(decision.verdict.rawValue): \(decision.reason.rawValue)"
        if decision.verdict == .allow, let entry = decision.entry {
            // Offline there is no remote to lose: the grant's own end, not that of an unconfirmed table.
            text +=
                ", until \(repository.table.entries[Int(entry)].notAfter), by \(repository.table.entries[Int(entry)].grant)"
            return style.bold(style.gain(text))
        }
        return style.bold(style.loss(text))
    }

    private var callerText: String {
        var parts = ["issuer \(shown(caller.issuer))"]
        if !caller.subject.isEmpty { parts.append("sub \(shown(caller.subject))") }
        if let email = caller.email { parts.append("email \(shown(email))") }
        if !caller.groups.isEmpty { parts.append("groups \(caller.groups.map(shown).joined(separator: " "))") }
        if !caller.roles.isEmpty { parts.append("roles \(caller.roles.map(shown).joined(separator: " "))") }
        for (name, value) in caller.claims.sorted(by: { $0.key < $1.key }) {
            parts.append("\(shown(name)) \(shown(value))")
        }
        return parts.joined(separator: ", ")
    }

    private var requestText: String {
        var parts = ["\(shown(facts.method)) \(shown(facts.path))"]
        for attribute in ScopeAttribute.allCases {
            let names = facts.names[attribute]
            if !names.isEmpty { parts.append("\(attribute.rawValue) \(names.map(shown).joined(separator: " "))") }
        }
        if let tokens = facts.maxTokens { parts.append("max_tokens \(tokens)") }
        for field in facts.unknownFields { parts.append("unknown field \(shown(field))") }
        for field in facts.ungrantable { parts.append("ungrantable \(shown(field))") }
        return parts.joined(separator: ", ")
    }

    private var judged: String {
        let commit = repository.table.commit
        return "at \(repository.now)"
            + (commit == .none ? ", a folder without history" : ", commit \(commit.hex.prefix(12))")
    }

    private func shown(_ name: ByteString) -> String { RecordedCallsText.shown(name) }

    /// `grants/claude/x.yaml:4`
    private func place(_ path: ByteString, _ line: Int?) -> String { path.text + (line.map { ":\($0)" } ?? "") }

    private func denial(_ denial: Denial) -> [String] {
        let path = ByteString("denied/\(denial.name).yaml")
        let places = repository.bytes(ofAccepted: path).map { DocumentPlaces($0) }
        let index = denial.to.firstIndex { $0.matches(caller) }
        return [
            style.bold(path.text) + "  stops the caller, whatever grants say",
            "  \(place(path, index.flatMap { places?.line(ofCondition: $0) }))  "
                + (index.map { denial.to[$0].text } ?? ""),
        ]
    }

    private func candidate(_ candidate: Explanation.Candidate) -> [String] {
        let places = repository.bytes(of: candidate.path, blob: candidate.blob).map { DocumentPlaces($0) }
        var standing = candidate.standing.rawValue
        if candidate.standing == .inForce, let end = candidate.notAfter { standing += " until \(end)" }
        var rows: [(place: String, text: String)] = []
        for index in candidate.named {
            guard let document = candidate.document, document.to.indices.contains(index) else { continue }
            rows.append(
                (
                    place(candidate.path, places?.line(ofCondition: index)),
                    "names the caller: \(document.to[index].text)"
                ))
        }
        if let document = candidate.document { rows += scope(candidate, document, places) }
        if candidate.attestations.isEmpty || candidate.standing != .inForce {
            let line = candidate.standing == .expired ? places?.line(of: "until") : nil
            rows.append((place(candidate.path, line), "\(candidate.standing.rawValue): \(candidate.standingWhy)"))
        }
        for attestation in candidate.attestations {
            let bytes = repository.bytes(ofAttestation: attestation)
            let line = bytes.flatMap { DocumentPlaces($0).line(ofDecisionOn: candidate.path) }
            rows.append(
                (
                    place(attestation, line),
                    "kept by \(repository.state.signer(ofAttestation: attestation)?.text ?? "?")"
                ))
        }
        let width = rows.map(\.place.count).max() ?? 0
        return ["\(style.bold(candidate.grant.text))  \(standing)"]
            + rows.map { row in
                "  " + style.dim(row.place) + String(repeating: " ", count: width - row.place.count) + "  " + row.text
            }
    }

    /// What the request asks for, field by field, against what the grant gives.
    private func scope(
        _ candidate: Explanation.Candidate, _ grant: Grant, _ places: DocumentPlaces?
    ) -> [(place: String, text: String)] {
        var rows: [(place: String, text: String)] = []
        func add(_ field: String, _ gives: String) {
            let lacks = candidate.lacks.filter { $0.field == field }
            let text =
                lacks.isEmpty
                ? "\(field): \(gives)"
                : style.loss("\(field): \(gives), not \(lacks.map { value($0) }.joined(separator: ", "))")
            rows.append((place(candidate.path, places?.line(of: "can.\(field)")), text))
        }
        switch repository.table.services[service].kind {
        case .anthropic:
            for attribute in ScopeAttribute.allCases where !facts.names[attribute].isEmpty {
                let given = grant.can.names[attribute]
                let patterns = (given ?? attribute.allowedByDefault).map(\.text.text).joined(separator: ", ")
                add(attribute.rawValue, (patterns.isEmpty ? "none" : patterns) + (given == nil ? " (default)" : ""))
            }
            if facts.maxTokens != nil {
                add("max_tokens", grant.can.maxTokens.map { "up to \($0)" } ?? "any (default)")
            }
        case .http: add("routes", grant.can.routes.map { "\($0.method) \($0.path)" }.joined(separator: ", "))
        case .mcp: break
        }
        for lack in candidate.lacks where lack.field.isEmpty {
            rows.append((candidate.path.text, style.loss("no grant allows \(lack.text)")))
        }
        return rows
    }

    /// `models: claude-opus-4-1` without the field's name.
    private func value(_ lack: Explanation.Lack) -> String {
        lack.text.hasPrefix(lack.field + ": ") ? String(lack.text.dropFirst(lack.field.count + 2)) : lack.text
    }

    private var nearest: [String] {
        let near = repository.table.nearlyNaming(caller, service: service, at: repository.now, limit: 3)
        guard !near.isEmpty else { return [] }
        return ["", "nearest:"]
            + near.map { grant in
                let places = repository.bytes(of: grant.path, blob: grant.blob).map { DocumentPlaces($0) }
                return "  \(style.dim(place(grant.path, places?.line(ofCondition: grant.index))))  "
                    + "asks for \(grant.lacking.joined(separator: ", ")) (\(grant.standing.rawValue))"
            }
    }
}

extension OfflineRepository {
    /// A sitting's bytes as they were judged.
    func bytes(ofAttestation path: ByteString) -> [UInt8]? {
        state.blob(ofAttestation: path).flatMap { bytes(of: path, blob: $0) }
    }

    /// The bytes of a file that restricts, where the accepted version is the one that lies there.
    func bytes(ofAccepted path: ByteString) -> [UInt8]? {
        guard let digest = state.digest(ofAccepted: path), let bytes = bytes(at: path),
            Digest.sha256(of: bytes) == digest
        else { return nil }
        return bytes
    }

    private func bytes(at path: ByteString) -> [UInt8]? {
        switch place {
        case .folder(let folder): FileManager.default.contents(atPath: "\(folder)/\(path)").map { [UInt8]($0) }
        case .repository(let repository): repository.bytes(at: path, in: state.commit)
        }
    }
}
