import GrantModel

/// What must be so of a document before xmlsec1 sees it: one assertion, one signature, and that one of the only form that
/// covers the whole assertion and nothing else.
///
/// Nothing that is found here is used as a fact about the caller: those are read from the bytes that the signature covers.
struct SAMLShape {
    /// What the assertion says its issuer is: not believed, it only picks the keys to try.
    let claimedIssuer: ByteString
    let identifier: ByteString

    static let longest = 256 << 10

    init(_ bytes: [UInt8]) throws(SAMLFault) {
        guard bytes.count <= Self.longest else { throw .tooLarge }
        let root: XMLElement
        do throws(XMLFault) {
            root = try XMLReader.read(bytes, limits: .assertion)
        } catch {
            throw error.ofAssertion
        }
        let census = Census(root)
        guard !census.isEncrypted else { throw .encrypted }
        guard census.assertions > 0,
            root.is("Assertion", XMLNamespace.assertion) || root.is("Response", XMLNamespace.protocol)
        else { throw .notAnAssertion }
        guard census.assertions == 1 else { throw .several }
        let assertion: XMLElement
        if root.is("Assertion", XMLNamespace.assertion) {
            assertion = root
        } else {
            guard let child = root.child("Assertion", XMLNamespace.assertion) else { throw .notAnAssertion }
            assertion = child
        }
        guard census.signatures > 0 else { throw .unsigned }
        guard census.signatures == 1 else { throw .severalSignatures }
        guard let signature = assertion.child("Signature", XMLNamespace.signature) else { throw .unsigned }
        guard let identifier = assertion["ID"], Self.isName(identifier), !census.hasForeignIdentifiers,
            census.identifiers.count(where: { $0 == identifier }) == 1
        else { throw .identifiers }
        try Self.check(signature, covers: identifier)
        guard let issuer = assertion.child("Issuer", XMLNamespace.assertion)?.plainText else { throw .content }
        claimedIssuer = issuer
        self.identifier = identifier
    }

    /// What there is in a document, wherever it is.
    private struct Census {
        var assertions = 0
        var signatures = 0
        var isEncrypted = false
        var identifiers: [ByteString] = []
        /// Ids that a processor may take for such without being told.
        var hasForeignIdentifiers = false

        init(_ root: XMLElement) {
            root.walk { element in
                if element.is("Assertion", XMLNamespace.assertion) { assertions += 1 }
                if element.is("Signature", XMLNamespace.signature) { signatures += 1 }
                if element.namespace == XMLNamespace.encryption
                    || (element.namespace == XMLNamespace.assertion
                        && ["EncryptedAssertion", "EncryptedID", "EncryptedAttribute"].contains(element.name))
                {
                    isEncrypted = true
                }
                for attribute in element.attributes {
                    let isIdentifier = attribute.name.bytes.map { $0 | 0x20 }.elementsEqual("id".utf8)
                    if isIdentifier { identifiers.append(attribute.value) }
                    if isIdentifier, !attribute.namespace.isEmpty { hasForeignIdentifiers = true }
                }
            }
        }
    }

    /// An NCName of ASCII letters, as every provider makes them.
    private static func isName(_ text: ByteString) -> Bool {
        guard let first = text.bytes.first, text.count <= 256 else { return false }
        func isLetter(_ byte: UInt8) -> Bool {
            (0x41...0x5A).contains(byte & 0xDF) && byte & 0x40 != 0 || byte == UInt8(ascii: "_")
        }
        return isLetter(first)
            && text.bytes.allSatisfy {
                isLetter($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
            }
    }

    // MARK: The signature

    private static let canonicalization: ByteString = "http://www.w3.org/2001/10/xml-exc-c14n#"
    private static let enveloped: ByteString = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
    /// RFC 9231 sections 2.3.2 to 2.3.6.
    private static let signatureMethods: Set<ByteString> = [
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
    ]
    private static let digestMethods: Set<ByteString> = [
        "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    ]

    /// What much software still does unless told otherwise: worth a sentence of its own.
    private static let sha1: Set<ByteString> = [
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1", "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1", "http://www.w3.org/2000/09/xmldsig#sha1",
    ]

    /// One of `accepted`, and nothing between its tags.
    private static func check(
        algorithm element: XMLElement, among accepted: Set<ByteString>
    ) throws(SAMLFault) {
        guard let name = element["Algorithm"], accepted.contains(name) else {
            throw element["Algorithm"].map(sha1.contains) == true ? .sha1 : .algorithm
        }
        guard element.children.isEmpty else { throw .signatureShape }
    }

    /// XML Signature Syntax and Processing 1.1 section 4, of which SAML 2.0 core section 5.4 leaves little.
    private static func check(_ signature: XMLElement, covers identifier: ByteString) throws(SAMLFault) {
        let parts = signature.children.map(\.name)
        guard signature.children.allSatisfy({ $0.namespace == XMLNamespace.signature }), hasNoText(signature),
            parts == ["SignedInfo", "SignatureValue"] || parts == ["SignedInfo", "SignatureValue", "KeyInfo"],
            let info = signature.children.first, hasNoText(info), info.children.count == 3,
            info.children.allSatisfy({ $0.namespace == XMLNamespace.signature }),
            info.children.map(\.name) == ["CanonicalizationMethod", "SignatureMethod", "Reference"]
        else { throw .signatureShape }
        guard isCanonicalization(info.children[0]) else { throw .transforms }
        try check(algorithm: info.children[1], among: signatureMethods)

        let reference = info.children[2]
        guard reference["URI"] == ByteString(Array("#".utf8) + identifier.bytes) else { throw .reference }
        guard reference.children.allSatisfy({ $0.namespace == XMLNamespace.signature }), hasNoText(reference),
            reference.children.map(\.name) == ["Transforms", "DigestMethod", "DigestValue"]
        else { throw .signatureShape }
        let transforms = reference.children[0].children
        guard transforms.count == 2, hasNoText(reference.children[0]),
            transforms.allSatisfy({ $0.is("Transform", XMLNamespace.signature) }),
            transforms[0]["Algorithm"] == enveloped, transforms[0].children.isEmpty, hasNoText(transforms[0]),
            isCanonicalization(transforms[1])
        else { throw .transforms }
        try check(algorithm: reference.children[1], among: digestMethods)
        guard reference.children[2].children.isEmpty else { throw .signatureShape }
    }

    /// Exclusive canonicalization without comments, at most with a short list of prefixes (Exclusive XML Canonicalization
    /// section 3): xmlsec1 looks each of them up for each element.
    private static func isCanonicalization(_ method: XMLElement) -> Bool {
        guard method["Algorithm"] == canonicalization, hasNoText(method), method.children.count <= 1 else {
            return false
        }
        guard let prefixes = method.children.first else { return true }
        guard prefixes.is("InclusiveNamespaces", canonicalization), prefixes.children.isEmpty, hasNoText(prefixes),
            let list = prefixes["PrefixList"]
        else { return false }
        return list.count <= 256 && list.bytes.split(separator: 0x20).count <= 16
    }

    private static func hasNoText(_ element: XMLElement) -> Bool {
        element.text.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }
}
