import Foundation
import GrantModel
import Reconciler

/// Both sides of a comparison, read and judged.
struct DiffSides {
    /// How the second side came about.
    enum Judging: String {
        /// Both are commits of the branch's own history: each commit counts from when it was there.
        case history
        /// As if all of it landed in one commit at the moment asked about: what merging does.
        case landing
    }

    var range: DiffRange
    var repository: OpenedRepository
    var base: ObjectID
    /// Nil for the working tree.
    var head: ObjectID?
    var before: OfflineHistory
    var after: OfflineHistory
    var judging: Judging
    var now: Instant
    /// Files that changed on both ends since they parted: what a merge makes of them is not known before.
    var contested: [ByteString] = []

    /// - Parameters:
    ///   - folder: an ordinary or bare repository.
    ///   - branch: whose first-parent line is the history that gateways follow.
    static func read(
        _ range: DiffRange, repository folder: String, branch: String, at moment: Instant?, withoutCache: Bool
    ) throws -> DiffSides {
        guard case .repository(let path) = try RepositorySource(enclosing(folder), prefer: .history) else {
            throw CommandFault(
                description: "`\(folder)` is no git repository on this machine; diff compares commits: clone it first")
        }
        let repository = OpenedRepository(path: path)
        let clock = Instant.clock
        let now = moment ?? clock
        let git = try GitRepository.open(path: path)
        let base = try git.commit(named: range.base)
        let cache = withoutCache ? nil : OfflineCache(repository)
        func load(_ tip: ObjectID) throws -> OfflineHistory {
            let progress = ProgressLine("reading \(folder)")
            defer { progress.end() }
            return try OfflineHistory.load(
                repository, tip: tip, until: max(now, clock), clock: clock, cache: cache
            ) { progress.show($0.done, of: $0.total) }
        }
        guard case .revision(let name) = range.head else {
            guard let tree = git.workingTree else {
                throw CommandFault(
                    description: "`\(folder)` is a bare repository without a working tree; write BASE..HEAD")
            }
            let before = try load(base)
            let change = try git.change(from: base, toFilesIn: tree, observed: now)
            return DiffSides(
                range: range, repository: repository, base: base, head: nil, before: before,
                after: before.advanced(by: change), judging: .landing, now: now)
        }
        let head = try git.commit(named: name)
        let before = try load(base)
        if !range.sinceFork, try isHistory(from: base, to: head, on: branch, git) {
            return DiffSides(
                range: range, repository: repository, base: base, head: head, before: before,
                after: try before.advanced(to: head, in: repository, clock: max(now, clock)), judging: .history,
                now: now)
        }
        var from = base
        var contested: [ByteString] = []
        if range.sinceFork {
            guard let fork = try git.mergeBase(base, head) else {
                throw CommandFault(
                    description: "`\(range.base)` and `\(name)` have no commit in common"
                        + (git.isShallow ? "; the clone is shallow: fetch its whole history" : ""))
            }
            from = fork
        }
        let change = try git.change(from: from, to: head, observed: now)
        if from != base {
            let theirs = try git.change(from: from, to: base, observed: now)
            let changed = Set(theirs.written.map(\.path) + theirs.removed)
            contested = (change.written.map(\.path) + change.removed).filter { changed.contains($0) }.sorted()
        }
        return DiffSides(
            range: range, repository: repository, base: base, head: head, before: before,
            after: before.advanced(by: change), judging: .landing, now: now, contested: contested)
    }

    /// The repository that a folder lies in, or the folder itself.
    private static func enclosing(_ folder: String) -> String {
        var place = URL(fileURLWithPath: folder).standardizedFileURL
        while true {
            let path = place.path
            func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + name) }
            if has(".git") || (has("HEAD") && has("objects") && has("refs")) { return path }
            guard place.pathComponents.count > 1 else { return folder }
            place.deleteLastPathComponent()
        }
    }

    /// Whether both commits lie on the line that gateways follow, one after the other.
    private static func isHistory(
        from base: ObjectID, to head: ObjectID, on branch: String, _ git: GitRepository
    ) throws(GitFault) -> Bool {
        do throws(GitFault) {
            let tip = try git.tip(of: branch)
            _ = try git.firstParentLine(after: head, to: tip)
            _ = try git.firstParentLine(after: base, to: head)
            return true
        } catch {
            switch error.kind {
            case .notOnLine, .noRepository: return false
            case .notOwned, .missingObject, .damagedObject, .malformedCommit, .lineTooLong, .tooManyEntries,
                .badArgument, .storage:
                throw error
            }
        }
    }

    /// What changes, and what ended by itself on the way.
    func difference() -> AccessDifference {
        var difference = AccessComparison.difference(from: before.table, to: after.table, at: now)
        if judging == .history {
            difference.lapsed = AccessComparison.lapses(
                from: before.table, at: before.observed, to: after.table, at: after.observed)
        }
        return difference
    }
}
