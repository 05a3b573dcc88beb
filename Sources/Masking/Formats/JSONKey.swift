import Glibc

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

    /// By the first and the last bytes.
    @inline(__always)
    private static func slot(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return 0 }
        let raw = UnsafeRawPointer(base)
        let count = bytes.count
        let mixed: UInt64
        if count >= 8 {
            let first = raw.loadUnaligned(as: UInt64.self)
            mixed = first ^ raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self) &* 3
        } else if count >= 4 {
            let first = UInt64(raw.loadUnaligned(as: UInt32.self))
            mixed = first << 32 ^ UInt64(raw.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
        } else {
            mixed = UInt64(base[0]) << 16 ^ UInt64(base[count >> 1]) << 8 ^ UInt64(base[count &- 1])
        }
        return Int(((mixed ^ UInt64(count)) &* 0x9E37_79B9_7F4A_7C15) >> 58)
    }

    /// A key in which nothing was found.
    func known(_ bytes: UnsafeBufferPointer<UInt8>) -> JSONKey? {
        guard bytes.count <= Self.longest, !entries.isEmpty, let base = bytes.baseAddress else { return nil }
        let slot = Self.slot(bytes)
        return entries.withUnsafeBytes { entries -> JSONKey? in
            guard let first = entries.baseAddress else { return nil }
            let entry = first + slot &* MemoryLayout<Entry>.stride
            let known = entry.assumingMemoryBound(to: Entry.self)
            guard known.pointee.count == bytes.count, memcmp(entry, base, bytes.count) == 0 else { return nil }
            return known.pointee.key
        }
    }

    mutating func remember(_ bytes: UnsafeBufferPointer<UInt8>, _ key: JSONKey) {
        guard bytes.count <= Self.longest else { return }
        misses += 1
        guard misses > Self.few else { return }
        if entries.isEmpty { entries = [Entry](repeating: Entry(), count: Self.slots) }
        let vector = Self.load(bytes)
        entries[Self.slot(bytes)] = Entry(bytes: vector, count: bytes.count, key: key)
    }
}
