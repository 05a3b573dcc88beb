import Foundation
import GrantModel

/// A public key of whoever runs this, and how ssh-keygen is told to sign with it.
struct OwnKey: Hashable {
    enum Source: String {
        /// `user.signingkey` of git's configuration.
        case git
        /// The agent that `SSH_AUTH_SOCK` names.
        case agent
        /// A `.pub` file in `~/.ssh`.
        case folder
    }

    /// `TYPE BASE64 COMMENT`, as in a `.pub` file.
    var line: String
    var key: Person.Key
    var source: Source
    /// A file for `ssh-keygen -f`: the private key, or the public one, whose other half the agent holds. Nil for a key that
    /// only the agent knows: write `line` to a file then.
    var path: String?

    static func == (left: OwnKey, right: OwnKey) -> Bool { left.key.blob == right.key.blob }
    func hash(into hasher: inout Hasher) { hasher.combine(key.blob) }
}

/// Finds the keys somebody could sign with, the likeliest first, each once.
struct OwnKeys {
    let keys: [OwnKey]

    /// - Parameter git: where to ask for `user.signingkey`.
    init(git: GitProgram, environment: [String: String] = ProcessInfo.processInfo.environment) {
        var found: [OwnKey] = []
        let home = environment["HOME"] ?? NSHomeDirectory()
        if git.configuration("gpg.format") == "ssh" || git.configuration("user.signingkey")?.hasPrefix("ssh-") == true,
            let value = git.configuration("user.signingkey")
        {
            found += Self.configured(value, home: home)
        }
        let folder = Self.inFolder(home + "/.ssh")
        if environment["SSH_AUTH_SOCK"] != nil {
            found += Self.agent().map { key in
                // Where the key's file is known, signing does not depend on the agent.
                folder.first { $0 == key }.map {
                    OwnKey(line: key.line, key: key.key, source: .agent, path: $0.path)
                } ?? key
            }
        }
        found += folder
        var seen: Set<OwnKey> = []
        keys = found.filter { seen.insert($0).inserted }
    }

    /// Those that a person of the repository has listed.
    func of(_ person: Person) -> [OwnKey] {
        keys.filter { own in person.keys.contains { $0.blob == own.key.blob } }
    }

    private static func configured(_ value: String, home: String) -> [OwnKey] {
        let literal = value.hasPrefix("key::") ? String(value.dropFirst(5)) : value
        if let key = try? Person.Key(line: ByteString(literal)) {
            return [OwnKey(line: literal, key: key, source: .git, path: nil)]
        }
        let path = value.hasPrefix("~/") ? home + value.dropFirst(1) : value
        return read(path.hasSuffix(".pub") ? path : path + ".pub", source: .git).map { [$0] } ?? []
    }

    private static func agent() -> [OwnKey] {
        let ending = ProgramRun(program: "ssh-add", arguments: ["-L"]).run()
        guard ending.status == 0 else { return [] }
        return ending.text.split(separator: "\n").compactMap { line in
            (try? Person.Key(line: ByteString(String(line)))).map {
                OwnKey(line: String(line), key: $0, source: .agent, path: nil)
            }
        }
    }

    private static func inFolder(_ folder: String) -> [OwnKey] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        // As ssh itself prefers them.
        let preferred = ["id_ed25519_sk.pub", "id_ed25519.pub", "id_ecdsa_sk.pub", "id_ecdsa.pub", "id_rsa.pub"]
        let ordered = preferred.filter(names.contains) + names.filter { !preferred.contains($0) }.sorted()
        return ordered.filter { $0.hasSuffix(".pub") }.compactMap { read(folder + "/" + $0, source: .folder) }
    }

    private static func read(_ path: String, source: OwnKey.Source) -> OwnKey? {
        guard let data = FileManager.default.contents(atPath: path), data.count < 64 << 10 else { return nil }
        let line = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !line.contains("\n"), let key = try? Person.Key(line: ByteString(line)) else { return nil }
        let secret = String(path.dropLast(4))
        return OwnKey(line: line, key: key, source: source, path: access(secret, F_OK) == 0 ? secret : path)
    }
}

/// Which person of the repository runs this.
enum Myself {
    /// By `--as`, by a key they hold, or by the address that git commits with; a key says more than an address.
    static func find(
        as name: String?, people: [Person], keys: OwnKeys, email: String?
    ) throws(CommandFault) -> Person {
        if let name {
            if let person = people.first(where: { $0.name == ByteString(name) }) { return person }
            throw CommandFault(
                description: "there is nobody `\(name)` in people/; "
                    + "known: \(people.map { "`\($0.name.text)`" }.sorted().joined(separator: ", "))")
        }
        let holders = people.filter { !keys.of($0).isEmpty }
        if holders.count == 1, let person = holders.first { return person }
        let folded = email.map { ByteString($0.lowercased()) }
        let addressees = people.filter { person in
            guard let folded, let own = person.email else { return false }
            return ByteString(own.text.lowercased()) == folded
        }
        if addressees.count == 1, let person = addressees.first, holders.isEmpty || holders.contains(person) {
            return person
        }
        let candidates = holders.isEmpty ? addressees : holders
        guard candidates.isEmpty else {
            throw CommandFault(
                description:
                    "you could be \(candidates.map { "`\($0.name.text)`" }.sorted().joined(separator: " or ")); "
                    + "say who with --as")
        }
        throw CommandFault(
            description:
                "nobody in people/ has your key or the address \(email.map { "`\($0)`" } ?? "that git commits with"); "
                + "say who you are with --as, or ask an admin to add people/YOU.yaml")
    }
}
