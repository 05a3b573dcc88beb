import Crypto
import GrantModel

/// A file of a commit once it was looked at.
enum ReadFile: Sendable {
    case content(FileContent)
    /// What lies there cannot be accepted.
    case rejected(Diagnostic)
}

extension GitRepository {
    /// Reads a file, if it is one and small enough; its size is known before it is inflated.
    func read(_ file: PendingFile, limits: TreeLimits) throws(GitFault) -> ReadFile {
        let (kind, size) = try header(file.id)
        guard kind == .blob else {
            return .rejected(
                Diagnostic(
                    path: EntryRules.shown(file.path), code: "malformed-tree",
                    message: "the entry of a file names a \(kind)",
                    help: "`git fsck` shows the same; remove it and add it again with `git add`"))
        }
        let limit = limits.bytes(at: file.path)
        guard size <= limit else {
            return .rejected(EntryRules.tooLarge(path: EntryRules.shown(file.path), bytes: size, limit: limit))
        }
        let (bytes, digest) = try withObject(file.id) { raw in (Array(raw), Array(SHA256.hash(data: raw))) }
        return .content(
            FileContent(
                path: ByteString(file.path), bytes: bytes, blob: file.id.objectID, sha256: Digest(bytes: digest)))
    }
}

extension CommitChange {
    /// What a comparison found, without the files that were written.
    init(commit: ObjectID, observed: Instant, _ comparison: TreeComparison) {
        self.init(
            commit: commit, observed: observed, removed: comparison.removed, unreadable: comparison.unreadable,
            problems: comparison.problems)
    }

    mutating func add(_ file: ReadFile) {
        switch file {
        case .content(let content): written.append(content)
        case .rejected(let problem):
            unreadable.append(ByteString(problem.path))
            problems.append(problem)
        }
    }

    /// Rejected files came last.
    mutating func sortByPath() {
        guard !unreadable.isEmpty else { return }
        unreadable.sort()
        problems.sort { ByteString($0.path) < ByteString($1.path) }
    }
}
