import CPCRE2
import Glibc
import GrantModel

/// A pattern of a class of your own, compiled. Immutable: PCRE2's compiled patterns are shared between threads.
package final class OwnPattern: @unchecked Sendable {
    // Unchecked: the compiled pattern is written by `init` only, and PCRE2 reads it from any number of threads.
    private let code: OpaquePointer
    let kind: Int
    let check: OwnCheck?
    /// Lower-case words, one of which must stand in front of a match; empty for none.
    let context: [[UInt8]]
    /// How far in front of a match it looks, in bytes.
    let lookBehind: Int

    /// - Parameters:
    ///   - kind: the class's index in the detector's names.
    ///   - pattern: what `PatternRules` accepted.
    package init(kind: Int, pattern: String, check: OwnCheck?, context: [String]) throws(PatternFault) {
        self.kind = kind
        self.check = check
        self.context = context.map { Array($0.utf8).map(\.folded) }
        var number: CInt = 0
        var offset = 0
        var pattern = pattern
        let options =
            UInt32(PCRE2_UTF) | UInt32(PCRE2_MATCH_INVALID_UTF) | UInt32(PCRE2_NEVER_BACKSLASH_C)
            | UInt32(PCRE2_NEVER_UCP) | UInt32(PCRE2_NO_AUTO_CAPTURE) | UInt32(PCRE2_USE_OFFSET_LIMIT)
        let compiled = pattern.withUTF8 { bytes in
            pcre2_compile_8(bytes.baseAddress, bytes.count, options, &number, &offset, nil)
        }
        guard let compiled else {
            var text = [UInt8](repeating: 0, count: 256)
            pcre2_get_error_message_8(number, &text, text.count)
            throw PatternFault(
                offset: offset, message: String(decoding: text.prefix { $0 != 0 }, as: UTF8.self).lowercased())
        }
        code = compiled
        // Without it matching is slower and means the same.
        pcre2_jit_compile_8(compiled, UInt32(PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD))
        var characters: UInt32 = 0
        pcre2_pattern_info_8(compiled, UInt32(PCRE2_INFO_MAXLOOKBEHIND), &characters)
        lookBehind = max(Int(characters) * 4 + 8, context.isEmpty ? 0 : Window.nearBehind)
    }

    deinit { pcre2_code_free_8(code) }

    enum Outcome {
        case found(Range<Int>)
        /// One may begin there; more text is needed.
        case partial(Int)
        case none
        case failed(CInt)
    }

    /// - Parameter limit: matches that begin behind it are not looked for.
    func search(
        _ base: UnsafePointer<UInt8>, low: Int, from: Int, limit: Int, end: Int, isFinal: Bool,
        _ scratch: PatternScratch
    ) -> Outcome {
        var options: UInt32 = isFinal ? 0 : UInt32(PCRE2_PARTIAL_HARD)
        if low > 0 { options |= UInt32(PCRE2_NOTBOL) }
        options |= UInt32(PCRE2_NOTEMPTY)
        scratch.prepare()
        pcre2_set_offset_limit_8(scratch.limits, max(0, limit - low))
        let result = pcre2_match_8(
            code, base + low, end - low, from - low, options, scratch.data, scratch.limits)
        let offsets = pcre2_get_ovector_pointer_8(scratch.data)
        switch result {
        case PCRE2_ERROR_NOMATCH: return .none
        case PCRE2_ERROR_PARTIAL:
            guard let offsets else { return .failed(result) }
            return .partial(low + offsets[0])
        case 0...:
            guard let offsets, offsets[1] >= offsets[0] else { return .failed(result) }
            return .found(low + offsets[0]..<low + offsets[1])
        default: return .failed(result)
        }
    }

    func accepts(_ base: UnsafePointer<UInt8>, low: Int, _ range: Range<Int>) -> Bool {
        if let check, !check.accepts(UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)) {
            return false
        }
        guard !context.isEmpty else { return true }
        let from = max(low, range.lowerBound - Window.nearBehind)
        return context.contains { word in
            var place = range.lowerBound - word.count
            while place >= from {
                if word.indices.allSatisfy({ base[place + $0].folded == word[$0] }) { return true }
                place -= 1
            }
            return false
        }
    }
}

/// Why a pattern cannot be used.
package struct PatternFault: Error, Hashable, Sendable {
    /// In bytes of the pattern.
    package var offset: Int
    package var message: String
}

/// What matching writes to, and its limits: reaching one means that the text is masked.
final class PatternScratch {
    // Made when a pattern is first used: most texts are searched for built-in classes only.
    private(set) lazy var data = pcre2_match_data_create_8(1, nil)
    private(set) lazy var limits = Self.newLimits()
    private var isUsed = false
    /// In nanoseconds of processor time.
    private let budget: Int64
    /// What each byte of a text adds to it. Patterns take a twentieth of it.
    private static let nanosecondsPerByte: Int64 = 2_000

    init(budget: Duration) {
        let (seconds, attoseconds) = budget.components
        self.budget = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// When a search through so many bytes must be over.
    func deadline(bytes: Int) -> Int64 {
        guard budget > 0 else { return .min }
        return Self.processorTime + budget + Int64(bytes) * Self.nanosecondsPerByte
    }

    /// Of this thread, in nanoseconds: what other threads do on a loaded machine does not count.
    static var processorTime: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private static func newLimits() -> OpaquePointer? {
        let limits = pcre2_match_context_create_8(nil)
        pcre2_set_match_limit_8(limits, 100_000)
        pcre2_set_depth_limit_8(limits, 5_000)
        pcre2_set_heap_limit_8(limits, 4_096)
        return limits
    }

    /// To be asked for in front of each use.
    func prepare() {
        guard !isUsed else { return }
        isUsed = true
        _ = (data, limits)
    }

    deinit {
        guard isUsed else { return }
        pcre2_match_data_free_8(data)
        pcre2_match_context_free_8(limits)
    }
}

/// The next match of any own pattern.
struct OwnSearch {
    private struct Next {
        var start: Int
        /// nil while it is only a possibility.
        var end: Int?
        var fault: DetectorFault?
    }

    private let patterns: [OwnPattern]
    private let base: UnsafePointer<UInt8>
    private let low: Int
    private let end: Int
    private let isFinal: Bool
    private let scratch: PatternScratch
    private var upcoming: [Next] = []
    private let deadline: Int64
    /// `Int.max` where there is none.
    private(set) var nextStart = Int.max

    init(
        _ patterns: [OwnPattern], _ base: UnsafePointer<UInt8>, low: Int, end: Int, isFinal: Bool,
        _ scratch: PatternScratch
    ) {
        self.patterns = patterns
        self.base = base
        self.low = low
        self.end = end
        self.isFinal = isFinal
        self.scratch = scratch
        upcoming = [Next](repeating: Next(start: -1), count: patterns.count)
        deadline = scratch.deadline(bytes: end - low)
    }

    /// Forgets what begins in front of `place` and searches from there.
    mutating func advance(to place: Int) {
        nextStart = .max
        for index in patterns.indices {
            if upcoming[index].start < place { upcoming[index] = search(patterns[index], from: place) }
            nextStart = min(nextStart, upcoming[index].start)
        }
    }

    /// The first match, the longest of several; nil while one that begins there is only a possibility.
    func take() -> Match? {
        var best: Match?
        for (index, next) in upcoming.enumerated() where next.start == nextStart {
            guard let end = next.end else { return nil }
            if end > best?.end ?? -1 {
                best = Match(kind: patterns[index].kind, start: next.start, end: end, fault: next.fault)
            }
        }
        return best
    }

    private func search(_ pattern: OwnPattern, from place: Int) -> Next {
        var from = place
        while from <= end {
            // In steps between which the clock is looked at.
            let limit = from + Self.stepBytes
            guard PatternScratch.processorTime < deadline else { return fault(.time, at: place) }
            switch pattern.search(base, low: low, from: from, limit: limit, end: end, isFinal: isFinal, scratch) {
            case .none:
                guard limit < end else { return Next(start: .max) }
                from = limit + 1
                while from < end, base[from] & 0xC0 == 0x80 { from += 1 }
            case .partial(let start): return Next(start: start)
            case .found(let range):
                if pattern.accepts(base, low: low, range) {
                    return Next(start: range.lowerBound, end: range.upperBound)
                }
                from = range.lowerBound + 1
                while from < end, base[from] & 0xC0 == 0x80 { from += 1 }
            case .failed(let code):
                let isLimit = [
                    PCRE2_ERROR_MATCHLIMIT, PCRE2_ERROR_DEPTHLIMIT, PCRE2_ERROR_HEAPLIMIT, PCRE2_ERROR_JIT_STACKLIMIT,
                ].contains(code)
                return fault(isLimit ? .steps : .failure, at: place)
            }
        }
        return Next(start: .max)
    }

    private static let stepBytes = 2_048

    /// Everything that is pending counts as found; behind its end there is nothing that could be.
    private func fault(_ fault: DetectorFault, at place: Int) -> Next {
        place < end ? Next(start: place, end: end, fault: fault) : Next(start: .max)
    }
}
