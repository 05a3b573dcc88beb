import ArgumentParser
import Foundation
import GrantModel

/// Whose login a command is about.
struct ProfileOptions: ParsableArguments {
    @Option(help: "Which login, for people with several; `$GRANTCTL_PROFILE` by default, else `default`.")
    var profile: String?

    func store() throws(CommandFault) -> LoginStore {
        try LoginStore(profile: profile ?? ProcessInfo.processInfo.environment["GRANTCTL_PROFILE"] ?? "default")
    }
}

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Log in at your identity provider, so that clients can use the gateway.",
        discussion: """
            Opens the provider's page in a browser (authorization code with PKCE), or without one shows a code to enter on \
            another device (RFC 8628). The tokens stay in a file that only you can read, below $XDG_STATE_HOME/grantctl, and \
            are renewed by `grantctl token`. Options are remembered: the next login needs none.

            EXAMPLES
              grantctl login --issuer https://acme.okta.example --client-id 0oa1b2c3 --gateway https://gateway.acme.example
              grantctl login                                   again, as before
              grantctl login --device                          on a machine without a browser
              grantctl login --issuer corp --client-id grantctl        the issuer of identity/corp.yaml, in a clone
              grantctl login --gateway https://gateway.acme.example --assertion-command 'get-saml-assertion'

            Exit 0 logged in, 2 not.
            """
    )

    @OptionGroup var profile: ProfileOptions

    @Option(help: "The provider's issuer identifier, or the name of a file in identity/ of the clone around you.")
    var issuer: String?

    @Option(help: "What the provider calls this client: a public one (native application) with PKCE.")
    var clientID: String?

    @Option(help: "Where the client's secret is, if the provider wants one: env:NAME or file:PATH.")
    var clientSecret: String?

    @Option(parsing: .upToNextOption, help: "The scopes to ask for; `openid profile email` by default.")
    var scope: [String] = []

    @Option(help: "The `audience` to ask for, where the provider wants to know before it issues a JWT.")
    var audience: String?

    @Option(help: "The gateway's address, e.g. https://gateway.acme.example.")
    var gateway: String?

    @Option(help: "The prefix of the service that `grantctl env` points clients at; /claude by default.")
    var prefix: String?

    @Option(help: "PEM of what to trust besides the system's store, for provider and gateway.")
    var ca: String?

    @Option(help: "Which token the gateway is shown: automatic, access or id.")
    var use: LoginSettings.Use?

    @Flag(inversion: .prefixedNo, help: "Let the gateway's POST /token turn the provider's token into one of its own.")
    var exchange: Bool?

    @Flag(help: "Show a code to enter on another device.")
    var device = false

    @Flag(help: "Use a browser on this machine, even if none can be opened from here.")
    var browser = false

    @Option(
        help: "Where the provider sends the browser back to; http://127.0.0.1:0/callback by default, 0 for any port.")
    var redirect: String?

    @Option(help: "A SAML assertion to exchange at the gateway: a file, or - for standard input.")
    var assertion: String?

    @Option(help: "A shell command that prints a SAML assertion, run whenever a new one is needed.")
    var assertionCommand: String?

    func validate() throws {
        if device, browser { throw ValidationError("--device and --browser exclude each other; give one of them") }
        if issuer != nil, assertion != nil || assertionCommand != nil {
            throw ValidationError("--issuer is for OpenID, --assertion for SAML; give one of them")
        }
    }

    func run() async throws {
        do throws(CommandFault) {
            let store = try profile.store()
            let known = try store.read()
            let settings = try updated(known?.settings, store)
            let record = try await logIn(settings)
            try store.locked { () throws(CommandFault) in try store.write(record) }
            print(welcome(record))
        } catch {
            throw error.exitCode()
        }
    }

    /// What was remembered, with what the options say.
    private func updated(_ known: LoginSettings?, _ store: LoginStore) throws(CommandFault) -> LoginSettings {
        var settings = known ?? LoginSettings()
        if let issuer {
            let found = try IssuerArgument(issuer).resolve()
            settings.issuer = found.issuer
            if let authority = found.authority {
                let path = "\(store.folder)/\(store.profile).issuer.pem"
                try store.replace(path, with: Array(authority.utf8), mode: 0o644)
                settings.certificateAuthority = path
            }
            settings.assertionCommand = nil
        }
        if assertion != nil || assertionCommand != nil {
            settings.issuer = nil
            settings.exchange = true
            settings.assertionCommand = assertionCommand
        }
        if let clientID { settings.clientID = clientID }
        if let clientSecret { settings.clientSecret = try absolute(reference: clientSecret) }
        if !scope.isEmpty { settings.scopes = scope.flatMap { $0.split(separator: " ").map(String.init) } }
        if let audience { settings.audience = audience }
        if let gateway { settings.gateway = try address(of: gateway) }
        if let prefix {
            guard prefix.hasPrefix("/"), !prefix.hasSuffix("/") else {
                throw CommandFault(description: "`\(prefix)` is no prefix; write it as in services/, e.g. /claude")
            }
            settings.prefix = prefix
        }
        if let ca { settings.certificateAuthority = URL(fileURLWithPath: ca).path }
        if let use { settings.use = use }
        if let exchange { settings.exchange = exchange }
        if let redirect { settings.redirect = redirect }
        if settings.issuer == nil, settings.assertionCommand == nil, assertion == nil {
            throw CommandFault(
                description: "no identity provider is known yet; give --issuer URL and --client-id ID, "
                    + "your administrator knows them")
        }
        if settings.issuer != nil, settings.clientID == nil {
            throw CommandFault(description: "the provider needs to know this client; give --client-id ID")
        }
        if settings.exchange { _ = try settings.exchangeAddress() }
        _ = try settings.authority()
        return settings
    }

    private func absolute(reference: String) throws(CommandFault) -> String {
        if reference.hasPrefix("env:") { return reference }
        guard reference.hasPrefix("file:") else {
            throw CommandFault(
                description:
                    "--client-secret takes no secret itself, which others could see; write env:NAME or file:PATH")
        }
        return "file:" + URL(fileURLWithPath: String(reference.dropFirst(5))).path
    }

    private func address(of gateway: String) throws(CommandFault) -> String {
        var text = gateway
        while text.hasSuffix("/") { text.removeLast() }
        guard let url = URLComponents(string: text), ["http", "https"].contains(url.scheme), url.host != nil,
            url.query == nil, url.fragment == nil
        else {
            throw CommandFault(description: "`\(gateway)` is no address; write https://gateway.acme.example")
        }
        return text
    }

    private func logIn(_ settings: LoginSettings) async throws(CommandFault) -> LoginRecord {
        guard settings.issuer != nil else {
            let subject =
                if let command = settings.assertionCommand, assertion == nil {
                    try TokenExchange.assertion(by: command)
                } else {
                    try TokenExchange.assertion(from: assertion ?? "-")
                }
            let answer = try TokenExchange(settings: settings).exchange(subject, type: TokenExchange.saml2)
            let now = Instant.clock.seconds
            return LoginRecord(
                settings: settings,
                tokens: LoginTokens(
                    obtained: now, exchanged: answer.token, exchangedAt: now, exchangedExpires: now + answer.seconds))
        }
        let provider: IdentityProvider
        do throws(OAuthFault) {
            provider = try IdentityProvider.discover(settings)
        } catch {
            throw CommandFault(description: error.text)
        }
        let flow = LoginFlow(provider: provider) { FileHandle.standardError.write(Data(($0 + "\n").utf8)) }
        let found = Browser()
        let hasDevices = provider.metadata.device_authorization_endpoint != nil
        let byDevice = device || (!browser && found == nil && hasDevices)
        let tokens = byDevice ? try await flow.byDevice() : try await flow.byBrowser(found)
        return LoginRecord(settings: settings, tokens: tokens)
    }

    private func welcome(_ record: LoginRecord) -> String {
        let token = record.tokens?.idToken ?? record.tokens?.accessToken ?? record.tokens?.exchanged
        let claims = token.flatMap(LoginTokens.claims)
        let names = ["email", "preferred_username", "sub"].compactMap { claims?[$0] as? String }
        let place = (record.settings.issuer ?? record.settings.gateway).map { " at \($0)" } ?? ""
        var lines = ["logged in as \(names.first.map(shown) ?? "somebody")\(place)"]
        let option = profile.profile.map { " --profile \($0)" } ?? ""
        if record.settings.gateway != nil {
            lines.append("for a shell:      eval \"$(grantctl env\(option))\"")
            lines.append("for Claude Code:  grantctl env\(option) --format settings")
        }
        return lines.joined(separator: "\n")
    }
}

extension LoginSettings.Use: ExpressibleByArgument {}

struct LogoutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "Forget the tokens of a login, and tell the provider.",
        discussion: """
            The settings stay, so that `grantctl login` needs no options. Where the provider revokes tokens (RFC 7009), the \
            refresh token ends there, too.

            EXAMPLES
              grantctl logout
              grantctl logout --profile work
            """
    )

    @OptionGroup var profile: ProfileOptions

    func run() throws {
        do throws(CommandFault) {
            let store = try profile.store()
            try store.locked { () throws(CommandFault) in
                guard var record = try store.read(), let tokens = record.tokens else { return }
                record.tokens = nil
                try store.write(record)
                if let token = tokens.refreshToken { Self.revoke(token, record.settings) }
            }
        } catch {
            throw error.exitCode()
        }
    }

    /// What cannot be revoked ends by itself; the tokens are gone from here either way.
    private static func revoke(_ token: String, _ settings: LoginSettings) {
        do throws(OAuthFault) {
            let provider = try IdentityProvider.discover(settings)
            guard let endpoint = provider.metadata.revocation_endpoint else { return }
            let answer = try provider.post([("token", token), ("token_type_hint", "refresh_token")], to: endpoint)
            try OAuthFault.check(answer, at: endpoint)
        } catch {
            say("the provider was not told: \(error.text)")
        }
    }
}

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Print a token that is good for a while, renewed when needed, and nothing else.",
        discussion: """
            Made to be Claude Code's `apiKeyHelper`, and for scripts: the token is the only thing on standard output. Several \
            may run at once; one renews, the others use what it got.

            EXAMPLES
              grantctl token
              ANTHROPIC_AUTH_TOKEN=$(grantctl token) python3 agent.py
              {"apiKeyHelper": "grantctl token"}               in Claude Code's settings.json

            Exit 0 with a token, 2 without: the sentence on standard error says what to do.
            """
    )

    @OptionGroup var profile: ProfileOptions

    @Option(
        help: "Seconds that the token should still be good for; shorter-lived ones are renewed at half of their life.")
    var goodFor: Int64 = 300

    func run() throws {
        do throws(CommandFault) {
            print(try TokenSource(store: try profile.store(), goodFor: max(0, goodFor)).token())
        } catch {
            throw error.exitCode()
        }
    }
}
