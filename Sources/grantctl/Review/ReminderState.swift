import Foundation
import GrantModel

/// What was said already, by channel, in a file: nothing is said twice.
///
/// Holds a lock from reading to writing, so that two runs at once do not both say it.
final class ReminderState {
    private struct Contents: Codable {
        var version = 1
        /// By channel.
        var said: [String: [Reminder.Mark]] = [:]
    }

    private static let mostBytes = 64 << 20
    private let path: String
    private let lock: Int32
    private var contents: Contents

    /// Reads the file, or begins with nothing where there is none.
    init(path: String) throws(CommandFault) {
        self.path = path
        let folder = (path as NSString).deletingLastPathComponent
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        lock = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else {
            throw CommandFault(
                description:
                    "cannot write beside `\(path)`: \(String(cString: strerror(errno))); name another file with --state"
            )
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw CommandFault(description: "another `grantctl remind` is at work with `\(path)`; let it end")
        }
        do throws(CommandFault) {
            contents = try Self.read(path)
        } catch {
            close(lock)
            throw error
        }
    }

    deinit {
        close(lock)
    }

    private static func read(_ path: String) throws(CommandFault) -> Contents {
        guard FileManager.default.fileExists(atPath: path) else { return Contents() }
        guard let data = FileManager.default.contents(atPath: path), data.count <= mostBytes,
            let contents = try? JSONDecoder().decode(Contents.self, from: data), contents.version == 1
        else {
            throw CommandFault(
                description: "`\(path)` is no state of `grantctl remind`; remove it, or name another file with --state")
        }
        return contents
    }

    func said(on channel: String) -> Set<Reminder.Mark> { Set(contents.said[channel] ?? []) }

    /// Remembers what was said, and forgets what ended too long ago to be said again.
    func note(_ marks: [Reminder.Mark], on channel: String, now: Instant, steps: [Span]) throws(CommandFault) {
        let oldest = now - (steps.max() ?? .days(14)) - .days(2)
        var all = Set(marks).union(contents.said[channel] ?? [])
        all = all.filter { $0.notAfter >= oldest }
        contents.said[channel] = all.sorted { ($0.notAfter, $0.grant, $0.step) < ($1.notAfter, $1.grant, $1.step) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            // Written beside it and moved into its place.
            try encoder.encode(contents).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFault(
                description:
                    "what was said cannot be written to `\(path)`: \((error as NSError).localizedDescription); "
                    + "it will be said again")
        }
    }
}
