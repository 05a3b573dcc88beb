import Dispatch
import GrantModel
import Synchronization

/// How far reading a long history is.
package struct ReconcileProgress: Sendable, Hashable {
    package enum Unit: String, Sendable {
        case commits, files
    }

    package var unit: Unit
    package var done: Int
    package var total: Int
}

/// Takes commits into a state. Files are read and parsed on all processors, some thousands at a time, so that memory
/// follows neither the length of the history nor the size of a commit; judging follows in the commits' order.
package struct CommitIntake: Sendable {
    /// Of the clone.
    let path: String
    let verify: VerifySignature
    var limits = TreeLimits()
    private let repositories: RepositoryPool
    var progress: @Sendable (ReconcileProgress) -> Void = { _ in }

    /// - Parameters:
    ///   - path: of the clone.
    ///   - progress: told how far it is, on the calling thread.
    package init(
        path: String, verify: @escaping VerifySignature,
        progress: @escaping @Sendable (ReconcileProgress) -> Void = { _ in }
    ) {
        self.path = path
        repositories = RepositoryPool(path: path)
        self.verify = verify
        self.progress = progress
    }

    /// Files that are in memory together, about.
    static let mostFiles = 8_192
    private static let mostCommits = 512

    /// A commit, and what it changed.
    private struct Step {
        var commit: CommitSummary
        var observed: Instant
        var outline: TreeComparison
    }

    /// Commits that are read together.
    private struct Window {
        var steps: [Step] = []
        /// Why the line cannot be followed beyond `steps`.
        var fault: ReconcileFault?
        var files: ReadAhead?

        var isOneLargeCommit: Bool { steps.count == 1 && steps[0].outline.written.count > CommitIntake.mostFiles }
    }

    /// Takes a line of commits in, oldest first. What stops it leaves the state after the last commit before.
    /// - Parameters:
    ///   - observed: when a commit was first seen.
    ///   - check: asked before each commit is taken in, with the state before it.
    /// - Returns: how many were taken in, and why not all.
    package func take(
        _ line: [CommitSummary], into state: inout AccessState, observed: (ObjectID) -> Instant?,
        check: (CommitSummary, AccessState) throws(ReconcileFault) -> Void = { (_, _) throws(ReconcileFault) in }
    ) -> (taken: Int, fault: ReconcileFault?) {
        do throws(GitFault) {
            let repository = try GitRepository.open(path: path)
            var taken = 0
            var current = window(of: line[...], in: repository, observed: observed)
            while true {
                // What comes next is read while this is judged.
                let following = line[(taken + current.steps.count)...]
                let next =
                    current.fault == nil && !following.isEmpty
                    ? window(of: following, in: repository, observed: observed) : nil
                do throws(ReconcileFault) {
                    try take(current, into: &state, taken: &taken, check)
                } catch {
                    return (taken, error)
                }
                if let fault = current.fault { return (taken, fault) }
                if line.count > 1 { progress(ReconcileProgress(unit: .commits, done: taken, total: line.count)) }
                guard let next else { return (taken, nil) }
                current = next
            }
        } catch {
            return (0, ReconcileFault(error, step: .verified, commit: line.first?.id ?? .none))
        }
    }

    /// The next commits that are read together.
    private func window(
        of line: ArraySlice<CommitSummary>, in repository: GitRepository, observed: (ObjectID) -> Instant?
    ) -> Window {
        var window = Window()
        var files = 0
        for commit in line {
            guard let moment = observed(commit.id) else {
                window.fault = .notObserved(commit.id)
                break
            }
            do throws(GitFault) {
                let outline = try repository.outline(of: commit, limits: limits)
                files += outline.written.count
                // One that does not fit is looked at again, first of the next window.
                if files > Self.mostFiles, !window.steps.isEmpty { break }
                window.steps.append(Step(commit: commit, observed: moment, outline: outline))
            } catch {
                window.fault = ReconcileFault(error, step: .verified, commit: commit.id)
                break
            }
            if files >= Self.mostFiles || window.steps.count == Self.mostCommits { break }
        }
        if !window.isOneLargeCommit { window.files = readAhead(window.steps.flatMap(\.outline.written)) }
        return window
    }

    private func take(
        _ window: Window, into state: inout AccessState, taken: inout Int,
        _ check: (CommitSummary, AccessState) throws(ReconcileFault) -> Void
    ) throws(ReconcileFault) {
        guard let first = window.steps.first else { return }
        if window.isOneLargeCommit {
            try check(first.commit, state)
            try at(first) { () throws(GitFault) in try stream(first, into: &state) }
            taken += 1
            return
        }
        var files = try at(first) { () throws(GitFault) in try window.files?.wait()[...] ?? [] }
        for step in window.steps {
            try check(step.commit, state)
            let own = files.prefix(step.outline.written.count)
            try at(step) { () throws(GitFault) in try take(step, own, into: &state) }
            files = files.dropFirst(step.outline.written.count)
            taken += 1
        }
    }

    private func at<Value>(_ step: Step, _ body: () throws(GitFault) -> Value) throws(ReconcileFault) -> Value {
        do throws(GitFault) {
            return try body()
        } catch {
            throw ReconcileFault(error, step: .verified, commit: step.commit.id)
        }
    }

    private func take(_ step: Step, _ files: ArraySlice<Loaded>, into state: inout AccessState) throws(GitFault) {
        var change = CommitChange(commit: step.commit.id, observed: step.observed, step.outline)
        var parsed: [ByteString: ParsedDocument] = [:]
        for file in files {
            if case .other(let read, let document) = file {
                change.add(read)
                if case .content(let content) = read, let document { parsed[content.path] = document }
            }
        }
        change.companions = try companions(of: step)
        change.sortByPath()
        state.advance(by: change, verify: verify, read: Self.reading(parsed)) { take in
            for file in files {
                if case .grant(let grant) = file { take(grant) }
            }
        }
    }

    /// A commit with more files than fit into memory at once: its grants are handed over as they are read.
    private func stream(_ step: Step, into state: inout AccessState) throws(GitFault) {
        var change = CommitChange(commit: step.commit.id, observed: step.observed, step.outline)
        let isGrant = step.outline.written.map { if case .grant = $0.kind { true } else { false } }
        let others = zip(step.outline.written, isGrant).filter { !$1 }.map(\.0)
        let grants = zip(step.outline.written, isGrant).filter(\.1).map(\.0)
        var parsed: [ByteString: ParsedDocument] = [:]
        for file in try read(others) {
            guard case .other(let read, let document) = file else { continue }
            change.add(read)
            if case .content(let content) = read, let document { parsed[content.path] = document }
        }
        change.companions = try companions(of: step)
        change.sortByPath()
        // Nothing of a commit counts unless all of it could be read.
        var next = state
        try next.advance(by: change, verify: verify, read: Self.reading(parsed)) { (take) throws(GitFault) in
            var start = 0
            var ahead = readAhead(Array(grants.prefix(Self.mostFiles)))
            while start < grants.count {
                let end = min(start + Self.mostFiles, grants.count)
                let next = readAhead(Array(grants[end..<min(end + Self.mostFiles, grants.count)]))
                for file in try ahead.wait() {
                    if case .grant(let grant) = file { take(grant) }
                }
                ahead = next
                start = end
                progress(ReconcileProgress(unit: .files, done: end, total: grants.count))
            }
        }
        state = next
    }

    private func companions(of step: Step) throws(GitFault) -> [FileContent] {
        guard !step.outline.companions.isEmpty else { return [] }
        let repository = try GitRepository.open(path: path)
        var companions: [FileContent] = []
        for file in step.outline.companions {
            if case .content(let content) = try repository.read(file, limits: limits) { companions.append(content) }
        }
        return companions
    }

    /// Answers with what was parsed already.
    private static func reading(_ parsed: [ByteString: ParsedDocument]) -> ReadDocument {
        { path, file in parsed[file.path] ?? ParsedDocument(path: path, file: file, mentions: false) }
    }
}

extension CommitIntake {
    /// A file once it was read and parsed. Indirect, because it goes from array to array on its way.
    private indirect enum Loaded: Sendable {
        case grant(LoadedGrant)
        /// The document where it is worth parsing ahead.
        case other(ReadFile, ParsedDocument?)
    }

    /// Files that are being read.
    private final class ReadAhead: Sendable {
        private let result: Mutex<Result<[Loaded], GitFault>?> = Mutex(nil)
        private let done = DispatchSemaphore(value: 0)

        func finish(_ result: Result<[Loaded], GitFault>) {
            self.result.withLock { $0 = result }
            done.signal()
        }

        /// Blocks until they were read. To be asked once.
        func wait() throws(GitFault) -> [Loaded] {
            done.wait()
            return try result.withLock { $0.take() }?.get() ?? []
        }
    }

    /// Begins to read files; a few are read before this returns.
    private func readAhead(_ files: [PendingFile]) -> ReadAhead {
        let ahead = ReadAhead()
        guard files.count > Self.fewFiles else {
            ahead.finish(Result { () throws(GitFault) in try read(files) })
            return ahead
        }
        DispatchQueue.global(qos: .userInitiated).async {
            ahead.finish(Result { () throws(GitFault) in try self.read(files) })
        }
        return ahead
    }

    private static let fewFiles = 32

    /// Reads and parses files on all processors.
    private func read(_ files: [PendingFile]) throws(GitFault) -> [Loaded] {
        try ParallelWork.map(files) { () throws(GitFault) in
            let loan = try repositories.take()
            return { (file) throws(GitFault) in try load(file, of: loan.repository) }
        }
    }

    private func load(_ file: PendingFile, of repository: GitRepository) throws(GitFault) -> Loaded {
        let kind = file.kind
        let read = try repository.read(file, limits: limits)
        switch (kind, read) {
        case (.grant, .content(let content)):
            return .grant(LoadedGrant(content, as: kind) { ParsedDocument(path: $0, file: $1, mentions: false) })
        case (.grant, .rejected(let problem)): return .grant(LoadedGrant(rejecting: ByteString(file.path), problem))
        case (.attestation, .content(let content)):
            return .other(read, ParsedDocument(path: kind, file: content, mentions: false))
        case (_, _): return .other(read, nil)
        }
    }
}
