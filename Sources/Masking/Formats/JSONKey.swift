/// What matters of an object's key for the value behind it.
struct JSONKey {
    /// Strings of the Messages API that come back to it byte for byte, or not at all.
    enum Sealed: UInt8 {
        case no
        /// Says nothing to anybody but the API.
        case signature
        /// Signed text: may pass as it is.
        case thinking
        /// Encrypted.
        case opaque
        /// An image or a document, where it stands inside of something.
        case data
    }

    var sealed = Sealed.no
    var isText = false
    var isType = false
    /// The class that its values are masked as, whatever they are; -1 for none.
    var field = -1
    /// A value behind it may be a secret although it looks like words.
    var namesSecret = false

    init() {}

    init(_ key: [UInt8], _ rules: MaskRules, _ scratch: ScanScratch) {
        switch key.count {
        case 4:
            isText = key.elementsEqual("text".utf8)
            isType = key.elementsEqual("type".utf8)
            if key.elementsEqual("data".utf8) { sealed = .data }
        case 8: if key.elementsEqual("thinking".utf8) { sealed = .thinking }
        case 9: if key.elementsEqual("signature".utf8) { sealed = .signature }
        case 16, 17: if key.starts(with: "encrypted_".utf8) { sealed = .opaque }
        default: break
        }
        field = rules.fieldKind(key) ?? -1
        namesSecret = key.withUnsafeBufferPointer { key in
            guard let base = key.baseAddress else { return false }
            let window = Window(
                base, low: 0, end: key.count, isFinal: true, scratch: scratch.bytes, classes: ClassSet(.secret))
            return window.secretName(before: key.count) != nil
        }
    }
}

/// Keys that were read before: objects of one list have the same ones. One a document.
struct JSONKeyCache {
    private struct Entry {
        var bytes = SIMD32<UInt8>()
        var count = -1
        var key = JSONKey()
    }

    /// Longer keys are read each time.
    static let longest = 32
    /// Empty for documents with few keys, which would not get the memory's worth.
    private var entries: [Entry] = []
    private var misses = 0
    private static let slots = 64
    private static let few = 24

    private static func load(_ bytes: UnsafeBufferPointer<UInt8>) -> SIMD32<UInt8> {
        var vector = SIMD32<UInt8>()
        withUnsafeMutableBytes(of: &vector) { $0.copyMemory(from: UnsafeRawBufferPointer(bytes)) }
        return vector
    }

    private static func slot(_ vector: SIMD32<UInt8>, _ count: Int) -> Int {
        let words = unsafeBitCast(vector, to: SIMD4<UInt64>.self)
        let mixed = (words[0] ^ words[1] &* 3 ^ words[2] &* 5 ^ words[3] &* 7 ^ UInt64(count)) &* 0x9E37_79B9_7F4A_7C15
        return Int(mixed >> 58)
    }

    /// A key in which nothing was found.
    func known(_ bytes: UnsafeBufferPointer<UInt8>) -> JSONKey? {
        guard bytes.count <= Self.longest, !entries.isEmpty else { return nil }
        let vector = Self.load(bytes)
        let slot = Self.slot(vector, bytes.count)
        return entries.withUnsafeBufferPointer { entries in
            entries[slot].count == bytes.count && entries[slot].bytes == vector ? entries[slot].key : nil
        }
    }

    mutating func remember(_ bytes: UnsafeBufferPointer<UInt8>, _ key: JSONKey) {
        guard bytes.count <= Self.longest else { return }
        misses += 1
        guard misses > Self.few else { return }
        if entries.isEmpty { entries = [Entry](repeating: Entry(), count: Self.slots) }
        let vector = Self.load(bytes)
        entries[Self.slot(vector, bytes.count)] = Entry(bytes: vector, count: bytes.count, key: key)
    }
}
