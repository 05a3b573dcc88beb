import CLibGit2
import GrantModel

/// What the header of a commit says.
package struct CommitSummary: Sendable, Hashable {
    package var id: ObjectID
    package var tree: ObjectID
    package var parents: [ObjectID]
    /// A claim of whoever made the commit; see `CommitSummary.observed(line:until:)`.
    package var committerTime: Instant

    package init(id: ObjectID, tree: ObjectID, parents: [ObjectID], committerTime: Instant) {
        self.id = id
        self.tree = tree
        self.parents = parents
        self.committerTime = committerTime
    }

    /// The first parent; nil for a root.
    package var parent: ObjectID? { parents.first }
}

extension CommitSummary {
    /// When each commit of a first-parent line (oldest first) counts as observed where no log of observations is: at its
    /// committer's time, never before its parent's and never after `until`.
    ///
    /// - Parameter after: when the commit before the line's first was observed, if there is one.
    package static func observed(
        line: [CommitSummary], after: Instant = .distantPast, until: Instant = .distantFuture
    ) -> [Instant] {
        var latest = min(after, until)
        return line.map { commit in
            latest = max(latest, min(commit.committerTime, until))
            return latest
        }
    }
}

extension GitRepository {
    /// Most commits in one `firstParentLine` unless told otherwise.
    package static let longestLine = 1_000_000

    /// Reads one commit's header from its raw bytes.
    package func commit(_ id: ObjectID) throws(GitFault) -> CommitSummary {
        guard let raw = RawID(id) else { throw GitRepository.notAnID(id) }
        return try summary(raw)
    }

    /// Whether `ancestor` is `commit` itself or can be reached from it through any parents.
    package func descends(_ commit: ObjectID, from ancestor: ObjectID) throws(GitFault) -> Bool {
        guard let tip = RawID(commit) else { throw GitRepository.notAnID(commit) }
        guard let base = RawID(ancestor) else { throw GitRepository.notAnID(ancestor) }
        guard tip != base else {
            _ = try summary(tip)
            return true
        }
        var tipID = tip.oid
        var baseID = base.oid
        let status = git_graph_descendant_of(handle, &tipID, &baseID)
        switch status {
        case 0: return false
        case 1: return true
        // A commit that is not there is descended from nothing we know; whoever asks must not read an error as yes.
        default: throw GitFault.last(status, while: "comparing `\(commit.hex)` with `\(ancestor.hex)`")
        }
    }

    /// The commits from `after` (left out; nil: from the root) to `tip` along first parents, oldest first; empty when they
    /// are the same. Throws `notOnLine` when the line ends at a root without meeting `after`, `lineTooLong` beyond `limit`.
    package func firstParentLine(
        after: ObjectID?, to tip: ObjectID, limit: Int = GitRepository.longestLine
    ) throws(GitFault) -> [CommitSummary] {
        guard let start = RawID(tip) else { throw GitRepository.notAnID(tip) }
        var stop: RawID?
        if let after {
            guard let raw = RawID(after) else { throw GitRepository.notAnID(after) }
            stop = raw
        }
        var line: [CommitSummary] = []
        var next: RawID? = start
        while let id = next, id != stop {
            guard line.count < limit else {
                throw GitFault(
                    kind: .lineTooLong,
                    message: "more than \(limit) commits lie between "
                        + "`\(after?.hex ?? "the root")` and `\(tip.hex)` along first parents")
            }
            let raw = try rawCommit(id)
            line.append(CommitSummary(id, raw))
            next = raw.parents.first
        }
        if let after, next == nil {
            throw GitFault(
                kind: .notOnLine, message: "`\(after.hex)` is not on the first-parent line of `\(tip.hex)`",
                help: "the branch was rewritten, or merged the wrong way round")
        }
        line.reverse()
        return line
    }

    func summary(_ id: RawID) throws(GitFault) -> CommitSummary {
        CommitSummary(id, try rawCommit(id))
    }

    func rawCommit(_ id: RawID) throws(GitFault) -> RawCommit {
        let (kind, size) = try header(id)
        guard kind == .commit, size <= RawCommit.mostBytes else {
            throw GitFault(
                kind: .malformedCommit,
                message: kind == .commit
                    ? "the commit `\(id.objectID.hex)` is larger than \(RawCommit.mostBytes) bytes"
                    : "`\(id.objectID.hex)` is no commit but a \(kind)")
        }
        let read = try withObject(id) { bytes -> Result<RawCommit, RawCommit.Malformed> in
            do throws(RawCommit.Malformed) {
                return .success(try RawCommit(bytes))
            } catch {
                return .failure(error)
            }
        }
        switch read {
        case .success(let commit): return commit
        case .failure(let malformed):
            throw GitFault(
                kind: .malformedCommit,
                message: "the commit `\(id.objectID.hex)` has a malformed header: \(malformed.message)",
                help: "`git fsck` shows the same; rewrite the commit")
        }
    }
}

extension CommitSummary {
    fileprivate init(_ id: RawID, _ raw: RawCommit) {
        self.init(
            id: id.objectID, tree: raw.tree.objectID, parents: raw.parents.map(\.objectID),
            committerTime: raw.committerTime)
    }
}
