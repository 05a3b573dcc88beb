import Crypto
import GrantModel

/// When the gateway first saw each commit of the branch: one line a commit, only ever appended to.
///
/// A line is `SECONDS COMMIT CHECKSUM`, where the checksum is the SHA-256 of the line before's checksum and this line's
/// first two fields, so that a lost, changed or exchanged line shows.
package struct ObservationLog: Sendable, Hashable {
    package private(set) var times: [ObjectID: Instant] = [:]
    /// The latest moment in it; later lines never hold an earlier one.
    package private(set) var latest = Instant.distantPast
    /// Of the last line; empty for an empty log.
    package private(set) var checksum = ""
    /// Bytes of whole lines in the file; what follows them was being written when the power went.
    package private(set) var length = 0
    private var checksums: [ObjectID: String] = [:]

    package init() {}

    /// Reads a log. A last line without its end was never acted on and is left out; any other flaw is damage.
    package init(decoding bytes: [UInt8]) throws(StateFault) {
        var start = bytes.startIndex
        var number = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            number += 1
            let line = String(decoding: bytes[start..<end], as: UTF8.self)
            let fields = line.split(separator: " ", omittingEmptySubsequences: false)
            guard fields.count == 3, let seconds = Int64(fields[0]) else { throw Self.damaged(number) }
            let commit = ObjectID(hex: String(fields[1]))
            guard self.line(commit, Instant(seconds: seconds)).utf8.elementsEqual(bytes[start...end]),
                seconds >= latest.seconds, times[commit] == nil
            else {
                throw Self.damaged(number)
            }
            add(commit, Instant(seconds: seconds))
            start = end + 1
        }
    }

    /// Adds the commits that are not in it yet, none before the latest moment so far.
    /// - Returns: the lines to append to the file.
    package mutating func observe(_ observations: [(commit: ObjectID, at: Instant)]) -> [UInt8] {
        var lines: [UInt8] = []
        for (commit, at) in observations where times[commit] == nil {
            let observed = max(at, latest)
            lines += line(commit, observed).utf8
            add(commit, observed)
        }
        return lines
    }

    /// The checksum of the line that observed a commit.
    package func checksum(of commit: ObjectID) -> String? { checksums[commit] }

    private mutating func add(_ commit: ObjectID, _ at: Instant) {
        let line = line(commit, at)
        length += line.utf8.count
        checksum = String(line.dropLast().suffix(64))
        times[commit] = at
        checksums[commit] = checksum
        latest = at
    }

    private func line(_ commit: ObjectID, _ at: Instant) -> String {
        let fields = "\(at.seconds) \(commit.hex)"
        return "\(fields) \(hexadecimal(SHA256.hash(data: Array("\(checksum) \(fields)".utf8))))\n"
    }

    private static func damaged(_ line: Int) -> StateFault {
        StateFault(
            kind: .damaged,
            message: "`observed.log` is damaged in line \(line); restore the state directory")
    }
}
