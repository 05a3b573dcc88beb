import Foundation
import GrantModel
import Synchronization
import Testing

@testable import Reconciler

/// Whom a fetch trusts: against a real TLS server (`openssl s_server`) and a real `sshd`.
@Suite struct FetchIdentityTests {
    @Test func `an https remote is trusted for its authority or its pin, and for nothing else`() async throws {
        let sandbox = try RepositorySandbox()
        let server = try TLSServer(in: sandbox.folder)
        defer { server.stop() }
        let stranger = try TLSServer.certificate(in: sandbox.folder, name: "stranger")
        let pin = try server.fingerprint()
        let colons = stride(from: 0, to: 64, by: 2).map { String(Array(pin)[$0...($0 + 1)]) }.joined(separator: ":")
        struct Row {
            var host = "localhost"
            var authority: String?
            var pin: String?
            var trusted: Bool
        }
        let rows = [
            Row(trusted: false), Row(authority: server.pem, trusted: true), Row(authority: stranger, trusted: false),
            Row(pin: pin, trusted: true), Row(pin: colons.uppercased(), trusted: true),
            Row(authority: server.pem, pin: String(repeating: "0", count: 64), trusted: false),
            Row(authority: server.pem, pin: "", trusted: false),
            // Mbed TLS 2.28 does not compare addresses, so only a pin will do.
            Row(host: "127.0.0.1", authority: server.pem, trusted: false),
            Row(host: "127.0.0.1", pin: pin, trusted: true),
        ]
        for row in rows {
            let request = FetchRequest(
                url: "https://\(row.host):\(server.port)/x.git", branch: "main",
                repositoryPath: sandbox.folder.appendingPathComponent("clone").path, deadlineSeconds: 30,
                certificateAuthority: row.authority, certificatePin: row.pin)
            let result = await FetchProcess.run(request, executable: FetchTests.executable)
            guard case .failure(let fault) = result else {
                Issue.record("that server has no repository")
                continue
            }
            // Once trusted, it answers with a web page.
            #expect((fault.kind == .identity) == !row.trusted, "\(row): \(fault)")
            #expect(fault.message.contains("content-type") == row.trusted, "\(row): \(fault)")
        }
    }

    @Test func `an authority that is no certificate is a fault of the configuration`() async throws {
        let sandbox = try RepositorySandbox()
        let request = FetchRequest(
            url: "https://127.0.0.1:1/x.git", branch: "main",
            repositoryPath: sandbox.folder.appendingPathComponent("clone").path, certificateAuthority: "rubbish")
        guard case .failure(let fault) = await FetchProcess.run(request, executable: FetchTests.executable) else {
            Issue.record("it was taken")
            return
        }
        #expect(fault.kind == .configuration)
    }

    @Test func `a server that wants TLS 1.3 is told apart, with what to do`() async throws {
        let sandbox = try RepositorySandbox()
        let server = try TLSServer(in: sandbox.folder, arguments: ["-tls1_3"])
        defer { server.stop() }
        let request = FetchRequest(
            url: "https://127.0.0.1:\(server.port)/x.git", branch: "main",
            repositoryPath: sandbox.folder.appendingPathComponent("clone").path, certificateAuthority: server.pem)
        guard case .failure(let fault) = await FetchProcess.run(request, executable: FetchTests.executable) else {
            Issue.record("no TLS session was expected")
            return
        }
        #expect(fault.kind == .unreachable)
        #expect(fault.help.contains("TLS 1.2"))
    }

    @Test func `an ssh remote is fetched from with a key, when its host key is pinned`() async throws {
        let sandbox = try RepositorySandbox()
        let tip = try sandbox.commit(files: ["policy.yaml": "1", "people/tom.yaml": "tom"])
        try sandbox.setBranch(to: tip)
        let server = try SSHServer(in: sandbox.folder)
        defer { server.stop() }
        let key = FetchRequest.Credential.sshKey(path: server.folder + "/user")
        let locked = FetchRequest.Credential.sshKey(path: server.folder + "/locked", passphrase: "open")
        let rows: [(hostKeys: [String], credential: FetchRequest.Credential?, kind: FetchFault.Kind?)] = [
            ([server.hostKey], key, nil), (["[127.0.0.1]:22 " + server.hostKey], key, nil),
            ([server.fingerprint], key, nil), ([server.strangeKey, server.hostKey], locked, nil),
            ([server.strangeKey], key, .identity), (["SHA256:"], key, .identity), ([""], key, .identity),
            ([String(server.hostKey.dropLast(30))], key, .identity),
            ([server.hostKey], .sshKey(path: server.folder + "/stranger"), .authentication),
            ([server.hostKey], .sshKey(path: server.folder + "/locked", passphrase: "wrong"), .authentication),
            ([server.hostKey], .sshKey(path: server.folder + "/missing"), .authentication),
            ([server.hostKey], .token("t0ken"), .authentication), ([server.hostKey], nil, .authentication),
        ]
        for (index, row) in rows.enumerated() {
            let request = FetchRequest(
                url: "ssh://\(NSUserName())@127.0.0.1:\(server.port)\(sandbox.path)", branch: "main",
                repositoryPath: sandbox.folder.appendingPathComponent("clone-\(index)").path, deadlineSeconds: 30,
                credential: row.credential, hostKeys: row.hostKeys)
            switch await FetchProcess.run(request, executable: FetchTests.executable) {
            case .success(let result): #expect(row.kind == nil && result.tip == tip.hex, "row \(index)")
            case .failure(let fault): #expect(fault.kind == row.kind, "row \(index): \(fault)")
            }
        }
        let missing = FetchRequest(
            url: "ssh://\(NSUserName())@127.0.0.1:\(server.port)\(sandbox.path)-not", branch: "main",
            repositoryPath: sandbox.folder.appendingPathComponent("clone").path, credential: key,
            hostKeys: [server.hostKey])
        guard case .failure(let fault) = await FetchProcess.run(missing, executable: FetchTests.executable) else {
            Issue.record("there is no repository")
            return
        }
        #expect(fault.kind == .notFound)
    }
}

@discardableResult
private func run(_ arguments: [String], at folder: String) throws -> String {
    try RepositorySandbox.run(["-C", folder] + arguments)
}

/// `openssl s_server` on a port of the system's choice, with a certificate for `localhost` that it signed itself.
final class TLSServer {
    let port: Int
    let pem: String
    private let process = Process()
    private let input = Pipe()
    private let folder: String

    init(in folder: URL, arguments: [String] = []) throws {
        self.folder = folder.path
        pem = try TLSServer.certificate(in: folder, name: "server")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server.key", "-www"]
            + arguments
        process.currentDirectoryURL = folder
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = input
        try process.run()
        var said = ""
        var found: Int?
        while found == nil {
            let more = output.fileHandleForReading.availableData
            try #require(!more.isEmpty, "openssl did not start: \(said)")
            said += String(decoding: more, as: UTF8.self)
            if let line = said.split(separator: "\n").first(where: { $0.hasPrefix("ACCEPT ") }), said.contains("\n") {
                found = line.split(separator: ":").last.flatMap { Int($0) }
            }
        }
        port = try #require(found)
    }

    static func certificate(in folder: URL, name: String) throws -> String {
        try run(
            [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "\(name).key", "-out",
                "\(name).pem", "-days", "2", "-subj", "/CN=\(name)", "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1",
            ], at: folder.path)
        return try String(contentsOf: folder.appendingPathComponent("\(name).pem"), encoding: .utf8)
    }

    /// Hexadecimal digits, as `openssl` computes them.
    func fingerprint() throws -> String {
        let said = try run(["openssl", "x509", "-in", "server.pem", "-noout", "-fingerprint", "-sha256"], at: folder)
        let value = try #require(said.split(separator: "=").last)
        return value.filter { $0.isHexDigit }.lowercased()
    }

    func stop() {
        kill(process.processIdentifier, SIGKILL)
    }
}

/// A real `sshd`, started once for each connection to a port of the system's choice.
final class SSHServer: Sendable {
    let port: Int
    let folder: String
    let hostKey: String
    let strangeKey: String
    let fingerprint: String
    private let listener: Int32

    /// - Parameter command: runs in place of what a client asks for.
    init(in place: URL, command: String? = nil) throws {
        let folder = place.appendingPathComponent("ssh").path
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        for (name, passphrase) in [("host", ""), ("user", ""), ("locked", "open"), ("stranger", "")] {
            try run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", name], at: folder)
        }
        func read(_ name: String) throws -> String {
            try String(contentsOfFile: "\(folder)/\(name).pub", encoding: .utf8).trimmingCharacters(in: .newlines)
        }
        hostKey = try read("host")
        strangeKey = try read("stranger")
        fingerprint = try #require(
            try run(["ssh-keygen", "-l", "-f", "host.pub"], at: folder).split(separator: " ").dropFirst().first.map(
                String.init))
        let forced = command.map { "command=\"\($0)\" " } ?? ""
        try Data("\(forced)\(try read("user"))\n\(try read("locked"))\n".utf8).write(
            to: URL(fileURLWithPath: "\(folder)/authorized"))
        try Data(
            """
            HostKey \(folder)/host
            AuthorizedKeysFile \(folder)/authorized
            PidFile none
            UsePAM no
            StrictModes no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            SetEnv GIT_CONFIG_NOSYSTEM=1

            """.utf8
        ).write(to: URL(fileURLWithPath: "\(folder)/config"))
        // Where sshd separates privileges; only root needs it.
        if getuid() == 0 {
            try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
        }

        let (descriptor, number) = try SilentServer.listen()
        listener = descriptor
        port = number
        Thread.detachNewThread { [self] in
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/usr/sbin/sshd")
                process.arguments = ["-i", "-f", "\(self.folder)/config"]
                let channel = FileHandle(fileDescriptor: connection, closeOnDealloc: true)
                process.standardInput = channel
                process.standardOutput = channel
                process.standardError = FileHandle.nullDevice
                try? process.run()
            }
        }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }
}
