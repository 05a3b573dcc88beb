import Demo
import Dispatch
import Foundation

/// The demo's parts: issuer and upstream in this process, the gateway as a child, everything else on disk.
struct DemoInstallation {
    let issuer: DemoIssuer
    let upstream: DemoUpstream
    let gateway: Process
    let environmentFile: String
    let repository: DemoRepository
    let addresses: ServeAddresses
    let isRealUpstream: Bool

    private static let startSeconds = 30.0

    /// - Parameter upstreamKey: of the real Anthropic API; nil for the demo's own upstream.
    static func start(
        folder: String, grants: String, port: Int, adminPort: Int, upstreamKey: String?
    ) async throws -> DemoInstallation {
        say("making keys, certificates and the repository in \(folder)")
        let users = DemoWalk.callers.map {
            DemoIssuer.User(name: $0.name, groups: $0.groups, roles: $0.roles, email: "\($0.name)@acme.example")
        }
        let issuer = try await DemoIssuer(users: users)
        let key = upstreamKey ?? "sk-demo-" + UUID().uuidString.lowercased()
        let upstream = try await DemoUpstream.start(key: key)

        let authority = try DemoAuthority()
        let tls = try authority.write(to: folder)
        var upstreams = ["tickets": upstream.url]
        if upstreamKey == nil { upstreams["claude"] = upstream.url }
        let repository = try DemoRepository(
            directory: folder, grants: grants, substitutions: .init(issuer: issuer.issuer, upstreams: upstreams))
        try repository.commitHistory(now: Date())

        let state = folder + "/state"
        let webhookSecret = UUID().uuidString
        try write(webhookSecret, to: folder + "/webhook-secret", mode: 0o600)
        try write(key, to: folder + "/upstream-key", mode: 0o600)
        let configuration = """
            state: \(state)
            grants: {url: \(repository.origin), branch: main, poll: 30s, webhook_secret: 'file:\(folder)/webhook-secret'}
            listen:
              - {address: '127.0.0.1:\(port)', certificate: \(tls.certificate), key: \(tls.key)}
              - {address: '127.0.0.1:0', tls: off}
              - {socket: \(folder)/agent.sock}
            admin: {address: '127.0.0.1:\(adminPort)'}
            credentials: {anthropic: 'file:\(folder)/upstream-key'}

            """
        try write(configuration, to: folder + "/gateway.yaml", mode: 0o600)

        say("starting the gateway")
        let readyFile = folder + "/ready.json"
        let log = folder + "/gateway.log"
        FileManager.default.createFile(atPath: log, contents: nil, attributes: [.posixPermissions: 0o600])
        let gateway = Process()
        gateway.executableURL = URL(fileURLWithPath: executablePath())
        gateway.arguments = ["serve", "--config", folder + "/gateway.yaml", "--ready-file", readyFile]
        gateway.standardOutput = FileHandle(forWritingAtPath: log)
        gateway.standardError = FileHandle(forWritingAtPath: log)
        gateway.standardInput = FileHandle.nullDevice
        try gateway.run()
        let deadline = Date().addingTimeInterval(startSeconds)
        while !FileManager.default.fileExists(atPath: readyFile) {
            guard gateway.isRunning, Date() < deadline else {
                gateway.terminate()
                let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
                throw DemoFailure(message: "the gateway did not start; it said:\n\(said)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        let addresses = try JSONDecoder().decode(
            ServeAddresses.self, from: Data(contentsOf: URL(fileURLWithPath: readyFile)))

        try installHook(repository: repository, admin: addresses.admin, secretFile: folder + "/webhook-secret")
        let secrets = Dictionary(uniqueKeysWithValues: issuer.users.map { ($0.name, $0.secret) })
        let environmentFile = folder + "/env"
        let environment = DemoWalk.environment(
            gateway: "https://\(addresses.listen[0])", authority: tls.authority, repository: repository.work,
            issuer: issuer.issuer, secrets: secrets)
        try write(environment, to: environmentFile, mode: 0o600)
        let about = DemoAbout(
            gateway: "https://\(addresses.listen[0])", plain: "http://\(addresses.listen[1])",
            socket: folder + "/agent.sock", admin: "http://\(addresses.admin)", authority: tls.authority,
            issuer: issuer.issuer, upstream: upstream.url, key: key, repository: repository.work, state: state,
            secrets: secrets)
        try write(String(decoding: JSONEncoder().encode(about), as: UTF8.self), to: folder + "/demo.json", mode: 0o600)
        return DemoInstallation(
            issuer: issuer, upstream: upstream, gateway: gateway, environmentFile: environmentFile,
            repository: repository, addresses: addresses, isRealUpstream: upstreamKey != nil)
    }

    /// The remote tells the gateway of each push, as a forge would.
    private static func installHook(repository: DemoRepository, admin: String, secretFile: String) throws {
        let hook = """
            #!/bin/sh
            # Tells the gateway that something was pushed. The body says nothing that the gateway would believe.
            body='{"ref":"refs/heads/main"}'
            mac=$(printf %s "$body" | openssl dgst -sha256 -hmac "$(cat '\(secretFile)')" | sed 's/.*= *//')
            curl -sS -m 5 -o /dev/null -H "x-signature-256: sha256=$mac" -d "$body" 'http://\(admin)/webhook/generic' || true

            """
        try write(hook, to: repository.origin + "/hooks/post-receive", mode: 0o755)
    }

    private static func write(_ text: String, to path: String, mode: Int) throws {
        // Renamed into place, so that whoever waits for the file never reads half of it.
        let temporary = path + ".new"
        guard FileManager.default.createFile(
            atPath: temporary, contents: Data(text.utf8), attributes: [.posixPermissions: mode]),
            rename(temporary, path) == 0
        else {
            throw DemoFailure(message: "cannot write \(path)")
        }
    }

    func stop() async {
        if gateway.isRunning {
            gateway.terminate()
            gateway.waitUntilExit()
        }
        await upstream.stop()
        await issuer.stop()
    }

    /// Returns at SIGINT, SIGTERM, or when the gateway ends by itself.
    func waitForEnd() async {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { end.yield() }
            source.resume()
            return source
        }
        gateway.terminationHandler = { _ in end.yield() }
        for await _ in ends { break }
        sources.forEach { $0.cancel() }
    }
}

/// Where a demo's parts are, for programs: `demo.json` in its folder.
private struct DemoAbout: Encodable {
    var gateway: String
    var plain: String
    var socket: String
    var admin: String
    var authority: String
    var issuer: String
    var upstream: String
    var key: String
    var repository: String
    var state: String
    var secrets: [String: String]
}

struct DemoFailure: Error, CustomStringConvertible {
    var message: String
    var description: String { message }
}

/// A line of progress on standard error.
func say(_ text: String) {
    FileHandle.standardError.write(Data("== \(text)\n".utf8))
}

/// This program's own file, also after it was replaced on disk.
func executablePath() -> String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
}
