import Foundation
import GrantModel

/// Where a command reads a grants repository from: what somebody wrote as `--repo`.
package enum RepositorySource: Sendable, Hashable {
    /// Files without history.
    case directory(String)
    /// A bare or ordinary repository, read at a branch's tip.
    case repository(String)
    /// Fetched into a temporary clone.
    case remote(String)

    /// What an ordinary repository's folder stands for.
    package enum Preference: Sendable {
        /// Its commits, so that landing and review are known: `explain`, `standing`.
        case history
        /// Its files as they are: what somebody editing wants from `validate`.
        case worktree
    }

    /// Decides by what lies at a path, and by the looks of a URL when nothing does.
    package init(_ argument: String, prefer: Preference) throws(GitFault) {
        var status = stat()
        guard stat(argument, &status) == 0 else {
            guard RemoteAddress.isRemote(argument) else {
                throw GitFault(
                    kind: .noRepository,
                    message: "there is nothing at `\(argument)`: \(String(cString: strerror(errno)))",
                    help: "name a folder, a repository or a URL")
            }
            self = .remote(argument)
            return
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw GitFault(
                kind: .noRepository, message: "`\(argument)` is a file",
                help: "name the folder of the grants repository")
        }
        func has(_ name: String) -> Bool { access("\(argument)/\(name)", F_OK) == 0 }
        if has(".git") {
            self = prefer == .worktree ? .directory(argument) : .repository(argument)
        } else if has("HEAD"), has("objects"), has("refs") {
            self = .repository(argument)
        } else {
            self = .directory(argument)
        }
    }
}

/// What a source holds.
package enum RepositoryContents: Sendable {
    /// The files of a plain directory, or of one commit when no history was asked for (`commit` is its id, else `.none`).
    case files([FileContent], problems: [Diagnostic], commit: ObjectID)
    /// Every commit's change along first parents, oldest first, observed at its committer's time.
    case history([CommitChange])
}

/// Why a source could not be read.
package enum SourceFault: Error, Sendable, Hashable, CustomStringConvertible {
    case git(GitFault)
    case fetch(FetchFault)

    package var description: String {
        switch self {
        case .git(let fault): fault.description
        case .fetch(let fault): fault.description
        }
    }
}

extension RepositorySource {
    /// What to read, and how a remote is reached.
    package struct Options: Sendable {
        /// Nil for the one that `HEAD` names.
        package var branch: String?
        /// Whether a repository's history is wanted, or its tip alone.
        package var history: Bool
        /// The moment asked about (`--at`): later commits are left out, and none counts as observed after it.
        package var until: Instant
        /// The wall clock: no commit can have been observed later.
        package var clock: Instant
        package var limits = TreeLimits()
        package var executable = FetchProcess.ownExecutable
        package var deadlineSeconds: Double = 300
        package var credential: FetchRequest.Credential?
        package var certificateAuthority: String?
        package var hostKeys: [String] = []

        package init(branch: String?, history: Bool, until: Instant, clock: Instant) {
            self.clock = clock
            self.branch = branch
            self.history = history
            self.until = until
        }
    }

    /// Reads everything, on the calling task; a temporary clone is gone when this returns.
    package func read(
        _ options: Options, progress: @escaping @Sendable (FetchProgress) -> Void = { _ in }
    ) async throws(SourceFault) -> RepositoryContents {
        switch self {
        case .directory(let path):
            let read = try RepositorySource.git { () throws(GitFault) in
                try PlainDirectory.read(path: path, limits: options.limits)
            }
            return .files(read.files, problems: read.problems, commit: .none)
        case .repository(let path):
            return try RepositorySource.git { () throws(GitFault) in
                let repository = try GitRepository.open(path: path)
                return try RepositorySource.contents(repository, try repository.tip(of: options.branch), options)
            }
        case .remote(let url):
            return try await RepositorySource.fetched(url, options, progress)
        }
    }

    private static func fetched(
        _ url: String, _ options: Options, _ progress: @escaping @Sendable (FetchProgress) -> Void
    ) async throws(SourceFault) -> RepositoryContents {
        let clone = FileManager.default.temporaryDirectory.appendingPathComponent("grantctl-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: clone) }
        let request = FetchRequest(
            url: url, branch: options.branch, repositoryPath: clone.path, deadlineSeconds: options.deadlineSeconds,
            credential: options.credential, certificateAuthority: options.certificateAuthority,
            hostKeys: options.hostKeys)
        switch await FetchProcess.run(request, executable: options.executable, progress: progress) {
        case .failure(let fault): throw .fetch(fault)
        case .success(let result):
            return try git { () throws(GitFault) in
                try contents(try GitRepository.open(path: clone.path), ObjectID(hex: result.tip), options)
            }
        }
    }

    private static func contents(
        _ repository: GitRepository, _ tip: ObjectID, _ options: Options
    ) throws(GitFault) -> RepositoryContents {
        guard options.history else {
            let read = try repository.files(at: tip, limits: options.limits)
            return .files(read.files, problems: read.problems, commit: tip)
        }
        var line = try repository.firstParentLine(after: nil, to: tip)
        // A commit dated ahead of the clock counts as observed now: a claim must not hide it, nor what follows it. What
        // came after a moment in the past was not on the branch then; where even the first commit came later (a clock
        // that was behind), the repository is read as if it was seen at that moment.
        let observed = CommitSummary.observed(line: line, until: max(options.clock, options.until))
        let by = observed.prefix { $0 <= options.until }.count
        if by > 0 { line.removeSubrange(by...) }
        let times = observed.prefix(line.count).map { min($0, options.until) }
        var changes: [CommitChange] = []
        changes.reserveCapacity(line.count)
        for (commit, time) in zip(line, times) {
            changes.append(try repository.change(of: commit, observed: time, limits: options.limits))
        }
        return .history(changes)
    }

    private static func git<Value>(_ body: () throws(GitFault) -> Value) throws(SourceFault) -> Value {
        do throws(GitFault) {
            return try body()
        } catch {
            throw .git(error)
        }
    }
}

extension GitRepository {
    /// The tip of a branch (nil: of what `HEAD` names); where only a clone's copy of the remote's branch is, as in a CI
    /// job's checkout, that one; `REMOTE/BRANCH` names such a copy.
    package func tip(of branch: String?) throws(GitFault) -> ObjectID {
        guard let branch else {
            if let tip = try resolve(ref: "HEAD") { return tip }
            throw GitFault(
                kind: .noRepository, message: "`\(path)` has no commit yet", help: "commit something, or name a branch")
        }
        for name in ["refs/heads/\(branch)", "refs/remotes/origin/\(branch)", "refs/remotes/\(branch)"] {
            if let tip = try resolve(ref: name) { return tip }
        }
        let head = try headBranch()
        throw GitFault(
            kind: .noRepository, message: "`\(path)` has no branch `\(branch)`",
            help: head.map { "`HEAD` is on `\($0)`: name that, or another one" } ?? "name another one")
    }
}
