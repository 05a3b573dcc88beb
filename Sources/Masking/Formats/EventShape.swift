/// What matters of an event's JSON: its types, and where in it the text stands that goes on in the next event.
struct EventShape {
    enum Stream: Sendable {
        /// Prose: `delta.text`.
        case text
        /// JSON in a string: `delta.partial_json`.
        case json
        /// Signed: `delta.thinking`.
        case thinking
    }

    private(set) var type: ArraySlice<UInt8> = []
    private(set) var innerType: ArraySlice<UInt8> = []
    private(set) var index = 0
    /// The string that is continued, without its quotes.
    private(set) var range: Range<Int>?
    private(set) var stream = Stream.text
    /// Holds a key whose value nobody here can read: `encrypted_content`, `data` of a source.
    private(set) var isOpaque = false
    private(set) var hasSignature = false

    private let bytes: [UInt8]
    private var place = 0

    /// - Returns: nil where this is no object that can be read in one way.
    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard object(depth: 0, inner: false) else { return nil }
        blanks()
        guard place == bytes.count else { return nil }
    }

    private mutating func blanks() {
        while place < bytes.count, bytes[place].isBlank { place += 1 }
    }

    private var byte: UInt8 { place < bytes.count ? bytes[place] : 0 }

    /// - Returns: the string's contents as they are spelled.
    private mutating func string() -> Range<Int>? {
        guard byte == UInt8(ascii: "\"") else { return nil }
        place += 1
        let start = place
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
            place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard place < bytes.count else { return nil }
        defer { place += 1 }
        return start..<place
    }

    private mutating func object(depth: Int, inner: Bool) -> Bool {
        blanks()
        guard byte == UInt8(ascii: "{"), depth < 64 else { return false }
        place += 1
        var seen: [ArraySlice<UInt8>] = []
        blanks()
        if byte == UInt8(ascii: "}") {
            place += 1
            return true
        }
        while true {
            blanks()
            guard let name = string() else { return false }
            let key = bytes[name]
            // Two of a kind, or one that is spelled otherwise: readers may take either.
            guard !seen.contains(key), !key.contains(UInt8(ascii: "\\")) || depth > 1 else { return false }
            if depth < 2 { seen.append(key) }
            blanks()
            guard byte == UInt8(ascii: ":") else { return false }
            place += 1
            guard value(key, depth: depth, inner: inner) else { return false }
            blanks()
            if byte == UInt8(ascii: ",") {
                place += 1
                continue
            }
            guard byte == UInt8(ascii: "}") else { return false }
            place += 1
            return true
        }
    }

    private mutating func value(_ key: ArraySlice<UInt8>, depth: Int, inner: Bool) -> Bool {
        blanks()
        switch byte {
        case UInt8(ascii: "{"):
            let isInner = depth == 0 && (key.elementsEqual("delta".utf8) || key.elementsEqual("content_block".utf8))
            return object(depth: depth + 1, inner: isInner)
        case UInt8(ascii: "["):
            place += 1
            blanks()
            if byte == UInt8(ascii: "]") {
                place += 1
                return true
            }
            while true {
                guard depth < 64, value([], depth: depth + 1, inner: false) else { return false }
                blanks()
                if byte == UInt8(ascii: ",") {
                    place += 1
                    continue
                }
                guard byte == UInt8(ascii: "]") else { return false }
                place += 1
                return true
            }
        case UInt8(ascii: "\""):
            guard let text = string() else { return false }
            take(key, text, depth: depth, inner: inner)
            return true
        default:
            let start = place
            while place < bytes.count, !",}]".utf8.contains(bytes[place]), !bytes[place].isBlank { place += 1 }
            if depth == 0, key.elementsEqual("index".utf8) {
                index = bytes[start..<place].reduce(0) {
                    $1.isASCIIDigit ? min(1 << 30, $0 * 10 + Int($1 &- 0x30)) : $0
                }
            }
            return place > start
        }
    }

    private mutating func take(_ key: ArraySlice<UInt8>, _ text: Range<Int>, depth: Int, inner: Bool) {
        if key.elementsEqual("encrypted_content".utf8) || key.elementsEqual("encrypted_stdout".utf8) { isOpaque = true }
        if depth > 0, key.elementsEqual("data".utf8), text.count > 0 { isOpaque = true }
        if depth == 0, key.elementsEqual("type".utf8) { type = bytes[text] }
        guard inner else { return }
        if key.elementsEqual("type".utf8) { innerType = bytes[text] }
        if key.elementsEqual("signature".utf8), !text.isEmpty { hasSignature = true }
        if key.elementsEqual("text".utf8) { (range, stream) = (text, .text) }
        if key.elementsEqual("partial_json".utf8) { (range, stream) = (text, .json) }
        if key.elementsEqual("thinking".utf8) { (range, stream) = (text, .thinking) }
    }

    func isType(_ name: StaticString) -> Bool { type.elementsEqual(UnsafeBufferPointer(name)) }
    func isInnerType(_ name: StaticString) -> Bool { innerType.elementsEqual(UnsafeBufferPointer(name)) }
}

extension UnsafeBufferPointer<UInt8> {
    init(_ text: StaticString) { self.init(start: text.utf8Start, count: text.utf8CodeUnitCount) }
}
