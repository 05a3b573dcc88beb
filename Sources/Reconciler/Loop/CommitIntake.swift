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
    /// Files are read in the order in which they are wanted, each portion on all processors.
    private let reading = DispatchQueue(label: "grantctl.reconciler.reading", qos: .userInitiated)
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

    /// Files that are read together, about.
    static let mostFiles = 4_096
    private static let mostCommits = 512
    /// Readings that are under way or wait to be judged, so that neither reading nor judging waits for the other.
    private static let mostReadings = 3
    /// What a sitting weighs, in grants: its thousand decisions are quicker to read than as many files, and as long to judge.
    private static let sittingWeight = 256

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
            let recent = RecentListings()
            var taken = 0
            var begun = 0
            var windows: [Window] = []
            while true {
                // What comes next is read while this is judged.
                while windows.count < Self.mostReadings, begun < line.count, windows.last?.fault == nil {
                    let next = window(of: line[begun...], in: repository, recent, observed: observed)
                    begun += next.steps.count
                    windows.append(next)
                }
                guard !windows.isEmpty else { return (taken, nil) }
                let current = windows.removeFirst()
                do throws(ReconcileFault) {
                    try take(current, into: &state, taken: &taken, check)
                } catch {
                    return (taken, error)
                }
                if let fault = current.fault { return (taken, fault) }
                if line.count > 1 { progress(ReconcileProgress(unit: .commits, done: taken, total: line.count)) }
            }
        } catch {
            return (0, ReconcileFault(error, step: .verified, commit: line.first?.id ?? .none))
        }
    }

    /// The next commits that are read together.
    private func window(
        of line: ArraySlice<CommitSummary>, in repository: GitRepository, _ recent: RecentListings,
        observed: (ObjectID) -> Instant?
    ) -> Window {
        var window = Window()
        var weight = 0
        for commit in line {
            guard let moment = observed(commit.id) else {
                window.fault = .notObserved(commit.id)
                break
            }
            do throws(GitFault) {
                let outline = try repository.outline(of: commit, limits: limits, recent: recent)
                weight += outline.written.reduce(0) { $0 + Self.weight(of: $1) }
                // One that does not fit is looked at again, first of the next window.
                if weight > Self.mostFiles, !window.steps.isEmpty { break }
                window.steps.append(Step(commit: commit, observed: moment, outline: outline))
            } catch {
                window.fault = ReconcileFault(error, step: .verified, commit: commit.id)
                break
            }
            if weight >= Self.mostFiles || window.steps.count == Self.mostCommits { break }
        }
        if !window.isOneLargeCommit { window.files = readAhead(window.steps.flatMap(\.outline.written)) }
        return window
    }

    private static func weight(of file: PendingFile) -> Int {
        file.path.starts(with: "attestations/".utf8) && file.path.suffix(5).elementsEqual(".yaml".utf8)
            ? sittingWeight : 1
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
        var others: [PendingFile] = []
        var grants: [PendingFile] = []
        for file in step.outline.written {
            if DocumentPath.parts(ofGrant: file.path) == nil { others.append(file) } else { grants.append(file) }
        }
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
            var begun = 0
            var readings: [(files: ReadAhead, end: Int)] = []
            while true {
                while readings.count < Self.mostReadings, begun < grants.count {
                    let end = min(begun + Self.mostFiles, grants.count)
                    readings.append((readAhead(Array(grants[begun..<end])), end))
                    begun = end
                }
                guard !readings.isEmpty else { return }
                let (files, end) = readings.removeFirst()
                for file in try files.wait() {
                    if case .grant(let grant) = file { take(grant) }
                }
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
        reading.async {
            ahead.finish(Result { () throws(GitFault) in try self.read(files) })
        }
        return ahead
    }

    private static let fewFiles = 32

    /// Reads and parses files on all processors.
    private func read(_ files: [PendingFile]) throws(GitFault) -> [Loaded] {
        // So that no thread has much more left to do than another one when all is given out.
        let portion = max(1, min(128, files.count / 32))
        // Packs hold files about in the order of their paths, each as a difference from one before: read from the end, most
        // are found among what libgit2 put together on the way to the first.
        return try ParallelWork.map(files.reversed(), portion: portion) { () throws(GitFault) in
            let loan = try repositories.take()
            return { (file) throws(GitFault) in try load(file, of: loan.repository) }
        }.reversed()
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
