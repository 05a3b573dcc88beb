/// The text that the caller of a refused request reads. All wording is here.
///
/// Several short lines: what was missing, the nearest grant, what to do about it. Names that come from the request are in
/// backticks, with control characters visible, cut at 200 bytes. Commands are meant to be pasted into a shell inside a
/// clone of the grants repository; nothing that comes from the request goes into one.
struct RefusalText {
    let table: ScopeTable
    let service: Service
    let caller: Caller
    let decision: Decision
    /// An index into the table's entries.
    let nearest: Int?
    let missing: [MissingItem]
    let denial: Denial?
    let clock: DecisionClock

    var rendered: String {
        var lines = decision.verdict == .allow ? allowed : refused
        if service.observes(decision) {
            lines.append("`\(service.name)` only observes: the request is recorded and passes all the same.")
        }
        return lines.joined(separator: "\n")
    }

    private var allowed: [String] {
        guard let nearest else { return [] }
        let entry = table.entries[nearest]
        return ["allowed by \(entry.grant) (\(place(nearest))) until \(decision.until)."]
    }

    private var refused: [String] {
        if let denial {
            return [
                "grantctl refused this request: denied/\(denial.name).yaml stops this caller (\(who)): \(oneLine(denial.why))",
                "it holds for every grant until that file is removed; ask \(people(table.admins, else: "an admin")) of \(repository).",
            ]
        }
        guard let nearest else { return noGrant }
        let assessment = table.assessment(nearest)
        switch decision.reason {
        case .stale where assessment.standing(at: clock.now) == .inForce: return stale(nearest, assessment)
        case .allowed, .noTable, .noGrant, .notInForce, .beyondScope, .denied, .stale, .unknownField:
            return assessment.standing(at: clock.now) == .inForce
                ? beyond(nearest, assessment) : notInForce(nearest, assessment)
        }
    }

    // MARK: No grant

    private var noGrant: [String] {
        [
            "grantctl refused this request: no grant on `\(service.name)` names this caller (\(who)).",
            "to ask for access, in a clone of \(repository):",
            "  grantctl request --service \(service.name) --name \(suggestedName)",
            "it asks for the rest, writes a grant and pushes it for a pull request; \(people(service.owners, else: "an owner of \(service.name)")) can attest it.",
        ]
    }

    /// A file name made of the caller's own name: lower-case letters, digits and `-` only, whatever the token says.
    private var suggestedName: String {
        let source = caller.email ?? caller.subject
        var name: [UInt8] = []
        for byte in source.bytes.prefix(while: { $0 != 0x40 }) {
            let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            let fits = (lower >= 0x61 && lower <= 0x7A) || (lower >= 0x30 && lower <= 0x39)
            if fits { name.append(lower) } else if !name.isEmpty, name.last != 0x2D { name.append(0x2D) }
            if name.count == 40 { break }
        }
        while name.last == 0x2D { name.removeLast() }
        return name.isEmpty ? "new-grant" : String(decoding: name, as: UTF8.self)
    }

    // MARK: Beyond the scope

    private func beyond(_ nearest: Int, _ assessment: Assessment) -> [String] {
        let entry = table.entries[nearest]
        let grantable = missing.filter(\.isGrantable)
        var lines = ["grantctl refused this request: \(lack)"]
        let end = assessment.notAfter.map { ", in force until \($0)" } ?? ""
        lines.append("nearest grant: \(entry.grant) (\(place(nearest)))\(end); \(allows(nearest))")
        lines += requestHints
        if !grantable.isEmpty {
            lines.append("to ask for it, \(changes(grantable)), in a clone of \(repository):")
            lines += ScopeLines(missing: grantable, scope: table.grant(nearest)?.can).rendered
            lines.append(editCommand(entry))
            lines.append("then open a pull request; the new bytes need a keep of \(owners(nearest)).")
        }
        return lines
    }

    private var lack: String {
        let names = missing.filter(\.isGrantable)
        if names.isEmpty { return "it holds fields that no grant can allow here." }
        let shown = names.prefix(8).map { $0.ticked }.joined(separator: ", ")
        return "no grant in force allows \(shown)" + (names.count > 8 ? " and \(names.count - 8) more." : ".")
    }

    private var requestHints: [String] {
        unknownHint + otherHints
    }

    /// One line that lets all unknown fields pass, so that no pull request is followed by another.
    private var unknownHint: [String] {
        var names: [ByteString] = []
        for case .unknownField(let name) in missing { names.append(name) }
        guard let first = names.first else { return [] }
        let (fields, them) =
            names.count == 1
            ? ("the field \(Quoted.ticked(first))", "it")
            : ("the fields \(names.map { Quoted.ticked($0) }.joined(separator: ", "))", "them")
        return [
            "leave out \(fields): this version does not know \(them). an owner can let \(them) pass with one line in services/\(service.name).yaml: `\(passLine(names))` (or `unknown_fields: record` for every such field)."
        ]
    }

    private var otherHints: [String] {
        missing.compactMap { item in
            switch item {
            case .ungrantable(let name):
                "leave out \(Quoted.ticked(name)): no grant can name what it refers to."
            case .field(let rule):
                "send a JSON body in which \(Quoted.ticked(rule.name)) is \(listed(rule.values.map { Quoted.plain($0.text) }))."
            case .name, .operation, .limit, .open, .route, .mcp, .unknownField: nil
            }
        }
    }

    private func passLine(_ unknown: [ByteString]) -> String {
        let names = service.passFields + unknown
        return "pass_fields: [\(names.map(ScopeLines.scalar).joined(separator: ", "))]"
    }

    private func allows(_ nearest: Int) -> String {
        guard let grant = table.grant(nearest) else { return "it cannot be read." }
        var parts: [String] = []
        for attribute in attributesToShow {
            if let patterns = grant.can.names[attribute] {
                parts.append("\(attribute.rawValue): " + listed(patterns.map { $0.text.text }))
            } else {
                let byDefault = grant.can.patterns(of: attribute)
                parts.append(
                    "\(attribute.rawValue): "
                        + (byDefault.isEmpty ? "none" : listed(byDefault.map { $0.text.text }) + " by default"))
            }
        }
        for case .limit(let limit, _, let allowed) in missing { parts.append("\(limit.rawValue): up to \(allowed)") }
        if service.kind == .http {
            parts.append("routes: " + listed(grant.can.routes.map { "\($0.method) \($0.path)" }))
        }
        return parts.isEmpty ? "it names you." : "it allows " + parts.joined(separator: "; ") + "."
    }

    private var attributesToShow: [ScopeAttribute] {
        ScopeAttribute.allCases.filter { attribute in
            missing.contains { item in
                switch item {
                case .name(attribute, _): true
                case .open(attribute): true
                default: false
                }
            }
        }
    }

    private func changes(_ items: [MissingItem]) -> String {
        var parts: [String] = []
        for attribute in attributesToShow {
            let names = items.compactMap { item -> String? in
                if case .name(attribute, let name) = item { Quoted.ticked(name) } else { nil }
            }
            if names.isEmpty { continue }
            parts.append("add \(names.prefix(8).joined(separator: ", ")) to `can.\(attribute.rawValue)`")
        }
        for item in items {
            switch item {
            case .limit(let limit, .max, _): parts.append("take `\(limit.rawValue)` out of `can`, or ask for less")
            case .limit(let limit, let asked, _): parts.append("raise `can.\(limit.rawValue)` to `\(asked)`")
            case .open(let attribute):
                let field = attribute == .geo ? "inference_geo" : "service_tier"
                parts.append(
                    "name `\(field)` in the request, or add `\(attribute.nameOfNothing)` to `can.\(attribute.rawValue)`"
                )
            case .field: parts.append("change `can.fields`")
            case .route(let method, let path):
                parts.append("add `\(Quoted.plain(method)) \(Quoted.plain(path))` to `can.routes`")
            case .operation: parts.append("name the operation in `can.operations`")
            case .name, .unknownField, .ungrantable, .mcp: break
            }
        }
        return parts.joined(separator: " and ")
    }

    // MARK: Not in force

    private func notInForce(_ nearest: Int, _ assessment: Assessment) -> [String] {
        let entry = table.entries[nearest]
        let why = oneLine(StandingText.why(assessment, at: clock.now))
        var lines = [
            "grantctl refused this request: no grant in force on `\(service.name)` allows it.",
            "nearest grant: \(entry.grant) (\(place(nearest))) \(state(assessment)): \(why).",
        ]
        let grantable = missing.filter(\.isGrantable)
        if !grantable.isEmpty {
            lines.append("it would not allow " + grantable.prefix(8).map(\.ticked).joined(separator: ", ") + " either.")
        }
        lines += requestHints
        lines += remedy(nearest, assessment)
        return lines
    }

    private func state(_ assessment: Assessment) -> String {
        switch assessment.standing(at: clock.now) {
        case .lapsed: "lapsed on \((assessment.reviewEnds ?? clock.now).day)"
        case .expired: "expired on \(assessment.expires.day)"
        case .awaitingReview: "awaits review"
        case .revoked: "was revoked"
        case .denied: "is denied"
        case .quarantined: "is quarantined"
        case .inForce: "is in force"
        }
    }

    private func remedy(_ nearest: Int, _ assessment: Assessment) -> [String] {
        let entry = table.entries[nearest]
        switch assessment.standing(at: clock.now) {
        case .lapsed, .awaitingReview:
            return [
                "ask \(owners(nearest)) to review it, in a clone of \(repository):",
                "  git pull && grantctl review \(entry.grant)",
            ]
        case .expired:
            let change = assessment.endsByUntil ? "move `until`" : "renew it by changing the file, `why` for instance"
            return [
                "to ask for it again, \(change), in a clone of \(repository):", editCommand(entry),
                "then open a pull request; the new bytes need a keep of \(owners(nearest)).",
            ]
        case .revoked:
            return [
                "to ask for it again, change the file, in a clone of \(repository):", editCommand(entry),
                "then open a pull request; the new bytes need a keep of \(owners(nearest)), signed after the revocation.",
            ]
        case .denied:
            return [
                "it holds until that file is removed; ask \(people(table.admins, else: "an admin")) of \(repository)."
            ]
        case .quarantined:
            return ["to mend it, in a clone of \(repository):", editCommand(entry)]
        case .inForce: return []
        }
    }

    private func stale(_ nearest: Int, _ assessment: Assessment) -> [String] {
        [
            "grantctl refused this request: the gateway last reached \(repository) at \(clock.confirmed), and access by \(table.entries[nearest].grant) (\(place(nearest))) outlives that by \(assessment.staleText) at most.",
            "there is nothing to ask for: tell whoever runs the gateway that it cannot reach the repository.",
        ]
    }

    // MARK: Parts

    private func editCommand(_ entry: ScopeTable.Entry) -> String {
        let name = entry.grant.bytes.split(separator: 0x2F).last.map { String(decoding: $0, as: UTF8.self) } ?? "grant"
        return "  git switch -c ask/\(name) && ${EDITOR:-vi} \(entry.path) && git commit -a && git push -u origin HEAD"
    }

    private func place(_ entry: Int) -> String {
        let commit = table.commit.hex.prefix(12)
        return commit.isEmpty ? table.entries[entry].path.text : "\(table.entries[entry].path) at \(commit)"
    }

    private var repository: String { table.policyName.isEmpty ? "the grants repository" : table.policyName.text }

    private var who: String {
        var parts = ["issuer \(Quoted.ticked(caller.issuer))", "subject \(Quoted.ticked(caller.subject))"]
        if let email = caller.email { parts.append("email \(Quoted.ticked(email))") }
        if !caller.groups.isEmpty { parts.append("groups " + listed(caller.groups.prefix(8).map { Quoted.plain($0) })) }
        return parts.joined(separator: ", ")
    }

    /// Owners of the service who may attest the grant, and how many must.
    private func owners(_ nearest: Int) -> String {
        let by = table.grant(nearest)?.by
        let names = people(service.owners.filter { $0 != by }, else: "an owner of \(service.name)")
        let needed = table.assessment(nearest).tier?.reviewers ?? 1
        return needed > 1 ? "\(needed) of \(names)" : names
    }

    private func people(_ names: [ByteString], else fallback: String) -> String {
        guard let last = names.last else { return fallback }
        guard names.count > 1 else { return last.text }
        return names.dropLast().map(\.text).joined(separator: ", ") + " or " + last.text
    }

    private func listed(_ names: [String]) -> String {
        let shown = names.prefix(12).map { "`\($0)`" }.joined(separator: ", ")
        return names.count > 12 ? "\(shown) and \(names.count - 12) more" : shown
    }

    /// Prose from a document may span lines.
    private func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}

extension MissingItem {
    /// Whether some grant could allow it.
    fileprivate var isGrantable: Bool {
        switch self {
        case .name, .operation, .limit, .open, .route, .field: true
        case .unknownField, .ungrantable, .mcp: false
        }
    }

    /// `models: ‹name in backticks›`
    fileprivate var ticked: String {
        switch self {
        case .name(let attribute, let name): "\(attribute.rawValue): \(Quoted.ticked(name))"
        case .limit(let limit, .max, let allowed): "\(limit.rawValue): no limit (up to \(allowed))"
        case .limit(let limit, let asked, let allowed): "\(limit.rawValue): `\(asked)` (up to \(allowed))"
        case .route(let method, let path): "routes: `\(Quoted.plain(method)) \(Quoted.plain(path))`"
        case .field(let rule): "fields: \(Quoted.ticked(rule.name))"
        case .operation, .open, .unknownField, .ungrantable, .mcp: text
        }
    }
}
