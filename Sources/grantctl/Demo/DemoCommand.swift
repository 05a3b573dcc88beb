import ArgumentParser
import Demo
import Foundation

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run a whole installation on this machine, or check it unattended.",
        discussion: """
            Turns a grants folder into a git repository with keys and signatures made on the spot, starts an OIDC issuer, \
            an upstream that speaks the Anthropic Messages API (the real one when ANTHROPIC_API_KEY is set) and the \
            gateway, and prints commands to try. Everything lives in one folder and ends with the demo.

            EXAMPLES
              grantctl demo
              grantctl demo --check
              grantctl demo --port 0 --admin-port 0 --directory /tmp/demo

            With --check: exit 0 when every step held, 1 otherwise.
            """
    )

    @Flag(help: "Take the walk unattended, one line a step, and exit.")
    var check = false

    @Option(help: "The gateway's port on 127.0.0.1; 0 for a free one.")
    var port: Int?

    @Option(help: "The admin listener's port on 127.0.0.1; 0 for a free one.")
    var adminPort: Int?

    @Option(help: "Where everything is put; it must be empty or absent. A temporary folder by default.")
    var directory: String?

    @Option(help: "The grants repository to start from.")
    var grants = "grants"

    mutating func validate() throws {
        guard FileManager.default.fileExists(atPath: grants + "/policy.yaml") else {
            throw ValidationError(
                "there is no grants repository at `\(grants)`; run from the project's folder or give --grants")
        }
    }

    func run() async throws {
        let folder = try DemoFolder(requested: directory)
        defer { folder.remove() }
        let installation = try await DemoInstallation.start(
            // Unattended, nobody needs to know the ports, and a busy one must not fail the walk.
            folder: folder.path, grants: grants, port: port ?? (check ? 0 : 8443),
            adminPort: adminPort ?? (check ? 0 : 8444),
            upstreamKey: ProcessInfo.processInfo.environment["ANTHROPIC_API_KEY"].flatMap { $0.isEmpty ? nil : $0 })
        if check {
            let held = installation.takeWalk()
            await installation.stop()
            guard held else { throw ExitCode(1) }
            return
        }
        installation.printWelcome()
        await installation.waitForEnd()
        await installation.stop()
    }
}

/// The folder of a demo, removed at its end when the demo made it.
struct DemoFolder {
    let path: String
    private let made: Bool

    init(requested: String?) throws {
        let files = FileManager.default
        let path = requested ?? "\(NSTemporaryDirectory())grantctl-demo-\(UUID().uuidString.prefix(8).lowercased())"
        made = !files.fileExists(atPath: path)
        if !made, let contents = try? files.contentsOfDirectory(atPath: path),
            contents.contains(where: { $0 != "demo.log" })
        {
            throw ValidationError("`\(path)` is not empty; give an empty folder or none")
        }
        try files.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        self.path = URL(fileURLWithPath: path).path
    }

    func remove() {
        if made { try? FileManager.default.removeItem(atPath: path) }
    }
}
