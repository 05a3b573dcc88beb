import Crypto

extension Digest {
    /// 64 lower-case hexadecimal digits.
    package init?(hex: ByteString) {
        guard hex.count == 64, let bytes = decodeHex(hex.bytes) else { return nil }
        self.init(bytes: bytes)
    }

    package init?(hex: String) {
        self.init(hex: ByteString(hex))
    }

    /// The SHA-256 of `content`.
    package static func sha256(of content: some Sequence<UInt8>) -> Digest {
        var hash = SHA256()
        Array(content).withUnsafeBytes { hash.update(bufferPointer: $0) }
        return Digest(bytes: Array(hash.finalize()))
    }

    package var hex: String { encodeHex(bytes) }
}

extension Digest: CustomStringConvertible {
    package var description: String { hex }
}

extension ObjectID {
    /// The id git gives a blob of these bytes in a SHA-1 repository, known without one.
    ///
    /// An address, never a proof: what is signed and compared is SHA-256.
    package static func blob(of content: [UInt8]) -> ObjectID {
        var hash = Insecure.SHA1()
        Array("blob \(content.count)\0".utf8).withUnsafeBytes { hash.update(bufferPointer: $0) }
        content.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return ObjectID(hex: encodeHex(hash.finalize()))
    }
}

extension FileContent {
    /// A file that did not come out of a git object, its ids worked out from its bytes.
    package init(path: ByteString, bytes: [UInt8]) {
        self.init(path: path, bytes: bytes, blob: .blob(of: bytes), sha256: .sha256(of: bytes))
    }
}

private let hexDigits = Array("0123456789abcdef".utf8)

private func encodeHex(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    for byte in bytes {
        text.append(hexDigits[Int(byte >> 4)])
        text.append(hexDigits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}

private func decodeHex(_ hex: [UInt8]) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(hex.count / 2)
    var high: UInt8?
    for digit in hex {
        let value: UInt8
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
        case _: return nil
        }
        if let upper = high {
            bytes.append(upper << 4 | value)
            high = nil
        } else {
            high = value
        }
    }
    return high == nil ? bytes : nil
}
