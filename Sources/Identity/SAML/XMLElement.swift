import GrantModel

/// An element of a document that `XMLReader` read.
struct XMLElement: Sendable {
    struct Attribute: Sendable {
        /// Empty for an attribute without prefix (Namespaces in XML 1.0 section 6.2).
        var namespace: ByteString
        var name: ByteString
        var value: ByteString
    }

    /// The namespace's name, never its prefix.
    var namespace: ByteString
    var name: ByteString
    var attributes: [Attribute] = []
    var children: [XMLElement] = []
    /// The text directly in it, that between its children included.
    var text: [UInt8] = []

    func `is`(_ name: ByteString, _ namespace: ByteString) -> Bool {
        self.name == name && self.namespace == namespace
    }

    /// An attribute without namespace.
    subscript(attribute: ByteString) -> ByteString? {
        attributes.first { $0.namespace.isEmpty && $0.name == attribute }?.value
    }

    func children(_ name: ByteString, _ namespace: ByteString) -> [XMLElement] {
        children.filter { $0.is(name, namespace) }
    }

    /// The one child of this name; nil for none or several.
    func child(_ name: ByteString, _ namespace: ByteString) -> XMLElement? {
        let found = children(name, namespace)
        return found.count == 1 ? found.first : nil
    }

    /// Its text without white space round it; nil when it has children.
    var plainText: ByteString? {
        guard children.isEmpty else { return nil }
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
        guard let first = text.firstIndex(where: { !isBlank($0) }), let last = text.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return ByteString(Array(text[first...last]))
    }

    /// It and everything below it, depth first.
    func walk(_ visit: (XMLElement) -> Void) {
        visit(self)
        for child in children { child.walk(visit) }
    }
}

/// The namespaces that assertions and metadata are written in.
enum XMLNamespace {
    static let assertion: ByteString = "urn:oasis:names:tc:SAML:2.0:assertion"
    static let `protocol`: ByteString = "urn:oasis:names:tc:SAML:2.0:protocol"
    static let metadata: ByteString = "urn:oasis:names:tc:SAML:2.0:metadata"
    static let signature: ByteString = "http://www.w3.org/2000/09/xmldsig#"
    static let encryption: ByteString = "http://www.w3.org/2001/04/xmlenc#"
    static let xml: ByteString = "http://www.w3.org/XML/1998/namespace"
    static let schemaInstance: ByteString = "http://www.w3.org/2001/XMLSchema-instance"
}
