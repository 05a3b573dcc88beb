import GrantModel

/// A literal model of the rules: reads the documents of every commit straight, for every question anew, and shares
/// nothing with the history's state or the compiled table but the parser and the meaning of one pattern.
struct NaiveEvaluator {
    struct Standing {
        var grant: Grant
        var from: Instant
        var to: Instant
        var stale: Span
    }

    private struct Seen {
        var attestation: Attestation
        var blob: [UInt8]
        var observed: Instant
        var index: Int
        var digest: Digest
    }

    let history: HistoryRepository
    private let documents: [[ByteString: Document]]
    /// What restricts after each commit.
    private let accepted: [[ByteString: Document]]

    init(_ history: HistoryRepository) {
        self.history = history
        var cache: [FileContent: Document?] = [:]
        documents = history.commits.map { commit in
            commit.tree.compactMapValues { file in
                if let known = cache[file] { return known }
                let document = ParsedDocument(path: DocumentPath(file.path), file: file).document
                cache[file] = .some(document)
                return document
            }
        }
        var all: [[ByteString: Document]] = []
        var versions: Int64 = -1
        for (index, commit) in history.commits.enumerated() {
            var state: [ByteString: Document] = [:]
            let before = all.last ?? [:]
            for (path, document) in before where commit.tree[path] != nil || path == "policy.yaml" {
                state[path] = document
            }
            for (path, document) in documents[index] {
                switch document {
                case .grant, .attestation: continue
                case .policy(let policy):
                    if policy.version > versions {
                        versions = policy.version
                        state[path] = document
                    }
                case .person, .issuer, .service, .dataClass, .denial: state[path] = document
                }
            }
            all.append(state)
        }
        accepted = all
    }

    private var now: [ByteString: Document] { accepted.last ?? [:] }

    private func policy(_ state: [ByteString: Document]) -> Policy? {
        if case .policy(let policy)? = state["policy.yaml"] { policy } else { nil }
    }
    private func person(_ name: ByteString, _ state: [ByteString: Document]) -> Person? {
        if case .person(let person)? = state[ByteString("people/\(name).yaml")] { person } else { nil }
    }
    private func service(_ name: ByteString, _ state: [ByteString: Document]) -> Service? {
        if case .service(let service)? = state[ByteString("services/\(name).yaml")] { service } else { nil }
    }

    /// Every sitting with a valid signature in every commit, each the first time it appears.
    private func sittings() -> [Seen] {
        var seen: [Seen] = []
        for (index, commit) in history.commits.enumerated() {
            for (path, file) in commit.tree.sorted(by: { $0.key < $1.key }) {
                guard case .attestation(let attestation)? = documents[index][path],
                    let signature = commit.tree[ByteString(path.text + ".sig")],
                    case .success(let key) = StandInSignature.verify(signature.bytes, file.bytes),
                    !seen.contains(where: { $0.digest == file.sha256 && $0.blob == key.blob })
                else { continue }
                seen.append(
                    Seen(
                        attestation: attestation, blob: key.blob, observed: commit.observed, index: index,
                        digest: file.sha256))
            }
        }
        return seen
    }

    private func trusted(_ seen: Seen) -> Bool {
        let state = seen.index == 0 ? accepted[0] : accepted[seen.index - 1]
        guard let policy = policy(state), policy.name == seen.attestation.repo,
            let person = person(seen.attestation.by, state),
            let key = person.keys.first(where: { $0.blob == seen.blob })
        else { return false }
        return !person.retired.contains { $0.fingerprint == key.fingerprint && $0.since <= seen.observed }
    }

    private func isThere(_ seen: Seen) -> Bool {
        let tree = history.tree
        return tree.contains { path, file in
            guard file.sha256 == seen.digest, case .attestation = DocumentPath(path),
                let signature = tree[ByteString(path.text + ".sig")],
                case .success(let key) = StandInSignature.verify(signature.bytes, file.bytes)
            else { return false }
            return key.blob == seen.blob
        }
    }

    private func compromised(_ seen: Seen) -> Bool {
        // What somebody had marked stays marked once their file is gone.
        guard let person = accepted.reversed().lazy.compactMap({ self.person(seen.attestation.by, $0) }).first else {
            return false
        }
        let print = Person.Key.fingerprint(of: seen.blob)
        return person.retired.contains { $0.compromised && $0.fingerprint == print && $0.since <= seen.observed }
    }

    private func mayKeep(_ grant: Grant, _ seen: Seen) -> Bool {
        let state = seen.index == 0 ? accepted[0] : accepted[seen.index - 1]
        let by = seen.attestation.by
        guard let service = service(grant.service, state), service.owners.contains(by), grant.by != by,
            let policy = policy(state), let person = person(by, state),
            seen.observed.seconds - seen.attestation.at.seconds <= policy.signedWithin.seconds
        else { return false }
        let email = person.email?.text.lowercased()
        for condition in grant.to {
            if let wanted = condition.email?.text.lowercased(), wanted == email { return false }
            let asked = addresses(condition.issuer, seen.index)
            if let wanted = condition.subject,
                person.identities.contains(where: {
                    $0.subject == wanted
                        && ($0.issuer == condition.issuer || !asked.isDisjoint(with: addresses($0.issuer, seen.index)))
                })
            {
                return false
            }
        }
        return true
    }

    /// What an issuer's name stood for, or had last stood for, before and after a commit.
    private func addresses(_ name: ByteString, _ index: Int) -> Set<ByteString> {
        let found = [max(0, index - 1), index].compactMap { last in
            accepted[...last].reversed().lazy.compactMap { state -> ByteString? in
                if case .issuer(let issuer)? = state[ByteString("identity/\(name).yaml")] { issuer.issuer } else { nil }
            }.first
        }
        return Set(found)
    }

    /// All bytes a path held since it was last absent, and the first commit that had them.
    private func landings(_ path: ByteString) -> [Digest: Int] {
        var landings: [Digest: Int] = [:]
        var index = history.commits.count - 1
        while index >= 0, let file = history.commits[index].tree[path] {
            landings[file.sha256] = index
            index -= 1
        }
        return landings
    }

    private func landed(_ path: ByteString) -> Instant {
        let commits = history.commits
        var first = commits.count - 1
        let digest = commits[first].tree[path]?.sha256
        var index = first
        while index >= 0, let file = commits[index].tree[path] {
            if file.sha256 == digest { first = index }
            index -= 1
        }
        return commits[first].observed
    }

    /// Grants that could be in force, with their bounds.
    func standings() -> [Standing] {
        let all = sittings()
        guard let policy = policy(now) else { return [] }
        return (documents.last ?? [:]).compactMap { path, document -> Standing? in
            guard case .grant(let grant) = document, let digest = history.tree[path]?.sha256,
                let service = service(grant.service, now),
                person(grant.by, now) != nil || history.tree[ByteString("people/\(grant.by).yaml")] != nil,
                grant.to.allSatisfy({ now[ByteString("identity/\($0.issuer).yaml")] != nil }),
                (grant.see + service.protects).allSatisfy({
                    DataClass.builtIn.contains($0) || now[ByteString("data/\($0).yaml")] != nil
                }),
                (service.kind == .http) != grant.can.routes.isEmpty,
                (service.kind == .anthropic) == (grant.can.names[.models] != nil),
                ([service.tier] + service.elevated.map(\.tier)).allSatisfy({ policy.tiers[$0] != nil })
            else { return nil }
            for document in now.values {
                if case .denial(let denial) = document, denial.grants.contains(grant.id) { return nil }
            }
            var tiers = [policy.tiers[service.tier]!]
            for elevation in service.elevated {
                let asks =
                    elevation.see.contains(where: grant.see.contains)
                    || elevation.scope.contains { attribute, patterns in
                        let names = grant.can.names[attribute] ?? Self.standard(attribute)
                        return patterns.contains { pattern in names.contains { $0.canOverlap(pattern) } }
                    }
                if asks { tiers.append(policy.tiers[elevation.tier]!) }
            }
            let landed = landed(path)
            let landings = landings(path)
            var revokes: [(Digest, Instant)] = []
            var keeps: [ByteString: Instant] = [:]
            for seen in all where trusted(seen) {
                let effective = min(seen.attestation.at, seen.observed)
                for decision in seen.attestation.decisions where decision.verdict == .revoke {
                    guard history.commits[seen.index].tree[decision.file]?.sha256 == decision.sha256,
                        case .grant(_, grant.service) = DocumentPath(decision.file)
                    else { continue }
                    // Of this file, or of another from which these bytes came afterwards.
                    if decision.file == path || landings[decision.sha256].map({ $0 > seen.index }) ?? false {
                        revokes.append((decision.sha256, effective))
                    }
                }
            }
            if revokes.contains(where: { $0.0 == digest }) { return nil }
            for seen in all where trusted(seen) && isThere(seen) && !compromised(seen) && mayKeep(grant, seen) {
                let effective = min(seen.attestation.at, seen.observed)
                for decision in seen.attestation.decisions
                where decision.file == path && decision.verdict == .keep && decision.sha256 == digest
                    && history.commits[seen.index].tree[path]?.sha256 == digest
                    && revokes.allSatisfy({ $0.1 < effective })
                {
                    keeps[seen.attestation.by] = max(keeps[seen.attestation.by] ?? effective, effective)
                }
            }
            let needed = tiers.map(\.reviewers).max()!
            let review = tiers.map(\.review).min()!
            var ends: [Instant] = []
            let newest = keeps.values.sorted(by: >)
            if newest.count >= needed { ends.append(newest[needed - 1] + review) }
            if tiers.allSatisfy({ $0.firstReview == .merge }), revokes.isEmpty { ends.append(landed + review) }
            guard let end = ends.max() else { return nil }
            var to = min(end, landed + tiers.map(\.longest).min()!)
            if let until = grant.until { to = min(to, until) }
            return Standing(grant: grant, from: landed, to: to, stale: tiers.map(\.stale).min()!)
        }
    }

    private static func standard(_ attribute: ScopeAttribute) -> [Pattern] {
        switch attribute {
        case .operations: ["messages", "count_tokens", "models"].map { Pattern(ByteString($0)) }
        case .tools: [Pattern("*")]
        case .models, .clientTools, .serverTools: []
        }
    }

    private static func holds(_ condition: CallerCondition, _ caller: Caller) -> Bool {
        caller.issuer == condition.issuer
            && (condition.subject == nil || condition.subject == caller.subject)
            && (condition.email == nil || condition.email == caller.email)
            && (condition.group == nil || caller.groups.contains(condition.group!))
            && (condition.role == nil || caller.roles.contains(condition.role!))
            && condition.claims.allSatisfy { caller.claims[$0.key] == $0.value }
    }

    /// The verdict, and until when, for a request at a moment.
    func answer(
        _ standings: [Standing], service name: ByteString, caller: Caller, facts: RequestFacts, clock: DecisionClock
    ) -> (allowed: Bool, until: Instant?) {
        for document in now.values {
            if case .denial(let denial) = document, denial.to.contains(where: { Self.holds($0, caller) }) {
                return (false, nil)
            }
        }
        guard let service = service(name, now) else { return (false, nil) }
        var until: Instant?
        for standing in standings where standing.grant.service == name {
            let end = min(standing.to, clock.confirmed + standing.stale)
            guard clock.now >= standing.from, clock.now < end,
                standing.grant.to.contains(where: { Self.holds($0, caller) }),
                Self.allows(standing.grant.can, service, facts)
            else { continue }
            until = max(until ?? end, end)
        }
        return (until != nil, until)
    }

    private static func allows(_ scope: Scope, _ service: Service, _ facts: RequestFacts) -> Bool {
        guard facts.ungrantable.isEmpty else { return false }
        if service.unknownFields == .deny, !facts.unknownFields.allSatisfy(service.passFields.contains) { return false }
        if service.kind == .http {
            return scope.routes.contains { $0.matches(method: facts.method, path: facts.path) }
        }
        if let most = scope.maxTokens, let asked = facts.maxTokens, asked > most { return false }
        return ScopeAttribute.allCases.allSatisfy { attribute in
            facts.names[attribute].allSatisfy { name in
                (scope.names[attribute] ?? standard(attribute)).contains { $0.matches(name) }
            }
        }
    }
}
