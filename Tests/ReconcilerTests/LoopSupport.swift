import Foundation
import GrantModel
import Logging
import Synchronization
import Testing

@testable import Reconciler

/// A grants repository at a remote, changed by a person with the stock git.
final class LoopRemote {
    let folder: TemporaryFolder
    var url: String { folder.path + "/remote.git" }

    init() throws {
        folder = try TemporaryFolder()
        try shell(
            """
            git init -q --bare -b main remote.git
            git init -q -b main work
            git -C work remote add origin ../remote.git
            """)
    }

    struct Failed: Error {
        var script: String
        var printed: String
    }

    @discardableResult
    func shell(_ script: String, time: Int64? = nil) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-e", "-c", script]
        process.currentDirectoryURL = URL(filePath: folder.path)
        var environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": folder.path,
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "LC_ALL": "C",
            "GIT_AUTHOR_NAME": "tom", "GIT_AUTHOR_EMAIL": "tom@acme.example",
            "GIT_COMMITTER_NAME": "tom", "GIT_COMMITTER_EMAIL": "tom@acme.example",
        ]
        if let time {
            environment["GIT_COMMITTER_DATE"] = "@\(time) +0000"
            environment["GIT_AUTHOR_DATE"] = "@\(time) +0000"
        }
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let printed = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(script: script, printed: printed) }
        return printed.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Commits files (nil removes one) on `main` and pushes; returns the commit.
    @discardableResult
    func commit(_ files: [String: String?], time: Int64 = 1_700_000_000, push: Bool = true) throws -> ObjectID {
        for (path, text) in files {
            let file = URL(filePath: folder.path + "/work/" + path)
            if let text {
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
            } else {
                try FileManager.default.removeItem(at: file)
            }
        }
        let id = try shell(
            "cd work; git add -A; git commit -q --allow-empty -m change; git rev-parse HEAD", time: time)
        if push { try shell("git -C work push -q -f origin main") }
        return ObjectID(hex: id)
    }

    func goAway() throws { try shell("mv remote.git away.git") }

    func comeBack() throws { try shell("mv away.git remote.git") }
}

/// A running reconciler whose clock the test sets, and everything it did, in order.
final class LoopHarness {
    enum Event: Sendable {
        case published(ScopeTable)
        case confirmed(Instant)
        case logged(Logger.Level, String)
    }

    let reconciler: Reconciler
    private let task: Task<Result<Void, StateFault>, Never>
    private var events: AsyncStream<Event>.Iterator
    private let finish: @Sendable () -> Void
    private let time: TestClock
    /// Everything taken from the stream so far.
    private(set) var seen: [Event] = []

    /// - Parameter onPublish: runs inside the publish closure, before the event is recorded.
    init(
        _ remote: LoopRemote, state: String? = nil, now: Int64 = 1_800_000_000,
        change: (inout ReconcilerConfiguration) -> Void = { _ in },
        onPublish: @escaping @Sendable (ScopeTable) async -> Void = { _ in }
    ) {
        var configuration = ReconcilerConfiguration(
            stateDirectory: state ?? remote.folder.path + "/state", url: remote.url, poll: Span.hours(1),
            executable: Self.executable)
        change(&configuration)
        let (stream, continuation) = AsyncStream<Event>.makeStream()
        let time = TestClock(now)
        var logger = Logger(label: "test") { _ in EventLog(continuation: continuation) }
        logger.logLevel = .trace
        let reconciler = Reconciler(
            configuration: configuration, logger: logger, clock: { time.now }, sinceStart: { 0 },
            publish: { table in
                await onPublish(table)
                continuation.yield(.published(table))
            },
            confirm: { continuation.yield(.confirmed($0)) })
        self.reconciler = reconciler
        self.time = time
        events = stream.makeAsyncIterator()
        finish = { continuation.finish() }
        task = Task {
            do throws(StateFault) {
                try await reconciler.run()
                return .success(())
            } catch {
                return .failure(error)
            }
        }
    }

    deinit {
        task.cancel()
    }

    /// The binary beside the test bundle, which is what fetches.
    static let executable: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let arguments = ProcessInfo.processInfo.arguments.first ?? ""
        return [arguments, own].map { URL(filePath: $0).deletingLastPathComponent().path + "/grantctl" }
            .first { FileManager.default.isExecutableFile(atPath: $0) } ?? "/nonexistent"
    }()

    func setClock(_ seconds: Int64) { time.set(seconds) }

    /// Waits for the next event that `matches`; the suite's time limit bounds the wait.
    func next(_ matches: (Event) -> Bool) async throws -> Event {
        while let event = await events.next() {
            seen.append(event)
            if matches(event) { return event }
        }
        throw CancellationError()
    }

    func nextPublished() async throws -> ScopeTable {
        while true {
            if case .published(let table) = try await next({ if case .published = $0 { true } else { false } }) {
                return table
            }
        }
    }

    func nextConfirmed() async throws -> Instant {
        while true {
            if case .confirmed(let instant) = try await next({ if case .confirmed = $0 { true } else { false } }) {
                return instant
            }
        }
    }

    /// Waits for a line of the log that holds `text`.
    func nextLogged(_ text: String) async throws -> String {
        while true {
            let event = try await next {
                if case .logged(_, let line) = $0 { line.contains(text) } else { false }
            }
            if case .logged(_, let line) = event { return line }
        }
    }

    /// Starts a run and waits until it ended: one more was asked for, and begun.
    func run() async throws {
        let before = ended
        reconciler.trigger()
        while ended == before {
            _ = try await next { if case .logged(_, let line) = $0 { line.hasPrefix("run ") } else { false } }
        }
    }

    private var ended: Int { lines.count { $0.hasPrefix("run ") } }

    func condition(_ kind: ReconcileCondition.Kind) throws -> ReconcileCondition {
        try #require(reconciler.status.conditions.first { $0.kind == kind })
    }

    /// Ends the loop and returns how it ended; what it still did is in `seen`.
    @discardableResult
    func stop() async -> Result<Void, StateFault> {
        task.cancel()
        let end = await task.value
        finish()
        while let event = await events.next() { seen.append(event) }
        return end
    }

    /// Waits until the loop ended by itself.
    func stopAfterEnd() async {
        if case .failure(let fault) = await task.value { end = fault }
        finish()
        while let event = await events.next() { seen.append(event) }
    }

    /// Why it ended by itself.
    private(set) var end: StateFault?

    var publishedCount: Int { seen.count { if case .published = $0 { true } else { false } } }
    var confirmedCount: Int { seen.count { if case .confirmed = $0 { true } else { false } } }
    var lines: [String] {
        seen.compactMap { if case .logged(_, let line) = $0 { line } else { nil } }
    }
}

final class TestClock: Sendable {
    private let instant: Mutex<Instant>

    init(_ seconds: Int64) {
        instant = Mutex(Instant(seconds: seconds))
    }

    var now: Instant { instant.withLock { $0 } }

    func set(_ seconds: Int64) { instant.withLock { $0 = Instant(seconds: seconds) } }
}

/// Turns log lines into events.
private struct EventLog: LogHandler {
    let continuation: AsyncStream<LoopHarness.Event>.Continuation
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        continuation.yield(.logged(event.level, "\(event.message)\(fields)"))
    }
}

/// Lets the test hold what runs elsewhere.
actor Latch {
    private var isOpen = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    func open() {
        isOpen = true
        for waiter in waiters { waiter.resume() }
        waiters = []
    }

    func pass() async {
        if isOpen { return }
        await withCheckedContinuation { waiters.append($0) }
    }
}
