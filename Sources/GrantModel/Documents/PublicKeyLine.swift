/// Why a line is no public key that may sign attestations.
package struct PublicKeyFault: Error, Equatable {
    /// Lower case, one line; public keys are no secrets, so it may quote.
    package var message: String
}

extension Person.Key {
    /// Key types that SSHSIG verification knows, as OpenSSH names them (RFC 8709, RFC 5656, RFC 4253; PROTOCOL.u2f).
    static let types = [
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
        "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
    ]

    /// What an RSA key may measure, in bits: less is too weak, and more the library that verifies (BoringSSL) does not
    /// take. One bound for the line and for the signature, so that no line is accepted whose signatures never count.
    package static let rsaBits = 2_048...8_192

    /// `TYPE BASE64 [COMMENT]`, a line of a `.pub` file.
    ///
    /// The blob is taken apart, so that a line cannot name one type and hold another.
    package init(line: ByteString) throws(PublicKeyFault) {
        let parts = line.bytes.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, !parts[1].isEmpty else {
            throw PublicKeyFault(message: "\(quoted(line)) is no public key")
        }
        guard let type = Self.types.first(where: { parts[0].elementsEqual($0.utf8) }) else {
            throw PublicKeyFault(message: "\(quoted(ByteString(parts[0]))) is no key type that may sign")
        }
        guard let blob = Base64.decode(parts[1]) else {
            throw PublicKeyFault(message: "the key's base64 is broken or cut off")
        }
        try Self.check(blob, type)
        let comment = parts.count == 3 ? String(decoding: parts[2], as: UTF8.self) : ""
        self.init(blob: blob, comment: comment, fingerprint: Self.fingerprint(of: blob))
    }

    /// `SHA256:` and the unpadded base64 of the blob's SHA-256, as `ssh-keygen -l` prints it.
    package static func fingerprint(of blob: [UInt8]) -> ByteString {
        ByteString("SHA256:" + Base64.encode(Digest.sha256(of: blob).bytes, padded: false))
    }

    private static func check(_ blob: [UInt8], _ type: String) throws(PublicKeyFault) {
        var wire = SSHWire(blob)
        guard let inner = wire.string(), inner.elementsEqual(type.utf8) else {
            throw PublicKeyFault(message: "the key says `\(type)` and holds another type")
        }
        let sound: Bool
        switch type {
        case "ssh-ed25519": sound = wire.string()?.count == 32
        case "sk-ssh-ed25519@openssh.com": sound = wire.string()?.count == 32 && wire.string()?.isEmpty == false
        case "ecdsa-sha2-nistp256": sound = wire.point("nistp256", 32)
        case "ecdsa-sha2-nistp384": sound = wire.point("nistp384", 48)
        case "ecdsa-sha2-nistp521": sound = wire.point("nistp521", 66)
        case "sk-ecdsa-sha2-nistp256@openssh.com":
            sound = wire.point("nistp256", 32) && wire.string()?.isEmpty == false
        case _:
            guard let exponent = wire.string(), let modulus = wire.string(), !exponent.isEmpty else {
                throw PublicKeyFault(message: "the key's contents are malformed")
            }
            // A positive mpint has a leading zero byte where its top bit is set (RFC 4251 section 5).
            let magnitude = modulus.drop { $0 == 0 }
            let bits = magnitude.count * 8 - (magnitude.first?.leadingZeroBitCount ?? 0)
            guard bits >= rsaBits.lowerBound else {
                throw PublicKeyFault(
                    message: "the RSA key has \(bits) bits, at least \(rsaBits.lowerBound) are needed")
            }
            guard bits <= rsaBits.upperBound else {
                throw PublicKeyFault(
                    message: "the RSA key has \(bits) bits, at most \(rsaBits.upperBound) can be verified")
            }
            sound = modulus.count <= magnitude.count + 1
        }
        guard sound, wire.isAtEnd else { throw PublicKeyFault(message: "the key's contents are malformed") }
    }
}

/// Reads the wire format of RFC 4251 section 5.
private struct SSHWire {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func string() -> ArraySlice<UInt8>? {
        guard rest.count >= 4 else { return nil }
        let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard rest.count - 4 >= length else { return nil }
        defer { rest = rest.dropFirst(4 + length) }
        return rest.dropFirst(4).prefix(length)
    }

    /// A curve's name and an uncompressed point on it (SEC 1 section 2.3.3).
    mutating func point(_ curve: String, _ size: Int) -> Bool {
        guard let name = string(), name.elementsEqual(curve.utf8), let point = string() else { return false }
        return point.count == 1 + 2 * size && point.first == 4
    }
}
