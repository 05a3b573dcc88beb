import Crypto
import GrantModel

/// A file of a commit once it was looked at.
enum ReadFile: Sendable {
    case content(FileContent)
    /// What lies there cannot be accepted.
    case rejected(Diagnostic)
}

extension GitRepository {
    /// git takes nothing for the base of a difference that is more than 32 times as large (`try_delta` in its
    /// builtin/pack-objects.c); `git fast-import` takes whatever came before.
    private static let usualBase = 4 << 20

    /// Reads a file, if it is one and small enough. What is too large is not inflated, neither the file nor what it is
    /// stored as a difference from.
    func read(_ file: PendingFile, limits: TreeLimits) throws(GitFault) -> ReadFile {
        let limit = limits.bytes(at: file.path)
        if let read = try read(file, limit: limit, within: limit + Self.besideObject) { return read }
        let (kind, size) = try header(file.id)
        if kind != .blob { return .rejected(Self.noFile(file, kind)) }
        let path = EntryRules.shown(file.path)
        guard size <= limit else { return .rejected(EntryRules.tooLarge(path: path, bytes: size, limit: limit)) }
        let most = max(32 * limit, Self.usualBase)
        return try read(file, limit: limit, within: most) ?? .rejected(EntryRules.largeBase(path: path, limit: most))
    }

    /// Nil where the memory is not enough.
    private func read(_ file: PendingFile, limit: Int, within bytes: Int) throws(GitFault) -> ReadFile? {
        try withObject(file.id, within: bytes) { kind, raw in
            guard kind == .blob else { return .rejected(Self.noFile(file, kind)) }
            guard raw.count <= limit else {
                return .rejected(
                    EntryRules.tooLarge(path: EntryRules.shown(file.path), bytes: raw.count, limit: limit))
            }
            return .content(
                FileContent(
                    path: ByteString(file.path), bytes: Array(raw), blob: file.id.objectID,
                    sha256: Digest(bytes: Array(SHA256.hash(data: raw)))))
        }
    }

    private static func noFile(_ file: PendingFile, _ kind: ObjectKind) -> Diagnostic {
        Diagnostic(
            path: EntryRules.shown(file.path), code: "malformed-tree",
            message: "the entry of a file names a \(kind)",
            help: "`git fsck` shows the same; remove it and add it again with `git add`")
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
