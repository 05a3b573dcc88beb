import NIOHTTP1

/// The field names that a `Connection` field claims for this connection alone (RFC 9110 §7.6.1).
struct ConnectionOptions {
    /// In lower case.
    private var names: [[UInt8]] = []

    init(_ headers: HTTPHeaders) {
        for (name, value) in headers {
            guard name.utf8.count == 10 else { continue }
            var name = name
            guard name.withUTF8({ $0.isField("connection") }) else { continue }
            var value = value
            value.withUTF8 { read($0) }
        }
    }

    var isEmpty: Bool { names.isEmpty }

    func contains(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { name in
            names.contains { $0.elementsEqual(name.lazy.map(\.asciiLowercased)) }
        }
    }

    private mutating func read(_ list: UnsafeBufferPointer<UInt8>) {
        // What nearly every message says.
        guard !list.isField("keep-alive"), !list.isField("close") else { return }
        for option in list.split(separator: UInt8(ascii: ",")) {
            let name = option.withoutFieldBlanks.map(\.asciiLowercased)
            if !name.isEmpty, !name.elementsEqual("close".utf8), !name.elementsEqual("keep-alive".utf8) {
                names.append(name)
            }
        }
    }
}
