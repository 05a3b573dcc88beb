import GrantModel

/// The text form of OpenPGP messages (RFC 9580 section 6.2), in the one spelling that programs write.
///
/// Only framing is read here, so that a commit's signature has one text and holds one packet: `gpgv` gets the bytes inside.
enum OpenPGPArmour {
    enum Kind: String {
        case signature = "PGP SIGNATURE"
        case publicKey = "PGP PUBLIC KEY BLOCK"
    }

    private static let newline = UInt8(ascii: "\n")
    private static let mostHeaders = 8
    private static let longestLine = 76

    /// The bytes inside one block, which is all of the text.
    static func open(_ text: [UInt8], _ kind: Kind) throws(SignatureFault) -> [UInt8] {
        let malformed = SignatureFault(message: "its OpenPGP armour is not as `gpg` writes it")
        guard text.last == newline else { throw malformed }
        var lines = text.dropLast().split(separator: newline, omittingEmptySubsequences: false)[...]
        guard lines.popFirst()?.elementsEqual("-----BEGIN \(kind.rawValue)-----".utf8) == true,
            lines.popLast()?.elementsEqual("-----END \(kind.rawValue)-----".utf8) == true
        else { throw malformed }
        // `Version: …` and `Comment: …`, which mean nothing.
        var headers = 0
        while let line = lines.first, !line.isEmpty {
            guard headers < mostHeaders, isHeader(line) else { throw malformed }
            headers += 1
            lines.removeFirst()
        }
        guard lines.popFirst() != nil else { throw malformed }
        var sum: [UInt8]?
        if let last = lines.last, last.first == UInt8(ascii: "=") {
            guard last.count == 5, let bytes = Base64.decode(last.dropFirst()) else { throw malformed }
            sum = bytes
            lines.removeLast()
        }
        guard let first = lines.first, lines.allSatisfy({ !$0.isEmpty && $0.count <= longestLine }),
            lines.dropLast().allSatisfy({ $0.count == first.count }), (lines.last?.count ?? 0) <= first.count,
            let bytes = Base64.decode(Array(lines.joined()))
        else { throw malformed }
        guard sum == nil || sum == checksum(bytes) else { throw malformed }
        return bytes
    }

    private static func isHeader(_ line: ArraySlice<UInt8>) -> Bool {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex, line.count <= 200 else {
            return false
        }
        let letters = line[..<colon].allSatisfy { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
        return letters && line[(colon + 1)...].first == 0x20 && line.allSatisfy { (0x20..<0x7F).contains($0) }
    }

    /// CRC-24, RFC 9580 section 6.1.1.
    private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
        var sum: UInt32 = 0xB7_04CE
        for byte in bytes {
            sum ^= UInt32(byte) << 16
            for _ in 0..<8 {
                sum <<= 1
                if sum & 0x100_0000 != 0 { sum ^= 0x186_4CFB }
            }
        }
        return [
            UInt8(truncatingIfNeeded: sum >> 16), UInt8(truncatingIfNeeded: sum >> 8), UInt8(truncatingIfNeeded: sum),
        ]
    }
}

/// One packet of an OpenPGP message, as far as its header goes (RFC 9580 section 4.2).
struct OpenPGPPacket {
    static let signature: UInt8 = 2
    static let publicKey: UInt8 = 6
    /// Secret keys and subkeys.
    static let secret: Set<UInt8> = [5, 7]

    var tag: UInt8

    /// The packets that bytes hold, side by side to the last byte; nil where they do not, or where a length is not said
    /// at once: partial lengths are for streams.
    static func all(in bytes: [UInt8]) -> [OpenPGPPacket]? {
        var packets: [OpenPGPPacket] = []
        var rest = bytes[...]
        while let lead = rest.popFirst() {
            guard lead & 0x80 != 0 else { return nil }
            let isNew = lead & 0x40 != 0
            guard let length = isNew ? newLength(&rest) : oldLength(lead & 3, &rest), length <= rest.count else {
                return nil
            }
            packets.append(OpenPGPPacket(tag: isNew ? lead & 0x3F : (lead >> 2) & 0xF))
            rest = rest.dropFirst(length)
        }
        return packets
    }

    private static func newLength(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard let first = rest.popFirst() else { return nil }
        switch first {
        case 0..<192: return Int(first)
        case 192..<224:
            guard let second = rest.popFirst() else { return nil }
            return (Int(first) - 192) << 8 + Int(second) + 192
        case 255: return number(4, &rest)
        case _: return nil
        }
    }

    private static func oldLength(_ type: UInt8, _ rest: inout ArraySlice<UInt8>) -> Int? {
        switch type {
        case 0: number(1, &rest)
        case 1: number(2, &rest)
        case 2: number(4, &rest)
        case _: nil
        }
    }

    private static func number(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> Int? {
        guard rest.count >= count else { return nil }
        let value = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(count)
        return value
    }
}
