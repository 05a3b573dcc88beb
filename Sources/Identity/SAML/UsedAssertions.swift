import Foundation
import GrantModel
import Logging
import Synchronization

/// Which assertions were used, until they would be refused for their times anyway. In a file, so that a restart does not make
/// one good again. Thread-safe; blocks.
///
/// A line each, flushed to the disk before the use counts: `SECONDS HEX\n`, when it may be forgotten and the SHA-256 of
/// issuer and id. A line cut short by a crash was never answered, and is passed over.
final class UsedAssertions: Sendable {
    enum Outcome: Sendable {
        case first
        case again
        /// Too many to remember: refused rather than forgotten.
        case full
        /// Not on disk.
        case failed
    }

    private struct State {
        var until: [Digest: Instant] = [:]
        var file: FileHandle?
        /// In the file, forgotten ones included.
        var lines = 0
    }

    static let most = 1_000_000
    /// Fewer lines are not worth writing the file anew.
    private static let fewLines = 4_096

    private let path: String?
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameter path: nil for memory only.
    init(path: String?, now: Instant, logger: Logger) {
        self.path = path
        self.logger = logger
        state.withLock { state in
            if let path { Self.read(path, now: now, into: &state.until) }
            do {
                try rewrite(&state)
            } catch {
                logger.error("the list of used assertions `\(path ?? "")` cannot be written: \(error)")
            }
        }
    }

    /// Takes note of a use.
    /// - Parameter until: from then on nobody asks for it again.
    func take(_ assertion: Digest, until: Instant, now: Instant) -> Outcome {
        state.withLock { state in
            if let known = state.until[assertion], now < known { return .again }
            if state.until.count >= Self.most { forget(&state, now: now) }
            guard state.until.count < Self.most else { return .full }
            do {
                if state.lines > Self.fewLines, state.lines > 2 * state.until.count {
                    forget(&state, now: now)
                    try rewrite(&state)
                }
                if path != nil {
                    // Opened anew after a disk that was full or away.
                    if state.file == nil { try rewrite(&state) }
                    guard let file = state.file else { return .failed }
                    try file.write(contentsOf: Data(Self.line(assertion, until).utf8))
                    try file.synchronize()
                    state.lines += 1
                }
            } catch {
                logger.error("the use of an assertion cannot be written down: \(error)")
                try? state.file?.close()
                state.file = nil
                return .failed
            }
            state.until[assertion] = until
            return .first
        }
    }

    private func forget(_ state: inout State, now: Instant) {
        state.until = state.until.filter { now < $0.value }
    }

    /// Writes what counts into a file beside, then renames it.
    private func rewrite(_ state: inout State) throws {
        guard let path else { return }
        try state.file?.close()
        state.file = nil
        let text = state.until.map { Self.line($0.key, $0.value) }.joined()
        let beside = path + ".new"
        guard
            FileManager.default.createFile(
                atPath: beside, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw CocoaError(.fileWriteUnknown) }
        guard rename(beside, path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seekToEnd()
        try file.synchronize()
        state.file = file
        state.lines = state.until.count
    }

    private static func line(_ assertion: Digest, _ until: Instant) -> String {
        "\(until.seconds) \(assertion.hex)\n"
    }

    private static func read(_ path: String, now: Instant, into until: inout [Digest: Instant]) {
        guard let data = FileManager.default.contents(atPath: path) else { return }
        for line in data.split(separator: 0x0A) {
            let parts = line.split(separator: 0x20)
            guard parts.count == 2, let seconds = Int64(String(decoding: parts[0], as: UTF8.self)),
                let digest = Digest(hex: ByteString(Array(parts[1]))), now < Instant(seconds: seconds)
            else { continue }
            until[digest] = Instant(seconds: seconds)
        }
    }
}
