import Foundation
import GrantModel
import Reconciler

/// What `grantctl init` starts a repository from.
struct RepositoryTemplate {
    var name: String
    var admin: String
    var email: String
    /// Type, base64 and comment.
    var key: String
    var issuerName: String
    var issuer: String
    var audience: [String]
    /// The admin's own `sub` at the issuer; nil when it is not known yet.
    var subject: String?
    var service: String
    var kind: Service.Kind
    var upstream: String
    var credential: String

    /// Every file, by path.
    func files() throws(CommandFault) -> [String: [UInt8]] {
        var files: [String: String] = [
            "policy.yaml": policy, "people/\(admin).yaml": person, "identity/\(issuerName).yaml": identity,
            "services/\(service).yaml": serviceText, "grants/\(service)/sample.yaml": sample, "README.md": readme,
            ".github/workflows/grants.yml": ForgeFiles.workflow, ".gitlab-ci.yml": ForgeFiles.gitlab,
            "hooks/pre-receive": ForgeFiles.preReceive, ".gitattributes": ForgeFiles.attributes,
            ".editorconfig": ForgeFiles.editorConfig, ".vscode/settings.json": EditorSchema.editorSettings,
        ]
        for kind in DocumentShape.allCases { files[EditorSchema.path(kind)] = EditorSchema.json(kind) }
        let state = try checked(files)
        if let policy = state.accepted.policy {
            files["CODEOWNERS"] = CodeOwners.text(
                policy: policy, services: Array(state.accepted.services.values), people: state.accepted.people)
        }
        return files.mapValues { Array($0.utf8) }
    }

    /// What the gateway's own code says of it, before anything is on disk.
    private func checked(_ files: [String: String]) throws(CommandFault) -> AccessState {
        let contents = files.map { path, text in
            let bytes = Array(text.utf8)
            return FileContent(
                path: ByteString(path), bytes: bytes, blob: .none, sha256: Digest.sha256(of: bytes))
        }
        let errors = Validation.diagnostics(of: contents).filter { $0.severity == .error }
        guard errors.isEmpty else {
            let first = errors.prefix(3).map { problem in
                "\(problem.message) (\(problem.path)\(problem.help.isEmpty ? "" : ": \(problem.help)"))"
            }
            throw CommandFault(description: "no repository can be made of this: \(first.joined(separator: "; "))")
        }
        return AccessState(directory: contents, now: .clock, verify: SSHSignature.verify)
    }

    private func document(_ comment: String, _ fields: [(String, DocumentNode)]) -> String {
        comment + DocumentText(.mapping(fields)).text
    }

    private func texts(_ texts: [String]) -> DocumentNode { .list(texts.map { .text($0) }) }

    private var policy: String {
        func tier(_ longest: String, _ review: String, _ reviewers: String, _ stale: String) -> DocumentNode {
            .mapping([
                ("longest", .text(longest)), ("review", .text(review)), ("reviewers", .text(reviewers)),
                ("stale", .text(stale)), ("first_review", .text("attestation")),
            ])
        }
        return document(
            """
            # Who runs this repository, and how strictly access is reviewed. Sign-offs name it, so `name` never changes; raise
            # `version` with every change.

            """,
            [
                ("name", .text(name)), ("version", .text("1")), ("admins", texts([admin])), ("protect", .text("merge")),
                (
                    "tiers",
                    .mapping([
                        ("standard", tier("180d", "90d", "1", "24h")), ("critical", tier("30d", "30d", "2", "1h")),
                    ])
                ), ("remind", texts(["14d", "7d", "1d"])),
            ])
    }

    private var person: String {
        var fields: [(String, DocumentNode)] = [("email", .text(email)), ("keys", .list([.text(key)]))]
        var comment = ""
        if let subject {
            fields.append(
                (
                    "identities", .list([.mapping([("issuer", .text(issuerName)), ("sub", .text(subject))])])
                ))
        } else {
            comment = """
                # Add who you are at the identity provider, so that nobody reviews their own access under another name:
                # identities: [{issuer: \(issuerName), sub: …}]

                """
        }
        return document(comment, fields)
    }

    private var identity: String {
        document(
            "# Whose tokens say who is calling.\n",
            [
                ("kind", .text("oidc")), ("issuer", .text(issuer)), ("audience", texts(audience)),
                ("algorithms", texts(["RS256", "ES256"])),
                (
                    "claims",
                    .mapping([("groups", .text("groups")), ("roles", .text("roles")), ("email", .text("email"))])
                ), ("longest", .text("1h")),
            ])
    }

    private var serviceText: String {
        var fields: [(String, DocumentNode)] = [
            ("kind", .text(kind.rawValue)), ("upstream", .text(upstream)), ("credential", .text(credential)),
            ("prefix", .text("/\(service)")), ("owners", texts([admin])), ("tier", .text("standard")),
        ]
        if kind == .anthropic {
            fields.append(
                (
                    "elevated",
                    .list([
                        .mapping([("tier", .text("critical")), ("models", texts(["claude-opus-*"]))]),
                        .mapping([
                            ("tier", .text("critical")), ("server_tools", texts(["code_execution", "web_fetch"])),
                        ]),
                    ])
                ))
        }
        fields.append(("protects", texts(["email", "payment_card", "iban", "secret"])))
        let clients = kind == .anthropic ? " Clients set ANTHROPIC_BASE_URL=https://GATEWAY/\(service)." : ""
        return document("# What can be called.\(clients)\n", fields)
    }

    private var sample: String {
        let can: DocumentNode =
            kind == .anthropic
            ? .mapping([("models", texts(["claude-haiku-4-5*"])), ("max_tokens", .text("4096"))])
            : .mapping([("routes", texts(["GET /health"]))])
        return document(
            "# A sample to copy; `grantctl request` writes the next one. Inert until an owner of the service other than\n"
                + "# whoever is accountable (`by`) has signed it.\n",
            [
                ("to", .list([.mapping([("issuer", .text(issuerName)), ("group", .text("sample"))])])), ("can", can),
                ("why", .text("A sample: replace the group and say what the access is for")), ("by", .text(admin)),
            ])
    }

    private var readme: String {
        """
        # \(name)

        Who may call what, why and until when. Every grant is a file, asked for by pull request and in force only while an
        owner's signature over its exact bytes is fresh.

        | file | says |
        |---|---|
        | `policy.yaml` | the repository's name, its admins, the tiers of review |
        | `people/NAME.yaml` | a human: signing keys, and who they are at the identity provider |
        | `identity/NAME.yaml` | an issuer whose tokens are accepted |
        | `services/NAME.yaml` | something that can be called |
        | `data/NAME.yaml` | a class of protected data of your own |
        | `grants/SERVICE/…/NAME.yaml` | who may do what, why, until when |
        | `attestations/NAME.yaml` and `.yaml.sig` | one sitting of one reviewer |
        | `denied/NAME.yaml` | stop now |

        ```sh
        grantctl request        # ask for access
        grantctl review         # what waits for you
        grantctl validate       # what is wrong here
        grantctl standing       # what is in force, and why not
        ```

        """
    }
}
