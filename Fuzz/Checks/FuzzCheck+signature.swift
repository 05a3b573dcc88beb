import GrantModel
import Reconciler

extension FuzzCheck {
    /// What the good signatures of the corpus are over.
    package static let message = Array("grantctl fuzz corpus\n".utf8)

    static func signature(_ input: [UInt8]) -> String? {
        // Hardly any change of an armoured text leaves good base64, so the bytes inside are changed as well.
        for text in [input, armoured(input)] {
            let verdict = SSHSignature.verify(text, message)
            if SSHSignature.verify(text, message) != verdict { return "two verdicts" }
            switch verdict {
            case .success:
                if case .success = SSHSignature.verify(text, message + [0]) { return "good for two messages" }
                if case .success = SSHSignature.verify(text, of: message, namespace: "git") {
                    return "good in two namespaces"
                }
                for more in [text + [0x0A], [0x0A] + text, text + text] {
                    if case .success = SSHSignature.verify(more, message) { return "good with something around it" }
                }
            case .failure(let fault):
                if !isPrintable(fault.message) { return "an unprintable fault: \(fault.message.debugDescription)" }
            }
        }
        return nil
    }

    /// PROTOCOL.sshsig, "Armored format".
    package static func armoured(_ blob: [UInt8]) -> [UInt8] {
        var text = Array("-----BEGIN SSH SIGNATURE-----\n".utf8)
        let encoded = Array(Base64.encode(blob).utf8)
        for start in stride(from: 0, to: encoded.count, by: 70) {
            text += encoded[start..<min(start + 70, encoded.count)] + [0x0A]
        }
        return text + Array("-----END SSH SIGNATURE-----\n".utf8)
    }
}
