import Crypto
import Foundation
import GrantModel

/// How far the branch was accepted: the high-water mark that history may only move forward from.
package struct AcceptedMark: Sendable, Hashable {
    package var commit: ObjectID
    /// The root of the first-parent line.
    package var genesis: ObjectID
    package var branch: String
    /// SHA-256 of the remote's URL without user and password, in hexadecimal digits.
    package var remote: String
    /// No moment before this one is ever taken for now.
    package var effective: Instant
    /// When the remote was last reached and agreed with `commit`; may lag by a minute.
    package var confirmed: Instant
    /// The checksum of the log's line that observed `commit`.
    package var log: String
    /// Every rewrite of the branch that was accepted on purpose, oldest first.
    package var rewrites: [AcceptedRewrite]

    package init(
        commit: ObjectID, genesis: ObjectID, branch: String, remote: String, effective: Instant,
        confirmed: Instant, log: String, rewrites: [AcceptedRewrite] = []
    ) {
        self.commit = commit
        self.genesis = genesis
        self.branch = branch
        self.remote = remote
        self.effective = effective
        self.confirmed = confirmed
        self.log = log
        self.rewrites = rewrites
    }

    /// The fingerprint of a remote, which changes with the place and not with who asks there.
    package static func fingerprint(url: String) -> String {
        var place = url
        if let scheme = url.range(of: "://") {
            let authority = url[scheme.upperBound...].prefix { $0 != "/" }
            if let user = authority.lastIndex(of: "@") {
                place = "\(url[..<scheme.upperBound])\(url[url.index(after: user)...])"
            }
        }
        return hexadecimal(SHA256.hash(data: Data(place.utf8)))
    }
}

/// The text of `accepted.json`: the mark and a digest over it.
extension AcceptedMark {
    private struct Fields: Codable {
        var branch: String
        var commit: String
        var confirmed: Int64
        var effective: Int64
        var genesis: String
        var log: String
        var remote: String
        /// Absent where there is none.
        var rewrites: [AcceptedRewrite]?
    }

    private struct File: Codable {
        var accepted: Fields
        var format: Int
        var sha256: String
    }

    private static let format = 1

    func encoded() throws(StateFault) -> [UInt8] {
        let fields = Fields(
            branch: branch, commit: commit.hex, confirmed: confirmed.seconds, effective: effective.seconds,
            genesis: genesis.hex, log: log, remote: remote, rewrites: rewrites.isEmpty ? nil : rewrites)
        let file = File(accepted: fields, format: Self.format, sha256: try Self.digest(fields))
        return try Self.encode(file, pretty: true) + [UInt8(ascii: "\n")]
    }

    init(decoding bytes: [UInt8]) throws(StateFault) {
        let file: File
        do {
            file = try JSONDecoder().decode(File.self, from: Data(bytes))
        } catch {
            throw Self.damaged
        }
        guard file.format == Self.format, try Self.digest(file.accepted) == file.sha256 else { throw Self.damaged }
        self.init(
            commit: ObjectID(hex: file.accepted.commit), genesis: ObjectID(hex: file.accepted.genesis),
            branch: file.accepted.branch, remote: file.accepted.remote,
            effective: Instant(seconds: file.accepted.effective),
            confirmed: Instant(seconds: file.accepted.confirmed), log: file.accepted.log,
            rewrites: file.accepted.rewrites ?? [])
    }

    private static let damaged = StateFault(
        kind: .damaged, message: "`accepted.json` does not hold what was written to it; restore the state directory")

    private static func digest(_ fields: Fields) throws(StateFault) -> String {
        hexadecimal(SHA256.hash(data: try encode(fields, pretty: false)))
    }

    private static func encode(_ value: some Encodable, pretty: Bool) throws(StateFault) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = pretty ? [.sortedKeys, .prettyPrinted] : [.sortedKeys]
        do {
            return Array(try encoder.encode(value))
        } catch {
            throw StateFault(kind: .storage, message: "`accepted.json` cannot be written: a name in it is no text")
        }
    }
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
