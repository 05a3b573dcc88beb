import GrantModel

/// A commit read from its raw bytes, as strictly as `git fsck`.
///
/// libgit2's own reader skips what it does not understand; two readers then disagree about one commit. Here the header is
/// `tree`, `parent`…, `author`, `committer` in this order and once each, then whatever else without repeating any of
/// these, up to the first empty line; a NUL in it is refused. See git's `Documentation/gitformat-signature` and `fsck.c`.
package struct RawCommit: Sendable, Hashable {
    var tree: RawID
    var parents: [RawID]
    /// A claim of whoever made the commit.
    var committerTime: Instant

    /// What is wrong with the bytes, one line.
    package struct Malformed: Error, Hashable {
        package var message: String
    }

    /// Octopus merges of more parents than git itself makes are refused.
    static let mostParents = 64
    static let mostHeaderBytes = 1 << 20
    /// Of the whole commit with its message.
    static let mostBytes = 16 << 20

    package init(_ bytes: UnsafeRawBufferPointer) throws(Malformed) {
        var header = try HeaderLines(bytes)
        tree = try RawCommit.id(header.next(), after: "tree")
        parents = []
        var line = try header.next()
        while line.starts(with: "parent ".utf8) {
            guard parents.count < RawCommit.mostParents else {
                throw Malformed(message: "more than \(RawCommit.mostParents) parents")
            }
            parents.append(try RawCommit.id(line, after: "parent"))
            line = try header.next()
        }
        _ = try RawCommit.time(line, after: "author")
        committerTime = try RawCommit.time(header.next(), after: "committer")
        var seen: Set<[UInt8]> = []
        while let line = try header.following() {
            if line.first == UInt8(ascii: " ") {
                guard !seen.isEmpty else { throw Malformed(message: "a continuation line that continues nothing") }
                continue
            }
            let key = line.prefix { $0 != UInt8(ascii: " ") }
            guard !key.isEmpty else { throw Malformed(message: "a header line without a name") }
            let name = Array(key)
            guard !RawCommit.leading.contains(name) else {
                throw Malformed(message: "`\(String(decoding: name, as: UTF8.self))` out of order or twice")
            }
            guard seen.insert(name).inserted || !RawCommit.single.contains(name) else {
                throw Malformed(message: "`\(String(decoding: name, as: UTF8.self))` twice")
            }
        }
    }

    private static let leading: Set<[UInt8]> = Set(["tree", "parent", "author", "committer"].map { Array($0.utf8) })
    private static let single: Set<[UInt8]> = Set(["encoding", "gpgsig", "gpgsig-sha256"].map { Array($0.utf8) })

    private static func value(_ line: Slice<UnsafeRawBufferPointer>, after key: String) throws(Malformed)
        -> Slice<UnsafeRawBufferPointer>
    {
        guard line.starts(with: key.utf8), line.dropFirst(key.utf8.count).first == UInt8(ascii: " ") else {
            throw Malformed(message: "`\(key)` missing, or not where it belongs")
        }
        return line.dropFirst(key.utf8.count + 1)
    }

    private static func id(_ line: Slice<UnsafeRawBufferPointer>, after key: String) throws(Malformed) -> RawID {
        guard let id = RawID(hex: try value(line, after: key)) else {
            throw Malformed(message: "`\(key)` without an object id")
        }
        return id
    }

    /// `name <address> seconds zone`; the address ends at the last `>`.
    private static func time(_ line: Slice<UnsafeRawBufferPointer>, after key: String) throws(Malformed) -> Instant {
        let person = try value(line, after: key)
        guard let end = person.lastIndex(of: UInt8(ascii: ">")), let start = person.firstIndex(of: UInt8(ascii: "<")),
            start < end
        else { throw Malformed(message: "`\(key)` without `<address>`") }
        let parts = person[(end + 1)...].split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].isEmpty, (1...12).contains(parts[1].count), parts[1].allSatisfy(isDigit),
            parts[2].count == 5, let sign = parts[2].first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            parts[2].dropFirst().allSatisfy(isDigit)
        else { throw Malformed(message: "`\(key)` without a time") }
        return Instant(seconds: parts[1].reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) })
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}

/// The lines of a commit's header, up to the first empty one.
private struct HeaderLines {
    private var rest: Slice<UnsafeRawBufferPointer>

    init(_ bytes: UnsafeRawBufferPointer) throws(RawCommit.Malformed) {
        var end: Int?
        var previous: UInt8 = 0
        for (index, byte) in bytes.enumerated() {
            guard byte != 0 else { throw RawCommit.Malformed(message: "a NUL in the header") }
            guard index < RawCommit.mostHeaderBytes else {
                throw RawCommit.Malformed(message: "a header of more than \(RawCommit.mostHeaderBytes) bytes")
            }
            if byte == UInt8(ascii: "\n"), previous == UInt8(ascii: "\n") {
                end = index
                break
            }
            previous = byte
        }
        // A commit without a message may end with its header.
        guard end != nil || bytes.last == UInt8(ascii: "\n") else {
            throw RawCommit.Malformed(message: "a header without an end")
        }
        rest = Slice(base: bytes, bounds: 0..<(end ?? bytes.count))
    }

    /// Nil at the header's end.
    mutating func following() throws(RawCommit.Malformed) -> Slice<UnsafeRawBufferPointer>? {
        guard !rest.isEmpty else { return nil }
        guard let newline = rest.firstIndex(of: UInt8(ascii: "\n")) else {
            throw RawCommit.Malformed(message: "a header without an end")
        }
        let line = rest[..<newline]
        rest = rest[(newline + 1)...]
        return line
    }

    mutating func next() throws(RawCommit.Malformed) -> Slice<UnsafeRawBufferPointer> {
        guard let line = try following() else { throw RawCommit.Malformed(message: "a header that ends early") }
        return line
    }
}
