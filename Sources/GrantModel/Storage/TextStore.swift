/// The place of a text in a `TextStore`.
struct TextReference: Hashable, Sendable, BitwiseCopyable {
    var offset: UInt32

    static let absent = TextReference(offset: 0)
    var isAbsent: Bool { offset == 0 }
}

/// Bytes of many texts side by side, each after its length; only added to. Four bytes point at a text.
struct TextStore: Sendable {
    /// Most bytes of one text; no document is as large.
    static let longest = (1 << 16) - 3

    private var bytes = Chunked<UInt8>(shift: 16)

    init() {
        // So that no text lies at 0, which stands for none.
        bytes.append(0)
    }

    /// From the bytes that `forEachChunk` gave.
    init<Fault: Error>(
        count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Fault) -> Void
    ) throws(Fault) {
        bytes = try Chunked(count: count, shift: 16, fill)
    }

    /// - Returns: nil for a text that is too long, or when four gigabytes are full.
    mutating func add(_ text: [UInt8]) -> TextReference? {
        guard text.count <= Self.longest, bytes.count < Int(UInt32.max) - (2 << 16) else { return nil }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: text.count + 2) { buffer in
            buffer[0] = UInt8(truncatingIfNeeded: text.count)
            buffer[1] = UInt8(truncatingIfNeeded: text.count >> 8)
            UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[2...]).copyBytes(from: text)
            return TextReference(offset: UInt32(bytes.append(together: UnsafeBufferPointer(buffer))))
        }
    }

    /// Nil adds nothing and is `absent`.
    mutating func add(_ text: ByteString?) -> TextReference? {
        guard let text else { return .absent }
        return add(text.bytes)
    }

    /// Calls `body` with a text's bytes, which are there for the call only.
    @inline(__always)
    func withText<Result>(_ reference: TextReference, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        let start = bytes.pointer(Int(reference.offset))
        let length = Int(start[0]) | Int(start[1]) << 8
        return body(UnsafeBufferPointer(start: start + 2, count: length))
    }

    subscript(_ reference: TextReference) -> ByteString {
        withText(reference) { ByteString(Array($0)) }
    }

    /// The text for people, and nil for `absent`.
    func text(_ reference: TextReference) -> ByteString? { reference.isAbsent ? nil : self[reference] }

    /// Whether the text is exactly `other`. Does not allocate.
    @inline(__always)
    func holds(_ reference: TextReference, equalTo other: [UInt8]) -> Bool {
        other.withUnsafeBufferPointer { holds(reference, equalTo: $0) }
    }

    /// The same.
    @inline(__always)
    func holds(_ reference: TextReference, equalTo other: UnsafeBufferPointer<UInt8>) -> Bool {
        withText(reference) { text in
            guard text.count == other.count else { return false }
            let (text, other) = (UnsafeRawBufferPointer(text), UnsafeRawBufferPointer(other))
            var index = 0
            while index + 8 <= other.count {
                let ours = text.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                if ours != other.loadUnaligned(fromByteOffset: index, as: UInt64.self) { return false }
                index += 8
            }
            while index < other.count {
                if text[index] != other[index] { return false }
                index += 1
            }
            return true
        }
    }

    /// Whether one text precedes another, byte by byte.
    func precedes(_ left: TextReference, _ right: TextReference) -> Bool {
        withText(left) { left in withText(right) { right in left.lexicographicallyPrecedes(right) } }
    }

    /// Whether the reference points at a whole text.
    func isWhole(_ reference: TextReference) -> Bool {
        let offset = Int(reference.offset)
        guard offset > 0, offset + 2 <= bytes.count else { return reference.isAbsent }
        let room = (1 << 16) - (offset & 0xFFFF)
        guard room >= 2 else { return false }
        let start = bytes.pointer(offset)
        let length = Int(start[0]) | Int(start[1]) << 8
        return length + 2 <= room && offset + length + 2 <= bytes.count
    }

    var count: Int { bytes.count }

    /// The bytes from the first, chunk by chunk.
    func forEachChunk<Fault: Error>(_ body: (UnsafeRawBufferPointer) throws(Fault) -> Void) throws(Fault) {
        try bytes.forEachRawChunk(body)
    }
}
