import Foundation
import GrantModel
import Synchronization
import Testing

@testable import Reconciler

/// Fetches through the real child process: the `grantctl` that was built beside these tests.
@Suite struct FetchTests {
    static let executable: String = {
        let bundle = URL(fileURLWithPath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
        var folder = bundle.deletingLastPathComponent()
        while folder.path != "/" {
            let candidate = folder.appendingPathComponent("grantctl").path
            if FileManager.default.isExecutableFile(atPath: candidate),
                folder.path.contains("/debug") || folder.path.contains("/release")
            {
                return candidate
            }
            folder.deleteLastPathComponent()
        }
        return FileManager.default.currentDirectoryPath + "/.build/debug/grantctl"
    }()

    private func request(
        _ sandbox: RepositorySandbox, url: String? = nil, branch: String? = "main", deadline: Double = 30
    ) -> FetchRequest {
        FetchRequest(
            url: url ?? sandbox.path, branch: branch, repositoryPath: clone(sandbox), deadlineSeconds: deadline)
    }

    private func clone(_ sandbox: RepositorySandbox) -> String {
        sandbox.folder.appendingPathComponent("state/clone.git").path
    }

    private func fault(_ result: Result<FetchResult, FetchFault>) -> FetchFault? {
        guard case .failure(let fault) = result else { return nil }
        return fault
    }

    @Test(arguments: [true, false], ["", "file://"])
    func `a first fetch brings the branch, and the next only what is new`(bare: Bool, scheme: String) async throws {
        let sandbox = try RepositorySandbox(bare: bare)
        let first = try sandbox.commit(files: ["policy.yaml": "1", "grants/claude/a.yaml": "a"])
        try sandbox.setBranch(to: first)
        let request = request(sandbox, url: scheme + sandbox.path)
        let steps = Mutex<[FetchProgress]>([])
        let fetched = try await FetchProcess.run(request, executable: Self.executable) { step in
            steps.withLock { $0.append(step) }
        }.get()
        #expect(fetched.tip == first.hex)
        #expect(fetched.branch == "main")
        #expect(fetched.objects >= 5)
        #expect(!steps.withLock { $0 }.isEmpty)

        let repository = try GitRepository.open(path: request.repositoryPath)
        #expect(try repository.resolve(ref: FetchRequest.incoming) == first)
        #expect(try repository.resolve(ref: "refs/heads/main") == nil)
        #expect(try repository.files(at: first).files.map(\.path.text) == ["grants/claude/a.yaml", "policy.yaml"])

        let again = try await FetchProcess.run(request, executable: Self.executable).get()
        #expect(again == FetchResult(tip: first.hex, branch: "main", objects: 0, bytes: 0))

        let second = try sandbox.commit(files: ["policy.yaml": "2", "grants/claude/a.yaml": "a"], parents: [first])
        try sandbox.setBranch(to: second)
        let next = try await FetchProcess.run(request, executable: Self.executable).get()
        #expect(next.tip == second.hex)
        #expect(next.objects == 3)
        // The handle opened before sees what came since.
        #expect(try repository.descends(second, from: first))
    }

    @Test func `a branch that was rewritten, rewound or replaced is seen as what it is now`() async throws {
        let sandbox = try RepositorySandbox()
        let root = try sandbox.commit(files: ["policy.yaml": "1"])
        let old = try sandbox.commit(files: ["policy.yaml": "2"], parents: [root])
        let forced = try sandbox.commit(files: ["policy.yaml": "3"], parents: [root])
        let unrelated = try sandbox.commit(files: ["policy.yaml": "4"])
        let request = request(sandbox)
        var accepted: ObjectID?
        for (tip, descends) in [(old, true), (forced, false), (root, false), (unrelated, false)] {
            try sandbox.setBranch(to: tip)
            let result = try await FetchProcess.run(request, executable: Self.executable).get()
            #expect(result.tip == tip.hex)
            let repository = try GitRepository.open(path: request.repositoryPath)
            #expect(try repository.resolve(ref: FetchRequest.incoming) == tip)
            if let accepted {
                #expect(try repository.descends(tip, from: accepted) == descends)
            } else {
                try repository.updateRef("refs/grantctl/accepted", to: tip)
                accepted = tip
            }
            #expect(try repository.resolve(ref: "refs/grantctl/accepted") == accepted)
        }
        let repository = try GitRepository.open(path: request.repositoryPath)
        try repository.deleteRef("refs/grantctl/accepted")
        try repository.deleteRef("refs/grantctl/accepted")
        #expect(try repository.resolve(ref: "refs/grantctl/accepted") == nil)
    }

    @Test func `neither tags nor other branches are fetched`() async throws {
        let sandbox = try RepositorySandbox()
        let main = try sandbox.commit(files: ["policy.yaml": "1"])
        let side = try sandbox.commit(files: ["policy.yaml": "2"], parents: [main])
        try sandbox.setBranch(to: main)
        try sandbox.setBranch("side", to: side)
        try sandbox.git(["tag", "v1", main.hex])
        let request = request(sandbox)
        _ = try await FetchProcess.run(request, executable: Self.executable).get()
        #expect(
            try sandbox.git(["for-each-ref", "--format=%(refname)"], at: request.repositoryPath)
                == FetchRequest.incoming)
    }

    @Test func `without a branch, the one that HEAD names is fetched`() async throws {
        let sandbox = try RepositorySandbox()
        let tip = try sandbox.commit(files: ["policy.yaml": "1"])
        try sandbox.setBranch("trunk", to: tip)
        try sandbox.setBranch("another", to: try sandbox.commit(files: ["policy.yaml": "2"]))
        try sandbox.git(["symbolic-ref", "HEAD", "refs/heads/trunk"])
        let result = try await FetchProcess.run(request(sandbox, branch: nil), executable: Self.executable).get()
        #expect(result.branch == "trunk")
        #expect(result.tip == tip.hex)
    }

    @Test func `what is not there is said by name`() async throws {
        let sandbox = try RepositorySandbox()
        let empty = await FetchProcess.run(request(sandbox), executable: Self.executable)
        #expect(fault(empty)?.kind == .notFound)
        try sandbox.setBranch(to: try sandbox.commit(files: [:]))
        let branch = await FetchProcess.run(request(sandbox, branch: "mian"), executable: Self.executable)
        #expect(fault(branch)?.kind == .notFound)
        #expect(fault(branch)?.message.contains("`mian`") == true)
        let nowhere = await FetchProcess.run(request(sandbox, url: "/nowhere/at/all"), executable: Self.executable)
        #expect(fault(nowhere)?.kind == .notFound)
        let name = await FetchProcess.run(request(sandbox, branch: "a..b"), executable: Self.executable)
        #expect(fault(name)?.kind == .configuration)
    }

    @Test(arguments: [
        "http://git.example/x.git", "git://git.example/x.git", "ext::sh -c id", "https://u:secret@git.example/x.git",
        "file://host/x", "relative/path", "", "https:///x", "https://h:0/x", "https://h:99999/x", "https://h",
        "ssh://-oProxyCommand=id/x", "-oProxyCommand=id:x", "https://a\nb/x", "https://a b/x", "host:",
    ])
    func `an address that is unsafe or cannot be read is refused without starting anything`(url: String) async throws {
        let sandbox = try RepositorySandbox()
        let result = await FetchProcess.run(request(sandbox, url: url), executable: "/nonexistent")
        #expect(fault(result)?.kind == .configuration)
        #expect(fault(result)?.description.contains("secret") == false)
    }

    @Test func `addresses are read as they are meant`() throws {
        let rows: [(String, RemoteAddress.Scheme, String, Int?, String?)] = [
            ("/srv/x.git", .file, "", nil, nil), ("file:///srv/x.git", .file, "", nil, nil),
            ("https://git.example/a/b.git", .https, "git.example", nil, nil),
            ("https://me@git.example:8443/b", .https, "git.example", 8443, "me"),
            ("http://127.0.0.1:80/b", .http, "127.0.0.1", 80, nil), ("http://[::1]:80/b", .http, "::1", 80, nil),
            ("ssh://git@h:2222/srv/x", .ssh, "h", 2222, "git"), ("git@h:acme/x.git", .ssh, "h", nil, "git"),
        ]
        for (text, scheme, host, port, user) in rows {
            let address = try RemoteAddress(text)
            #expect(address.scheme == scheme && address.host == host && address.port == port && address.user == user)
        }
    }

    @Test func `an ssh remote without a pinned host key is refused before anything is sent`() async throws {
        let sandbox = try RepositorySandbox()
        let result = await FetchProcess.run(request(sandbox, url: "git@127.0.0.1:x"), executable: Self.executable)
        #expect(fault(result)?.kind == .configuration)
        #expect(fault(result)?.message.contains("host key") == true)
    }

    @Test(arguments: ["http", "https"]) func `a remote that accepts and says nothing is cut off at the deadline`(
        scheme: String
    ) async throws {
        let sandbox = try RepositorySandbox()
        let silent = try SilentServer()
        defer { silent.close() }
        let request = request(sandbox, url: "\(scheme)://127.0.0.1:\(silent.port)/x.git", deadline: 1)
        let result = await FetchProcess.run(request, executable: Self.executable)
        #expect(fault(result)?.kind == .deadline)
        #expect(fault(result)?.message.contains("1 s") == true)
    }

    @Test func `cancelling the task ends the child`() async throws {
        let sandbox = try RepositorySandbox()
        let silent = try SilentServer()
        defer { silent.close() }
        let request = request(sandbox, url: "http://127.0.0.1:\(silent.port)/x.git", deadline: 600)
        let task = Task { await FetchProcess.run(request, executable: Self.executable) }
        try await silent.accepted()
        task.cancel()
        #expect(fault(await task.value)?.kind == .cancelled)
    }

    @Test func `a closed port, and a server of something else, are told apart`() async throws {
        let sandbox = try RepositorySandbox()
        let silent = try SilentServer()
        defer { silent.close() }
        let port = silent.port
        silent.close()
        let closed = await FetchProcess.run(
            request(sandbox, url: "http://127.0.0.1:\(port)/x.git"), executable: Self.executable)
        #expect(fault(closed)?.kind == .unreachable)
        #expect(fault(closed)?.mayPass == true)
        let rude = try SilentServer(answer: "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
        defer { rude.close() }
        let missing = await FetchProcess.run(
            request(sandbox, url: "http://127.0.0.1:\(rude.port)/x.git"), executable: Self.executable)
        #expect(fault(missing)?.kind == .notFound)
        let elsewhere = try SilentServer(
            answer: "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.2:\(rude.port)/x\r\ncontent-length: 0\r\n\r\n")
        defer { elsewhere.close() }
        let redirected = await FetchProcess.run(
            request(sandbox, url: "http://127.0.0.1:\(elsewhere.port)/x.git"), executable: Self.executable)
        #expect(fault(redirected)?.kind == .redirect)
        let noise = try SilentServer(answer: "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")
        defer { noise.close() }
        let nonsense = await FetchProcess.run(
            request(sandbox, url: "http://127.0.0.1:\(noise.port)/x.git"), executable: Self.executable)
        #expect(fault(nonsense)?.mayPass == true)
    }

    @Test func `a credential that is refused is tried once, and never shown`() async throws {
        let sandbox = try RepositorySandbox()
        let login = try SilentServer(
            answer: "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"x\"\r\ncontent-length: 0\r\n\r\n")
        defer { login.close() }
        var request = request(sandbox, url: "http://127.0.0.1:\(login.port)/x.git")
        let none = await FetchProcess.run(request, executable: Self.executable)
        #expect(fault(none)?.kind == .authentication)
        request.credential = .token("s3cr3t-t0ken")
        let refused = await FetchProcess.run(request, executable: Self.executable)
        #expect(fault(refused)?.kind == .authentication)
        #expect(fault(refused)?.description.contains("s3cr3t") == false)
        let tried = login.requests.filter { $0.lowercased().contains("authorization: basic") }
        #expect(tried.count == 1)
        let sent = Data("x-access-token:s3cr3t-t0ken".utf8).base64EncodedString()
        #expect(tried.first?.contains(sent) == true)
    }

    @Test func `a credential does not follow a redirect to another port of the same host`() async throws {
        let sandbox = try RepositorySandbox()
        let thief = try SilentServer(
            answer: "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"x\"\r\ncontent-length: 0\r\n\r\n")
        defer { thief.close() }
        let location = "http://127.0.0.1:\(thief.port)/x.git/info/refs?service=git-upload-pack"
        let front = try SilentServer(answer: "HTTP/1.1 302 Found\r\nlocation: \(location)\r\ncontent-length: 0\r\n\r\n")
        defer { front.close() }
        var request = request(sandbox, url: "http://127.0.0.1:\(front.port)/x.git")
        request.credential = .token("s3cr3t-t0ken")
        let result = await FetchProcess.run(request, executable: Self.executable)
        #expect(fault(result)?.kind == .redirect)
        #expect(!thief.requests.contains { $0.lowercased().contains("authorization") })
    }

    @Test func `more objects than the limit end the fetch`() async throws {
        let sandbox = try RepositorySandbox()
        let files = Dictionary(uniqueKeysWithValues: (0..<40).map { ("grants/claude/g\($0).yaml", "grant \($0)") })
        try sandbox.setBranch(to: try sandbox.commit(files: files))
        var request = request(sandbox)
        request.limits.objects = 20
        let result = await FetchProcess.run(request, executable: Self.executable)
        #expect(fault(result)?.kind == .tooLarge)
        request.limits.objects = 100
        #expect(fault(await FetchProcess.run(request, executable: Self.executable)) == nil)
    }

    @Test func `a child that ends without an answer is a fault`() async throws {
        let sandbox = try RepositorySandbox()
        for (executable, kind) in [
            ("/bin/true", FetchFault.Kind.child), ("/bin/false", .child), ("/nonexistent", .child),
            ("/bin/cat", .child),
        ] {
            let result = await FetchProcess.run(request(sandbox, deadline: 5), executable: executable)
            #expect(fault(result)?.kind == kind)
        }
    }

    @Test func `many fetches at once keep apart and leave no descriptor and no process behind`() async throws {
        let sandbox = try RepositorySandbox()
        let tip = try sandbox.commit(files: ["policy.yaml": "1"])
        try sandbox.setBranch(to: tip)
        _ = await FetchProcess.run(request(sandbox), executable: Self.executable)
        let tips = await withTaskGroup(of: String?.self) { group in
            for index in 0..<8 {
                var each = request(sandbox)
                each.repositoryPath += "-\(index)"
                let one = each
                group.addTask { try? await FetchProcess.run(one, executable: Self.executable).get().tip }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(tips == Array(repeating: tip.hex, count: 8))
    }

    @Test func `the child gets three descriptors, no environment of ours and no secret in its arguments`() async throws
    {
        let sandbox = try RepositorySandbox()
        let script = try sandbox.script(
            """
            ls /proc/self/fd > '\(sandbox.folder.path)/fds'
            env > '\(sandbox.folder.path)/env'
            echo "$@" > '\(sandbox.folder.path)/arguments'
            cat > '\(sandbox.folder.path)/order'
            """)
        let leak = open("/dev/null", O_RDONLY)
        defer { close(leak) }
        var request = request(sandbox, deadline: 10)
        request.credential = .token("s3cr3t")
        _ = await FetchProcess.run(request, executable: script)
        func read(_ name: String) throws -> String {
            try String(contentsOf: sandbox.folder.appendingPathComponent(name), encoding: .utf8)
        }
        // `ls` itself has 3 open for the folder it lists.
        #expect(try read("fds").split(separator: "\n") == ["0", "1", "2", "3"])
        #expect(try read("arguments") == "fetch-child\n")
        #expect(try !read("env").contains("HOME=\(NSHomeDirectory())"))
        #expect(try read("order").contains("s3cr3t"))
        #expect(!request.description.contains("s3cr3t"))
    }

    @Test func `a child that hangs is gone when the deadline has passed`() async throws {
        let sandbox = try RepositorySandbox()
        let pid = sandbox.folder.appendingPathComponent("pid").path
        let script = try sandbox.script("echo $$ > '\(pid)'; trap '' TERM INT HUP; exec sleep 1000")
        let result = await FetchProcess.run(request(sandbox, deadline: 1), executable: script)
        #expect(fault(result)?.kind == .deadline)
        let number = try #require(
            pid_t(try String(contentsOfFile: pid, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(kill(number, 0) == -1 && errno == ESRCH, "killed and reaped")
    }

    @Test func `a child that writes without end is cut off`() async throws {
        let sandbox = try RepositorySandbox()
        let script = try sandbox.script("exec cat /dev/zero")
        let result = await FetchProcess.run(request(sandbox), executable: script)
        #expect(fault(result)?.kind == .child)
        let grumbler = try sandbox.script("head -c 10000000 /dev/zero | tr '\\0' x >&2; exit 3")
        let said = await FetchProcess.run(request(sandbox), executable: grumbler)
        #expect(fault(said)?.message.contains("code 3") == true)
        #expect((fault(said)?.message.utf8.count ?? .max) < 500)
    }

    @Test func `the child dies with the process that started it`() async throws {
        let sandbox = try RepositorySandbox()
        let silent = try SilentServer()
        defer { silent.close() }
        let order = FetchOrder(
            request: request(sandbox, url: "http://127.0.0.1:\(silent.port)/x.git", deadline: 600), parent: 123_454_321)
        let file = sandbox.folder.appendingPathComponent("order")
        try JSONEncoder().encode(order).write(to: file)
        let parent = Process()
        parent.executableURL = URL(fileURLWithPath: "/bin/sh")
        let command =
            "sed s/123454321/$$/ '\(file.path)' > '\(file.path)2'; '\(Self.executable)' fetch-child < '\(file.path)2' & wait"
        parent.arguments = ["-c", command]
        parent.environment = ["HOME": "/nonexistent"]
        try parent.run()
        try await silent.accepted()
        kill(parent.processIdentifier, SIGKILL)
        // The kernel closes what the child held.
        try await silent.ended()
    }

    @Test func `configuration inside the clone redirects nothing`() async throws {
        let sandbox = try RepositorySandbox()
        let tip = try sandbox.commit(files: ["policy.yaml": "1"])
        try sandbox.setBranch(to: tip)
        let request = request(sandbox)
        _ = try GitRepository.createBare(path: request.repositoryPath)
        try sandbox.git(["config", "url./nowhere.insteadOf", sandbox.path], at: request.repositoryPath)
        #expect(try await FetchProcess.run(request, executable: Self.executable).get().tip == tip.hex)
    }
}
