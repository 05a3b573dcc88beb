import Foundation
import GrantModel
import Reconciler

/// What `--issuer` says: an identifier, or the name of a document in `identity/` of the clone around.
struct IssuerArgument {
    private let text: String

    init(_ text: String) {
        self.text = text
    }

    func resolve() throws(CommandFault) -> (issuer: String, authority: String?) {
        if text.contains("://") { return (text, nil) }
        let clone = try GrantsClone.find()
        let path = "identity/\(text).yaml"
        guard let bytes = clone.bytes(of: path) else {
            throw CommandFault(description: "there is no `\(path)` in `\(clone.root)`; give the issuer's URL")
        }
        let parsed = ParsedDocument(
            path: DocumentPath(ByteString(path)),
            file: FileContent(
                path: ByteString(path), bytes: bytes, blob: .none, sha256: Digest.sha256(of: bytes)))
        guard case .issuer(let issuer) = parsed.document, issuer.kind == .oidc else {
            throw CommandFault(description: "`\(path)` is no issuer of OpenID tokens; `grantctl validate` says more")
        }
        return (issuer.issuer.text, issuer.certificateAuthority)
    }
}
