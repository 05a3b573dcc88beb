import GrantModel

/// A literal model of the rules: for every question it goes through the documents of every commit anew. It shares the
/// parser with what it is compared to, and nothing else: not the history's state, the standing, the table, nor the
/// meaning of a pattern.
struct NaiveEvaluator {
    /// A restricting file in effect.
    struct Version {
        var document: Document
        var digest: Digest
    }

    /// What restricts after a commit.
    struct Effect {
        var versions: [ByteString: Version] = [:]
        /// As they were last, of files that are gone.
        var goneVersions: [ByteString: Version] = [:]
        /// For each path, the commit that put its version into effect, or took it away.
        var changed: [ByteString: Int] = [:]
    }

    struct Seen {
        var attestation: Attestation
        var key: [UInt8]
        var digest: Digest
        var index: Int
        var observed: Instant
        /// Every name of the signer's human then, and everybody these names stood for.
        var names: Set<ByteString>
        var accounts: [Person]
        var isVoid = false

        var effective: Instant { min(attestation.at, observed) }
    }

    let history: HistoryRepository
    let documents: [[ByteString: Document]]
    /// After what a commit lands takes effect, and after what admins approved does so too.
    var landed: [Effect] = []
    var effects: [Effect] = []
    var sittings: [Seen] = []

    init(_ history: HistoryRepository) {
        self.history = history
        documents = history.commits.map { commit in
            commit.tree.compactMapValues { CachedReading.parsed(DocumentPath($0.path), $0).document }
        }
        for index in history.commits.indices { take(index) }
    }

    // MARK: What restricts

    private mutating func take(_ index: Int) {
        let commit = history.commits[index]
        let previous = effects.last ?? Effect()
        var effect = previous
        var waiting: [ByteString] = []
        let paths = Set(previous.versions.keys).union(commit.tree.keys)
            .union(index > 0 ? history.commits[index - 1].tree.keys.map { $0 } : [])
            .union(index > 0 ? history.commits[index - 1].unreadable : [])
        for path in paths where Self.restricts(path) {
            if commit.unreadable.contains(path) { continue }
            guard let file = commit.tree[path] else {
                // Gone. The policy stays.
                if path == "policy.yaml" { continue }
                if let version = effect.versions.removeValue(forKey: path) { effect.goneVersions[path] = version }
                let wasThere =
                    index > 0
                    && (history.commits[index - 1].tree[path] != nil
                        || history.commits[index - 1].unreadable.contains(path))
                if wasThere { effect.changed[path] = index }
                continue
            }
            guard let document = documents[index][path], effect.versions[path]?.digest != file.sha256 else { continue }
            if case .policy(let next) = document, let current = Self.policy(previous),
                next.name != current.name || next.version <= current.version
            {
                continue
            }
            var isDenial = false
            if case .denial = document { isDenial = true }
            if index == 0 || isDenial || Self.policy(previous)?.protect != .attestation {
                effect.versions[path] = Version(document: document, digest: file.sha256)
                effect.goneVersions[path] = nil
                effect.changed[path] = index
            } else {
                waiting.append(path)
            }
        }
        landed.append(effect)
        see(index)
        let before = effect
        for path in waiting.sorted(by: { ($0 == "policy.yaml" ? 0 : 1, $0) < ($1 == "policy.yaml" ? 0 : 1, $1) }) {
            guard let file = commit.tree[path], let document = documents[index][path],
                Self.policy(effect)?.protect == .merge || approved(path, file.sha256, before, index)
            else { continue }
            effect.versions[path] = Version(document: document, digest: file.sha256)
            effect.goneVersions[path] = nil
            effect.changed[path] = index
        }
        effects.append(effect)
    }

    private static func restricts(_ path: ByteString) -> Bool {
        switch DocumentPath(path) {
        case .policy, .person, .issuer, .metadata, .service, .dataClass, .denial: true
        case .grant, .attestation, .attestationSignature, .outside, .misplaced: false
        }
    }

    /// Whether enough admins approved these bytes of a protected file.
    private func approved(_ path: ByteString, _ digest: Digest, _ before: Effect, _ now: Int) -> Bool {
        guard let policy = Self.policy(before) else { return false }
        var keeps: [Seen] = []
        for seen in sittings where !seen.isVoid {
            for decision in seen.attestation.decisions where decision.file == path && decision.sha256 == digest {
                if decision.verdict == .revoke { return false }
                guard isThere(seen, now), seen.index > before.changed[path] ?? -1,
                    history.commits[seen.index].tree[path]?.sha256 == digest, inTime(seen),
                    Self.policy(trusted(seen))?.admins.contains(seen.attestation.by) ?? false,
                    policy.admins.contains(seen.attestation.by), !compromised(seen, before)
                else { continue }
                if case .person(let described)? = documents[seen.index][path], describes(described, seen) { continue }
                keeps.append(seen)
            }
        }
        return oldest(of: policy.protectReviewers, keeps) != nil
    }

    private func describes(_ described: Person, _ seen: Seen) -> Bool {
        [trusted(seen), landed[seen.index]].contains { state in
            humans(seen.attestation.by, state).contains { name in
                name == described.name
                    || Self.everKnown(name, state).map { Self.share($0, described, state) } ?? false
            }
        }
    }

    // MARK: Sittings

    private mutating func see(_ index: Int) {
        let commit = history.commits[index]
        for (path, file) in commit.tree.sorted(by: { $0.key < $1.key }) {
            guard case .attestation(let attestation)? = documents[index][path],
                let signature = commit.tree[ByteString(path.text + ".sig")],
                case .success(let key) = StandInSignature.verify(signature.bytes, file.bytes),
                !sittings.contains(where: { $0.digest == file.sha256 && $0.key == key.blob })
            else { continue }
            let known = [index == 0 ? landed[0] : effects[index - 1], landed[index]].map {
                (names: humans(attestation.by, $0), state: $0)
            }
            var seen = Seen(
                attestation: attestation, key: key.blob, digest: file.sha256, index: index, observed: commit.observed,
                names: known[0].names.union(known[1].names),
                accounts: known.flatMap { each in each.names.compactMap { Self.everKnown($0, each.state) } })
            seen.isVoid = !isTrustworthy(seen)
            sittings.append(seen)
        }
    }

    /// The state before the commit that brought it; the first commit is trusted whole.
    private func trusted(_ seen: Seen) -> Effect { seen.index == 0 ? landed[0] : effects[seen.index - 1] }

    private func isTrustworthy(_ seen: Seen) -> Bool {
        let state = trusted(seen)
        guard let policy = Self.policy(state), policy.name == seen.attestation.repo,
            let person = Self.person(seen.attestation.by, state), person.keys.contains(where: { $0.blob == seen.key })
        else { return false }
        return !retirements(seen, state).contains { $0.since <= seen.observed }
    }

    private func retirements(_ seen: Seen, _ state: Effect) -> [Person.Retirement] {
        let print = Person.Key.fingerprint(of: seen.key)
        return Self.everybody(state).flatMap(\.retired).filter { $0.fingerprint == print }
    }

    private func compromised(_ seen: Seen, _ state: Effect) -> Bool {
        retirements(seen, state).contains { $0.compromised && $0.since <= seen.observed }
    }

    private func inTime(_ seen: Seen) -> Bool {
        guard let policy = Self.policy(trusted(seen)) else { return false }
        let age = seen.observed.seconds - seen.attestation.at.seconds
        return age <= policy.signedWithin.seconds && age >= -86_400
    }

    private func isThere(_ seen: Seen, _ index: Int) -> Bool {
        let tree = history.commits[index].tree
        return tree.contains { path, file in
            guard file.sha256 == seen.digest, case .attestation = DocumentPath(path),
                let signature = tree[ByteString(path.text + ".sig")],
                case .success(let key) = StandInSignature.verify(signature.bytes, file.bytes)
            else { return false }
            return key.blob == seen.key
        }
    }

    // MARK: Who is who

    private static func policy(_ state: Effect) -> Policy? {
        if case .policy(let policy)? = state.versions["policy.yaml"]?.document { policy } else { nil }
    }
    private static func person(_ name: ByteString, _ state: Effect) -> Person? {
        if case .person(let person)? = state.versions[ByteString("people/\(name).yaml")]?.document {
            person
        } else {
            nil
        }
    }
    private static func everKnown(_ name: ByteString, _ state: Effect) -> Person? {
        if let person = person(name, state) { return person }
        guard case .person(let gone)? = state.goneVersions[ByteString("people/\(name).yaml")]?.document else {
            return nil
        }
        return gone
    }
    private static func everybody(_ state: Effect) -> [Person] {
        (Array(state.versions.values) + state.goneVersions.values).compactMap {
            if case .person(let person) = $0.document { person } else { nil }
        }
    }
    private static func issuer(_ name: ByteString, _ state: Effect) -> Issuer? {
        if case .issuer(let issuer)? = state.versions[ByteString("identity/\(name).yaml")]?.document {
            issuer
        } else {
            nil
        }
    }
    private static func service(_ name: ByteString, _ state: Effect) -> Service? {
        if case .service(let service)? = state.versions[ByteString("services/\(name).yaml")]?.document {
            service
        } else {
            nil
        }
    }

    /// Where the tokens of an issuer come from, as text.
    private static func origin(_ name: ByteString, _ state: Effect) -> String {
        let path = ByteString("identity/\(name).yaml")
        guard case .issuer(let issuer)? = (state.versions[path] ?? state.goneVersions[path])?.document else {
            return "unknown \(name)"
        }
        return "\(issuer.kind) \(issuer.kind == .oidc ? issuer.issuer : issuer.metadata ?? issuer.name)"
    }

    private static func share(_ one: Person, _ other: Person, _ state: Effect) -> Bool {
        if one.keys.contains(where: { key in other.keys.contains { $0.blob == key.blob } }) { return true }
        if let email = one.email, email.text.lowercased() == other.email?.text.lowercased() { return true }
        return one.identities.contains { alias in
            other.identities.contains {
                $0.subject == alias.subject && origin($0.issuer, state) == origin(alias.issuer, state)
            }
        }
    }

    /// Every name of the human behind a name, by what files share.
    private func humans(_ name: ByteString, _ state: Effect) -> Set<ByteString> {
        var names: Set<ByteString> = [name]
        let people = Self.everybody(state)
        while true {
            let found = people.filter { one in
                !names.contains(one.name)
                    && people.contains { names.contains($0.name) && Self.share($0, one, state) }
            }
            if found.isEmpty { return names }
            names.formUnion(found.map(\.name))
        }
    }

    private func sameHuman(_ one: Seen, _ other: Seen) -> Bool {
        one.key == other.key || one.names.contains(other.attestation.by) || other.names.contains(one.attestation.by)
    }

    /// The newest possible oldest of `count` sittings of different humans.
    private func oldest(of count: Int, _ keeps: [Seen]) -> Instant? {
        guard count > 0 else { return .distantFuture }
        return keeps.indices.compactMap { index -> Instant? in
            let rest = keeps[(index + 1)...].filter { !sameHuman($0, keeps[index]) }
            return oldest(of: count - 1, Array(rest)).map { min($0, keeps[index].effective) }
        }.max()
    }

    // MARK: Who may keep a grant

    private func mayKeep(_ grant: Grant, _ seen: Seen) -> Bool {
        let states = [trusted(seen), landed[seen.index]]
        let by = seen.attestation.by
        guard Self.service(grant.service, states[0])?.owners.contains(by) ?? false, inTime(seen),
            !conflicts(grant, seen.names, seen.accounts, issuersOf: states)
        else { return false }
        let isDecided =
            states.contains { Self.person(grant.by, $0) != nil }
            && grant.to.allSatisfy { condition in states.contains { Self.issuer(condition.issuer, $0) != nil } }
        guard !isDecided, let now = effects.last else { return true }
        let names = humans(by, now)
        let accounts = names.compactMap { Self.everKnown($0, now) }
        return !conflicts(grant, seen.names.union(names), seen.accounts + accounts, issuersOf: [now])
    }

    private func conflicts(
        _ grant: Grant, _ names: Set<ByteString>, _ accounts: [Person], issuersOf: [Effect]
    ) -> Bool {
        if names.contains(grant.by) { return true }
        return grant.to.contains { condition in
            var addresses = [condition.email, condition.claims["email"]].compactMap { $0?.text.lowercased() }
            for state in issuersOf {
                guard let claim = Self.issuer(condition.issuer, state)?.claims["email"],
                    let address = condition.claims[claim]
                else { continue }
                addresses.append(address.text.lowercased())
            }
            let subjects = [condition.subject, condition.claims["sub"]].compactMap { $0 }
            let origins = issuersOf.map { Self.origin(condition.issuer, $0) }
            return accounts.contains { person in
                if let own = person.email?.text.lowercased(), addresses.contains(own) { return true }
                return person.identities.contains { alias in
                    subjects.contains(alias.subject)
                        && (alias.issuer == condition.issuer
                            || issuersOf.contains { origins.contains(Self.origin(alias.issuer, $0)) })
                }
            }
        }
    }

    // MARK: What became of bytes

    /// What a path held at a commit; what cannot be read hides what was there before.
    private func held(_ path: ByteString, _ index: Int) -> Digest? {
        var index = index
        while index >= 0, history.commits[index].unreadable.contains(path) { index -= 1 }
        return index >= 0 ? history.commits[index].tree[path]?.sha256 : nil
    }

    /// The last commit up to `index` that took these bytes away from a path.
    private func lost(_ path: ByteString, _ digest: Digest, _ index: Int) -> Int? {
        guard index > 0 else { return nil }
        return (1...index).last { held(path, $0 - 1) == digest && held(path, $0) != digest }
    }

    /// All bytes that a path held since it was last absent, and the first commit that had them.
    private func landings(_ path: ByteString) -> [Digest: Int] {
        var landings: [Digest: Int] = [:]
        var index = history.commits.count - 1
        while index >= 0 {
            let commit = history.commits[index]
            if let file = commit.tree[path] {
                landings[file.sha256] = index
            } else if !commit.unreadable.contains(path) {
                break
            }
            index -= 1
        }
        return landings
    }

    /// Revokes that bear on a grant file: the bytes they named, and the moment.
    private func revokes(_ path: ByteString, _ grant: Grant, _ digest: Digest) -> [(Digest, Instant)] {
        let landings = landings(path)
        var found: [(Digest, Instant)] = []
        for seen in sittings where !seen.isVoid {
            for decision in seen.attestation.decisions where decision.verdict == .revoke {
                guard case .grant(_, grant.service) = DocumentPath(decision.file) else { continue }
                let isHeld = held(decision.file, seen.index) == decision.sha256
                let lost = isHeld ? nil : lost(decision.file, decision.sha256, seen.index)
                let counts: Bool
                if decision.file == path {
                    counts = isHeld || lost != nil && decision.sha256 == digest
                } else {
                    // Of another file, from which these bytes came afterwards.
                    guard let landing = landings[decision.sha256] else { continue }
                    counts = isHeld ? landing > seen.index : lost.map { landing >= $0 } ?? false
                }
                if counts { found.append((decision.sha256, seen.effective)) }
            }
        }
        return found
    }

    // MARK: In force

    /// Until when a grant file may be in force, and how long it outlives the last look at the remote; nil for never.
    private func standing(_ path: ByteString) -> (from: Instant, to: Instant, stale: Span)? {
        guard let now = effects.last, let commit = history.commits.last,
            case .grant(let grant)? = documents.last?[path], let digest = commit.tree[path]?.sha256,
            let policy = Self.policy(now), let service = Self.service(grant.service, now),
            Self.person(grant.by, now) != nil
                || policy.protect == .merge && isUnreadable("people/\(grant.by).yaml"),
            grant.to.allSatisfy({ Self.issuer($0.issuer, now) != nil }),
            (grant.see + service.protects).allSatisfy({
                DataClass.builtIn.contains($0) || now.versions[ByteString("data/\($0).yaml")] != nil
            }),
            (service.kind == .http) != grant.can.routes.isEmpty,
            (service.kind == .anthropic) == (grant.can.names[.models] != nil),
            let first = landings(path)[digest]
        else { return nil }
        var tiers: [Tier] = []
        var names = [service.tier] + service.elevated.filter({ Self.applies($0, grant) }).map(\.tier)
        // What lives in the workspace is elevated also where the service says nothing of it.
        let workspace = (grant.can.names[.operations] ?? []).filter { pattern in
            let stem = pattern.text.text.split(separator: ".").first.map(String.init) ?? ""
            return [
                "batches", "files", "skills", "agents", "deployment_runs", "deployments", "dreams", "environments",
                "memory_stores", "organizations", "sessions", "threads", "tunnels", "user_profiles", "vaults",
                "workspaces",
            ].contains { Self.fits(Array(stem.utf8)[...], Array($0.utf8)[...]) }
        }
        let isListed = workspace.allSatisfy { pattern in
            service.elevated.contains {
                Self.applies(
                    Service.Elevation(tier: "", scope: [.operations: $0.scope[.operations] ?? []]),
                    Grant(
                        id: "", service: "", to: [], can: Scope(names: [.operations: [pattern]]), why: "", by: ""))
            }
        }
        if !isListed { names += policy.tiers.keys }
        for name in names {
            guard let tier = policy.tiers[name] else { return nil }
            tiers.append(tier)
        }
        guard service.elevated.allSatisfy({ policy.tiers[$0.tier] != nil }) else { return nil }
        for version in now.versions.values {
            if case .denial(let denial) = version.document, denial.grants.contains(grant.id) { return nil }
        }
        let revokes = revokes(path, grant, digest)
        if revokes.contains(where: { $0.0 == digest }) { return nil }
        let keeps = sittings.filter { seen in
            !seen.isVoid && isThere(seen, history.commits.count - 1)
                && seen.attestation.decisions.contains {
                    $0.verdict == .keep && $0.file == path && $0.sha256 == digest
                }
                && history.commits[seen.index].tree[path]?.sha256 == digest
                && revokes.allSatisfy { $0.1 < seen.effective } && !compromised(seen, now) && mayKeep(grant, seen)
        }
        let landing = history.commits[first].observed
        let review = tiers.map(\.review.seconds).min() ?? 0
        var ends: [Int64] = []
        if let oldest = oldest(of: tiers.map(\.reviewers).max() ?? 1, keeps) { ends.append(oldest.seconds + review) }
        if revokes.isEmpty, tiers.allSatisfy({ $0.firstReview == .merge }) { ends.append(landing.seconds + review) }
        guard var end = ends.max() else { return nil }
        end = min(end, landing.seconds + (tiers.map(\.longest.seconds).min() ?? 0), grant.until?.seconds ?? .max)
        return (landing, Instant(seconds: end), tiers.map(\.stale).min() ?? Span(seconds: 0))
    }

    /// Somebody whose file is there and cannot be read is somebody.
    private func isUnreadable(_ path: String) -> Bool {
        let path = ByteString(path)
        guard let commit = history.commits.last else { return false }
        return commit.unreadable.contains(path) || commit.tree[path] != nil && documents.last?[path] == nil
    }

    private static func applies(_ elevation: Service.Elevation, _ grant: Grant) -> Bool {
        elevation.see.contains(where: grant.see.contains)
            || elevation.scope.contains { attribute, patterns in
                let spread = { (pattern: Pattern) in
                    [pattern.text] + endings(attribute).map { ByteString(pattern.text.bytes + Array($0.utf8)) }
                }
                return patterns.flatMap(spread).contains { pattern in
                    (grant.can.names[attribute] ?? standard(attribute)).flatMap(spread).contains {
                        meet($0.bytes[...], pattern.bytes[...])
                    }
                }
            }
    }

    private static func standard(_ attribute: ScopeAttribute) -> [Pattern] {
        switch attribute {
        case .operations: ["messages", "count_tokens", "models"].map { Pattern(ByteString($0)) }
        case .tools, .thinking, .effort, .webDomains: [Pattern("*")]
        case .inputs: ["text", "image", "document"].map { Pattern(ByteString($0)) }
        case .sources: [Pattern("inline")]
        case .serviceTiers: [Pattern("auto"), Pattern("standard_only")]
        case .speed: [Pattern("standard")]
        case .geo: [Pattern("default")]
        case .metadata: [Pattern("user_id")]
        case .billing: [Pattern("self")]
        case .models, .clientTools, .serverTools, .allowedCallers, .mcpConnectors, .skills, .containers, .betas,
            .workspaces, .userProfiles:
            []
        }
    }

    /// What a name without `*` stands for beside itself, as endings.
    private static func endings(_ attribute: ScopeAttribute) -> [String] {
        switch attribute {
        case .operations: [".*"]
        case .clientTools, .serverTools, .allowedCallers: ["_*"]
        default: []
        }
    }

    /// Whether a pattern allows a name.
    private static func gives(_ pattern: Pattern, _ name: ByteString, _ attribute: ScopeAttribute) -> Bool {
        if fits(pattern.text.bytes[...], name.bytes[...]) { return true }
        let stem = pattern.text.text
        guard !stem.contains("*"), name.text.hasPrefix(stem) else { return false }
        let rest = String(name.text.dropFirst(stem.count))
        switch attribute {
        case .operations: return rest.hasPrefix(".")
        case .clientTools, .serverTools, .allowedCallers:
            return rest.wholeMatch(of: /(_toolset|_tool_regex|_tool_bm25)?(_[0-9]{8})?/) != nil
        default: return false
        }
    }

    private static let star = UInt8(ascii: "*")

    /// Whether some text fits both patterns.
    private static func meet(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Bool {
        guard let first = one.first else { return other.allSatisfy { $0 == star } }
        guard let second = other.first else { return one.allSatisfy { $0 == star } }
        if first == star { return meet(one.dropFirst(), other) || meet(one, other.dropFirst()) }
        if second == star { return meet(one, other.dropFirst()) || meet(one.dropFirst(), other) }
        return first == second && meet(one.dropFirst(), other.dropFirst())
    }

    private static func fits(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        if first == star { return fits(pattern.dropFirst(), name) || !name.isEmpty && fits(pattern, name.dropFirst()) }
        return name.first == first && fits(pattern.dropFirst(), name.dropFirst())
    }

    /// `*` stays within a segment, `**` does not.
    private static func leads(_ route: ArraySlice<UInt8>, _ path: ArraySlice<UInt8>) -> Bool {
        guard let first = route.first else { return path.isEmpty }
        guard first == star else { return path.first == first && leads(route.dropFirst(), path.dropFirst()) }
        let crosses = route.dropFirst().first == star
        let rest = route.dropFirst(crosses ? 2 : 1)
        if leads(rest, path) { return true }
        guard let next = path.first, crosses || next != UInt8(ascii: "/") else { return false }
        return leads(route, path.dropFirst())
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
        service name: ByteString, caller: Caller, facts: RequestFacts, clock: DecisionClock
    ) -> (allowed: Bool, until: Instant?) {
        guard let now = effects.last, let service = Self.service(name, now) else { return (false, nil) }
        for version in now.versions.values {
            if case .denial(let denial) = version.document, denial.to.contains(where: { Self.holds($0, caller) }) {
                return (false, nil)
            }
        }
        var until: Instant?
        for (path, document) in documents.last ?? [:] {
            guard case .grant(let grant) = document, grant.service == name,
                grant.to.contains(where: { Self.holds($0, caller) }), Self.allows(grant.can, service, facts),
                let standing = standing(path)
            else { continue }
            let end = min(standing.to, clock.confirmed + standing.stale)
            if clock.now >= standing.from, clock.now < end { until = max(until ?? end, end) }
        }
        return (until != nil, until)
    }

    /// Grants that may be in force at some moment, for questions worth asking.
    func grants() -> [Grant] {
        (documents.last ?? [:]).sorted { $0.key < $1.key }.compactMap { path, document in
            guard case .grant(let grant) = document, standing(path) != nil else { return nil }
            return grant
        }
    }

    private static func allows(_ scope: Scope, _ service: Service, _ facts: RequestFacts) -> Bool {
        guard facts.ungrantable.isEmpty else { return false }
        if service.unknownFields == .deny, !facts.unknownFields.allSatisfy(service.passFields.contains) { return false }
        if service.kind == .http {
            return scope.routes.contains {
                ($0.method == "*" || $0.method == facts.method) && leads($0.path.bytes[...], facts.path.bytes[...])
            }
        }
        if let most = scope.maxTokens, let asked = facts.maxTokens, asked > most { return false }
        return ScopeAttribute.allCases.allSatisfy { attribute in
            facts.names[attribute].allSatisfy { name in
                (scope.names[attribute] ?? standard(attribute)).contains { gives($0, name, attribute) }
            }
        }
    }
}
