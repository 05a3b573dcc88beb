import Foundation
import GrantModel
import Testing

@testable import Reconciler

/// `kill -9` between any two changes that a gateway, or its fetching child, makes to its state directory.
///
/// Each run is a real process that ends itself right before its n-th change, half-way through it where it writes, until a
/// run gets to its end.
@Suite(.timeLimit(.minutes(8))) struct CrashTests {
    private static let library: String = {
        let folder = URL(filePath: LoopHarness.executable).deletingLastPathComponent().path
        return folder + "/libKillAtStep.so"
    }()

    /// Every how many steps one is killed at; `GRANTCTL_TEST_EVERY_STEP=1` takes each. The first is chosen at random and printed.
    private static func stride(_ usual: Int) -> Int {
        ProcessInfo.processInfo.environment["GRANTCTL_TEST_EVERY_STEP"] == nil ? usual : 1
    }

    /// Enough for any run; one that gets here does not end.
    private static let most = 400

    /// Runs a gateway on `state` until it ends itself, or until its first run ended and it is ended here.
    /// - Returns: whether it ended itself.
    private func serve(_ remote: LoopRemote, killedAt step: Int) throws -> Bool {
        let folder = remote.folder.path
        try Data(
            """
            state: \(folder)/state
            grants: {url: \(remote.url), poll: 1h}
            listen: {socket: \(folder)/agent.sock}
            admin: {address: '127.0.0.1:0'}
            records: {durability: process}
            event_loops: 1

            """.utf8
        ).write(to: URL(filePath: folder + "/gateway.yaml"))
        let cancellation = Cancellation()
        let libraries = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"].map { ["LD_LIBRARY_PATH=\($0)"] } ?? []
        let process = ChildProcess(
            executable: "/bin/sh",
            arguments: [
                "-c",
                "LD_PRELOAD='\(Self.library)' exec '\(LoopHarness.executable)' serve --config '\(folder)/gateway.yaml' "
                    + "--log-level debug 2>&1",
            ],
            environment: libraries + [
                "PATH=/usr/bin:/bin", "HOME=\(folder)", "KILL_BELOW=\(folder)/state", "KILL_AT=\(step)",
                "SWIFT_BACKTRACE=enable=no",
            ],
            input: [], deadline: .now + .seconds(120))
        var said: [String] = []
        let (ending, _) = try process.run(cancellation: cancellation) { line in
            said.append(String(decoding: line, as: UTF8.self))
            if said.last?.contains("run ended") == true { cancellation.cancel() }
        }
        switch ending {
        case .killed(signal: SIGKILL): return true
        case .cancelled: return false
        case .exited, .killed, .deadline, .babble:
            Issue.record("step \(step): \(ending): \(said.suffix(5))")
            throw CancellationError()
        }
    }

    /// What is served at a restart, before the remote is asked; nil when nothing was accepted.
    private func restored(_ remote: LoopRemote, _ what: String) throws -> ObjectID? {
        let directory = try StateDirectory(path: remote.folder.path + "/state")
        defer { directory.release() }
        let mark = try directory.readAccepted()
        let log = try directory.readObservations()
        guard let mark else { return nil }
        #expect(log.checksum(of: mark.commit) == mark.log, "\(what)")
        let work = Advancing(
            configuration: ReconcilerConfiguration(stateDirectory: directory.path, url: remote.url),
            directory: directory, verify: SSHSignature.verify)
        let advance = try work.restore(Accepted(state: nil, mark: mark, log: log))
        #expect(advance.table?.commit == mark.commit, "\(what)")
        return mark.commit
    }

    /// - Parameter expected: what may be served after a kill.
    private func killEverywhere(
        _ remote: LoopRemote, stride: Int, expected: [ObjectID?], end: ObjectID
    ) async throws -> Int {
        try remote.shell("if test -e state; then cp -a state base; else mkdir base; fi")
        var step = Int.random(in: 1...stride)
        print("from step \(step), every \(stride)")
        while step < Self.most {
            try remote.shell("rm -rf state; cp -a base state")
            let what = "killed at step \(step)"
            let ended = try serve(remote, killedAt: step)
            let found = try restored(remote, what)
            guard ended else {
                #expect(found == end, "\(what)")
                return step
            }
            #expect(expected.contains(found), "\(what): \(found?.hex ?? "nothing")")
            // It goes on from whatever was left: with another process, to the same end.
            let harness = LoopHarness(remote)
            _ = try await harness.nextLogged("run ended")
            #expect(harness.reconciler.status.live?.commit == end, "\(what)")
            #expect(try harness.condition(.fetch).isGood, "\(what)")
            await harness.stop()
            step += stride
        }
        return step
    }

    @Test func `a gateway killed between any two steps serves the old generation or the new one`() async throws {
        let remote = try LoopRemote()
        let first = try remote.commit(["README.md": "one"])
        let harness = LoopHarness(remote)
        _ = try await harness.nextPublished()
        _ = try await harness.nextLogged("run ended")
        await harness.stop()
        let tip = try remote.commit(["README.md": "two"])
        let steps = try await killEverywhere(remote, stride: Self.stride(2), expected: [first, tip], end: tip)
        #expect(steps > 10 && steps < Self.most)
    }

    @Test func `a gateway killed while it starts for the first time, or takes an accepted rewrite, does as well`()
        async throws
    {
        let remote = try LoopRemote()
        let first = try remote.commit(["README.md": "one"])
        let fresh = try await killEverywhere(remote, stride: Self.stride(12), expected: [nil, first], end: first)
        #expect(fresh > 10 && fresh < Self.most)
        try remote.shell("rm -rf base")
        try remote.shell("git -C work commit -q --amend -m other; git -C work push -q -f origin main")
        let other = ObjectID(hex: try remote.shell("git -C work rev-parse HEAD"))
        let configuration = ReconcilerConfiguration(
            stateDirectory: remote.folder.path + "/state", url: remote.url, executable: LoopHarness.executable)
        _ = try await HistoryAcceptance(configuration).accept(
            other, by: "ines", why: "", at: Instant(seconds: 1_800_000_000))
        let steps = try await killEverywhere(remote, stride: Self.stride(6), expected: [first, other], end: other)
        #expect(steps > 10 && steps < Self.most)
    }

    @Test func `a fetch killed between any two steps leaves a clone that the next fetch completes`() async throws {
        let sandbox = try RepositorySandbox()
        let first = try sandbox.commit(files: ["policy.yaml": "1"])
        try sandbox.setBranch(to: first)
        let base = sandbox.folder.path + "/base"
        let clone = sandbox.folder.path + "/clone"
        var request = FetchRequest(url: sandbox.path, branch: "main", repositoryPath: base)
        _ = try await FetchProcess.run(request, executable: LoopHarness.executable).get()
        let tip = try sandbox.commit(files: ["policy.yaml": "2"], parents: [first])
        try sandbox.setBranch(to: tip)
        request.repositoryPath = clone
        let stride = Self.stride(3)
        var step = Int.random(in: 1...stride)
        print("from step \(step), every \(stride)")
        while step < Self.most {
            try RepositorySandbox.run(["sh", "-c", "rm -rf '\(clone)'; cp -a '\(base)' '\(clone)'"])
            let script = try sandbox.script(
                """
                export LD_PRELOAD='\(Self.library)' KILL_BELOW='\(clone)' KILL_AT=\(step)
                exec '\(LoopHarness.executable)' "$@"
                """)
            let result = await FetchProcess.run(request, executable: script)
            if case .success(let fetched) = result {
                #expect(fetched.tip == tip.hex)
                break
            }
            let now = try GitRepository.open(path: clone).resolve(ref: FetchRequest.incoming)
            #expect(now == first || now == tip, "step \(step)")
            try CloneFolder(path: clone).prepare()
            let next = try await FetchProcess.run(request, executable: LoopHarness.executable).get()
            #expect(next.tip == tip.hex, "step \(step)")
            #expect(
                try sandbox.git(["fsck", "--full", "--strict"], at: clone).contains("error") == false, "step \(step)")
            step += stride
        }
        #expect(step > 5 && step < Self.most)
    }
}
