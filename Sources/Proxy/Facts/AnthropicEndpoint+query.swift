import GrantModel

/// What a query asks for beside the path.
extension AnthropicEndpoint {
    /// Keys that say which part of a list is wanted.
    private static let pageKeys = ["after_id", "before_id", "limit", "page"]
    private static let plainQuery = ByteString("beta=true")
    /// More than any client sends.
    private static let mostKeys = 32

    /// Takes a query apart. What it could say in place of a body that is read is refused; of a path whose body is not, or that
    /// has none, a key this version does not know counts as any other field that it does not know.
    func readQuery(_ query: ByteString?, into facts: inout RequestFacts) throws(RequestFault) {
        guard let query, !query.isEmpty, query != Self.plainQuery else { return }
        var seen: [ByteString] = []
        for pair in query.bytes.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
            let key = pair.prefix { $0 != UInt8(ascii: "=") }
            let value = pair.dropFirst(key.count + 1)
            let isKnown = key.elementsEqual("beta".utf8) || isListing && Self.isKnown(key, of: operation)
            guard pair.count > key.count, isKnown || isListing && operation != "models" else {
                throw Self.fault("holds what this path does not take")
            }
            guard let name = Self.name(key) else { throw Self.fault("holds a key that is not plain text") }
            // A list is sent as one key many times.
            guard !seen.contains(name) || name.bytes.last == UInt8(ascii: "]") else {
                throw Self.fault("repeats a key")
            }
            guard seen.count < Self.mostKeys else { throw Self.fault("has too many keys") }
            seen.append(name)
            guard value.allSatisfy(isKnown ? Self.isPlain : Self.isValue) else {
                throw Self.fault("holds a value that is not plain text")
            }
            if !isKnown { try Self.take(name, value, into: &facts) }
        }
    }

    private var isListing: Bool {
        switch body {
        case .none, .any: true
        case .json: false
        }
    }

    private static func isKnown(_ key: ArraySlice<UInt8>, of operation: String) -> Bool {
        if pageKeys.contains(where: { key.elementsEqual($0.utf8) }) { return true }
        switch operation {
        case "files.list": return key.elementsEqual("scope_id".utf8)
        case "skills.list": return key.elementsEqual("source".utf8)
        default: return false
        }
    }

    /// A key this version does not know; one that names models or workspaces names them all the same.
    private static func take(
        _ name: ByteString, _ value: ArraySlice<UInt8>, into facts: inout RequestFacts
    ) throws(RequestFault) {
        let isModel = name.text.contains("model")
        let isWorkspace = name.text.contains("workspace") || name.text.contains("organization")
        if isModel || isWorkspace {
            guard (1...FactsWalk.longestName).contains(value.count), value.allSatisfy(isPlain) else {
                throw fault("holds a name that is not plain text")
            }
            facts.names.append(isModel ? .models : .workspaces, value)
        }
        let field = ByteString(Array("query: ".utf8) + name.bytes)
        if !facts.unknownFields.contains(field) { facts.unknownFields.append(field) }
    }

    /// A key of small letters, brackets as they are; nil for any other.
    private static func name(_ key: ArraySlice<UInt8>) -> ByteString? {
        var name: [UInt8] = []
        var rest = key
        while let byte = rest.first {
            if rest.starts(with: "%5B".utf8) || rest.starts(with: "%5D".utf8) {
                name.append(rest.dropFirst(2).first == UInt8(ascii: "B") ? UInt8(ascii: "[") : UInt8(ascii: "]"))
                rest = rest.dropFirst(3)
                continue
            }
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
                UInt8(ascii: "["), UInt8(ascii: "]"):
                name.append(byte)
            default: return nil
            }
            rest = rest.dropFirst()
        }
        return (1...64).contains(name.count) ? ByteString(name) : nil
    }

    private static func fault(_ what: String) -> RequestFault {
        RequestFault(status: 400, reason: "ambiguous_query", message: "the query \(what); send parameters in the body")
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: ":"):
            true
        default: false
        }
    }

    /// Of a value that nothing here depends on: `RequestTarget` has seen that its escapes are escapes.
    private static func isValue(_ byte: UInt8) -> Bool {
        isPlain(byte) || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ",")
            || byte == UInt8(ascii: "~") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "@")
    }
}
