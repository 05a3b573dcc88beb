import GrantModel
import Synchronization

/// Parsed documents by their content: random histories repeat themselves.
enum CachedReading {
    private static let known = Mutex<[FileContent: ParsedDocument]>([:])

    static let parsed: ReadDocument = { path, file in
        if let document = known.withLock({ $0[file] }) { return document }
        let document = ParsedDocument(path: path, file: file)
        known.withLock { $0[file] = document }
        return document
    }
}

/// A grants repository in memory: commits on a first-parent line, whole trees kept, signatures that a stand-in verifies.
struct HistoryRepository {
    struct Commit {
        var observed: Instant
        var tree: [ByteString: FileContent]
        /// Where something lies that is no file to read: a link, say.
        var unreadable: Set<ByteString>
        var change: CommitChange
    }

    private(set) var commits: [Commit] = []
    private(set) var state = AccessState()

    var tree: [ByteString: FileContent] { commits.last?.tree ?? [:] }

    /// Adds a commit; text nil removes a file.
    mutating func commit(at observed: String, _ files: KeyValuePairs<String, String?>, problems: [Diagnostic] = []) {
        commit(
            at: instant(observed), files.map { ($0.key, $0.value.map { Array($0.utf8) }) }, problems: problems)
    }

    mutating func commit(at observed: Instant, _ files: [(String, [UInt8]?)], problems: [Diagnostic] = []) {
        var tree = tree
        var unreadable = commits.last?.unreadable ?? []
        let broken = Set(problems.map { ByteString($0.path) })
        var change = CommitChange(
            commit: ObjectID(hex: String(repeating: "0", count: 38) + String(commits.count + 10)), observed: observed,
            problems: problems)
        for (path, bytes) in files.sorted(by: { $0.0 < $1.0 }) {
            let path = ByteString(path)
            if let bytes {
                let file = FileContent(path: path, bytes: bytes)
                if tree[path] == file { continue }
                tree[path] = file
                unreadable.remove(path)
                change.written.append(file)
                continue
            }
            let wasThere = tree.removeValue(forKey: path) != nil
            if broken.contains(path) {
                unreadable.insert(path)
                change.unreadable.append(path)
            } else if unreadable.remove(path) != nil || wasThere {
                change.removed.append(path)
            }
        }
        state.advance(by: change, verify: StandInSignature.verify, read: CachedReading.parsed)
        commits.append(Commit(observed: observed, tree: tree, unreadable: unreadable, change: change))
    }

    /// Adds a commit with one signed sitting that covers the files as they are then.
    mutating func attest(
        _ by: String, at observed: String, signed: String? = nil, _ paths: [String], verdict: String = "keep",
        name: String? = nil, key: String? = nil, repo: String = "acme", and files: KeyValuePairs<String, String?> = [:]
    ) {
        var after = tree
        for (path, text) in files {
            after[ByteString(path)] = text.map { FileContent(path: ByteString(path), bytes: Array($0.utf8)) }
        }
        let sitting = Self.sitting(
            by: by, at: instant(signed ?? observed).description, repo: repo,
            paths.map { ($0, verdict, after[ByteString($0)]?.sha256 ?? Digest.sha256(of: [])) })
        let path = "attestations/\(name ?? "\(by)-\(commits.count)").yaml"
        commit(
            at: instant(observed),
            files.map { ($0.key, $0.value.map { Array($0.utf8) }) } + [
                (path, Array(sitting.utf8)),
                (path + ".sig", StandInSignature.sign(Array(sitting.utf8), key: key ?? by)),
            ])
    }

    static func sitting(
        by: String, at: String, repo: String = "acme", _ decisions: [(path: String, verdict: String, digest: Digest)]
    ) -> String {
        "repo: \(repo)\nby: \(by)\nat: \(at)\ndecisions:\n"
            + decisions.map { "  - {file: \($0.path), sha256: \($0.digest.hex), decision: \($0.verdict)}\n" }.joined()
    }

    /// Every grant of the tip that can be read, whatever its standing.
    var grants: [Grant] {
        tree.sorted { $0.key < $1.key }.compactMap { path, file in
            guard case .grant(let grant)? = CachedReading.parsed(DocumentPath(path), file).document else { return nil }
            return grant
        }
    }

    /// What each commit changed and where everything stands at the end, for a failure's message.
    var told: String {
        var lines: [String] = []
        for (index, commit) in commits.enumerated() {
            lines.append("== commit \(index) at \(commit.observed)")
            lines += commit.change.removed.map { "removed \($0)" } + commit.change.unreadable.map { "unreadable \($0)" }
            for file in commit.change.written where !file.path.text.hasSuffix(".sig") {
                lines.append(
                    "-- \(file.path) \(file.sha256.hex.prefix(8))\n" + String(decoding: file.bytes, as: UTF8.self))
            }
        }
        let end = commits.last?.observed ?? .distantPast
        return (lines + state.standings(at: end).map { "\($0.grant) \($0.standing) \($0.notAfter as Any) \($0.why)" })
            .joined(separator: "\n")
    }

    /// The tip as a plain directory.
    func directory(now: String) -> AccessState {
        AccessState(
            directory: tree.values.sorted { $0.path < $1.path }, now: instant(now), verify: StandInSignature.verify)
    }
}

/// Signatures for tests: the key's blob and the digest of what was signed.
enum StandInSignature {
    static let verify: VerifySignature = { signature, message in
        let digest = Digest.sha256(of: message).bytes
        guard signature.count > 32, Array(signature.suffix(32)) == digest else {
            return .failure(SignatureFault(message: "the signature is over other bytes"))
        }
        return .success(SigningKey(blob: Array(signature.dropLast(32))))
    }

    static func sign(_ message: [UInt8], key: String) -> [UInt8] { blob(of: key) + Digest.sha256(of: message).bytes }

    /// A well-formed ssh-ed25519 public key made of a name.
    static func blob(of key: String) -> [UInt8] {
        let type = Array("ssh-ed25519".utf8)
        return [0, 0, 0, 11] + type + [0, 0, 0, 32] + Digest.sha256(of: Array(key.utf8)).bytes
    }

    static func line(of key: String) -> String { "ssh-ed25519 \(Base64.encode(blob(of: key))) \(key)" }
    static func fingerprint(of key: String) -> String { Person.Key.fingerprint(of: blob(of: key)).text }
}

func instant(_ text: String) -> Instant {
    if let instant = Instant(text) { return instant }
    return Instant(text + "T00:00Z")!
}

/// The files most tests start from.
enum HistoryFixture {
    static func policy(version: Int = 1, extra: String = "") -> String {
        """
        name: acme
        version: \(version)
        admins: [tom, ines]
        \(extra)
        tiers:
          standard: {longest: 180d, review: 90d, reviewers: 1, stale: 24h, first_review: attestation}
          critical: {longest: 30d, review: 20d, reviewers: 2, stale: 1h, first_review: attestation}
          open: {longest: 180d, review: 90d, reviewers: 1, stale: 24h, first_review: merge}

        """
    }

    static func person(
        _ name: String, keys: [String]? = nil, retired: [String] = [], email: String? = nil, sub: String? = nil
    )
        -> String
    {
        var text = "email: \(email ?? "\(name)@acme.example")\nkeys:\n"
        for key in keys ?? [name] { text += "  - \(StandInSignature.line(of: key))\n" }
        if !retired.isEmpty { text += "retired:\n" + retired.map { "  - \($0)\n" }.joined() }
        return text + "identities: [{issuer: corp, sub: \(sub ?? "sub-\(name)")}]\n"
    }

    static let issuer = """
        kind: oidc
        issuer: https://corp.example
        audience: [grantctl]
        algorithms: [RS256]
        claims: {groups: groups, roles: roles, email: mail}
        longest: 1h

        """

    static func service(owners: String = "tom, ines", tier: String = "standard", extra: String = "") -> String {
        """
        kind: anthropic
        upstream: https://api.anthropic.com
        credential: anthropic
        prefix: /claude
        owners: [\(owners)]
        tier: \(tier)
        elevated:
          - {tier: critical, models: [claude-opus-*]}
          - {tier: critical, server_tools: [code_execution]}
          - {tier: critical, see: [payment_card]}
        protects: [email, payment_card]
        \(extra)

        """
    }

    static let http = """
        kind: http
        upstream: https://tickets.example
        prefix: /tickets
        owners: [tom]
        tier: open

        """

    static func grant(
        to: String = "[{issuer: corp, group: agents}]", can: String = "{models: [claude-sonnet-*]}",
        by: String = "maria",
        why: String = "triage", extra: String = ""
    ) -> String {
        "to: \(to)\ncan: \(can)\nwhy: \(why)\nby: \(by)\n" + (extra.isEmpty ? "" : extra + "\n")
    }

    static let bot = "grants/claude/bot.yaml"

    static var files: [(String, String)] {
        [
            ("policy.yaml", policy()), ("identity/corp.yaml", issuer), ("services/claude.yaml", service()),
            ("services/tickets.yaml", http), ("people/tom.yaml", person("tom")), ("people/ines.yaml", person("ines")),
            ("people/maria.yaml", person("maria")), ("people/eve.yaml", person("eve")),
        ]
    }

    /// A genesis on 2026-01-01 without any grant.
    static func repository(_ overrides: KeyValuePairs<String, String?> = [:]) -> HistoryRepository {
        var repository = HistoryRepository()
        var all: [(String, [UInt8]?)] = files.map { ($0.0, Array($0.1.utf8)) }
        for (path, text) in overrides {
            all.removeAll { $0.0 == path }
            all.append((path, text.map { Array($0.utf8) }))
        }
        repository.commit(at: instant("2026-01-01"), all)
        return repository
    }

    /// With the bot's grant landed on 2026-01-02.
    static func withBot(_ grant: String = grant(), _ overrides: KeyValuePairs<String, String?> = [:])
        -> HistoryRepository
    {
        var repository = repository(overrides)
        repository.commit(at: "2026-01-02", [bot: grant])
        return repository
    }
}

extension HistoryRepository {
    func standing(_ id: String = "claude/bot", at now: String) -> GrantStanding? {
        state.standings(at: instant(now)).first { $0.grant == ByteString(id) }
    }
}
