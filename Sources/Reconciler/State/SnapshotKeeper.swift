import Dispatch
import GrantModel
import Logging

/// Writes snapshots beside the loop, one after another: at a million grants one takes about a second, which no commit
/// should wait for.
final class SnapshotKeeper: Sendable {
    private let queue = DispatchQueue(label: "grantctl.snapshot", qos: .utility)
    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// Begins to write what was accepted, if reading what came since the last snapshot would take long.
    func keep(_ accepted: inout Accepted, in directory: StateDirectory) {
        guard let state = accepted.state, let table = accepted.table, let mark = accepted.mark,
            table.commit == mark.commit, accepted.snapshot.isDue(for: state)
        else { return }
        accepted.snapshot = SnapshotAge(of: state)
        let file = directory.snapshot
        let place = SnapshotFile.Place(genesis: mark.genesis, log: mark.log, rewrites: mark.rewrites)
        let logger = logger
        queue.async {
            do throws(StateFault) {
                try file.write(TableImage(table), place: place)
            } catch {
                logger.warning("no snapshot: the next start reads the whole history again: \(error)")
            }
            ProcessMemory.returnFreed()
        }
    }

    /// Returns once what was begun is written.
    func settle() async {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume() }
        }
    }
}

/// How far the snapshot on disk is behind.
struct SnapshotAge: Sendable, Hashable {
    /// Commits and grant-sized pieces of work that are read again at a start, at most: some tenths of a second.
    private static let mostCommits = 64
    private static let mostWork = 10_000

    private var commits: Int
    private var work: Int

    /// There is none that fits.
    static let none = SnapshotAge(commits: -mostCommits, work: 0)

    private init(commits: Int, work: Int) {
        self.commits = commits
        self.work = work
    }

    init(of state: AccessState) {
        self.init(commits: state.commitCount, work: state.workCount)
    }

    func isDue(for state: AccessState) -> Bool {
        state.commitCount - commits >= Self.mostCommits || abs(state.workCount - work) >= Self.mostWork
    }
}
