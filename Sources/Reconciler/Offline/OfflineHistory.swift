import GrantModel

/// A repository's history up to a commit, judged as the gateway would have, for commands that ask about it.
///
/// Each commit counts from its committer's time, never before its parent's (docs/decisions/0004). What was worked out is
/// kept beside the repository where that saves time, see `OfflineCache`.
package struct OfflineHistory: Sendable {
    package var state: AccessState
    package var table: ScopeTable
    /// When the last commit counts as observed; `distantPast` before the first.
    package var observed: Instant

    /// Judges the history of `tip` along first parents.
    /// - Parameters:
    ///   - until: what was observed later is left out; a history that began later is read as if it was seen then.
    ///   - clock: nothing was observed later than this, whatever a commit claims.
    ///   - cache: nil to read every commit.
    package static func load(
        _ repository: OpenedRepository, tip: ObjectID, until: Instant, clock: Instant, cache: OfflineCache?,
        progress: @escaping @Sendable (ReconcileProgress) -> Void = { _ in }
    ) throws(SourceFault) -> OfflineHistory {
        let now = max(clock, until)
        let kept = cache?.kept ?? [:]
        let way = try repository.with { (repository) throws(GitFault) in
            try line(to: tip, from: kept.filter { $0.value <= until }, in: repository)
        }
        let start = way.start.flatMap { commit in kept[commit].flatMap { cache?.read(commit, observed: $0) } }
        guard let start else {
            if way.start != nil {
                // What is kept is not to be trusted, or another program's.
                return try load(
                    repository, tip: tip, until: until, clock: clock, cache: cache?.emptied, progress: progress)
            }
            let times = moments(of: way.line, after: .distantPast, now: now, until: until)
            var fresh = OfflineHistory(state: AccessState(), table: nil, observed: .distantPast)
            try fresh.take(way.line, times, repository, progress)
            fresh.keep(in: cache, after: nil, line: way.line, clock: clock)
            return fresh
        }
        var history = start
        let times = moments(of: way.line, after: start.observed, now: now, until: until)
        try history.take(way.line, times, repository, progress)
        history.keep(in: cache, after: start, line: way.line, clock: clock)
        return history
    }

    private init(state: AccessState, table: ScopeTable?, observed: Instant) {
        self.state = state
        self.table = table ?? ScopeTable(compiling: state)
        self.observed = observed
    }

    init(_ contents: SnapshotFile.Contents, observed: Instant) {
        self.init(state: contents.state, table: contents.table, observed: observed)
    }

    /// Judges the history of `tip` by what a gateway wrote down: commits count from when it saw them, and what it had not
    /// seen by `until` is left out.
    package static func load(
        _ repository: OpenedRepository, tip: ObjectID, until: Instant, log: ObservationLog,
        progress: @escaping @Sendable (ReconcileProgress) -> Void = { _ in }
    ) throws(SourceFault) -> OfflineHistory {
        let line = try repository.with { (repository) throws(GitFault) in
            try repository.firstParentLine(after: nil, to: tip)
        }
        guard let first = line.first, log.times[first.id] != nil else {
            throw .git(
                GitFault(
                    kind: .badArgument, message: "the log has not seen the first commit of this history",
                    help: "give the log of a gateway that follows this repository"))
        }
        var times: [Instant] = []
        for commit in line {
            guard let time = log.times[commit.id], time <= until else { break }
            times.append(time)
        }
        var history = OfflineHistory(state: AccessState(), table: nil, observed: .distantPast)
        try history.take(line, times, repository, progress)
        return history
    }

    /// Goes on with one change, as if it landed at that moment in one commit.
    package func advanced(by change: CommitChange) -> OfflineHistory {
        var next = self
        var change = change
        change.observed = max(change.observed, observed)
        next.state.advance(by: change, verify: SSHSignature.verify)
        next.table = next.state.compile(after: table)
        next.observed = change.observed
        return next
    }

    /// Goes on along first parents.
    package func advanced(
        to tip: ObjectID, in repository: OpenedRepository, clock: Instant
    ) throws(SourceFault) -> OfflineHistory {
        let from = state.commit
        let line = try repository.with { (repository) throws(GitFault) in
            try repository.firstParentLine(after: from, to: tip)
        }
        var next = self
        let times = Self.moments(of: line, after: observed, now: clock, until: clock)
        try next.take(line, times, repository) { _ in }
        return next
    }

    /// When each commit counts as observed. Fewer than there are commits where the others came after `until`.
    private static func moments(
        of line: [CommitSummary], after: Instant, now: Instant, until: Instant
    ) -> [Instant] {
        // A commit dated ahead of the clock counts as observed now: a claim must not hide it, nor what follows it. What
        // came after a moment in the past was not on the branch then; where even the first commit came later (a clock
        // that was behind), the repository is read as if it was seen at that moment.
        let observed = CommitSummary.observed(line: line, after: after, until: now)
        let by = observed.prefix { $0 <= until }.count
        if by == 0, after == .distantPast { return observed.map { min($0, until) } }
        return Array(observed.prefix(by))
    }

    private mutating func take(
        _ line: [CommitSummary], _ times: [Instant], _ repository: OpenedRepository,
        _ progress: @escaping @Sendable (ReconcileProgress) -> Void
    ) throws(SourceFault) {
        let line = Array(line.prefix(times.count))
        guard let last = times.last else { return }
        let known = Dictionary(zip(line.map(\.id), times), uniquingKeysWith: { $1 })
        let intake = CommitIntake(path: repository.path, verify: SSHSignature.verify, progress: progress)
        if let fault = intake.take(line, into: &state, observed: { known[$0] }).fault {
            throw .git(GitFault(kind: .storage, message: fault.message))
        }
        table = state.compile(after: table)
        observed = last
    }

    /// The commits after one of `known`, or from the root, to `tip` along first parents, oldest first.
    private static func line(
        to tip: ObjectID, from known: [ObjectID: Instant], in repository: GitRepository
    ) throws(GitFault) -> (start: ObjectID?, line: [CommitSummary]) {
        guard !known.isEmpty else { return (nil, try repository.firstParentLine(after: nil, to: tip)) }
        var line: [CommitSummary] = []
        var next: ObjectID? = tip
        while let id = next {
            if known[id] != nil {
                line.reverse()
                return (id, line)
            }
            guard line.count < GitRepository.longestLine else {
                throw GitFault(kind: .lineTooLong, message: "more than \(line.count) commits lie behind `\(tip.hex)`")
            }
            let commit = try repository.commit(id)
            line.append(commit)
            next = commit.parent
        }
        line.reverse()
        return (nil, line)
    }

    private func keep(in cache: OfflineCache?, after start: OfflineHistory?, line: [CommitSummary], clock: Instant) {
        guard let cache, OfflineCache.isWorthKeeping(state, after: start?.state) else { return }
        // Where a commit's claim was cut to the clock, the next command cuts it elsewhere.
        let claimed = CommitSummary.observed(line: line, after: start?.observed ?? .distantPast)
        guard let last = claimed.prefix(line.firstIndex { $0.id == state.commit }.map { $0 + 1 } ?? 0).last,
            last == observed, last <= clock
        else { return }
        cache.write(self)
    }
}
