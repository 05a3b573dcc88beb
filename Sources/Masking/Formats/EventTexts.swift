/// Where in an event's JSON the text stands that goes on in the next event, by the names that streaming interfaces give it:
/// whatever is below a `delta` or `choices`, and `text`, `content`, `token` and their like anywhere.
struct EventTexts {
    struct Text {
        /// The keys and indices that lead to it: texts of one path are one text.
        var path: [UInt8]
        /// Without its quotes, as it is spelled.
        var range: Range<Int>
    }

    private(set) var texts: [Text] = []
    /// Says of itself that nothing follows: `"done": true`, a `finish_reason`, an error.
    private(set) var isLast = false
    private(set) var isPing = false
    /// A whole message, whatever its texts are called (JSON-RPC 2.0 §4).
    private(set) var isWhole = false
    /// What tells messages apart that come one after the other.
    private(set) var id: ArraySlice<UInt8> = []

    private let bytes: [UInt8]
    private var place = 0
    private var path: [UInt8] = []
    /// How many of the keys that lead here announce a piece of text.
    private var deltas = 0

    /// - Returns: nil where this is no JSON that can be read in one way.
    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard value(key: [], depth: 0) else { return nil }
        blanks()
        guard place == bytes.count else { return nil }
        if isWhole || isPing { texts = [] }
    }

    private mutating func blanks() {
        while place < bytes.count, bytes[place].isBlank { place += 1 }
    }

    private var byte: UInt8 { place < bytes.count ? bytes[place] : 0 }

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

    private mutating func value(key: ArraySlice<UInt8>, depth: Int) -> Bool {
        blanks()
        guard depth < 64 else { return false }
        let length = path.count
        let before = deltas
        path.append(UInt8(ascii: "/"))
        path.append(contentsOf: key)
        if Self.announces(key) { deltas += 1 }
        defer {
            path.removeSubrange(length...)
            deltas = before
        }
        switch byte {
        case UInt8(ascii: "{"):
            if depth == 1, key.elementsEqual("error".utf8) { isLast = true }
            return object(depth: depth)
        case UInt8(ascii: "["): return list(depth: depth)
        case UInt8(ascii: "\""):
            guard let text = string() else { return false }
            take(key, text, depth: depth)
            return true
        default:
            let start = place
            while place < bytes.count, !",}]".utf8.contains(bytes[place]), !bytes[place].isBlank { place += 1 }
            if bytes[start..<place].elementsEqual("true".utf8),
                Self.ends.contains(where: { key.elementsEqual($0.utf8) })
            {
                isLast = true
            }
            if depth == 1, key.elementsEqual("id".utf8) { id = bytes[start..<place] }
            return place > start
        }
    }

    private mutating func object(depth: Int) -> Bool {
        place += 1
        blanks()
        if byte == UInt8(ascii: "}") {
            place += 1
            return true
        }
        while true {
            blanks()
            guard let name = string() else { return false }
            blanks()
            guard byte == UInt8(ascii: ":") else { return false }
            place += 1
            guard value(key: bytes[name], depth: depth + 1) else { return false }
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

    private mutating func list(depth: Int) -> Bool {
        place += 1
        blanks()
        if byte == UInt8(ascii: "]") {
            place += 1
            return true
        }
        var index = 0
        while true {
            let number = Array("\(index)".utf8)
            guard value(key: number[...], depth: depth + 1) else { return false }
            index += 1
            blanks()
            if byte == UInt8(ascii: ",") {
                place += 1
                continue
            }
            guard byte == UInt8(ascii: "]") else { return false }
            place += 1
            return true
        }
    }

    private mutating func take(_ key: ArraySlice<UInt8>, _ text: Range<Int>, depth: Int) {
        if depth == 1 {
            if key.elementsEqual("jsonrpc".utf8) { isWhole = true }
            if key.elementsEqual("id".utf8) { id = bytes[text] }
            if key.elementsEqual("type".utf8) || key.elementsEqual("event".utf8) {
                let name = bytes[text]
                isPing = ["ping", "heartbeat", "keepalive", "keep-alive"].contains { name.elementsEqual($0.utf8) }
                isLast =
                    isLast || ["error", "done", "end", "complete", "finish"].contains { name.elementsEqual($0.utf8) }
            }
            if key.elementsEqual("error".utf8) { isLast = true }
        }
        if text.isEmpty { return }
        if Self.ends.contains(where: { key.elementsEqual($0.utf8) }) { isLast = true }
        guard depth == 0 || Self.isText(key) || deltas > 0 && !Self.isName(key) else { return }
        texts.append(Text(path: path, range: text))
    }

    private static func announces(_ key: ArraySlice<UInt8>) -> Bool {
        key.elementsEqual("delta".utf8) || key.elementsEqual("choices".utf8)
    }

    private static func isText(_ key: ArraySlice<UInt8>) -> Bool {
        textKeys.contains { key.elementsEqual($0.utf8) }
    }

    /// What stands beside a text and is no part of it.
    private static func isName(_ key: ArraySlice<UInt8>) -> Bool {
        nameKeys.contains { key.elementsEqual($0.utf8) }
    }

    private static let textKeys = [
        "text", "content", "delta", "token", "chunk", "completion", "response", "answer", "output_text",
        "generated_text",
        "partial_json", "arguments", "reasoning", "reasoning_content", "thinking", "transcript", "piece", "append",
    ]
    private static let nameKeys = [
        "role", "id", "type", "name", "object", "model", "status", "event", "index", "tool_call_id", "call_id",
        "item_id",
        "finish_reason", "stop_reason", "signature", "service_tier", "system_fingerprint",
    ]
    private static let ends = ["finish_reason", "finishReason", "stop_reason", "done", "finished", "is_final", "final"]
}
