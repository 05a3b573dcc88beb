import GrantModel
import Masking
import NIOCore

/// Counts protected data that an answer holds and that its caller may receive, beside the mask and without a say in it: a
/// class that may be seen never decides what another one hides.
struct SeenCount {
    private var search: AnswerMask
    let rules: MaskRules

    init?(_ format: AnswerFormat, isMessage: Bool, rules: MaskRules, key: PlaceholderKey, scratch: ScanScratch) {
        guard let search = AnswerMask(format, joins: isMessage, rules, key, scratch, seesOpaque: true) else {
            return nil
        }
        self.search = search
        self.rules = rules
    }

    mutating func take(_ bytes: ByteBuffer) {
        var dropped: [UInt8] = []
        bytes.withUnsafeReadableBytes { search.take($0.bindMemory(to: UInt8.self), into: &dropped) }
    }

    mutating func finish() {
        var dropped: [UInt8] = []
        search.finish(into: &dropped)
    }

    /// By class, how often. What a detector gave up on is no value that was seen.
    var counts: [(name: ByteString, count: Int)] {
        var counts: [Int: Int] = [:]
        for spot in search.spots where spot.fault == nil { counts[spot.kind, default: 0] += 1 }
        let names = rules.detector.names
        return counts.sorted { $0.key < $1.key }.compactMap { kind, count in
            names.indices.contains(kind) ? (names[kind], count) : nil
        }
    }
}
