import Crypto
import Foundation
import GrantModel
import Logging
import Synchronization

/// The keys that the gateway signs its own tokens with (Ed25519): made here, replaced every day, kept in a file that only
/// the gateway's user reads, so that tokens outlive a restart. Thread-safe.
final class SigningKeys: Sendable {
    struct Key: Sendable {
        let identifier: ByteString
        let created: Instant
        let material: Curve25519.Signing.PrivateKey
    }

    private struct Stored: Codable {
        var kid: String
        var created: Int64
        var seed: Data
    }

    private static let replacedAfter = Span.days(1)

    private let path: String?
    private let logger: Logger
    /// Oldest first; never empty after the first use.
    private let keys: Mutex<[Key]>

    /// - Parameter path: nil for memory only. A file that cannot be read is replaced: tokens made with its keys are void.
    init(path: String?, logger: Logger) {
        self.path = path
        self.logger = logger
        keys = Mutex(path.map { Self.read($0, logger) } ?? [])
    }

    /// The key to sign with now.
    func current(now: Instant) -> Key {
        keys.withLock { keys in
            if let last = keys.last, now - last.created < Self.replacedAfter { return last }
            let key = Key(
                identifier: ByteString("g" + String(UInt64.random(in: .min ... .max), radix: 36)), created: now,
                material: Curve25519.Signing.PrivateKey())
            keys.append(key)
            Self.drop(&keys, now: now)
            write(keys)
            return key
        }
    }

    /// Every key that a token which is still good may be signed with.
    func published(now: Instant) -> [Key] {
        _ = current(now: now)
        return keys.withLock { keys in
            Self.drop(&keys, now: now)
            return keys
        }
    }

    func key(_ identifier: ByteString) -> Key? {
        keys.withLock { $0.first { $0.identifier == identifier } }
    }

    /// A key goes once the last token it can have signed has run out.
    private static func drop(_ keys: inout [Key], now: Instant) {
        while keys.count > 1, now - keys[1].created > ExchangeSettings.longestLifetime { keys.removeFirst() }
    }

    private func write(_ keys: [Key]) {
        guard let path else { return }
        let stored = keys.map {
            Stored(kid: $0.identifier.text, created: $0.created.seconds, seed: $0.material.rawRepresentation)
        }
        do {
            let beside = path + ".new"
            try? FileManager.default.removeItem(atPath: beside)
            guard
                FileManager.default.createFile(
                    atPath: beside, contents: try JSONEncoder().encode(stored), attributes: [.posixPermissions: 0o600]),
                rename(beside, path) == 0
            else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        } catch {
            logger.error(
                "the keys of the gateway's own tokens cannot be kept in `\(path)`, and are void after a restart")
        }
    }

    private static func read(_ path: String, _ logger: Logger) -> [Key] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        guard let stored = try? JSONDecoder().decode([Stored].self, from: data) else {
            logger.warning("the keys in `\(path)` cannot be read and are replaced; tokens made with them are void")
            return []
        }
        return stored.compactMap { key in
            (try? Curve25519.Signing.PrivateKey(rawRepresentation: key.seed)).map {
                Key(identifier: ByteString(key.kid), created: Instant(seconds: key.created), material: $0)
            }
        }
    }
}
