import GrantModel
import StrictJSON

/// Collects the values of a JSON body by the names round them.
struct BodyFieldReader {
    /// More values than this are not looked at.
    private static let most = 4_096
    private static let deepest = 16

    private(set) var fields: [BodyField] = []
    private var path: [ByteString] = []

    /// - Returns: false when there are too many, or they lie too deep.
    mutating func read(_ element: JSONElement) -> Bool {
        var isEmpty = true
        if let object = element.object {
            guard path.count < Self.deepest else { return false }
            for (key, value) in object {
                isEmpty = false
                path.append(ByteString(Array(key)))
                defer { path.removeLast() }
                guard read(value) else { return false }
            }
        } else if let array = element.array {
            for entry in array {
                isEmpty = false
                guard read(entry) else { return false }
            }
        }
        guard isEmpty else { return true }
        guard fields.count < Self.most else { return false }
        fields.append(BodyField(path: path, value: Self.text(element)))
        return true
    }

    /// A scalar as a condition sees it; nil for null and for what is none.
    static func text(_ element: JSONElement) -> ByteString? {
        if let text = element.string { return ByteString(Array(text)) }
        if let number = element.int64 { return ByteString(String(number)) }
        if let number = element.uint64 { return ByteString(String(number)) }
        if let number = element.number { return ByteString(String(number)) }
        return element.bool.map { $0 ? "true" : "false" }
    }
}
