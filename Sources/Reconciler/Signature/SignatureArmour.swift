import Foundation
import GrantModel

/// The text form of an SSHSIG (PROTOCOL.sshsig, "Armored format"), exactly as `ssh-keygen -Y sign` writes it.
enum SignatureArmour {
    /// Far above what the largest accepted key needs (RSA with 8192 bits: 3 KiB).
    static let longest = 16 * 1024

    private static let header = Array("-----BEGIN SSH SIGNATURE-----\n".utf8)
    private static let footer = Array("-----END SSH SIGNATURE-----\n".utf8)
    private static let columns = 70

    /// The bytes inside.
    ///
    /// They are put into armour again and compared, so that one signature has one text: no CRLF, other line lengths,
    /// text around it, or bits hidden in the padding, all of which OpenSSH reads past.
    static func open(_ text: [UInt8]) throws(SignatureFault) -> [UInt8] {
        guard text.count <= longest else { throw SignatureFault(message: "the signature file is too large") }
        guard text.starts(with: header), text.count >= header.count + footer.count,
            text.suffix(footer.count).elementsEqual(footer)
        else {
            throw SignatureFault(message: "not an ssh signature as `ssh-keygen -Y sign` writes it")
        }
        let body = text[header.count..<(text.count - footer.count)].filter { $0 != UInt8(ascii: "\n") }
        guard let blob = Data(base64Encoded: Data(body)), close(Array(blob)) == text else {
            throw SignatureFault(message: "the signature's armour is not as `ssh-keygen -Y sign` writes it")
        }
        return Array(blob)
    }

    static func close(_ blob: [UInt8]) -> [UInt8] {
        let encoded = Array(Data(blob).base64EncodedData())
        var text = header
        text.reserveCapacity(header.count + encoded.count + encoded.count / columns + 1 + footer.count)
        for start in stride(from: 0, to: encoded.count, by: columns) {
            text += encoded[start..<min(start + columns, encoded.count)]
            text.append(UInt8(ascii: "\n"))
        }
        return text + footer
    }
}
