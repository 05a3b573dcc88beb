import Foundation
import GrantModel
import Synchronization

/// What the gateway keeps between starts, in one directory that only its user can read.
///
/// ```
/// lock             held while a gateway runs
/// repository.git   the bare clone
/// observed.log     when each commit was first seen
/// accepted.json    how far the branch was accepted, and which rewrites of it were accepted on purpose
/// accept-history.json   a person's word that one commit may follow although history was rewritten, until it was taken
/// ```
///
/// Every change is on disk when its call returns, and a crash between or inside calls leaves the state before or after.
/// Only the thread that runs the loop's work may call it; the lock is held until it is released.
package final class StateDirectory: Sendable {
    package let path: String
    private let lock: Mutex<Int32?>

    package var repositoryPath: String { path + "/repository.git" }
    private var acceptedPath: String { path + "/accepted.json" }
    private var observedPath: String { path + "/observed.log" }

    /// Creates the directory (mode 0700; its parent must exist) or takes it over, and locks it.
    package init(path: String) throws(StateFault) {
        self.path = path
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw StateFault.system("the state directory `\(path)` cannot be created")
        }
        let lock = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw StateFault.system("the state directory `\(path)` cannot be locked") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let taken = errno == EWOULDBLOCK
            let fault =
                taken
                ? StateFault(
                    kind: .inUse,
                    message: "another gateway uses the state directory `\(path)`; stop it or set another `state`")
                : StateFault.system("the state directory `\(path)` cannot be locked")
            close(lock)
            throw fault
        }
        self.lock = Mutex(lock)
    }

    deinit {
        release()
    }

    /// Lets another gateway have the directory, which this one must not use any more.
    package func release() {
        let held = lock.withLock { lock in
            defer { lock = nil }
            return lock
        }
        guard let held else { return }
        // Closing alone would leave the lock with a child that was just forked and did not reach its `exec` yet.
        flock(held, LOCK_UN)
        close(held)
    }

    /// The mark; nil before anything was accepted.
    package func readAccepted() throws(StateFault) -> AcceptedMark? {
        try Self.accepted(at: path)
    }

    /// The mark in a state directory that another process may be using.
    package static func accepted(at path: String) throws(StateFault) -> AcceptedMark? {
        guard let bytes = try read(path + "/accepted.json") else { return nil }
        return try AcceptedMark(decoding: bytes)
    }

    package func write(_ mark: AcceptedMark) throws(StateFault) {
        try Self.replace(acceptedPath, with: mark.encoded())
        try Self.synchronize(path)
    }

    package func readObservations() throws(StateFault) -> ObservationLog {
        guard let bytes = try Self.read(observedPath) else { return ObservationLog() }
        return try ObservationLog(decoding: bytes)
    }

    /// Appends what is new to the log on disk, over a line that a crash left unfinished.
    package func observe(
        _ observations: [(commit: ObjectID, at: Instant)], in log: inout ObservationLog
    ) throws(StateFault) {
        var next = log
        let lines = next.observe(observations)
        guard !lines.isEmpty else { return }
        try Self.write(lines, to: observedPath, at: log.length, truncating: false)
        if log.length == 0 { try Self.synchronize(path) }
        log = next
    }

    /// Puts a whole file in the place of another, or nothing.
    private static func replace(_ path: String, with bytes: [UInt8]) throws(StateFault) {
        let temporary = path + ".new"
        try write(bytes, to: temporary, at: 0, truncating: true)
        guard rename(temporary, path) == 0 else { throw StateFault.system("`\(name(path))` cannot be replaced") }
    }

    /// Makes names in the directory durable.
    private static func synchronize(_ path: String) throws(StateFault) {
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw StateFault.system("the state directory `\(path)` cannot be read") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw StateFault.system("the state directory cannot be written") }
    }

    /// Leaves a word for the gateway, in place of an earlier one. The gateway may be running.
    package static func leave(_ consent: HistoryConsent, at path: String) throws(StateFault) {
        guard let bytes = try? JSONEncoder().encode(consent) else {
            throw StateFault(
                kind: .storage, message: "`accept-history.json` cannot be written: a name in it is no text")
        }
        try replace(path + "/" + consentName, with: Array(bytes) + [UInt8(ascii: "\n")])
        try synchronize(path)
    }

    /// The word that was left; nil when there is none that can be read.
    package static func consent(at path: String) -> HistoryConsent? {
        guard let bytes = try? read(path + "/" + consentName) else { return nil }
        return try? JSONDecoder().decode(HistoryConsent.self, from: Data(bytes))
    }

    /// Forgets the word that was left, after it was taken or became void.
    package func dropConsent() {
        unlink(path + "/" + Self.consentName)
    }

    private static let consentName = "accept-history.json"

    private static func read(_ path: String) throws(StateFault) -> [UInt8]? {
        let name = name(path)
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw StateFault.system("`\(name)` cannot be read")
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Foundation.read(file, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count > 0 {
                bytes += chunk.prefix(count)
            } else if errno != EINTR {
                throw StateFault.system("`\(name)` cannot be read")
            }
        }
    }

    private static func write(
        _ bytes: [UInt8], to path: String, at offset: Int, truncating: Bool
    ) throws(StateFault) {
        let name = name(path)
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (truncating ? O_TRUNC : 0)
        let file = open(path, flags, 0o600)
        guard file >= 0 else { throw StateFault.system("`\(name)` cannot be opened for writing") }
        defer { close(file) }
        guard ftruncate(file, off_t(offset)) == 0 else { throw StateFault.system("`\(name)` cannot be written") }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                pwrite(file, buffer.baseAddress.map { $0 + written }, buffer.count - written, off_t(offset + written))
            }
            if count > 0 {
                written += count
            } else if count == 0 || errno != EINTR {
                throw StateFault.system("`\(name)` cannot be written")
            }
        }
        guard fsync(file) == 0 else { throw StateFault.system("`\(name)` cannot be written") }
    }

    private static func name(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}

extension StateFault {
    /// A fault with what `errno` says, which must still be that of the failed call.
    fileprivate static func system(_ message: String) -> StateFault {
        let text = String(cString: strerror(errno))
        return StateFault(kind: .storage, message: "\(message): \(text.prefix(1).lowercased())\(text.dropFirst())")
    }
}
