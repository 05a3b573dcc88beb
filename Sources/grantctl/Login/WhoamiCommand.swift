import ArgumentParser
import Foundation
import GrantModel
import Identity
import Logging

struct WhoamiCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami",
        abstract: "Show whom a gateway sees in your token, and the grants that name you.",
        discussion: """
            The gateway's own code, here: the token is verified against the issuers of the grants repository, whose keys are \
            fetched, and matched with its grants. Of the gateway only the keys are asked for, where it exchanged the token.

            EXAMPLES
              grantctl whoami                                              in a clone
              grantctl whoami --repo https://git.acme.example/access.git
              grantctl whoami --token-file token.jwt --json                somebody else's token

            Exit 0, 1 when the token would be refused, 2 when it cannot be told.
            """
    )

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var repository: RepositoryOptions

    @Option(help: "A file with the token to look at, or - for standard input; that of your login by default.")
    var tokenFile: String?

    @Flag(help: "A JSON object.")
    var json = false

    func run() async throws {
        let token: String
        let settings: LoginSettings?
        do {
            (token, settings) = try readToken()
        } catch {
            throw error.exitCode()
        }
        let (state, now) = try await repository.load()
        let verified: Result<Caller, TokenRefusal>
        if let settings, settings.exchange {
            do throws(CommandFault) {
                verified = try await GatewayToken(settings: settings).caller(token, now: now)
            } catch {
                throw error.exitCode()
            }
        } else {
            let verifier = TokenVerifier(logger: Logger(label: "whoami") { _ in SwiftLogNoOpLogHandler() })
            verifier.update(issuers: Array(state.accepted.issuers.values))
            verified = await verifier.verify(Array(token.utf8), now: now)
        }
        switch verified {
        case .success(let caller):
            let answer = WhoamiAnswer(
                caller, grants: ScopeTable(compiling: state).grants(naming: caller, at: now))
            print(json ? prettyJSON(answer) : answer.text)
        case .failure(let refusal):
            let claims = LoginTokens.claims(of: token)
            var lines = ["a gateway would refuse this token (\(refusal.reason)): \(refusal.text)"]
            // Unverified: only to see which provider it came from.
            for claim in ["iss", "aud", "sub"] {
                guard let value = claims?[claim] else { continue }
                lines.append("  it says \(claim): \(shown("\((value as? String) ?? "\(value)")"))")
            }
            if refusal.reason == "unknown-issuer" {
                let known = state.accepted.issuers.values.map { "`\($0.issuer)`" }.sorted().joined(separator: ", ")
                lines.append("issuers that are accepted: \(known.isEmpty ? "none" : known)")
            }
            FileHandle.standardError.write(Data((lines.joined(separator: "\n") + "\n").utf8))
            throw ExitCode(1)
        }
    }

    /// A token, and of one's own the login that it is of.
    private func readToken() throws(CommandFault) -> (token: String, settings: LoginSettings?) {
        guard let tokenFile else {
            let store = try profile.store()
            let token = try TokenSource(store: store).token()
            return (token, try store.read()?.settings)
        }
        let data =
            tokenFile == "-"
            ? try? FileHandle.standardInput.readToEnd() : FileManager.default.contents(atPath: tokenFile)
        guard let data, data.count <= 1 << 20 else {
            throw CommandFault(description: "`\(tokenFile)` cannot be read; give a file with a token, or -")
        }
        return (String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines), nil)
    }
}

/// Who somebody is to a gateway. In JSON every key is always there.
struct WhoamiAnswer: Encodable {
    struct NamedGrant: Encodable {
        var grant: String
        var standing: String
        var why: String
    }

    private let issuer: String
    private let sub: String
    private let email: String?
    private let groups: [String]
    private let roles: [String]
    private let expires: String
    private let grants: [NamedGrant]

    init(_ caller: Caller, grants: [Explanation.Candidate]) {
        issuer = caller.issuer.text
        sub = caller.subject.text
        email = caller.email?.text
        groups = caller.groups.map(\.text)
        roles = caller.roles.map(\.text)
        expires = "\(caller.expires)"
        self.grants = grants.map {
            NamedGrant(grant: $0.grant.text, standing: $0.standing.rawValue, why: $0.why)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case issuer, sub, email, groups, roles, expires, grants
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(issuer, forKey: .issuer)
        try container.encode(sub, forKey: .sub)
        try container.encode(email, forKey: .email)
        try container.encode(groups, forKey: .groups)
        try container.encode(roles, forKey: .roles)
        try container.encode(expires, forKey: .expires)
        try container.encode(grants, forKey: .grants)
    }

    /// For people.
    var text: String {
        func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.map(shown).joined(separator: ", ") }
        var lines = [
            "issuer   \(issuer)", "subject  \(shown(sub))", "email    \(email.map(shown) ?? "none that is verified")",
            "groups   \(list(groups))", "roles    \(list(roles))", "expires  \(expires)", "",
        ]
        if grants.isEmpty {
            lines.append("no grant names you; ask for one with `grantctl request`")
        } else {
            let width = grants.map(\.grant.count).max() ?? 0
            let standings = grants.map(\.standing.count).max() ?? 0
            lines.append("grants that name you:")
            lines += grants.map { grant in
                let name = grant.grant.padding(toLength: width, withPad: " ", startingAt: 0)
                let standing = grant.standing.padding(toLength: standings, withPad: " ", startingAt: 0)
                return "  \(name)  \(standing)  \(grant.why)"
            }
        }
        return lines.joined(separator: "\n")
    }
}
