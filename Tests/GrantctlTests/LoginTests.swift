import Foundation
import Testing

@testable import grantctl

@Suite("Logging in")
struct LoginTests {
    private static let expected = RedirectAnswer.Expectation(
        path: "/callback", hosts: ["127.0.0.1:7000", "localhost:7000"], state: "s-1", issuer: "https://id.example",
        requiresIssuer: false)

    private func read(
        _ target: String, method: String = "GET", host: String? = "127.0.0.1:7000", requiresIssuer: Bool = false
    ) -> RedirectAnswer {
        var expected = Self.expected
        expected.requiresIssuer = requiresIssuer
        return RedirectAnswer(method: method, target: target, host: host, expected: expected)
    }

    @Test("takes the code of its own login, from its own provider")
    func code() {
        #expect(read("/callback?code=a%2Fb&state=s-1") == .code("a/b"))
        #expect(read("/callback?state=s-1&code=a+b&iss=https%3A%2F%2Fid.example", requiresIssuer: true) == .code("a b"))
        #expect(read("/callback?state=s-1&code=x", host: "localhost:7000") == .code("x"))
    }

    @Test(
        "goes on waiting when a browser brings anything else",
        arguments: [
            ("/callback?code=a&state=s-2", "GET", "127.0.0.1:7000", 400),
            ("/callback?code=a", "GET", "127.0.0.1:7000", 400),
            ("/callback?code=a&state=s-1&state=s-1", "GET", "127.0.0.1:7000", 400),
            ("/callback?code=a&code=b&state=s-1", "GET", "127.0.0.1:7000", 400),
            ("/callback?code=%ff&state=s-1", "GET", "127.0.0.1:7000", 400), ("/callback", "GET", "127.0.0.1:7000", 400),
            ("/favicon.ico", "GET", "127.0.0.1:7000", 404),
            ("/callback?code=a&state=s-1", "POST", "127.0.0.1:7000", 405),
            ("/callback?code=a&state=s-1", "GET", "evil.example:7000", 421),
            ("/callback?code=a&state=s-1", "GET", "127.0.0.1:7001", 421),
            ("/callback?error=access_denied&state=x", "GET", "127.0.0.1:7000", 400),
        ])
    func ignored(_ target: String, _ method: String, _ host: String, _ status: Int) {
        guard case .ignored(status, _) = read(target, method: method, host: host) else {
            Issue.record("`\(target)` was not ignored with \(status)")
            return
        }
    }

    @Test("ends when the provider refuses, or another one answers")
    func refused() {
        #expect(
            read("/callback?error=access_denied&error_description=no%0Away&state=s-1")
                == .refused("access_denied, no way"))
        #expect(read("/callback?error=x&code=y&state=s-1") == .refused("x"))
        #expect(read("/callback?state=s-1") == .refused("it gave neither a code nor a reason"))
        let other = RedirectAnswer.refused("the answer is of another provider than `https://id.example`")
        #expect(read("/callback?code=a&state=s-1&iss=https://evil.example") == other)
        #expect(read("/callback?code=a&state=s-1", requiresIssuer: true) == other)
    }

    @Test("proves possession as RFC 7636 appendix B does, with secrets that differ")
    func challenge() {
        #expect(
            LoginSecret.challenge(of: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
                == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        let secrets = Set((0..<100).map { _ in LoginSecret.make() })
        #expect(secrets.count == 100 && secrets.allSatisfy { $0.utf8.count == 43 })
    }

    @Test("shows somebody else's words on one line, without what moves a cursor")
    func foreignWords() {
        #expect(shown("a\u{1B}[31mb\nc\u{202E}d\u{9B}e") == "a [31mb c d e")
        #expect(shown(String(repeating: "x", count: 5_000)).count == 300)
    }

    @Test("keeps a login as a whole, for its owner only, and refuses what others could have written")
    func store() throws {
        let folder = try TemporaryFolder()
        let store = try LoginStore(profile: "work", environment: ["XDG_STATE_HOME": folder.path])
        #expect(try store.read() == nil)
        let record = LoginRecord(
            settings: LoginSettings(issuer: "https://id.example", clientID: "x"),
            tokens: LoginTokens(accessToken: "a", obtained: 5))
        try store.write(record)
        #expect(try store.read() == record)
        let attributes = try FileManager.default.attributesOfItem(atPath: store.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: store.folder) == ["work.json"])

        try "{".write(toFile: store.path, atomically: false, encoding: .utf8)
        #expect(throws: CommandFault.self) { try store.read() }
        try FileManager.default.removeItem(atPath: store.path)
        try FileManager.default.createSymbolicLink(atPath: store.path, withDestinationPath: "/etc/passwd")
        #expect(throws: CommandFault.self) { try store.read() }
        #expect(throws: CommandFault.self) { try LoginStore(profile: "../x", environment: [:]) }
    }

    @Test("quotes for a shell what a shell would read otherwise")
    func quoting() throws {
        for text in ["plain", "it's", "a b", "$(touch x)", "`x`", "", "\\", "a\nb", "\"", "~", "*"] {
            let ending = ProgramRun(program: "sh", arguments: ["-c", "printf %s \(ClientEnvironment.quoted(text))"])
                .run()
            #expect(ending.text == text)
        }
        #expect(ClientEnvironment.quotedForFish("it's a\\") == "'it\\'s a\\\\'")
        #expect(ClientEnvironment.quotedForFish("/plain") == "/plain")
    }
}
