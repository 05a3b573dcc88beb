import GrantModel
import TestSupport

/// Random histories from small alphabets, so that things meet often: sequences of commits that attest, edit, move, break,
/// remove, restore, deny, protect, rename, retire and replay, alone and together.
struct RandomRepository {
    var generator: SeededGenerator
    var history = HistoryRepository()
    private var moment = instant("2026-01-01")
    private var version = 1
    private var sittings = 0
    private let isGuarded: Bool
    /// What the commit under way changes; nil removes.
    private var draft: [String: [UInt8]?] = [:]
    private var broken: [String] = []

    static let models = ["claude-opus-4", "claude-sonnet-4", "claude-haiku-4"]
    static let people = ["tom", "ines", "maria", "eve"]
    static let grantPaths = [
        "grants/claude/a.yaml", "grants/claude/b.yaml", "grants/claude/x/c.yaml", "grants/claude/d.yaml",
        "grants/tickets/e.yaml", "grants/tickets/f.yaml",
    ]

    /// - Parameter guarded: whether every change of what restricts needs admins, landing never counts as a review, and
    ///   nothing that grants was edited, taken away or put back: what is in force then is all that reviewers gave.
    init(seed: UInt64, guarded: Bool = false) {
        generator = SeededGenerator(seed: seed)
        isGuarded = guarded
        for (path, text) in HistoryFixture.files { draft[path] = Array(text.utf8) }
        draft["policy.yaml"] = policy(version: 1)
        draft["services/claude.yaml"] = service()
        if chance(50) { draft["identity/second.yaml"] = issuer() ?? Array(HistoryFixture.issuer.utf8) }
        draft["people/mallory.yaml"] = Array(HistoryFixture.person("mallory").utf8)
        draft["identity/github.yaml"] = Array(
            HistoryFixture.issuer.replacing("corp.example", with: "github.example").utf8)
        for name in Self.people where chance(20) { draft["people/\(name).yaml"] = person(name) }
        if chance(90) { draft["data/customer-id.yaml"] = Array("pattern: 'C[0-9]{6}'\n".utf8) }
        for path in Self.grantPaths where chance(75) { draft[path] = grant(for: path) }
        if chance(30) { attest() }
        finish()
        for round in 0..<Int.random(in: 3...12, using: &generator) {
            moment =
                moment + Span(seconds: chance(15) ? 0 : Int64.random(in: 0...(8 * 86_400), using: &generator))
            if round == 0 { attest() } else if guarded { guardedStep() } else { step() }
            while chance(25) { if guarded { guardedStep() } else { step() } }
            finish()
        }
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }
    mutating func pick<T>(_ items: [T]) -> T { items[Int.random(in: 0..<items.count, using: &generator)] }
    mutating func some<T>(_ items: [T], _ percent: Int = 50) -> [T] {
        var chosen: [T] = []
        for item in items where chance(percent) { chosen.append(item) }
        return chosen
    }

    // MARK: Commits

    private func there(_ folder: String) -> [String] {
        let before = history.tree.keys.map(\.text).filter { draft[$0] == nil }
        let now = draft.filter { $0.value != nil }.keys
        return (before + now).filter { $0.hasPrefix(folder) }.sorted()
    }

    private func bytes(_ path: String) -> [UInt8]? {
        if let drafted = draft[path] { return drafted }
        return history.tree[ByteString(path)]?.bytes
    }

    private mutating func finish() {
        history.commit(
            at: moment, draft.map { ($0.key, $0.value) },
            problems: broken.sorted().map { Diagnostic(path: $0, code: "symbolic-link", message: "a symbolic link") })
        draft = [:]
        broken = []
    }

    private mutating func step() {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<36: attest()
        case 36..<46: attestProtected()
        case 46..<50: move()
        case 50..<57:
            let path = pick(Self.grantPaths)
            draft[path] = grant(for: path)
        case 57..<63: restore()
        case 63..<67: draft[pick(there(""))] = .some(nil)
        case 67..<71: draft[pick(there(""))] = Array(pick(["surprise: yes\n", "to: [\n"]).utf8)
        case 71..<74:
            let path = pick(there(""))
            draft[path] = .some(nil)
            broken.append(path)
        case 74..<78: draft["denied/\(pick(["one", "two"])).yaml"] = .some(denial())
        case 78..<83: draft["services/claude.yaml"] = service()
        case 83..<89:
            let name = pick(Self.people)
            draft["people/\(name).yaml"] = person(name)
        case 89..<92: draft["identity/\(pick(["second", "github"])).yaml"] = issuer()
        case 92..<94: replay()
        case 94..<95: redate()
        case 95..<97: draft["people/eve.yaml"] = .some(nil)
        case _:
            version = Int.random(in: max(1, version - 1)...(version + 1), using: &generator)
            draft["policy.yaml"] = policy(version: version)
        }
        broken.removeAll { draft[$0] != .some(nil) }
    }

    private mutating func guardedStep() {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<45: attest()
        case 45..<65: attestProtected()
        case 65..<75: draft["services/claude.yaml"] = service()
        case 75..<85:
            let name = pick(Self.people)
            draft["people/\(name).yaml"] = person(name)
        case 85..<91: draft["identity/\(pick(["second", "github"])).yaml"] = issuer()
        case 91..<95: draft["denied/\(pick(["one", "two"])).yaml"] = .some(denial() ?? Array("to: [\n".utf8))
        case _:
            version += 1
            draft["policy.yaml"] = policy(version: version)
        }
    }

    /// A commit that takes away or breaks some files, a denial never but by breaking it, after some time.
    mutating func destroy() {
        moment = moment + Span(seconds: chance(30) ? 0 : Int64.random(in: 0...(10 * 86_400), using: &generator))
        for path in some(there(""), 8) {
            switch Int.random(in: 0..<3, using: &generator) {
            case 0 where !path.hasPrefix("denied/"): draft[path] = .some(nil)
            case 1:
                draft[path] = Array(
                    pick(["surprise: yes\n", "to: [\n", "", String(repeating: "#", count: 17_000)]).utf8)
            case _:
                draft[path] = .some(nil)
                broken.append(path)
            }
        }
        finish()
    }

    /// A commit of somebody who can land anything, and holds no key but mallory's, who may approve nothing.
    mutating func attack() {
        moment = moment + Span(seconds: chance(30) ? 0 : Int64.random(in: 0...(5 * 86_400), using: &generator))
        repeat {
            switch Int.random(in: 0..<12, using: &generator) {
            case 0:
                let path = pick(Self.grantPaths)
                draft[path] = grant(for: path)
            case 1: move()
            case 2: restore()
            case 3:
                let path = pick(there("").filter { !$0.hasPrefix("denied/") })
                draft[path] = .some(nil)
            case 4: draft[pick(there(""))] = Array(pick(["surprise: yes\n", "to: [\n"]).utf8)
            case 5:
                let path = pick(there(""))
                draft[path] = .some(nil)
                broken.append(path)
            case 6: draft["services/claude.yaml"] = service()
            case 7:
                let name = pick(Self.people + ["mallory", "ghost"])
                var text = String(decoding: person(name), as: UTF8.self)
                text = text.replacing(StandInSignature.line(of: name), with: StandInSignature.line(of: "mallory"))
                draft["people/\(name).yaml"] = Array(text.utf8)
            case 8: draft["identity/\(pick(["second", "github", "corp"])).yaml"] = .some(issuer())
            case 9: if chance(50) { replay() } else { redate() }
            case 10:
                version += 1
                let text = String(decoding: policy(version: version), as: UTF8.self)
                draft["policy.yaml"] = Array(
                    text.replacing("protect: attestation", with: "protect: merge")
                        .replacing("first_review: attestation", with: "first_review: merge").utf8)
            case _:
                sign(
                    by: pick(Self.people + ["mallory"]), there("grants/") + there("services/"), chance: 80, keep: 96,
                    key: "mallory")
            }
        } while chance(40)
        // A denial that lies there may be broken, and neither replaced nor taken away.
        for (path, bytes) in draft where path.hasPrefix("denied/") {
            if bytes != nil {
                draft[path] = .some(Array("to: [\n".utf8))
            } else if !broken.contains(path) {
                draft[path] = nil
            }
        }
        broken.removeAll { draft[$0] != .some(nil) }
        finish()
    }

    private mutating func move() {
        let from = there("grants/claude/")
        guard !from.isEmpty else { return }
        let (old, new) = (pick(from), pick(Self.grantPaths.filter { $0.hasPrefix("grants/claude/") }))
        guard old != new else { return }
        draft[new] = .some(bytes(old))
        if chance(80) { draft[old] = .some(nil) }
    }

    /// Puts something back to what it was in some earlier commit, gone files too.
    private mutating func restore() {
        let commit = pick(history.commits)
        let paths = commit.tree.keys.sorted().filter { chance(60) || $0.text.hasPrefix("grants/") }
        let path = pick(paths + ["policy.yaml"])
        draft[path.text] = .some(commit.tree[path]?.bytes)
    }

    /// Lays a sitting of some commit, with its signature, under another name.
    private mutating func replay() {
        let commit = pick(history.commits)
        let sittings = commit.tree.keys.filter { DocumentPath($0) == .attestation }.sorted()
        guard !sittings.isEmpty else { return }
        let old = pick(sittings)
        let new = "attestations/2026/\(pick(["r", "s1", "s2"])).yaml"
        draft[new] = .some(commit.tree[old]?.bytes)
        draft[new + ".sig"] = .some(commit.tree[ByteString(old.text + ".sig")]?.bytes)
    }

    private mutating func redate() {
        let sittings = there("attestations/").filter { DocumentPath(ByteString($0)) == .attestation }
        guard !sittings.isEmpty, let text = bytes(pick(sittings)) else { return }
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n").map { line in
            line.hasPrefix("at: ") ? "at: \(moment.description)" : String(line)
        }
        draft[pick(sittings)] = Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    // MARK: Sittings

    private mutating func attest() {
        let paths = chance(15) ? Self.grantPaths : there("grants/")
        sign(by: pick(chance(80) ? ["tom", "ines"] : Self.people), paths, chance: 70, keep: 94)
    }

    private mutating func attestProtected() {
        let paths = ["people/", "identity/", "services/", "data/", "policy.yaml"].flatMap { there($0) }
        sign(by: pick(chance(85) ? ["tom", "ines"] : Self.people), paths, chance: 80, keep: 96)
    }

    private mutating func sign(
        by: String, _ paths: [String], chance included: Int, keep: Int, key chosen: String? = nil
    ) {
        sittings += 1
        var lines: [(path: String, verdict: String, digest: Digest)] = []
        for path in paths where chance(included) {
            let now = Digest.sha256(of: bytes(path) ?? [])
            let keeps = chance(keep)
            let digest =
                chance(keeps ? 92 : 50)
                ? now : pick(history.commits.compactMap { $0.tree[ByteString(path)]?.sha256 } + [Digest.sha256(of: [])])
            lines.append((path, keeps ? "keep" : "revoke", digest))
        }
        guard !lines.isEmpty else { return }
        // Around the edges of what counts, too.
        let offset =
            chance(10)
            ? pick([-86_401, -86_400, 259_200, 259_201, 604_800, 604_801])
            : Int64.random(in: -43_200...(chance(88) ? 86_400 : 9 * 86_400), using: &generator)
        let text = HistoryRepository.sitting(
            by: by, at: (moment - Span(seconds: offset)).description, repo: chance(97) ? "acme" : "other", lines)
        var key = chosen ?? (chance(90) ? by : pick(Self.people + ["new-\(by)"]))
        if chosen == nil, !isGuarded, chance(4) {
            key = "fresh-\(sittings)"
            draft["people/\(by).yaml"] = Array(HistoryFixture.person(by, keys: [by, key]).utf8)
        }
        let path = "attestations/s\(sittings).yaml"
        draft[path] = Array(text.utf8)
        draft[path + ".sig"] =
            chance(97) ? StandInSignature.sign(Array(text.utf8), key: key) : Array("broken".utf8)
    }

    // MARK: Documents

    private mutating func policy(version: Int) -> [UInt8] {
        var extra = [chance(40) ? "signed_within: 3d" : "signed_within: 7d"]
        if isGuarded || chance(45) { extra.append("protect: attestation") }
        if chance(20) { extra.append("protect_reviewers: 2") }
        var text = HistoryFixture.policy(version: version, extra: extra.joined(separator: "\n"))
        if chance(10) { text = text.replacing("admins: [tom, ines]", with: "admins: [tom, eve]") }
        if chance(15) {
            text = text.replacing(
                "reviewers: 1, stale: 24h, first_review: att", with: "reviewers: 2, stale: 24h, first_review: att")
        }
        if chance(10) { text = text.replacing("reviewers: 2, stale: 1h", with: "reviewers: 3, stale: 1h") }
        if chance(5) { text = text.replacing("name: acme", with: "name: other") }
        if chance(3) { text = text.replacing("  critical:", with: "  other:") }
        if isGuarded {
            text = text.replacing("longest: 180d", with: "longest: 3650d").replacing(
                "longest: 30d", with: "longest: 3650d"
            )
            .replacing("first_review: merge", with: "first_review: attestation")
        }
        return Array(text.utf8)
    }

    private mutating func service() -> [UInt8] {
        let tier = pick(["standard", "standard", "open", "critical"])
        var extra = chance(30) ? "unknown_fields: record" : chance(50) ? "pass_fields: [known]" : ""
        if chance(20) { extra += "\nrecords: {keep: 1d}" }
        var text = HistoryFixture.service(
            owners: pick(["tom, ines", "tom, ines", "tom", "tom, ines, eve"]), tier: tier, extra: extra)
        if chance(10) { text = text.replacing("[email, payment_card]", with: "[email, customer-id]") }
        if chance(10) { text = text.replacing("server_tools: [code_execution]", with: "tools: [mcp__*]") }
        return Array(text.utf8)
    }

    private mutating func issuer() -> [UInt8]? {
        if chance(20) { return nil }
        let place = pick(["corp.example", "github.example", "other.example"])
        return Array(HistoryFixture.issuer.replacing("corp.example", with: place).utf8)
    }

    private mutating func person(_ name: String) -> [UInt8] {
        var retired: [String] = []
        if chance(25) {
            let print = StandInSignature.fingerprint(of: chance(80) ? name : pick(Self.people))
            let day = String((moment - .days(Int64.random(in: -20...20, using: &generator))).description.prefix(10))
            retired.append("\(print) \(chance(50) ? "compromised since " : "")\(day)")
        }
        var keys = chance(85) ? [name] : ["new-\(name)"]
        if chance(15) { keys.append("new-\(name)") }
        if chance(8) { keys.append(pick(Self.people)) }
        keys = keys.enumerated().filter { index, key in !keys[..<index].contains(key) }.map(\.element)
        let other = chance(12) ? pick(Self.people) : name
        var text = HistoryFixture.person(
            name, keys: keys, retired: retired,
            email: chance(90) ? nil : "\(pick(Self.people).uppercased())@acme.example",
            sub: "sub-\(other)")
        if chance(15) { text = text.replacing("issuer: corp", with: "issuer: \(pick(["second", "github"]))") }
        return Array(text.utf8)
    }

    private mutating func condition(denial: Bool) -> String {
        var parts = ["issuer: \(pick(Array(repeating: "corp", count: 8) + ["github", "github", "second"]))"]
        if chance(20) { parts.append("sub: sub-\(pick(Self.people + ["bot"]))") }
        if chance(15) { parts.append("email: \(pick(Self.people))@acme.example") }
        if chance(45) { parts.append("group: \(pick(["agents", "staff", "ops"]))") }
        if chance(30) { parts.append("role: \(pick(["triage", "admin"]))") }
        if chance(20) {
            let claim = pick(["repository: acme/x", "repository: acme/y", "sub: sub-tom", "mail: ines@acme.example"])
            parts.append("claims: {\(claim)}")
        }
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
        if chance(12) { extra.append("see: [\(pick(["payment_card", "email", "customer-id"]))]") }
        if chance(20) {
            extra.append("until: \((moment + .days(Int64.random(in: 0...120, using: &generator))).description)")
        }
        if chance(20) { extra.append("beyond: pause") }
        var can: [String] = []
        if path.hasPrefix("grants/tickets") {
            can.append(
                "routes: [\(pick(["GET /v1/**", "GET /v1/tickets/*", "'* /v1/tickets/1'", "POST /v1/tickets"]))]")
        } else {
            can.append(
                "models: [\(pick(["claude-*", "claude-sonnet-*", "'*-haiku-4'", "claude-opus-4", "claude-haiku-4, claude-sonnet-4"]))]"
            )
            if chance(25) {
                can.append(
                    "operations: [\(pick(["messages", "count_tokens, models", "m*", "messages, batches", "batches.list"]))]"
                )
            }
            if chance(25) { can.append("tools: [\(pick(["Read", "Re*, Bash", "mcp__*"]))]") }
            if chance(20) { can.append("server_tools: [\(pick(["web_search", "'*'", "code_execution"]))]") }
            if chance(20) { can.append("client_tools: [bash]") }
            if chance(30) { can.append("max_tokens: \(pick([100, 4096]))") }
        }
        return Array(
            HistoryFixture.grant(
                to: "[\(to.joined(separator: ", "))]", can: "{\(can.joined(separator: ", "))}",
                by: pick(["maria", "maria", "maria", "maria", "maria", "eve", "tom"]),
                why: "w\(Int.random(in: 0...2, using: &generator))", extra: extra.joined(separator: "\n")
            ).utf8)
    }
}
