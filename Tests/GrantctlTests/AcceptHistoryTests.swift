import Demo
import Foundation
import GrantModel
import Logging
import Reconciler
import Testing

@testable import grantctl

/// `grantctl accept-history`, run as people run it.
@Suite("grantctl accept-history")
struct AcceptHistoryTests {
    private static let grantctl: String = {
        let tests = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("grantctl").path
    }()

    private func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        do {
            return (0, try Command.run([Self.grantctl] + arguments))
        } catch let failure as Command.Failure {
            return (failure.status, failure.output)
        }
    }

    private func git(_ folder: String, _ script: String) throws -> String {
        try Command.run(["sh", "-ec", "cd '\(folder)'; export HOME=/nonexistent; \(script)"])
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test("accepts exactly the commit that the branch is at, once, and says who did")
    func accepts() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        let tip = try git(
            path,
            """
            git init -q -b main work; cd work; git config user.name tom; git config user.email tom@acme.example
            git commit -q --allow-empty -m one; git commit -q --allow-empty -m two
            git init -q --bare -b main ../remote.git; git push -q ../remote.git main; git rev-parse HEAD
            """)
        let config = path + "/gateway.yaml"
        try Data("state: state\ngrants: {url: \(path)/remote.git}\nlisten: {socket: agent.sock}\n".utf8)
            .write(to: URL(filePath: config))
        func accept(_ arguments: String...) throws -> (status: Int32, output: String) {
            try run(["accept-history", "--config", config] + arguments)
        }
        // Nothing was accepted yet.
        #expect(try accept(tip).status == 1)
        var configuration = try GatewayFile.read(config).reconcilerConfiguration()
        configuration.executable = Self.grantctl
        // Runs until a commit is live and written down.
        func reconcile(to commit: String) async {
            let (isPublished, isAccepted) = (LiveFlag(), LiveFlag())
            let reconciler = Reconciler(
                configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                clock: { .clock }, publish: { if $0.commit.hex == commit { isPublished.set() } },
                confirm: { _ in if isPublished.isSet { isAccepted.set() } })
            let task = Task { try? await reconciler.run() }
            await isAccepted.wait()
            task.cancel()
            await task.value
        }
        await reconcile(to: tip)
        #expect(try accept(tip).status == 1)
        #expect(try accept("main").status == 2)
        #expect(try accept().status == 2)
        #expect(try accept(tip, "--list").status == 2)
        #expect(try run(["accept-history", tip, "--config", "/nowhere/gateway.yaml"]).status == 2)
        #expect(try accept("--list").output == "")

        let other = try git(
            path,
            "cd work; git commit -q --amend --allow-empty -m other; git push -q -f ../remote.git main; "
                + "git rev-parse HEAD")
        #expect(try accept(tip).status == 1)
        #expect(try accept(String(repeating: "0", count: 40)).status == 1)
        let accepted = try accept(other, "--why", "INC-77")
        #expect(accepted.status == 0)
        #expect(accepted.output.contains(tip) && accepted.output.contains(other))
        #expect(try accept("--list").output == "")
        await reconcile(to: other)
        let listed = try accept("--list", "--json")
        let line = try #require(
            try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [String: String])
        #expect(line["from"] == tip && line["to"] == other && line["why"] == "INC-77")
        #expect(line["by"]?.isEmpty == false && line["at"]?.hasSuffix("Z") == true)
        #expect(try accept(other).status == 1)
    }
}
