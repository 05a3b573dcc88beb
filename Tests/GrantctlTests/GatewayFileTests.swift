import Foundation
import GrantModel
import Identity
import Proxy
import Reconciler
import Records
import TestSupport
import Testing

@testable import grantctl

@Suite("gateway.yaml")
struct GatewayFileTests {
    private static let complete = """
        state: state
        grants: {url: https://git.acme.example/access.git, branch: main, poll: 10s, credential: env:GIT_TOKEN,
                 webhook_secret: file:webhook}
        listen:
          - {address: 0.0.0.0:8443, certificate: tls.crt, key: /etc/tls.key}
          - {address: '127.0.0.1:0', tls: off}
          - {socket: agent.sock, mode: '0600'}
        admin: {address: '[::1]:9000'}
        credentials:
          anthropic: {secret: env:ANTHROPIC_API_KEY, for: https://api.anthropic.com}
          tickets: file:tickets
        records: {durability: process, keep: 30d}
        event_loops: 2
        drain: 5s

        """

    private func read(_ text: String) throws -> GatewayFile {
        let folder = try TemporaryFolder()
        let path = folder.path + "/gateway.yaml"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return try GatewayFile.read(path)
    }

    @Test("is read whole, relative paths counting from its folder")
    func complete() throws {
        let file = try read(Self.complete)
        #expect(file.grants.remote.url == "https://git.acme.example/access.git")
        #expect(file.grants.poll == Span(seconds: 10))
        #expect(file.grants.remote.credential == .environment("GIT_TOKEN"))
        #expect(file.state.hasSuffix("/state") && file.state.hasPrefix("/"))
        #expect(file.listeners.count == 3)
        #expect(file.listeners[0].tls?.key == "/etc/tls.key")
        #expect(file.listeners[0].tls?.certificate.hasSuffix("/tls.crt") == true)
        #expect(file.listeners[1].tls == nil)
        #expect(file.listeners[1].endpoint == .tcp(host: "127.0.0.1", port: 0))
        guard case .unix(let path, let mode, nil) = file.listeners[2].endpoint else {
            Issue.record("not a socket")
            return
        }
        #expect(path.hasSuffix("/agent.sock") && mode == 0o600)
        #expect(file.admin.host == "::1" && file.admin.port == 9_000)
        #expect(file.credentials["anthropic"]?.origins?.map(\.host) == ["api.anthropic.com"])
        #expect(file.credentials["tickets"]?.origins == nil)
        #expect(file.durability == .process)
        #expect(file.drain == Span(seconds: 5))
        #expect(file.refusalCode == "dlp_request_denied")
    }

    @Test("takes one listener without a list, and has defaults for the rest")
    func defaults() throws {
        let file = try read("state: /s\ngrants: {url: /r}\nlisten: {address: 127.0.0.1:1, tls: off}\n")
        #expect(file.listeners.count == 1)
        #expect(file.grants.branch == "main" && file.grants.poll == Span(seconds: 30))
        #expect(file.admin.host == "127.0.0.1" && file.admin.port == 8_444)
        #expect(file.durability == .power)
        #expect(file.exchange == nil)
    }

    @Test("turns the exchange of tokens on, as its page says")
    func exchange() throws {
        let pages = try ExamplePage.all(in: "identity")
        let snippet = try #require(
            pages.first { $0.name == "saml.md" }?.snippets.first { $0.path == "gateway.yaml" })
        let file = try read("state: /s\ngrants: {url: /r}\nlisten: {socket: a}\n" + snippet.text)
        #expect(
            file.exchange
                == ExchangeSettings(
                    issuer: "https://gateway.acme.example", audience: ["grantctl"], lifetime: .minutes(15)))
    }

    @Test(
        "is refused with the place of each error",
        arguments: [
            ("listen: {address: 0.0.0.0:1, tls: off}", "bad-listener"),
            ("listen: {address: 10.0.0.1:1}", "bad-listener"),
            ("listen: {address: 127.0.0.1:1, certificate: a}", "bad-listener"),
            ("listen: {address: 127.0.0.1:1, socket: a}", "bad-listener"),
            ("listen: {address: 127.0.0.1:1, tls: off, mode: '0600'}", "bad-listener"),
            ("listen: {address: 127.0.0.1:99999, tls: off}", "bad-address"),
            ("listen: {address: '::1:80', tls: off}", "bad-address"),
            ("listen: {socket: a, mode: rw}", "bad-mode"),
            ("listen: {socket: a}\ncredentials: {anthropic: sk-in-the-clear}", "bad-secret"),
            ("listen: {socket: a}\ncredentials: {anthropic: {secret: env:A, for: nowhere}}", "bad-origin"),
            ("listen: {socket: a}\nexchange: {issuer: 'https://g.example/x', audience: [g]}", "bad-issuer"),
            ("listen: {socket: a}\nexchange: {issuer: http://g.example, audience: [g]}", "bad-issuer"),
            ("listen: {socket: a}\nexchange: {issuer: 'https://g.example', audience: []}", "empty-list"),
            ("listen: {socket: a}\nexchange: {issuer: 'https://g.example'}", "missing-field"),
            ("listen: {socket: a}\nexchange: {issuer: 'https://g.example', audience: [g], lifetime: 2h}", "bad-span"),
            ("listen: {socket: a}\nadmim: {address: '127.0.0.1:1'}", "unknown-field"),
        ])
    func refused(text: String, code: String) throws {
        let fault = #expect(throws: GatewayFileFault.self) {
            _ = try read("state: /s\ngrants: {url: /r}\n\(text)\n")
        }
        #expect(fault?.diagnostics.map(\.code) == [code])
        #expect(fault?.diagnostics.allSatisfy { $0.line >= 3 && $0.column >= 1 && !$0.help.isEmpty } == true)
        #expect(fault?.description.contains("sk-in-the-clear") == false)
    }

    private static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHkMBMzRYQGm0PzF5dN7C1qvXkxGqJkRrAqnZZkSHhxB forge"
    private static let oid = String(repeating: "4f", count: 20)

    @Test("names two remotes, each with what it is reached by, and what commits must show")
    func remotes() throws {
        let pin = Array(repeating: "9F", count: 32).joined(separator: ":")
        let file = try read(
            """
            state: /s
            grants:
              urls:
                - {url: https://git.acme.example/a.git, credential: env:ONE, ca: ca.pem, certificate_pin: '\(pin)'}
                - {url: 'ssh://git@mirror.example/a.git', ssh_key: key, ssh_passphrase: env:TWO, host_keys: [\(Self.key)]}
              commits: signed
              forge_keys: [\(Self.key)]
              signed_after: \(Self.oid)
              fetch_deadline: 30s
            listen: {socket: a}

            """)
        #expect(file.grants.remote.url == "https://git.acme.example/a.git")
        #expect(file.grants.remote.credential == .environment("ONE"))
        #expect(file.grants.remote.certificatePin == String(repeating: "9F", count: 32))
        #expect(file.grants.mirror?.sshKey?.hasSuffix("/key") == true)
        #expect(file.grants.mirror?.sshPassphrase == .environment("TWO"))
        #expect(file.grants.mirror?.credential == nil && file.grants.mirror?.hostKeys.count == 1)
        #expect(file.grants.fetchDeadline == Span(seconds: 30))
        guard case .signed(let keys, let after) = file.grants.commits else {
            Issue.record("not signed")
            return
        }
        #expect(keys.ssh.count == 1 && keys.openPGP == nil && after == ObjectID(hex: Self.oid))
        #expect(try read("state: /s\ngrants: {urls: [/a, /b]}\nlisten: {socket: a}\n").grants.mirror?.url == "/b")
        let one = try read("state: /s\ngrants: {urls: [/a]}\nlisten: {socket: a}\n")
        #expect(one.grants.remote.url == "/a" && one.grants.mirror == nil && one.grants.commits == .any)
    }

    @Test(
        "is refused where remotes or commits contradict themselves",
        arguments: [
            ("{}", "missing-field"), ("{url: relative/path}", "bad-remote"),
            ("{url: 'http://git.example/a'}", "bad-remote"),
            ("{url: 'https://u:secret@git.example/a'}", "bad-remote"), ("{url: 'git@git.example:a'}", "bad-remote"),
            ("{url: /a, credential: env:A}", "bad-remote"), ("{url: /a, host_keys: [x]}", "bad-remote"),
            ("{url: 'https://git.example/a', ssh_key: a}", "bad-remote"),
            ("{url: 'https://git.example/a', certificate_pin: abc}", "bad-pin"),
            ("{urls: []}", "empty-list"), ("{urls: [/a, /b, /c]}", "bad-remote"), ("{urls: [/a, /a]}", "bad-remote"),
            ("{urls: ['git@git.example:a']}", "bad-remote"),
            ("{urls: ['https://a.example/a', 'https://b.example/a'], credential: env:A}", "bad-remote"),
            ("{urls: [{url: /a, poll: 3s}]}", "unknown-field"), ("{url: /a, commits: maybe}", "unknown-value"),
            ("{url: /a, forge_keys: [\(key)]}", "bad-commits"), ("{url: /a, signed_after: \(oid)}", "bad-commits"),
            ("{url: /a, commits: signed, forge_keys: [rubbish]}", "bad-public-key"),
            ("{url: /a, commits: signed, forge_keys: ['file:not-there.asc']}", "bad-public-key"),
            ("{url: /a, commits: signed, forge_keys: ['file:/etc/hostname']}", "bad-public-key"),
            ("{url: /a, commits: signed, signed_after: main}", "bad-commit"),
        ])
    func contradictions(grants: String, code: String) throws {
        let fault = #expect(throws: GatewayFileFault.self) {
            _ = try read("state: /s\ngrants: \(grants)\nlisten: {socket: a}\n")
        }
        #expect(fault?.diagnostics.map(\.code) == [code], "\(fault?.description ?? "")")
        #expect(fault?.description.contains("secret@") != true)
    }

    @Test("reports all of its errors at once")
    func all() throws {
        let fault = #expect(throws: GatewayFileFault.self) {
            _ = try read("grants: {pol: 3s}\nlisten: {address: nowhere}\nstat: x\n")
        }
        #expect(
            Set(fault?.diagnostics.map(\.code) ?? []) == ["missing-field", "unknown-field", "bad-address"])
        #expect((fault?.diagnostics.count ?? 0) >= 5)
    }

    @Test("names every secret and file that is missing at once")
    func missing() throws {
        let file = try read(
            """
            state: /s
            grants: {url: /a}
            credentials:
              a: {secret: 'env:GRANTCTL_NO_SUCH_KEY', for: https://a.example}
              b: {secret: 'file:/nowhere/key', for: https://b.example}
            listen: {address: '127.0.0.1:0', certificate: /nowhere/cert.pem, key: /nowhere/key.pem}

            """)
        let fault = #expect(throws: GatewayFileFault.self) { try file.checkSecrets() }
        let text = try #require(fault?.description)
        for name in [
            "GRANTCTL_NO_SUCH_KEY", "/nowhere/key", "/nowhere/cert.pem", "/nowhere/key.pem",
        ] { #expect(text.contains(name), "\(name)") }
        #expect(text.split(separator: "\n").allSatisfy { $0.hasPrefix("error: ") })
    }

    @Test("that is not there says so")
    func absent() {
        let fault = #expect(throws: GatewayFileFault.self) { _ = try GatewayFile.read("/nowhere/gateway.yaml") }
        #expect(fault?.diagnostics.first?.code == "unreadable")
    }
}

@Suite("A secret's place")
struct SecretSourceTests {
    @Test("is a file whose last line end does not count")
    func file() throws {
        let folder = try TemporaryFolder()
        try "s3cret\r\n\n".write(toFile: folder.path + "/secret", atomically: true, encoding: .utf8)
        #expect(try SecretSource.file(folder.path + "/secret").read() == Array("s3cret".utf8))
    }

    @Test(
        "is refused when it is empty, absent or holds control characters, without quoting it",
        arguments: ["\n", "a\u{1}b", "line\nline"])
    func refused(text: String) throws {
        let folder = try TemporaryFolder()
        try text.write(toFile: folder.path + "/secret", atomically: true, encoding: .utf8)
        let fault = #expect(throws: SecretSource.Fault.self) { try SecretSource.file(folder.path + "/secret").read() }
        #expect(fault?.description.contains("line") == false)
        #expect(throws: SecretSource.Fault.self) { try SecretSource.environment("GRANTCTL_NO_SUCH_VARIABLE").read() }
    }
}

/// A folder that goes with the value.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "grantctl-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
