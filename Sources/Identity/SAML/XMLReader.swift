import GrantModel

/// Why bytes are no document that is read here.
enum XMLFault: Error, Sendable, Hashable {
    /// Not UTF-8, or declared to be something else.
    case encoding
    case documentType
    case entity
    /// Comments, processing instructions and CDATA sections, where they are not expected.
    case decoration
    case malformed
    case tooComplex
}

/// Reads the part of XML 1.0 with namespaces that SAML needs, in one pass over the bytes and in time proportional to them.
///
/// There is no document type, so there are no entities but the five of XML itself, no default attributes and nothing that
/// leads outside. What is left out on purpose is refused, never skipped; names are ASCII.
struct XMLReader {
    struct Limits: Sendable {
        var elements: Int
        var attributes = 64
        var namespaces: Int
        var depth = 32
        /// Comments and processing instructions are passed over instead of refused.
        var allowsDecoration = false

        static let assertion = Limits(elements: 4_096, namespaces: 256)
        static let metadata = Limits(elements: 20_000, namespaces: 1_024, allowsDecoration: true)
    }

    private struct Open {
        var element: XMLElement
        var qualifiedName: ArraySlice<UInt8>
        /// How many bindings were in scope outside it.
        var bindings: Int
    }

    private let bytes: [UInt8]
    private let limits: Limits
    private var index = 0
    private var elements = 0
    private var declared = 0
    private var open: [Open] = []
    private var bindings: [(prefix: ArraySlice<UInt8>, name: ByteString)] = [
        (Array("xml".utf8)[...], XMLNamespace.xml)
    ]

    static func read(_ bytes: [UInt8], limits: Limits) throws(XMLFault) -> XMLElement {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .encoding }
        var reader = XMLReader(bytes, limits)
        return try reader.document()
    }

    private init(_ bytes: [UInt8], _ limits: Limits) {
        self.bytes = bytes
        self.limits = limits
    }

    private mutating func document() throws(XMLFault) -> XMLElement {
        if limits.allowsDecoration, starts(with: "\u{FEFF}") { index += 3 }
        if starts(with: "<?xml"), index + 5 < bytes.count, Self.isBlank(bytes[index + 5]) { try declaration() }
        var root: XMLElement?
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "<") {
                if let closed = try markup() {
                    guard root == nil else { throw .malformed }
                    root = closed
                }
            } else if open.isEmpty {
                guard Self.isBlank(bytes[index]) else { throw .malformed }
                index += 1
            } else {
                try text()
            }
            guard root == nil || open.isEmpty else { throw .malformed }
        }
        guard let root, open.isEmpty else { throw .malformed }
        return root
    }

    /// `<?xml version="1.0" encoding="UTF-8"?>`, and nothing that says otherwise.
    private mutating func declaration() throws(XMLFault) {
        guard let end = find("?>") else { throw .malformed }
        let text = bytes[index..<end].map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        let words = String(decoding: text, as: UTF8.self)
        guard words.contains("version=\"1.0\"") || words.contains("version='1.0'") else { throw .malformed }
        if words.contains("encoding") {
            guard words.contains("encoding=\"utf-8\"") || words.contains("encoding='utf-8'") else { throw .encoding }
        }
        index = end + 2
    }

    /// - Returns: the root, once it is closed.
    private mutating func markup() throws(XMLFault) -> XMLElement? {
        if starts(with: "<!--") {
            guard limits.allowsDecoration, let end = find("-->") else { throw .decoration }
            index = end + 3
            return nil
        }
        if starts(with: "<![CDATA[") { throw .decoration }
        if starts(with: "<!") { throw .documentType }
        if starts(with: "<?") {
            guard limits.allowsDecoration, let end = find("?>") else { throw .decoration }
            index = end + 2
            return nil
        }
        if starts(with: "</") {
            index += 2
            let name = try self.name()
            skipBlanks()
            try expect(UInt8(ascii: ">"))
            guard let last = open.last, last.qualifiedName.elementsEqual(name) else { throw .malformed }
            return close()
        }
        index += 1
        return try start()
    }

    private mutating func start() throws(XMLFault) -> XMLElement? {
        elements += 1
        guard elements <= limits.elements, open.count < limits.depth else { throw .tooComplex }
        let qualifiedName = try name()
        let outside = bindings.count
        var written: [(name: ArraySlice<UInt8>, value: ByteString)] = []
        while true {
            let before = index
            skipBlanks()
            guard index < bytes.count else { throw .malformed }
            if bytes[index] == UInt8(ascii: ">") || bytes[index] == UInt8(ascii: "/") { break }
            guard index > before else { throw .malformed }
            let name = try self.name()
            skipBlanks()
            try expect(UInt8(ascii: "="))
            skipBlanks()
            let value = try attributeValue()
            guard written.count < limits.attributes else { throw .tooComplex }
            written.append((name, value))
        }
        try bind(written)
        var element = XMLElement(namespace: "", name: "")
        (element.namespace, element.name) = try resolved(qualifiedName, isAttribute: false)
        for (name, value) in written where !Self.isDeclaration(name) {
            let (namespace, local) = try resolved(name, isAttribute: true)
            guard !element.attributes.contains(where: { $0.name == local && $0.namespace == namespace }) else {
                throw .malformed
            }
            element.attributes.append(XMLElement.Attribute(namespace: namespace, name: local, value: value))
        }
        open.append(Open(element: element, qualifiedName: qualifiedName, bindings: outside))
        if bytes[index] == UInt8(ascii: "/") {
            index += 1
            try expect(UInt8(ascii: ">"))
            return close()
        }
        index += 1
        return nil
    }

    private mutating func close() -> XMLElement? {
        guard let closed = open.popLast() else { return nil }
        bindings.removeLast(bindings.count - closed.bindings)
        guard !open.isEmpty else { return closed.element }
        open[open.count - 1].element.children.append(closed.element)
        return nil
    }

    // MARK: Namespaces

    private static func isDeclaration(_ name: ArraySlice<UInt8>) -> Bool {
        name.elementsEqual("xmlns".utf8) || name.starts(with: "xmlns:".utf8)
    }

    private mutating func bind(_ attributes: [(name: ArraySlice<UInt8>, value: ByteString)]) throws(XMLFault) {
        let first = bindings.count
        for (name, value) in attributes where Self.isDeclaration(name) {
            declared += 1
            guard declared <= limits.namespaces else { throw .tooComplex }
            let prefix = name.dropFirst(min(6, name.count))
            // A prefix cannot be unbound, and those of XML itself cannot be bound (Namespaces in XML 1.0 section 3).
            guard !value.isEmpty || prefix.isEmpty, !prefix.starts(with: "xml".utf8), value != XMLNamespace.xml,
                value != "http://www.w3.org/2000/xmlns/",
                !bindings[first...].contains(where: { $0.prefix.elementsEqual(prefix) })
            else { throw .malformed }
            bindings.append((prefix, value))
        }
    }

    private func resolved(
        _ qualifiedName: ArraySlice<UInt8>, isAttribute: Bool
    ) throws(XMLFault) -> (namespace: ByteString, name: ByteString) {
        guard let colon = qualifiedName.firstIndex(of: UInt8(ascii: ":")) else {
            let name = ByteString(Array(qualifiedName))
            guard !isAttribute else { return ("", name) }
            return (bindings.last { $0.prefix.isEmpty }?.name ?? "", name)
        }
        let prefix = qualifiedName[..<colon]
        guard let namespace = bindings.last(where: { $0.prefix.elementsEqual(prefix) })?.name else { throw .malformed }
        return (namespace, ByteString(Array(qualifiedName[(colon + 1)...])))
    }

    // MARK: Characters

    private mutating func name() throws(XMLFault) -> ArraySlice<UInt8> {
        let start = index
        var colons = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
                break
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
                guard index > start, bytes[index - 1] != UInt8(ascii: ":") else { throw .malformed }
            case UInt8(ascii: ":"):
                colons += 1
                guard index > start, colons == 1 else { throw .malformed }
            default:
                guard index > start, bytes[index - 1] != UInt8(ascii: ":"), index - start <= 256 else {
                    throw .malformed
                }
                return bytes[start..<index]
            }
            index += 1
        }
        throw .malformed
    }

    private mutating func attributeValue() throws(XMLFault) -> ByteString {
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") || bytes[index] == UInt8(ascii: "'") else {
            throw .malformed
        }
        let quote = bytes[index]
        index += 1
        var value: [UInt8] = []
        while index < bytes.count, bytes[index] != quote {
            switch bytes[index] {
            case UInt8(ascii: "<"): throw .malformed
            case UInt8(ascii: "&"): try reference(into: &value)
            case 0x0D where index + 1 < bytes.count && bytes[index + 1] == 0x0A: index += 1
            case 0x09, 0x0A, 0x0D:
                // XML 1.0 section 3.3.3.
                value.append(0x20)
                index += 1
            default: try character(into: &value)
            }
        }
        try expect(quote)
        return ByteString(value)
    }

    private mutating func text() throws(XMLFault) {
        var text: [UInt8] = []
        while index < bytes.count, bytes[index] != UInt8(ascii: "<") {
            switch bytes[index] {
            case UInt8(ascii: "&"): try reference(into: &text)
            case 0x0D:
                // Line ends are one character (XML 1.0 section 2.11).
                index += 1
                if index >= bytes.count || bytes[index] != 0x0A { text.append(0x0A) }
            case UInt8(ascii: ">") where text.suffix(2).elementsEqual("]]".utf8): throw .malformed
            default: try character(into: &text)
            }
        }
        open[open.count - 1].element.text += text
    }

    private mutating func character(into text: inout [UInt8]) throws(XMLFault) {
        let byte = bytes[index]
        guard byte >= 0x20 || byte == 0x09 || byte == 0x0A, byte != 0x7F else { throw .malformed }
        // U+FFFE and U+FFFF are no characters of XML (section 2.2).
        if byte == 0xEF, index + 2 < bytes.count, bytes[index + 1] == 0xBF, bytes[index + 2] >= 0xBE {
            throw .malformed
        }
        text.append(byte)
        index += 1
    }

    /// `&amp;` and its like, `&#10;`, `&#xA;`.
    private mutating func reference(into text: inout [UInt8]) throws(XMLFault) {
        guard let end = bytes[index...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { throw .entity }
        let name = bytes[(index + 1)..<end]
        index = end + 1
        switch String(decoding: name, as: UTF8.self) {
        case "amp": text.append(UInt8(ascii: "&"))
        case "lt": text.append(UInt8(ascii: "<"))
        case "gt": text.append(UInt8(ascii: ">"))
        case "quot": text.append(UInt8(ascii: "\""))
        case "apos": text.append(UInt8(ascii: "'"))
        default:
            guard name.first == UInt8(ascii: "#") else { throw .entity }
            let isHexadecimal = name.dropFirst().first == UInt8(ascii: "x")
            let digits = name.dropFirst(isHexadecimal ? 2 : 1)
            // `Int` alone would also take a sign.
            guard
                digits.allSatisfy({ (0x30...0x39).contains($0) || (isHexadecimal && (0x41...0x46).contains($0 & 0xDF)) }
                ),
                let value = UInt32(String(decoding: digits, as: UTF8.self), radix: isHexadecimal ? 16 : 10),
                let scalar = Unicode.Scalar(value), value >= 0x20 || value == 9 || value == 10 || value == 13,
                value != 0xFFFE, value != 0xFFFF
            else { throw .malformed }
            text += Array(String(Character(scalar)).utf8)
        }
    }

    // MARK: Bytes

    private func starts(with text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[index...].starts(with: $0) }
    }

    /// The next place of `text`.
    private func find(_ text: String) -> Int? {
        let wanted = Array(text.utf8)
        var place = index
        while place + wanted.count <= bytes.count {
            if bytes[place] == wanted[0], bytes[place..<(place + wanted.count)].elementsEqual(wanted) { return place }
            place += 1
        }
        return nil
    }

    private mutating func skipBlanks() {
        while index < bytes.count, Self.isBlank(bytes[index]) { index += 1 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    private mutating func expect(_ byte: UInt8) throws(XMLFault) {
        guard index < bytes.count, bytes[index] == byte else { throw .malformed }
        index += 1
    }
}
