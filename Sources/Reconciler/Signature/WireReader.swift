import GrantModel

/// Reads the data types of the SSH protocol (RFC 4251 section 5), accepting only the one encoding a writer would choose.
struct WireReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() throws(SignatureFault) -> UInt8 {
        guard let first = rest.popFirst() else { throw Self.truncated }
        return first
    }

    mutating func bytes(_ count: Int) throws(SignatureFault) -> [UInt8] {
        guard count >= 0, rest.count >= count else { throw Self.truncated }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func uint32() throws(SignatureFault) -> UInt32 {
        try bytes(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// `string`: a length and as many bytes.
    mutating func string() throws(SignatureFault) -> [UInt8] {
        try bytes(Int(uint32()))
    }

    /// `mpint` of a positive number, its magnitude without leading zeros.
    ///
    /// OpenSSH drops surplus zeros; a second spelling of one signature has no use here, so it is refused.
    mutating func positiveInteger() throws(SignatureFault) -> [UInt8] {
        let text = try string()
        guard let first = text.first else { throw SignatureFault(message: "a number of the signature is zero") }
        guard first < 0x80 else { throw SignatureFault(message: "a number of the signature is negative") }
        guard first == 0 else { return text }
        guard text.count > 1, text[1] >= 0x80 else {
            throw SignatureFault(message: "a number of the signature has surplus leading zeros")
        }
        return Array(text.dropFirst())
    }

    func end(of what: String) throws(SignatureFault) {
        guard rest.isEmpty else { throw SignatureFault(message: "bytes follow the \(what)") }
    }

    private static let truncated = SignatureFault(message: "the signature is cut short")
}

/// Writes the same types.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ more: some Sequence<UInt8>) {
        bytes.append(contentsOf: more)
    }

    mutating func uint32(_ value: UInt32) {
        for shift in stride(from: 24, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func string(_ text: some Collection<UInt8>) {
        uint32(UInt32(truncatingIfNeeded: text.count))
        bytes.append(contentsOf: text)
    }
}
