import StrictJSON

/// Leads clients to a batch's results through the gateway: they follow the absolute URL in the answer wherever it leads,
/// their token with them.
///
/// Source: https://platform.claude.com/docs/en/api/messages/batches/retrieve
enum ResultsAddress {
    /// The answer with every `results_url` below `base`; everything else byte for byte.
    /// - Parameters:
    ///   - document: strict JSON.
    ///   - base: where the client reaches the service, as `https://gateway.example/claude`.
    /// - Returns: nil where a key is spelled in a way that hides it.
    static func rewrite(_ document: UnsafeRawBufferPointer, base: [UInt8]) -> [UInt8]? {
        guard !EscapedKeys.isPresent(in: document) else { return nil }
        let raw = RawJSON(bytes: document)
        var result: [UInt8] = []
        result.reserveCapacity(document.count + 128)
        var copied = 0
        var index = 0
        while let byte = raw.byte(index) {
            guard byte == UInt8(ascii: "\"") else {
                index += 1
                continue
            }
            guard let text = raw.string(at: index) else { return nil }
            index = text.upperBound + 1
            let colon = raw.skipBlanks(index)
            guard raw.byte(colon) == UInt8(ascii: ":"), raw.slice(text).equals("results_url") else { continue }
            let start = raw.skipBlanks(colon + 1)
            guard let value = raw.string(at: start) else { continue }
            result += raw.slice(copied..<start)
            if let path = path(of: raw.slice(value)) {
                result.append(UInt8(ascii: "\""))
                result += base
                result += path
                result.append(UInt8(ascii: "\""))
            } else {
                // Where it leads nobody knows.
                result += "null".utf8
            }
            index = value.upperBound + 1
            copied = index
        }
        result += raw.slice(copied..<document.count)
        return result
    }

    /// `/v1/messages/batches/ID/results` of a URL, whatever its origin.
    private static func path(of url: UnsafeRawBufferPointer) -> [UInt8]? {
        let folder = Array("/v1/messages/batches/".utf8)
        let ending = Array("/results".utf8)
        guard url.suffix(ending.count).elementsEqual(ending) else { return nil }
        for start in url.indices where url[start] == UInt8(ascii: "/") {
            guard url[start...].starts(with: folder) else { continue }
            let id = url[(start + folder.count)...].dropLast(ending.count)
            guard !id.isEmpty, id.allSatisfy(isPlain) else { return nil }
            return folder + id + ending
        }
        return nil
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
