/// `identity/NAME.xml`: what a SAML identity provider publishes of itself, beside the issuer that names it.
///
/// Kept as bytes: whoever verifies assertions reads them. Here is only found out what makes a file unfit whatever it says.
package struct IssuerMetadata: Hashable, Sendable, Codable {
    /// The file's name without `.xml`.
    package var name: ByteString
    package var bytes: [UInt8]

    package init(name: ByteString, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    static func read(_ name: ByteString, _ file: FileContent) -> ParsedDocument {
        if let problem = problem(in: file.bytes, path: file.path.text) {
            return ParsedDocument(document: nil, diagnostics: [problem])
        }
        return ParsedDocument(
            document: .metadata(IssuerMetadata(name: name, bytes: file.bytes)), diagnostics: [])
    }

    private static func problem(in bytes: [UInt8], path: String) -> Diagnostic? {
        func error(_ message: String, help: String) -> Diagnostic {
            Diagnostic(path: path, code: "bad-metadata", message: message, help: help)
        }
        guard bytes.count <= DocumentReader.limit else {
            return error(
                "the file has \(bytes.count) bytes, and at most \(DocumentReader.limit) are read",
                help: "leave out what no SAML service provider needs, or give the URL of the metadata")
        }
        guard let text = String(validating: bytes, as: UTF8.self), text.utf8.first == UInt8(ascii: "<") else {
            return error("the file is not XML in UTF-8", help: "save what the identity provider publishes, as it is")
        }
        guard !text.contains("<!DOCTYPE"), !text.contains("<!ENTITY") else {
            return error("the file has a document type", help: "remove it: none is read")
        }
        guard text.contains("EntityDescriptor") else {
            return error("the file describes no SAML entity", help: "save the identity provider's metadata here")
        }
        return nil
    }
}
