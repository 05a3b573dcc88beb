import CLibGit2
import GrantModel

extension GitRepository {
    /// The commit that a revision stands for, as `git rev-parse` reads it: a branch, a tag, `HEAD~2`, the start of an id.
    /// A branch that only the clone's copy of the remote has is found there, as in a CI job's checkout.
    package func commit(named revision: String) throws(GitFault) -> ObjectID {
        guard !revision.isEmpty, !revision.utf8.contains(0) else { throw unknown(revision) }
        for spelling in [revision, "refs/remotes/origin/\(revision)"] {
            var found: OpaquePointer?
            let status = git_revparse_single(&found, handle, spelling)
            if status == GIT_ENOTFOUND.rawValue || status == GIT_EINVALIDSPEC.rawValue { continue }
            guard status == 0, let found else {
                throw GitFault.last(status, while: "looking for `\(revision)`")
            }
            defer { git_object_free(found) }
            var peeled: OpaquePointer?
            guard git_object_peel(&peeled, found, GIT_OBJECT_COMMIT) == 0, let peeled else {
                throw GitFault(
                    kind: .badArgument, message: "`\(revision)` is no commit", help: "name a branch, a tag or a commit")
            }
            defer { git_object_free(peeled) }
            guard let id = git_object_id(peeled) else { throw unknown(revision) }
            return RawID(id.pointee).objectID
        }
        throw unknown(revision)
    }

    private func unknown(_ revision: String) -> GitFault {
        GitFault(
            kind: .badArgument, message: "there is no `\(revision)` in `\(path)`",
            help: isShallow ? "the clone is shallow: fetch its whole history" : "fetch it, or name another one")
    }

    /// Whether the clone holds only the last commits.
    package var isShallow: Bool { git_repository_is_shallow(handle) == 1 }

    /// The commit where two lines of history parted; nil where they have nothing in common.
    package func mergeBase(_ one: ObjectID, _ other: ObjectID) throws(GitFault) -> ObjectID? {
        guard let left = RawID(one) else { throw GitRepository.notAnID(one) }
        guard let right = RawID(other) else { throw GitRepository.notAnID(other) }
        var leftID = left.oid
        var rightID = right.oid
        var base = git_oid()
        let status = git_merge_base(&base, handle, &leftID, &rightID)
        switch status {
        case 0: return RawID(base).objectID
        case GIT_ENOTFOUND.rawValue: return nil
        default: throw GitFault.last(status, while: "looking for what `\(one.hex)` and `\(other.hex)` have in common")
        }
    }

    /// The folder of files that belongs to the repository; nil for a bare one.
    package var workingTree: String? { git_repository_workdir(handle).map { String(cString: $0) } }

    /// Every file of a commit below the known folders with its blob's id, none of them read.
    package func blobs(at commit: ObjectID, limits: TreeLimits = TreeLimits()) throws(GitFault) -> [ByteString:
        ObjectID]
    {
        guard let id = RawID(commit) else { throw GitRepository.notAnID(commit) }
        var comparison = TreeComparison(repository: self, limits: limits)
        try comparison.compare(old: nil, new: try rawCommit(id).tree)
        return Dictionary(
            comparison.written.map { (ByteString($0.path), $0.id.objectID) }, uniquingKeysWith: { $1 })
    }

    /// What the files of the working tree change against a commit, as one change that is not committed yet.
    package func change(
        from commit: ObjectID, toFilesIn folder: String, observed: Instant, limits: TreeLimits = TreeLimits()
    ) throws(GitFault) -> CommitChange {
        let before = try blobs(at: commit, limits: limits)
        let (files, problems) = try PlainDirectory.read(path: folder, limits: limits)
        let unreadable = Set(problems.filter { $0.severity == .error }.map { ByteString($0.path) })
        let there = Set(files.map(\.path)).union(unreadable)
        return CommitChange(
            commit: .none, observed: observed, written: files.filter { before[$0.path] != $0.blob },
            removed: before.keys.filter { !there.contains($0) }.sorted(), unreadable: unreadable.sorted(),
            problems: problems, companions: files.filter { $0.path.bytes.starts(with: "attestations/".utf8) })
    }
}
