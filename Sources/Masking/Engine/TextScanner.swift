/// One text that comes in pieces. Offsets are absolute: byte 0 is the text's first.
struct TextScanner {
    private let detector: Detector
    private let scratch: ScanScratch
    /// What is not decided, behind what detectors may look back at.
    private(set) var buffer: [UInt8] = []
    /// The offset of the buffer's first byte; negative for context in front of the text.
    private(set) var origin = 0
    private var resume = 0
    private var open: OpenMatch?
    /// Everything in front of it is decided.
    private(set) var decided = 0
    private(set) var matches: [Match] = []

    /// How much of a key or title is read, in bytes.
    static let longestContext = 64

    init(_ detector: Detector, _ scratch: ScanScratch) {
        self.detector = detector
        self.scratch = scratch
    }

    /// Where the text ends that was appended.
    var count: Int { origin + buffer.count }
    /// A value is under way that is certain to be one.
    var isOpen: Bool { open != nil }

    /// Forgets the text and begins another.
    /// - Parameter context: what stands in front of it for detectors, and is no part of it: a key, a column's name.
    mutating func begin(context: UnsafeBufferPointer<UInt8>) {
        buffer.removeAll(keepingCapacity: true)
        if !context.isEmpty {
            // A key that is longer says no more by its beginning.
            let tail = UnsafeBufferPointer(rebasing: context.suffix(Self.longestContext))
            buffer.append(contentsOf: tail)
            buffer.append(0x22)
            buffer.append(0x3A)
            buffer.append(0x20)
            buffer.append(0x22)
        }
        origin = -buffer.count
        resume = 0
        decided = 0
        open = nil
        matches.removeAll(keepingCapacity: true)
    }

    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        buffer.append(contentsOf: bytes)
    }

    mutating func append(_ byte: UInt8) {
        buffer.append(byte)
    }

    /// Decides as much as can be; with `isFinal`, everything.
    mutating func scan(isFinal: Bool) {
        let end = isFinal ? buffer.count : buffer.count - unfinishedCharacter
        let low = 0
        let from = resume - origin
        guard end >= from else { return }
        var shifted = open
        if let open { shifted?.start = open.start - origin }
        let known = matches.count
        let progress = buffer.withUnsafeBufferPointer { buffer -> ScanProgress? in
            guard let base = buffer.baseAddress else { return nil }
            return detector.scan(
                base, low: low, from: from, end: end, isFinal: isFinal, open: shifted, scratch, into: &matches)
        }
        guard let progress else { return }
        for index in known..<matches.count {
            matches[index].start += origin
            matches[index].end += origin
        }
        open = progress.open.map { OpenMatch(kind: $0.kind, start: $0.start + origin, tail: $0.tail) }
        resume = progress.resume + origin
        decided = open?.start ?? progress.hold + origin
    }

    mutating func clearMatches() { matches.removeAll(keepingCapacity: true) }

    /// What was found is dealt with, and `place` bytes of the text were handed on.
    mutating func forget(through place: Int) {
        matches.removeAll(keepingCapacity: true)
        // In large steps: moving what is kept costs its length.
        let spare = min(place, resume) - detector.lookBehind - origin
        guard spare > 4_096 else { return }
        buffer.removeFirst(spare)
        origin += spare
    }

    /// How many bytes at the end begin a character that is not whole (RFC 3629 §3).
    private var unfinishedCharacter: Int {
        let count = buffer.count
        for back in 1...3 where back <= count {
            let byte = buffer[count - back]
            if byte & 0xC0 == 0x80 { continue }
            let width = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return width > back ? back : 0
        }
        return 0
    }

    /// The text's bytes between two offsets that were not forgotten.
    func bytes(_ range: Range<Int>) -> ArraySlice<UInt8> {
        buffer[max(0, range.lowerBound - origin)..<min(buffer.count, range.upperBound - origin)]
    }
}
