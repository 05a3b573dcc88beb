import Foundation
import GrantModel
import Testing

@testable import Reconciler

/// Remotes over https and ssh that are as they should be, and such as are sick or hostile.
@Suite(.timeLimit(.minutes(8))) struct RemoteTests {
    private static let token = "s3cr3t-t0ken"
    private static let basic = Data("x-access-token:\(token)".utf8).base64EncodedString()

    /// Noise that no compression makes smaller, the same each time.
    private static func noise(_ count: Int) -> [UInt8] {
        var state: UInt64 = 20_261_122
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
    }

    /// A commit with a grants file and a large file beside the known folders.
    private static func commit(_ sandbox: RepositorySandbox, noise count: Int = 200_000) throws -> ObjectID {
        let blob = try sandbox.object("blob", noise(count))
        let policy = try sandbox.blob("name: acme-access\n")
        let tip = try sandbox.commit(
            try sandbox.tree([
                (mode: "100644", name: "large", id: blob), (mode: "100644", name: "policy.yaml", id: policy),
            ]))
        try sandbox.setBranch(to: tip)
        return tip
    }

    private static func fetch(_ request: FetchRequest) async -> Result<FetchResult, FetchFault> {
        await FetchProcess.run(request, executable: FetchTests.executable)
    }

    private static func fault(_ request: FetchRequest) async -> FetchFault? {
        if case .failure(let fault) = await fetch(request) { fault } else { nil }
    }

    private static func request(_ server: GitServer, _ clone: String, deadline: Double = 60) -> FetchRequest {
        FetchRequest(
            url: server.url, branch: "main", repositoryPath: clone, deadlineSeconds: deadline,
            credential: .token(token), certificateAuthority: server.pem)
    }

    @Test func `an https remote is fetched from with its token, the whole at first and then what is new`() async throws
    {
        let sandbox = try RepositorySandbox()
        let first = try Self.commit(sandbox)
        let server = try GitServer(sandbox)
        try server.behave("token", Self.basic)
        let request = Self.request(server, sandbox.folder.path + "/clone")
        #expect(try await Self.fetch(request).get().tip == first.hex)
        let second = try sandbox.commit(files: ["policy.yaml": "2"], parents: [first])
        try sandbox.setBranch(to: second)
        let next = try await Self.fetch(request).get()
        #expect(next.tip == second.hex && next.objects == 3)
        var wrong = request
        wrong.credential = .token("another")
        #expect(await Self.fault(wrong)?.kind == .authentication)
        wrong.credential = nil
        #expect(await Self.fault(wrong)?.kind == .authentication)
    }

    @Test
    func `an https remote that is sick or hostile is given up in time, by its cause, and the next fetch is whole`()
        async throws
    {
        let sandbox = try RepositorySandbox()
        let tip = try Self.commit(sandbox)
        let server = try GitServer(sandbox)
        let elsewhere = try RepositorySandbox()
        let thief = try GitServer(elsewhere)
        try thief.behave("login")
        // Trusted as well, so that nothing but the redirect stands between it and the token.
        let both = server.pem + thief.pem
        struct Row {
            var behaviour: String
            var more = ""
            var deadline = 60.0
            var kinds: Set<FetchFault.Kind>
            var limit: Int?
        }
        let rows = [
            Row(behaviour: "silent", deadline: 2, kinds: [.deadline]),
            Row(behaviour: "silent-pack", deadline: 3, kinds: [.deadline]),
            Row(behaviour: "trickle", deadline: 3, kinds: [.deadline]),
            Row(behaviour: "truncated", kinds: [.remote, .unreachable]),
            Row(behaviour: "flipped", kinds: [.remote]),
            Row(behaviour: "endless", kinds: [.tooLarge, .remote], limit: 1 << 20),
            Row(behaviour: "honest", kinds: [.tooLarge], limit: 100_000),
            Row(behaviour: "redirect", more: "https://127.0.0.1:\(thief.port)", kinds: [.redirect]),
            Row(behaviour: "redirect", more: "https://localhost:\(thief.port)", kinds: [.redirect]),
            Row(behaviour: "redirect-pack", more: "https://127.0.0.1:\(thief.port)", kinds: [.redirect]),
            Row(behaviour: "redirect-pack", more: "https://localhost:\(thief.port)", kinds: [.redirect]),
            Row(behaviour: "login", kinds: [.authentication]),
        ]
        // All at once, each with a clone of its own: most of them only wait.
        let faults = try await withThrowingTaskGroup(of: (Int, FetchFault?).self) { group in
            for (index, row) in rows.enumerated() {
                try server.behave(row.behaviour, row.more, as: "row-\(index)")
                var request = Self.request(
                    server, sandbox.folder.path + "/clone-\(index)", deadline: row.deadline)
                request.url = server.url(as: "row-\(index)")
                request.certificateAuthority = both
                if let limit = row.limit { request.limits.packBytes = limit }
                let asked = request
                group.addTask { (index, await Self.fault(asked)) }
            }
            return try await group.reduce(into: [Int: FetchFault]()) { $0[$1.0] = $1.1 }
        }
        for (index, row) in rows.enumerated() {
            let fault = faults[index]
            #expect(fault.map { row.kinds.contains($0.kind) } == true, "\(row.behaviour): \(String(describing: fault))")
            #expect(fault?.description.contains(Self.token) == false)
            let clone = sandbox.folder.path + "/clone-\(index)"
            try CloneFolder(path: clone).prepare()
            let packs = try FileManager.default.contentsOfDirectory(atPath: clone + "/objects/pack")
            #expect(packs == [], "\(row.behaviour): nothing of what was given up is kept")
            if row.behaviour == "login" {
                let sent = server.requests.filter {
                    $0.contains("/~row-\(index)/") && $0.hasSuffix("Basic \(Self.basic)")
                }
                #expect(sent.count == 1)
            }
        }
        #expect(!thief.requests.contains { $0.contains("Basic") })
        for index in rows.indices.suffix(2) {
            let clone = sandbox.folder.path + "/clone-\(index)"
            #expect(try await Self.fetch(Self.request(server, clone)).get().tip == tip.hex)
            #expect(try GitRepository.open(path: clone).files(at: tip).files.map(\.path.text) == ["policy.yaml"])
        }
    }

    @Test func `a server that speaks TLS 1.3 only is named, with what to do`() async throws {
        let sandbox = try RepositorySandbox()
        _ = try Self.commit(sandbox)
        let server = try GitServer(sandbox, arguments: ["tls13"])
        let fault = await Self.fault(Self.request(server, sandbox.folder.path + "/clone"))
        #expect(fault?.kind == .unreachable)
        #expect(fault?.description.contains("TLS 1.2 at most") == true && fault?.help.contains("ssh") == true)
        #expect(server.requests == [])
    }

    /// `GRANTCTL_TEST_BLOB_MIB` and `GRANTCTL_TEST_OBJECTS` make it as large as wanted.
    @Test func `a small pack that is large inside, and one of very many objects, stay within memory`() async throws {
        func size(_ name: String, _ usual: Int) -> Int {
            ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual
        }
        let sandbox = try RepositorySandbox()
        let mebibytes = size("GRANTCTL_TEST_BLOB_MIB", 16)
        let zeros = try RepositorySandbox.run([
            "sh", "-c", "head -c \(mebibytes << 20) /dev/zero | git -C '\(sandbox.path)' hash-object -w --stdin",
        ])
        let tip = try sandbox.commit(
            try sandbox.tree([(mode: "100644", name: "policy.yaml", id: ObjectID(hex: zeros))]))
        try sandbox.setBranch(to: tip)
        // Over the network: a path of this machine makes libgit2 pack it in the same process.
        let server = try GitServer(sandbox)
        var request = Self.request(server, sandbox.folder.path + "/clone", deadline: 300)
        request.limits.memoryBytes = 512 << 20
        #expect(try await Self.fetch(request).get().tip == tip.hex)
        // What is too large is never inflated: its header is read first.
        let read = try GitRepository.open(path: request.repositoryPath).files(at: tip)
        #expect(read.files == [] && read.problems.map(\.path) == ["policy.yaml"])

        let objects = size("GRANTCTL_TEST_OBJECTS", 5_000)
        let many = try RepositorySandbox()
        let stream = (0..<objects).map { "blob\nmark :\($0 + 1)\ndata \("\($0)".utf8.count)\n\($0)\n" }.joined()
        let entries = (0..<objects).map { "M 100644 :\($0 + 1) \($0 / 1_000)/\($0)\n" }.joined()
        let commit = "commit refs/heads/main\ncommitter T <t@x> 1790000000 +0000\ndata 2\nx\n\(entries)\n"
        try many.git(["fast-import", "--quiet"], input: Array((stream + commit).utf8))
        request = FetchRequest(
            url: many.path, branch: "main", repositoryPath: many.folder.path + "/clone", deadlineSeconds: 600)
        request.limits.memoryBytes = 1 << 30
        #expect(try await Self.fetch(request).get().objects > objects)
        request.repositoryPath += "-2"
        request.limits.objects = objects
        #expect(await Self.fault(request)?.kind == .tooLarge)
    }

    @Test func `a gateway whose remote is sick keeps serving, names the cause, and goes on when it is well`()
        async throws
    {
        let sandbox = try RepositorySandbox()
        let tip = try Self.commit(sandbox)
        let server = try GitServer(sandbox)
        let remote = try LoopRemote()
        let harness = LoopHarness(
            remote,
            change: { configuration in
                configuration.url = server.url
                configuration.certificateAuthority = server.pem
                configuration.credential = .token(Self.token)
                configuration.fetchDeadline = 20
            })
        #expect(try await harness.nextPublished().commit == tip)
        _ = try await harness.nextLogged("run ended")
        let next = try sandbox.commit(files: ["policy.yaml": "2"], parents: [tip])
        try sandbox.setBranch(to: next)
        for (index, row) in [
            ("login", "refused the credential"), ("truncated", "unexpected EOF"), ("redirect", "redirect"),
        ]
        .enumerated() {
            try server.behave(row.0, "https://127.0.0.1:1")
            harness.setClock(1_800_000_100 + Int64(index))
            try await harness.run()
            #expect(harness.reconciler.status.live?.commit == tip)
            let condition = try harness.condition(.fetch)
            #expect(!condition.isGood && condition.message.contains(row.1), "\(row.0): \(condition.message)")
            #expect(harness.reconciler.status.staleFor == Span(seconds: 100 + Int64(index)))
        }
        try server.behave("honest")
        try await harness.run()
        #expect(harness.reconciler.status.live?.commit == next)
        #expect(try harness.condition(.fetch).isGood)
        await harness.stop()
        #expect(!harness.lines.contains { $0.contains(Self.token) })
    }

    @Test func `an ssh remote that is sick or hostile is given up in time, by its cause`() async throws {
        let sandbox = try RepositorySandbox()
        let tip = try Self.commit(sandbox)
        // Runs for each connection in place of what was asked for, which is `git-upload-pack '/…'`; `/~NAME/` in it says
        // how.
        let command = try sandbox.script(
            """
            asked=$(echo "$SSH_ORIGINAL_COMMAND" | sed 's,/~[a-z-]*/,/,')
            case $SSH_ORIGINAL_COMMAND in
            */~silent/*) exec sleep 3600 ;;
            */~silent-pack/*) sh -c "$asked" | stdbuf -o0 head -c 50000; exec sleep 3600 ;;
            */~trickle/*) sh -c "$asked" | while dd bs=1 count=1 status=none; do sleep 0.2; done ;;
            */~truncated/*) sh -c "$asked" | stdbuf -o0 head -c 50000 ;;
            */~noise/*) head -c 100000 /dev/urandom ;;
            *) exec sh -c "$asked" ;;
            esac
            """)
        let server = try SSHServer(in: sandbox.folder, command: command)
        defer { server.stop() }
        let rows: [(behaviour: String, deadline: Double, kinds: Set<FetchFault.Kind>)] = [
            ("silent", 4, [.deadline]), ("silent-pack", 4, [.deadline]), ("trickle", 4, [.deadline]),
            ("truncated", 60, [.remote, .unreachable]), ("noise", 60, [.remote, .unreachable]),
        ]
        func request(_ behaviour: String, _ deadline: Double) -> FetchRequest {
            let path = sandbox.folder.path + (behaviour.isEmpty ? "/" : "/~\(behaviour)/") + "repository"
            return FetchRequest(
                url: "ssh://\(NSUserName())@127.0.0.1:\(server.port)\(path)", branch: "main",
                repositoryPath: sandbox.folder.path + "/clone-\(behaviour)", deadlineSeconds: deadline,
                credential: .sshKey(path: server.folder + "/user"), hostKeys: [server.hostKey])
        }
        // Before anything of ssh is said.
        let silent = try SilentServer()
        defer { silent.close() }
        var mute = request("mute", 3)
        mute.url = "ssh://\(NSUserName())@127.0.0.1:\(silent.port)\(sandbox.path)"
        let first = mute
        async let unanswered = Self.fault(first)
        let faults = await withTaskGroup(of: (String, FetchFault?).self) { group in
            for row in rows {
                let asked = request(row.behaviour, row.deadline)
                group.addTask { (row.behaviour, await Self.fault(asked)) }
            }
            return await group.reduce(into: [String: FetchFault]()) { $0[$1.0] = $1.1 }
        }
        for row in rows {
            let fault = faults[row.behaviour]
            #expect(fault.map { row.kinds.contains($0.kind) } == true, "\(row.behaviour): \(String(describing: fault))")
            try CloneFolder(path: sandbox.folder.path + "/clone-\(row.behaviour)").prepare()
        }
        #expect(await unanswered?.kind == .deadline)
        var honest = request("truncated", 60)
        honest.url = request("", 60).url
        #expect(try await Self.fetch(honest).get().tip == tip.hex)
    }

    @Test func `locks and parts of packs that a killed fetch left are in nobody's way`() async throws {
        let remote = try LoopRemote()
        let tip = try remote.commit(["README.md": "one"])
        let clone = remote.folder.path + "/state/repository.git"
        try CloneFolder(path: clone).prepare()
        try remote.shell(
            """
            cd state/repository.git; mkdir -p refs/grantctl objects/pack
            touch refs/grantctl/incoming.lock HEAD.lock config.lock packed-refs.lock objects/pack/pack_git2_a1B2c3
            """)
        let harness = LoopHarness(remote)
        #expect(try await harness.nextPublished().commit == tip)
        await harness.stop()
        #expect(try remote.shell("find state/repository.git -name '*.lock' -o -name '*_git2_*'") == "")
    }
}
