import GrantModel
import TestSupport

/// Random histories, callers and requests from small alphabets, so that things meet often.
struct RandomRepository {
    var generator: SeededGenerator
    var history = HistoryRepository()
    private var moment = instant("2026-01-01")
    private var version = 1
    private var sittings = 0

    static let models = ["claude-opus-4", "claude-sonnet-4", "claude-haiku-4"]
    static let people = ["tom", "ines", "maria", "eve"]
    static let grantPaths = [
        "grants/claude/a.yaml", "grants/claude/b.yaml", "grants/claude/x/c.yaml", "grants/claude/d.yaml",
        "grants/tickets/e.yaml", "grants/tickets/f.yaml",
    ]

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        var files: [(String, [UInt8]?)] = HistoryFixture.files.map { ($0.0, Array($0.1.utf8)) }
        files.removeAll { $0.0 == "services/claude.yaml" }
        files.append(("services/claude.yaml", service()))
        files.append(("identity/github.yaml", Array(HistoryFixture.issuer.utf8)))
        for path in Self.grantPaths where chance(70) { files.append((path, grant(for: path))) }
        history.commit(at: moment, files)
        for _ in 0..<Int.random(in: 2...9, using: &generator) { step() }
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }
    mutating func pick<T>(_ items: [T]) -> T { items[Int.random(in: 0..<items.count, using: &generator)] }
    mutating func some<T>(_ items: [T], _ percent: Int = 50) -> [T] {
        var chosen: [T] = []
        for item in items where chance(percent) { chosen.append(item) }
        return chosen
    }

    private mutating func step() {
        moment = moment + Span(seconds: Int64.random(in: 0...(20 * 86_400), using: &generator))
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<50: attest()
        case 50..<54:
            let there = history.tree.keys.filter { $0.text.hasPrefix("grants/claude/") }.sorted()
            guard !there.isEmpty else { return }
            let (from, to) = (pick(there), pick(Self.grantPaths.filter { $0.hasPrefix("grants/claude/") }))
            guard from != ByteString(to) else { return }
            history.commit(at: moment, [(from.text, nil), (to, history.tree[from]?.bytes)])
        case 54..<65:
            let path = pick(Self.grantPaths)
            history.commit(at: moment, [(path, grant(for: path))])
        case 65..<72:
            let path = pick(history.tree.keys.sorted())
            history.commit(at: moment, [(path.text, nil)])
        case 72..<77:
            let path = pick(history.tree.keys.sorted())
            history.commit(at: moment, [(path.text, Array("surprise: yes\n".utf8))])
        case 77..<83: history.commit(at: moment, [("denied/\(pick(["one", "two"])).yaml", denial())])
        case 83..<90: history.commit(at: moment, [("services/claude.yaml", service())])
        case 90..<96:
            let name = pick(Self.people)
            history.commit(at: moment, [("people/\(name).yaml", person(name))])
        case _:
            version = Int.random(in: max(1, version - 1)...(version + 1), using: &generator)
            history.commit(
                at: moment,
                [("policy.yaml", Array(HistoryFixture.policy(version: version, extra: "signed_within: 3d").utf8))])
        }
    }

    private mutating func attest() {
        sittings += 1
        let by = pick(chance(80) ? ["tom", "ines"] : Self.people)
        let grants = history.tree.keys.filter { $0.text.hasPrefix("grants/") }.sorted()
        guard !grants.isEmpty else { return }
        let signed =
            moment - Span(seconds: Int64.random(in: -86_400...(chance(85) ? 86_400 : 9 * 86_400), using: &generator))
        var decisions: [(path: String, verdict: String, digest: Digest)] = []
        for path in grants where chance(60) {
            let digest = chance(92) ? history.tree[path]!.sha256 : Digest.sha256(of: [UInt8(sittings % 256)])
            decisions.append((path.text, chance(93) ? "keep" : "revoke", digest))
        }
        guard !decisions.isEmpty else { return }
        let text = HistoryRepository.sitting(
            by: by, at: signed.description, repo: chance(97) ? "acme" : "other", decisions)
        let path = "attestations/s\(sittings).yaml"
        let signature = StandInSignature.sign(Array(text.utf8), key: chance(95) ? by : pick(Self.people))
        history.commit(
            at: moment, [(path, Array(text.utf8)), (path + ".sig", chance(97) ? signature : Array("broken".utf8))])
    }

    private mutating func service() -> [UInt8] {
        let tier = pick(["standard", "standard", "open", "critical"])
        let extra = chance(30) ? "unknown_fields: record" : chance(50) ? "pass_fields: [known]" : ""
        return Array(
            HistoryFixture.service(owners: pick(["tom, ines", "tom", "tom, ines, eve"]), tier: tier, extra: extra).utf8)
    }

    private mutating func person(_ name: String) -> [UInt8] {
        let print = StandInSignature.fingerprint(of: name)
        let day = String((moment - .days(Int64.random(in: -20...20, using: &generator))).description.prefix(10))
        let retired = chance(50) ? ["\(print) \(chance(50) ? "compromised since " : "")\(day)"] : []
        return Array(HistoryFixture.person(name, keys: chance(90) ? [name] : ["new-\(name)"], retired: retired).utf8)
    }

    private mutating func condition(denial: Bool) -> String {
        var parts = ["issuer: \(pick(["corp", "corp", "github"]))"]
        if chance(25) { parts.append("sub: sub-\(pick(Self.people + ["bot"]))") }
        if chance(20) { parts.append("email: \(pick(Self.people))@acme.example") }
        if chance(45) { parts.append("group: \(pick(["agents", "staff", "ops"]))") }
        if chance(30) { parts.append("role: \(pick(["triage", "admin"]))") }
        if chance(25) { parts.append("claims: {repository: acme/\(pick(["x", "y"]))}") }
        if parts.count == 1, !denial || chance(80) { parts.append("group: agents") }
        return "{\(parts.joined(separator: ", "))}"
    }

    private mutating func denial() -> [UInt8]? {
        if chance(30) { return nil }
        if chance(50) { return Array("to: [\(condition(denial: true))]\nwhy: stop\n".utf8) }
        let id = pick(Self.grantPaths).dropFirst(7).dropLast(5)
        return Array("grants: [\(id)]\nwhy: stop\n".utf8)
    }

    private mutating func grant(for path: String) -> [UInt8] {
        var to = [condition(denial: false)]
        if chance(40) { to.append(condition(denial: false)) }
        var extra: [String] = []
        if chance(15) { extra.append("see: [\(pick(["payment_card", "email", "unknown-class"]))]") }
        if chance(25) {
            extra.append("until: \((moment + .days(Int64.random(in: 0...120, using: &generator))).description)")
        }
        if chance(20) { extra.append("beyond: pause") }
        var can: [String] = []
        if path.hasPrefix("grants/tickets") {
            can.append(
                "routes: [\(pick(["GET /v1/**", "GET /v1/tickets/*", "'* /v1/tickets/1'", "POST /v1/tickets"]))]")
        } else {
            can.append(
                "models: [\(pick(["claude-*", "claude-sonnet-*", "'*-4'", "claude-opus-4", "claude-haiku-4, claude-sonnet-4"]))]"
            )
            if chance(25) { can.append("operations: [\(pick(["messages", "count_tokens, models", "m*"]))]") }
            if chance(25) { can.append("tools: [\(pick(["Read", "Re*, Bash", "mcp__*"]))]") }
            if chance(25) { can.append("server_tools: [\(pick(["web_search", "'*'", "code_execution"]))]") }
            if chance(20) { can.append("client_tools: [bash]") }
            if chance(30) { can.append("max_tokens: \(pick([100, 4096]))") }
        }
        return Array(
            HistoryFixture.grant(
                to: "[\(to.joined(separator: ", "))]", can: "{\(can.joined(separator: ", "))}",
                by: pick(["maria", "maria", "eve", "tom"]), why: "w\(Int.random(in: 0...2, using: &generator))",
                extra: extra.joined(separator: "\n")
            ).utf8)
    }

    // MARK: Questions

    mutating func caller() -> Caller {
        var claims: [ByteString: ByteString] = [:]
        if chance(60) { claims["repository"] = ByteString("acme/\(pick(["x", "y", "z"]))") }
        return Caller(
            issuer: ByteString(pick(["corp", "corp", "corp", "github", "other"])),
            subject: ByteString("sub-\(pick(Self.people + ["bot", "other"]))"),
            email: chance(60) ? ByteString("\(pick(Self.people))@acme.example") : nil,
            groups: some(["agents", "staff", "ops", "none"]).map { ByteString($0) },
            roles: some(["triage", "admin"]).map { ByteString($0) }, claims: claims)
    }

    /// A caller whom a grant names, as often as not with one thing wrong.
    mutating func caller(namedBy grant: Grant) -> Caller {
        let condition = pick(grant.to)
        var caller = caller()
        caller.issuer = condition.issuer
        if let subject = condition.subject { caller.subject = subject }
        if let email = condition.email { caller.email = email }
        if let group = condition.group { caller.groups.append(group) }
        if let role = condition.role { caller.roles.append(role) }
        for (name, value) in condition.claims { caller.claims[name] = value }
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: caller.groups = []
        case 1: caller.issuer = "github"
        case 2: caller.subject = "sub-other"
        case 3: caller.claims = [:]
        case _: break
        }
        return caller
    }

    mutating func facts(service: ByteString) -> RequestFacts {
        if service == "tickets" {
            return RequestFacts(
                method: ByteString(pick(["GET", "POST"])),
                path: ByteString(pick(["/v1/tickets", "/v1/tickets/1", "/v1/tickets/1/notes", "/v2"])))
        }
        var facts = RequestFacts(maxTokens: chance(70) ? pick([50, 100, 101, 4096, 9000]) : nil)
        facts.names.append(
            .operations, Array(pick(["messages", "messages", "count_tokens", "models", "batches"]).utf8))
        for _ in 0..<pick([1, 1, 1, 2]) { facts.names.append(.models, Array(pick(Self.models).utf8)) }
        for tool in some(["Read", "Bash", "mcp__x"], 15) { facts.names.append(.tools, Array(tool.utf8)) }
        for tool in some(["web_search", "code_execution"], 10) { facts.names.append(.serverTools, Array(tool.utf8)) }
        if chance(8) { facts.names.append(.clientTools, Array("bash".utf8)) }
        if chance(10) { facts.unknownFields = [ByteString(pick(["known", "strange"]))] }
        if chance(4) { facts.ungrantable = ["container"] }
        return facts
    }

    mutating func clock() -> DecisionClock {
        let last = history.commits.last?.observed ?? moment
        let now =
            last + Span(seconds: Int64.random(in: 0...(chance(80) ? 15 * 86_400 : 200 * 86_400), using: &generator))
        return DecisionClock(
            now: now, confirmed: now - Span(seconds: chance(80) ? 0 : Int64.random(in: 0...100_000, using: &generator)))
    }
}
