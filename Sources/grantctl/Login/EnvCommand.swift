import ArgumentParser
import Foundation

struct EnvCommand: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case shell, fish, json, settings
    }

    static let configuration = CommandConfiguration(
        commandName: "env",
        abstract: "Print the variables that point an SDK at the gateway.",
        discussion: """
            The base URL, what to trust, and for Claude Code the helper that gets its token. A plain SDK has no helper and takes \
            a token that ends: --token puts one in, good for as long as your provider makes them.

            EXAMPLES
              eval "$(grantctl env --token)"; python3 agent.py
              grantctl env --format settings > .claude/settings.local.json
              grantctl env --format json | jq -r .ANTHROPIC_BASE_URL
              grantctl env --format fish | source
            """
    )

    @OptionGroup var profile: ProfileOptions

    @Option(help: "shell, fish, json, or settings (Claude Code's settings.json).")
    var format = Format.shell

    @Option(help: "The service's prefix; that of the login by default.")
    var prefix: String?

    @Flag(help: "Put a token in, for SDKs without a helper.")
    var token = false

    func run() throws {
        do throws(CommandFault) {
            let store = try profile.store()
            guard let record = try store.read() else {
                throw CommandFault(description: "nobody has logged in yet; run `grantctl login`")
            }
            var environment = try ClientEnvironment(record.settings, store: store, prefix: prefix)
            if token { environment.token = try TokenSource(store: store).token() }
            switch format {
            case .shell: print(environment.shell)
            case .fish: print(environment.fish)
            case .json: print(environment.json)
            case .settings: print(environment.settings)
            }
        } catch {
            throw error.exitCode()
        }
    }
}

/// What a client of the gateway is told.
struct ClientEnvironment {
    private let baseURL: String
    private let helper: String
    /// PEM of the private authority alone, for Node, which adds it to its own.
    private let authority: String?
    /// The same with the system's, for OpenSSL, which uses it instead of its own.
    private let bundle: String?
    var token: String?

    /// How often Claude Code asks its helper, in milliseconds; `grantctl token` answers from its file.
    private static let helperMilliseconds = 60_000

    private static let systemBundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]

    init(
        _ settings: LoginSettings, store: LoginStore, prefix: String?, executable: String = executablePath()
    ) throws(CommandFault) {
        guard let gateway = settings.gateway else {
            throw CommandFault(description: "no gateway is known; log in with --gateway https://gateway.acme.example")
        }
        baseURL = gateway + (prefix ?? settings.prefix)
        let option = store.profile == "default" ? "" : " --profile \(store.profile)"
        helper = Self.quoted(executable) + " token" + option
        authority = settings.certificateAuthority
        guard let pem = try settings.authority() else {
            bundle = nil
            return
        }
        let system = Self.systemBundles.lazy.compactMap { FileManager.default.contents(atPath: $0) }.first
        let path = "\(store.folder)/\(store.profile).ca.pem"
        try store.replace(path, with: Array(system ?? Data()) + Array("\n\(pem)\n".utf8), mode: 0o644)
        bundle = path
    }

    /// In the order they are printed.
    private var variables: [(name: String, value: String)] {
        var variables = [(name: "ANTHROPIC_BASE_URL", value: baseURL)]
        if let authority { variables.append(("NODE_EXTRA_CA_CERTS", authority)) }
        if let bundle { variables.append(("SSL_CERT_FILE", bundle)) }
        if let token { variables.append(("ANTHROPIC_AUTH_TOKEN", token)) }
        variables.append(("CLAUDE_CODE_API_KEY_HELPER_TTL_MS", "\(Self.helperMilliseconds)"))
        return variables
    }

    /// A key of one's own would be sent beside the token, and two different ones are refused.
    var shell: String {
        (["unset ANTHROPIC_API_KEY"] + variables.map { "export \($0.name)=\(Self.quoted($0.value))" }).joined(
            separator: "\n")
    }

    var fish: String {
        (["set -e ANTHROPIC_API_KEY"] + variables.map { "set -gx \($0.name) \(Self.quotedForFish($0.value))" })
            .joined(separator: "\n")
    }

    var json: String { prettyJSON(Dictionary(variables.map { ($0.name, $0.value) }) { $1 }) }

    var settings: String {
        struct Settings: Encodable {
            var apiKeyHelper: String
            var env: [String: String]
        }
        let kept = variables.filter { $0.name != "ANTHROPIC_AUTH_TOKEN" && $0.name != "SSL_CERT_FILE" }
        return prettyJSON(
            Settings(apiKeyHelper: helper, env: Dictionary(kept.map { ($0.name, $0.value) }) { $1 }))
    }

    /// For a shell that follows POSIX: nothing between single quotes is special.
    static func quoted(_ text: String) -> String {
        isPlain(text) ? text : "'" + text.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }

    /// For fish, where a backslash between single quotes escapes them and itself.
    static func quotedForFish(_ text: String) -> String {
        guard !isPlain(text) else { return text }
        let escaped = text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "'", with: "\\'")
        return "'" + escaped + "'"
    }

    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5A) || (byte >= 0x61 && byte <= 0x7A)
                    || "/.:_-=,@%+".utf8.contains(byte)
            }
    }
}
