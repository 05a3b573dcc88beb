import Crypto
import Foundation
import GrantModel

/// What commands worked out about a repository's history, kept so that the next one need not read all of it again.
///
/// Files of the reconciler's own snapshot format, named by the commit and the moment it counts as observed; each holds the
/// digest of its bytes and the program that wrote it, and is thrown away when anything does not fit. They lie in the
/// repository's own folder, where that is ours to write, else in the user's cache folder. Taken only from a folder and a
/// file that belong to this user and that nobody else may write: who can make such a file can do as much to the
/// repository's objects, or to this program (docs/decisions).
package struct OfflineCache: Sendable {
    /// Files kept for one repository. A large one weighs some 35 MB.
    private static let mostFiles = 4
    /// So much is read in a few tenths of a second.
    private static let mostWork = 5_000
    private static let mostCommits = 256

    private let folder: String
    /// Whether what is there may be used.
    private var isRead = true

    /// - Parameters:
    ///   - repository: whose `path` names an ordinary or bare repository.
    ///   - environment: `XDG_CACHE_HOME` and `HOME` count.
    package init?(_ repository: OpenedRepository, environment: [String: String] = ProcessInfo.processInfo.environment) {
        guard repository.isLasting, let opened = try? GitRepository.open(path: repository.path) else { return nil }
        self.init(gitFolder: opened.path, environment: environment)
    }

    init?(gitFolder: String, environment: [String: String]) {
        let own = gitFolder.hasSuffix("/") ? String(gitFolder.dropLast()) : gitFolder
        if let folder = Self.own(own + "/grantctl") {
            self.folder = folder
            return
        }
        let home = environment["HOME"].map { $0 + "/.cache" }
        guard let base = environment["XDG_CACHE_HOME"].flatMap({ $0.hasPrefix("/") ? $0 : nil }) ?? home else {
            return nil
        }
        let name = Digest.sha256(of: own.utf8).hex.prefix(32)
        try? FileManager.default.createDirectory(
            atPath: base + "/grantctl", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        guard let folder = Self.own("\(base)/grantctl/\(name)") else { return nil }
        self.folder = folder
    }

    /// The folder, made if need be; nil unless it is this user's alone to write.
    private static func own(_ path: String) -> String? {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { return nil }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(),
            status.st_mode & 0o022 == 0, access(path, R_OK | W_OK | X_OK) == 0
        else { return nil }
        return path
    }

    /// The same, with nothing in it that would be used.
    var emptied: OfflineCache {
        var emptied = self
        emptied.isRead = false
        return emptied
    }

    /// Commits whose state is kept, and when they count as observed.
    var kept: [ObjectID: Instant] {
        guard isRead else { return [:] }
        var kept: [ObjectID: Instant] = [:]
        for name in names {
            if let entry = Self.entry(name) { kept[entry.commit] = entry.observed }
        }
        return kept
    }

    private var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] }

    private static func name(_ commit: ObjectID, _ observed: Instant) -> String { "\(commit.hex)-\(observed.seconds)" }

    private static func entry(_ name: String) -> (commit: ObjectID, observed: Instant)? {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let raw = RawID(hex: Array(parts[0].utf8)), let seconds = Int64(parts[1]) else {
            return nil
        }
        return (raw.objectID, Instant(seconds: seconds))
    }

    private func path(_ commit: ObjectID, _ observed: Instant) -> String { folder + "/" + Self.name(commit, observed) }

    private static func place(_ commit: ObjectID, _ observed: Instant) -> SnapshotFile.Place {
        SnapshotFile.Place(genesis: commit, log: "offline \(observed.seconds)", rewrites: [])
    }

    func read(_ commit: ObjectID, observed: Instant) -> OfflineHistory? {
        let path = path(commit, observed)
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
            status.st_mode & 0o022 == 0, let contents = SnapshotFile(path: path).read(),
            contents.state.commit == commit, contents.place == Self.place(commit, observed)
        else {
            unlink(path)
            return nil
        }
        // So that what is used last is forgotten last.
        utimes(path, nil)
        return OfflineHistory(contents, observed: observed)
    }

    static func isWorthKeeping(_ state: AccessState, after start: AccessState?) -> Bool {
        state.workCount - (start?.workCount ?? 0) >= mostWork
            || state.commitCount - (start?.commitCount ?? 0) >= mostCommits
    }

    /// Best effort: an answer does not depend on it.
    func write(_ history: OfflineHistory) {
        let lock = open(folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { return }
        defer { close(lock) }
        // Somebody else is at it.
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { return }
        let path = path(history.state.commit, history.observed)
        do throws(StateFault) {
            try SnapshotFile(path: path).write(
                TableImage(history.table), place: Self.place(history.state.commit, history.observed))
        } catch {
            return
        }
        prune()
    }

    private func prune() {
        let files = names.filter { $0 != "lock" }.map { name -> (name: String, used: Int) in
            var status = stat()
            return (name, lstat(folder + "/" + name, &status) == 0 ? Int(status.st_mtim.tv_sec) : 0)
        }
        for file in files.sorted(by: { ($0.used, $0.name) > ($1.used, $1.name) }).dropFirst(Self.mostFiles) {
            unlink(folder + "/" + file.name)
        }
    }
}
