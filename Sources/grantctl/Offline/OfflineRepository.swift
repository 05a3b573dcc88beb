import ArgumentParser
import Foundation
import GrantModel
import Reconciler

/// The repository that an offline command asks about.
struct RepositoryOptions: ParsableArguments {
    @Option(help: "A folder of grants, a repository, or its URL.")
    var repo = "."

    @Option(help: "The branch to read.")
    var branch = "main"

    @Option(help: "The instant to answer for, e.g. 2026-11-20T14:03Z; now by default.")
    var at: Instant?

    @Option(
        help:
            "A gateway's state directory, or its observed.log: commits count from when it saw them, not from their dates."
    )
    var observed: String?

    @Flag(
        name: .customLong("no-cache"),
        help: "Read every commit, instead of going on from what an earlier command kept beside the repository.")
    var withoutCache = false

    /// What `repo` means: below a grants repository's top folder that one, as for git.
    var place: String { Self.place(of: repo) }

    static func place(of repo: String) -> String {
        guard repo == "." else { return repo }
        func has(_ name: String, _ folder: URL) -> Bool {
            FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
        }
        let start = URL(fileURLWithPath: FileManager.default.currentDirectoryPath).standardizedFileURL
        var folder = start
        while true {
            if has("policy.yaml", folder) { return folder == start ? repo : folder.path }
            guard !has(".git", folder), !has("objects", folder), folder.pathComponents.count > 1 else { return repo }
            folder.deleteLastPathComponent()
        }
    }

    /// Reads the repository's history, or a plain folder's files, and judges it as the gateway does.
    func load() async throws -> (state: AccessState, now: Instant) {
        let opened = try await open()
        return (opened.state, opened.now)
    }

    /// The same with the table compiled from it, and a way to the files.
    func open() async throws -> OfflineRepository {
        let now = at ?? .clock
        let repo = place
        var options = RepositorySource.Options(branch: branch, history: true, until: now, clock: .clock)
        options.credential = ProcessInfo.processInfo.environment["GRANTCTL_GIT_TOKEN"].map { .token($0) }
        do {
            switch try RepositorySource(repo, prefer: .history) {
            case .directory(let path):
                if observed != nil {
                    throw CommandFault(description: "`\(path)` has no commits that a gateway could have observed")
                        .exitCode()
                }
                let read = try PlainDirectory.read(path: path)
                let state = AccessState(
                    directory: read.files, now: now, problems: read.problems, verify: SSHSignature.verify)
                return OfflineRepository(
                    state: state, table: ScopeTable(compiling: state), now: now, place: .folder(path))
            case .repository(let path):
                let repository = OpenedRepository(path: path)
                let tip = try repository.with { (git) throws(GitFault) in try git.tip(of: branch) }
                return try judge(repository, tip, now)
            case .remote(let url):
                let progress = ProgressLine("fetching \(repo)")
                let fetched = try await OpenedRepository.fetch(url, options) { step in
                    progress.show(step.receivedObjects, of: step.totalObjects)
                }
                progress.end()
                return try judge(fetched.repository, fetched.tip, now)
            }
        } catch let fault as GitFault {
            throw CommandFault(description: "\(fault)").exitCode()
        } catch let fault as SourceFault {
            throw CommandFault(description: "\(fault)").exitCode()
        }
    }

    private static func log(_ place: String) throws(SourceFault) -> ObservationLog {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: place, isDirectory: &isFolder)
        let path = exists && isFolder.boolValue ? place + "/observed.log" : place
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw .git(
                GitFault(kind: .badArgument, message: "`\(path)` cannot be read", help: "name a gateway's observed.log")
            )
        }
        do throws(StateFault) {
            return try ObservationLog(decoding: [UInt8](bytes))
        } catch {
            throw .git(GitFault(kind: .badArgument, message: "`\(path)`: \(error)"))
        }
    }

    private func judge(
        _ repository: OpenedRepository, _ tip: ObjectID, _ now: Instant
    ) throws(SourceFault) -> OfflineRepository {
        let progress = ProgressLine("reading \(place)")
        defer { progress.end() }
        if let observed {
            let history = try OfflineHistory.load(repository, tip: tip, until: now, log: try Self.log(observed)) {
                progress.show($0.done, of: $0.total)
            }
            return OfflineRepository(
                state: history.state, table: history.table, now: now, place: .repository(repository))
        }
        let history = try OfflineHistory.load(
            repository, tip: tip, until: now, clock: .clock, cache: withoutCache ? nil : OfflineCache(repository)
        ) { progress.show($0.done, of: $0.total) }
        return OfflineRepository(
            state: history.state, table: history.table, now: now, place: .repository(repository))
    }
}

/// A repository as it stands at a moment.
struct OfflineRepository: Sendable {
    /// Where its files are.
    enum Place: Sendable {
        case folder(String)
        case repository(OpenedRepository)
    }

    var state: AccessState
    var table: ScopeTable
    /// The moment asked about.
    var now: Instant
    var place: Place

    /// The bytes of a file as they were judged; nil where they cannot be read any more.
    func bytes(of path: ByteString, blob: ObjectID) -> [UInt8]? {
        let bytes: [UInt8]?
        switch place {
        case .folder(let folder):
            bytes = FileManager.default.contents(atPath: "\(folder)/\(path)").map { [UInt8]($0) }
        case .repository(let repository): bytes = repository.bytes(ofBlob: blob)
        }
        guard let bytes, ObjectID.blob(of: bytes) == blob else { return nil }
        return bytes
    }
}

/// How far something slow is: a bar on a terminal once it takes over a second, nothing elsewhere.
final class ProgressLine: Sendable {
    private let title: String
    private let started = ContinuousClock.now
    let isTerminal = isatty(STDERR_FILENO) == 1

    init(_ title: String) {
        self.title = title
    }

    func show(_ done: Int, of total: Int) {
        guard isTerminal, total > 0, started.duration(to: .now) > .seconds(1) else { return }
        let width = 30
        let filled = width * min(done, total) / total
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        FileHandle.standardError.write(Data("\r\(title) \(bar) \(done)/\(total)".utf8))
    }

    /// Clears the line.
    func end() {
        guard isTerminal, started.duration(to: .now) > .seconds(1) else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
    }
}
