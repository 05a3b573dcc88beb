import ArgumentParser
import Foundation
import GrantModel

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Start a grants repository that validates: policy, you as its admin, a service, an issuer, a sample.",
        discussion: """
            What is not given is asked for where there is a terminal. Also writes CI files for GitHub and GitLab, a pre-receive \
            hook for plain git, CODEOWNERS, and JSON Schemas with settings for editors. Everything is checked before \
            anything is written; DIR is absent, empty, or a fresh clone without a commit.

            EXAMPLES
              grantctl init access                             asked step by step
              grantctl init access --name acme-access --issuer https://login.acme.example
              grantctl init --admin tom --key ~/.ssh/id_ed25519_sk.pub --issuer https://login.acme.example
              grantctl init tools --service tickets --kind http --upstream https://tickets.acme.example \\
                --issuer https://login.acme.example

            Exit 0 done; 2 nothing was written, and why.
            """
    )

    @Argument(help: "The folder.")
    var directory = "."

    @Option(help: "The repository's name, which sign-offs are made for and which never changes.")
    var name: String?

    @Option(help: "Your name in people/; made of your e-mail address by default.")
    var admin: String?

    @Option(help: "Your e-mail address; git's by default.")
    var email: String?

    @Option(help: "Your SSH public key, a file or the line itself; found by git, the agent and ~/.ssh by default.")
    var key: String?

    @Option(help: "Your `sub` at the identity provider, so that you never review your own access.")
    var sub: String?

    @Option(help: "The identity provider's issuer URL (OpenID).")
    var issuer: String?

    @Option(help: "What the issuer is called here.")
    var issuerName = "corp"

    @Option(help: "What tokens must be issued for; repeat for several.")
    var audience: [String] = ["grantctl"]

    @Option(help: "The first service's name and prefix.")
    var service = "claude"

    @Option(help: "anthropic or http.")
    var kind = Service.Kind.anthropic

    @Option(help: "Where the service is; https://api.anthropic.com for Claude.")
    var upstream: String?

    @Option(help: "The name under which gateway.yaml holds the service's secret; the service's own by default.")
    var credential: String?

    @Flag(inversion: .prefixedNo, help: "Commit what is written.")
    var commit = true

    func run() throws {
        do throws(CommandFault) {
            let place = try InitPlace(directory)
            let git = GitProgram(directory: place.existing)
            // What nobody can answer is found out before anybody is asked.
            if commit, git.configuration("user.name") == nil || git.configuration("user.email") == nil {
                throw CommandFault(
                    description:
                        "git does not know who you are; set it with `git config --global user.name 'Your Name'` "
                        + "and `git config --global user.email you@example.com`, or give --no-commit")
            }
            let template = try template(git, place)
            let files = try template.files()
            try place.fill(files, commit: commit)
            print(report(template, files.count, place))
        } catch {
            throw error.exitCode()
        }
    }

    private func template(_ git: GitProgram, _ place: InitPlace) throws(CommandFault) -> RepositoryTemplate {
        let questions = Questions()
        func value(
            _ given: String?, _ option: String, _ question: String, fallback: String?,
            check: (String) -> String? = { _ in nil }
        ) throws(CommandFault) -> String {
            if let given { return given }
            if let questions { return try questions.ask(question, fallback: fallback, check: check) }
            guard let fallback else {
                throw CommandFault(description: "\(option) is missing; give it, or run this at a terminal to be asked")
            }
            return fallback
        }
        let key = try publicKey(git, questions)
        let address = try value(
            email, "--email", "your e-mail address", fallback: git.configuration("user.email"), check: Self.addressFault
        )
        let suggested = Self.slug(String(address.prefix { $0 != "@" }))
        let issuerURL = try value(
            issuer, "--issuer", "your identity provider's issuer URL, e.g. https://acme.okta.example", fallback: nil,
            check: Self.locationFault)
        return RepositoryTemplate(
            name: try value(
                name, "--name", "the repository's name", fallback: Self.slug(place.name), check: Self.nameFault),
            admin: try value(
                admin, "--admin", "your name in people/", fallback: suggested.isEmpty ? nil : suggested,
                check: Self.nameFault),
            email: address, key: key, issuerName: issuerName, issuer: issuerURL,
            audience: audience, subject: sub, service: service, kind: kind,
            upstream: try value(
                upstream, "--upstream", "where `\(service)` is",
                fallback: kind == .anthropic ? "https://api.anthropic.com" : nil, check: Self.locationFault),
            credential: credential ?? (kind == .anthropic ? "anthropic" : service))
    }

    // What is wrong with an answer, where it is given; the gateway's own reader judges all of it at the end.

    private static func nameFault(_ name: String) -> String? {
        ByteString(name).isName ? nil : "use a-z, 0-9 and `-`, at most 63, beginning with a letter or digit"
    }

    private static func addressFault(_ address: String) -> String? {
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && !address.contains(" ")
            ? nil : "write it as you@example.com"
    }

    private static func locationFault(_ location: String) -> String? {
        let isKnown = ["https://", "http://127.0.0.1", "http://localhost"].contains { location.hasPrefix($0) }
        return isKnown && location.count > 10 ? nil : "write a URL that begins with https://"
    }

    private func publicKey(_ git: GitProgram, _ questions: Questions?) throws(CommandFault) -> String {
        guard let key else {
            let found = OwnKeys(git: git).keys
            guard let first = found.first else {
                throw CommandFault(
                    description: "no SSH key was found in git's configuration, the agent or ~/.ssh; make one with "
                        + "`ssh-keygen -t ed25519`, or give --key FILE.pub")
            }
            guard let questions, found.count > 1 else { return Self.plain(first.line) }
            let choices = found.map {
                (name: $0.key.fingerprint.text, about: "\($0.key.comment) (\($0.source.rawValue))")
            }
            let chosen = try questions.choose("the key you sign with", choices)
            return Self.plain((found.first { $0.key.fingerprint.text == chosen } ?? first).line)
        }
        var line = key
        if !key.hasPrefix("ssh-"), !key.hasPrefix("ecdsa-"), !key.hasPrefix("sk-") {
            let path = key.hasSuffix(".pub") || access(key + ".pub", F_OK) != 0 ? key : key + ".pub"
            guard let data = FileManager.default.contents(atPath: path) else {
                throw CommandFault(description: "`\(path)` cannot be read; give the public key's file, ending in .pub")
            }
            line = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            guard !line.contains("PRIVATE KEY") else {
                throw CommandFault(description: "`\(path)` is a private key; give the public one, ending in .pub")
            }
        }
        do throws(PublicKeyFault) {
            _ = try Person.Key(line: ByteString(line))
        } catch {
            throw CommandFault(description: "\(error.message); give the public key's file, ending in .pub")
        }
        return Self.plain(line)
    }

    /// Without characters that documents may not hold.
    private static func plain(_ line: String) -> String {
        String(line.map { $0.isASCII && !$0.isNewline && $0 != "\t" ? $0 : " " }).trimmingCharacters(in: .whitespaces)
    }

    /// A name as documents have them, as near as it gets; empty when nothing of it can be one.
    static func slug(_ text: String) -> String {
        let kept = text.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        return String(String(kept).split(separator: "-").joined(separator: "-").prefix(63))
    }

    private func report(_ template: RepositoryTemplate, _ count: Int, _ place: InitPlace) -> String {
        let there = directory == "." ? "" : "cd \(directory) && "
        return """
            started `\(template.name)` with \(count) files in \(directory)
              admin    \(template.admin) <\(template.email)>
              issuer   \(template.issuerName), \(template.issuer)
              service  \(template.service), \(template.upstream)
            next:
              \(there)grantctl validate
              add the others to people/, and to `owners` in services/\(template.service).yaml: nobody reviews what they ask for
              \(place.hasRemote ? "" : "git remote add origin URL && ")git push -u origin main
              point a gateway at it: `grantctl serve --help`
            """
    }
}

extension Service.Kind: ExpressibleByArgument {}

/// Where a new repository goes: a folder that is absent or empty, or a clone without a commit.
struct InitPlace {
    /// As it was given, made absolute.
    private let path: String
    /// Whether there is a repository already, without a commit.
    private let isClone: Bool
    /// A folder that exists: the place, or the nearest one above it.
    let existing: String

    var name: String { (path as NSString).lastPathComponent }
    /// Whether it is known where to push to.
    var hasRemote: Bool { isClone && GitProgram(directory: path).answer("remote")?.isEmpty == false }

    init(_ directory: String) throws(CommandFault) {
        path = URL(fileURLWithPath: directory).standardizedFileURL.path
        let contents = try? FileManager.default.contentsOfDirectory(atPath: path)
        isClone = contents == [".git"]
        var above = path
        while access(above, F_OK) != 0, above.count > 1 { above = (above as NSString).deletingLastPathComponent }
        existing = above
        if contents == nil, access(path, F_OK) == 0 {
            throw CommandFault(description: "`\(path)` is no folder that can be read; choose another one")
        }
        if let contents, !contents.isEmpty, !isClone {
            throw CommandFault(
                description: contents.contains("policy.yaml")
                    ? "`\(path)` holds a grants repository already; `grantctl validate` checks it"
                    : "`\(path)` is not empty; choose another folder")
        }
        let git = GitProgram(directory: existing)
        if isClone {
            guard git.answer("rev-parse", "--verify", "--quiet", "HEAD") == nil else {
                throw CommandFault(
                    description: "the repository in `\(path)` has commits already; choose another folder")
            }
        } else if let around = git.answer("rev-parse", "--show-toplevel"), !around.isEmpty {
            throw CommandFault(
                description: "`\(path)` is inside the git repository `\(around)`; choose a folder outside of it")
        }
    }

    /// Writes everything, or nothing.
    func fill(_ files: [String: [UInt8]], commit: Bool) throws(CommandFault) {
        if isClone {
            do throws(CommandFault) {
                try write(files, to: path)
                try save(path, commit: commit)
            } catch {
                clear()
                throw error
            }
            return
        }
        // Beside its place, so that the last step is a rename.
        let folder = (path as NSString).deletingLastPathComponent
        let temporary = "\(folder)/.\(name).init-\(UInt32.random(in: 0...UInt32.max))"
        do throws(CommandFault) {
            try write(files, to: temporary)
            do throws(GitProgram.Failure) {
                try GitProgram(directory: temporary).run("init", "--quiet", "--initial-branch=main")
            } catch {
                throw CommandFault(description: "no repository can be made: \(error.reason)")
            }
            try save(temporary, commit: commit)
            // rename(2) takes an empty folder's place.
            guard rename(temporary, path) == 0 else {
                throw CommandFault(description: "`\(path)` cannot be made: \(String(cString: strerror(errno)))")
            }
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw error
        }
    }

    private func write(_ files: [String: [UInt8]], to folder: String) throws(CommandFault) {
        for (file, bytes) in files {
            let full = folder + "/" + file
            do {
                try FileManager.default.createDirectory(
                    atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                try Data(bytes).write(to: URL(fileURLWithPath: full))
            } catch {
                throw CommandFault(
                    description: "`\(full)` cannot be written: \((error as NSError).localizedDescription)")
            }
        }
        chmod(folder + "/hooks/pre-receive", 0o755)
    }

    private func save(_ folder: String, commit: Bool) throws(CommandFault) {
        guard commit else { return }
        let git = GitProgram(directory: folder)
        do throws(GitProgram.Failure) {
            try git.run("add", "--all")
            try git.runInteractively("commit", "--quiet", "--message", "Start the grants repository")
        } catch {
            throw CommandFault(description: "the commit was refused: \(error.reason); nothing was written")
        }
    }

    /// A clone that is empty again.
    private func clear() {
        _ = try? GitProgram(directory: path).run("rm", "-r", "--cached", "--quiet", "--ignore-unmatch", ".")
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where name != ".git" {
            try? FileManager.default.removeItem(atPath: path + "/" + name)
        }
    }
}
