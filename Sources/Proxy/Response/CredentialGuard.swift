import Foundation

/// Finds the upstream credential's exact bytes in what comes back, however the body is cut into chunks.
///
/// Only the end of a chunk that could be the beginning of the credential is held back; what is held is by definition a
/// prefix of the credential, so that nothing has to be copied. Time is linear, memory one table a credential.
package struct CredentialGuard: Sendable {
    /// What may go to the client after a chunk.
    package enum Verdict: Sendable, Hashable {
        /// First `credential[0..<replayed]`, which earlier chunks ended with, then the chunk's first `forwarded` bytes.
        case clean(replayed: Int, forwarded: Int)
        /// The credential is in there: nothing of this chunk or of what was held may go out.
        case found
    }

    private let needle: CredentialNeedle
    /// How many bytes of the credential the stream so far ended with.
    private var held = 0

    package init(_ needle: CredentialNeedle) {
        self.needle = needle
    }

    /// Bytes held back now: `credential[0..<held]`.
    package var heldBytes: Int { held }

    package mutating func scan(_ chunk: UnsafeRawBufferPointer) -> Verdict {
        let length = needle.count
        guard length > 0, !chunk.isEmpty else { return .clean(replayed: 0, forwarded: chunk.count) }
        let before = held
        var position = 0
        // A match that began in an earlier chunk: follow it until it fails, is complete, or the chunk ends.
        while held > 0, position < chunk.count {
            held = needle.advance(held, with: chunk[position])
            position += 1
            if held == length { return .found }
        }
        if held == 0 {
            let tail = UnsafeRawBufferPointer(rebasing: chunk[position...])
            if needle.isContained(in: tail) { return .found }
            for byte in tail.suffix(length - 1) { held = needle.advance(held, with: byte) }
        }
        // The bytes now held come from the end of what was held before and this chunk.
        let fromChunk = min(held, chunk.count)
        return .clean(replayed: before - (held - fromChunk), forwarded: chunk.count - fromChunk)
    }

    /// The stream ended: `credential[0..<result]` was held and goes out now.
    package mutating func finish() -> Int {
        defer { held = 0 }
        return held
    }
}

/// A credential prepared for searching. Made once a credential; never shown.
package struct CredentialNeedle: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let bytes: [UInt8]
    /// `failure[n]`: the longest proper prefix that `bytes[0...n]` ends with (Knuth, Morris, Pratt).
    private let failure: [Int]
    /// Where the byte stands that is least likely in text.
    private let anchor: Int

    /// An empty credential is never found.
    package init(_ secret: Secret) {
        bytes = secret.bytes
        var failure = [Int](repeating: 0, count: bytes.count)
        var length = 0
        for index in bytes.indices.dropFirst() {
            while length > 0, bytes[index] != bytes[length] { length = failure[length - 1] }
            if bytes[index] == bytes[length] { length += 1 }
            failure[index] = length
        }
        self.failure = failure
        anchor =
            secret.bytes.enumerated()
            .min { Self.commonness($0.element) < Self.commonness($1.element) }?.offset ?? 0
    }

    /// Roughly how often a byte appears in JSON around prose.
    private static func commonness(_ byte: UInt8) -> Int {
        switch byte {
        case UInt8(ascii: "Q"), UInt8(ascii: "X"), UInt8(ascii: "Z"), UInt8(ascii: "J"), UInt8(ascii: "K"): 0
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): 1
        case UInt8(ascii: "0")...UInt8(ascii: "9"): 2
        case UInt8(ascii: "a")...UInt8(ascii: "z"): 3
        default: 4
        }
    }

    package var count: Int { bytes.count }
    package var description: String { "<secret>" }
    package var debugDescription: String { "<secret>" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// The first bytes of the credential, which a guard held back.
    package func prefix(_ length: Int) -> ArraySlice<UInt8> { bytes.prefix(length) }

    /// Whether a header's value or another whole text holds the credential.
    ///
    /// Looks for one byte of it that is rare in text with `memchr`, then compares around it.
    package func isContained(in text: UnsafeRawBufferPointer) -> Bool {
        guard !bytes.isEmpty, let start = text.baseAddress, text.count >= bytes.count else { return false }
        let last = text.count - bytes.count
        var position = 0
        while position <= last {
            // The anchor of a match that begins at `position...last`.
            let searched = last - position + 1
            guard let hit = memchr(start + position + anchor, Int32(bytes[anchor]), searched) else { return false }
            position = UnsafeRawPointer(hit) - start - anchor
            if memcmp(start + position, bytes, bytes.count) == 0 { return true }
            position += 1
        }
        return false
    }

    package func isContained(in text: String) -> Bool {
        var text = text
        return text.withUTF8 { isContained(in: UnsafeRawBufferPointer($0)) }
    }

    /// The matched length after one more byte. `matched` is less than `count`.
    fileprivate func advance(_ matched: Int, with byte: UInt8) -> Int {
        var matched = matched
        while matched > 0, byte != bytes[matched] { matched = failure[matched - 1] }
        return byte == bytes[matched] ? matched + 1 : matched
    }
}
