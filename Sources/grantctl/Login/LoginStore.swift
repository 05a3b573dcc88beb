// Which module the compiler takes `stat` to be from depends on what other files of the module import.
import CDispatch
import CoreFoundation
import Foundation
import Glibc

/// The file of one profile's login: below `$XDG_STATE_HOME/grantctl`, readable by its owner only.
///
/// It is replaced whole (write, fsync, rename), so that a reader sees the old or the new one. Whoever refreshes tokens holds
/// the lock meanwhile: a refresh token that is used twice makes providers end the login (RFC 9700 section 4.14.2).
struct LoginStore {
    let profile: String
    let folder: String

    var path: String { "\(folder)/\(profile).json" }

    private static let longest = 1 << 20
    /// A refresh takes two requests of at most five seconds each.
    private static let lockSeconds = 60

    init(profile: String, environment: [String: String] = ProcessInfo.processInfo.environment) throws(CommandFault) {
        let isName =
            !profile.isEmpty && profile.utf8.count <= 64
            && profile.utf8.allSatisfy {
                ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == UInt8(ascii: "-")
            }
        guard isName else {
            throw CommandFault(description: "`\(profile)` is no name for a profile; use a-z, 0-9 and `-`")
        }
        self.profile = profile
        // A relative path is to be ignored (XDG Base Directory Specification 0.8).
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            folder = state + "/grantctl"
        } else {
            folder = (environment["HOME"] ?? NSHomeDirectory()) + "/.local/state/grantctl"
        }
    }

    /// Nil where there is no such file.
    func read() throws(CommandFault) -> LoginRecord? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw fault("cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.longest else {
            throw fault("is no file of a login; remove it and run `grantctl login`")
        }
        guard status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
            throw fault("can be read by others; take what is in it for known, remove it and run `grantctl login`")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            }
            guard count > 0 else { break }
            filled += count
        }
        guard let record = try? JSONDecoder().decode(LoginRecord.self, from: Data(bytes.prefix(filled))) else {
            throw fault("is damaged; remove it and run `grantctl login`")
        }
        return record
    }

    func write(_ record: LoginRecord) throws(CommandFault) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(record) else { throw fault("cannot be written") }
        try replace(path, with: Array(data) + [0x0A], mode: 0o600)
    }

    /// Replaces a file of the folder whole.
    func replace(_ path: String, with bytes: [UInt8], mode: mode_t) throws(CommandFault) {
        try makeFolder()
        let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw fault("cannot be written: \(String(cString: strerror(errno)))") }
        var written = 0
        var failure: Int32 = 0
        while written < bytes.count, failure == 0 {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if count > 0 { written += count } else if errno != EINTR { failure = errno }
        }
        if failure == 0, fsync(descriptor) != 0 { failure = errno }
        close(descriptor)
        if failure == 0, rename(temporary, path) != 0 { failure = errno }
        guard failure == 0 else {
            unlink(temporary)
            throw fault("cannot be written: \(String(cString: strerror(failure)))")
        }
    }

    /// Runs while no other process refreshes this profile.
    func locked<Value>(_ body: () throws(CommandFault) -> Value) throws(CommandFault) -> Value {
        try makeFolder()
        let descriptor = open("\(folder)/\(profile).lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw fault("cannot be locked: \(String(cString: strerror(errno)))") }
        // Closing lets go of the lock, as does the end of this process.
        defer { close(descriptor) }
        let deadline = ContinuousClock.now + .seconds(Self.lockSeconds)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < deadline else {
                throw fault("is being refreshed by another process that does not end; look for one with `ps`")
            }
            usleep(20_000)
        }
        return try body()
    }

    private func makeFolder() throws(CommandFault) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw fault("cannot be written: \((error as NSError).localizedDescription)")
        }
    }

    private func fault(_ what: String) -> CommandFault { CommandFault(description: "`\(path)` \(what)") }
}
