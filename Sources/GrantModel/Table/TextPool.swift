/// Bytes of many short texts in one buffer, each text once.
struct TextPool: Sendable {
    /// A text's place; `absent` where there is none.
    struct Reference: Hashable, Sendable {
        var offset: Int32
        var count: Int32

        static let absent = Reference(offset: 0, count: -1)
        var isAbsent: Bool { count < 0 }
    }

    private(set) var bytes: [UInt8] = []
    private var known: [ByteString: Reference] = [:]

    mutating func add(_ text: ByteString?) -> Reference {
        guard let text else { return .absent }
        if let reference = known[text] { return reference }
        let reference = Reference(offset: Int32(bytes.count), count: Int32(text.count))
        bytes.append(contentsOf: text.bytes)
        known[text] = reference
        return reference
    }

    /// Forgets what only adding needs.
    mutating func seal() { known = [:] }

    /// Whether the text at `reference` is exactly `other`.
    func holds(_ reference: Reference, equalTo other: [UInt8]) -> Bool {
        guard Int(reference.count) == other.count else { return false }
        return bytes.withUnsafeBytes { all in
            other.withUnsafeBytes { other in
                var index = 0
                let start = Int(reference.offset)
                while index + 8 <= other.count {
                    let ours = all.loadUnaligned(fromByteOffset: start + index, as: UInt64.self)
                    if ours != other.loadUnaligned(fromByteOffset: index, as: UInt64.self) { return false }
                    index += 8
                }
                while index < other.count {
                    if all[start + index] != other[index] { return false }
                    index += 1
                }
                return true
            }
        }
    }
}
