import GrantModel

/// An assertion whose signature holds, read from the bytes that the signature covers and from nothing else.
struct SAMLAssertion {
    private let root: XMLElement
    private let issuer: Issuer
    let identifier: ByteString

    static let mostAttributes = 64
    static let mostValues = 1_024

    /// - Parameters:
    ///   - covered: what xmlsec1 digested.
    ///   - identifier: of the assertion that was sent.
    ///   - entity: who the metadata says signs with the key.
    init(
        covered: [UInt8], identifier: ByteString, entity: ByteString, of issuer: Issuer
    ) throws(SAMLFault) {
        let root: XMLElement
        do throws(XMLFault) {
            root = try XMLReader.read(covered, limits: .assertion)
        } catch {
            throw error.ofAssertion
        }
        guard root.is("Assertion", XMLNamespace.assertion), root["ID"] == identifier,
            root.children("Signature", XMLNamespace.signature).isEmpty
        else { throw .reference }
        guard root["Version"] == "2.0" else { throw .version }
        guard let named = root.child("Issuer", XMLNamespace.assertion) else { throw .content }
        if let format = named["Format"] {
            guard format == "urn:oasis:names:tc:SAML:2.0:nameid-format:entity" else { throw .unknownIssuer }
        }
        guard named.plainText == entity else { throw .unknownIssuer }
        self.root = root
        self.issuer = issuer
        self.identifier = identifier
    }

    /// What an assertion says, once everything about it holds.
    struct Statement: Sendable {
        /// Its `expires` is when the assertion ends, or `longest` after it was issued.
        var caller: Caller
        /// From then on the assertion is refused for its times, and its use need not be remembered.
        var forgotten: Instant
    }

    /// Checks everything that a signature does not say, and makes the caller.
    func statement(now: Instant) throws(SAMLFault) -> Statement {
        let subject = try subject()
        let (end, latest) = try ends(now: now)
        let attributes = try attributes()
        let flat = flatClaims(attributes)
        for (name, value) in issuer.require {
            guard flat[name] == value else { throw .required }
        }
        let email = try texts("email", attributes)
        guard email.count <= 1 else { throw .groups }
        let caller = Caller(
            issuer: issuer.name, subject: subject, email: email.first, groups: try texts("groups", attributes),
            roles: try texts("roles", attributes), claims: flat, expires: end)
        return Statement(caller: caller, forgotten: latest + issuer.leeway)
    }

    // MARK: Subject

    private func subject() throws(SAMLFault) -> ByteString {
        guard let subject = root.child("Subject", XMLNamespace.assertion),
            let name = subject.child("NameID", XMLNamespace.assertion)?.plainText, !name.isEmpty, Self.isPlain(name)
        else { throw .subject }
        return name
    }

    // MARK: Times, audience, recipient

    /// The end of the assertion, once it is found to be meant for here and for now (SAML 2.0 profiles section 4.1.4.3): the
    /// least of all the ends that it names, and of `longest` after its issue. And the same without its confirmations, of
    /// which another may hold later: the use has to be remembered until then.
    private func ends(now: Instant) throws(SAMLFault) -> (end: Instant, latest: Instant) {
        let leeway = issuer.leeway
        guard let issued = try time(root, "IssueInstant") else { throw .times }
        guard issued - leeway <= now else { throw .notYetValid }
        guard let conditions = root.child("Conditions", XMLNamespace.assertion) else { throw .audience }
        try check(conditions)
        if let start = try time(conditions, "NotBefore"), now < start - leeway { throw .notYetValid }
        var latest = issued + issuer.longest
        if let end = try time(conditions, "NotOnOrAfter") { latest = min(latest, end) }
        for statement in root.children("AuthnStatement", XMLNamespace.assertion) {
            if let end = try time(statement, "SessionNotOnOrAfter") { latest = min(latest, end) }
        }
        let end = min(latest, try confirmed(now: now))
        guard issued < end else { throw .times }
        guard now < end + leeway else { throw .expired }
        return (end, latest)
    }

    /// Every audience restriction has to name this gateway, and there has to be one; what else there may be is known, or
    /// the assertion says something that nobody here understands (SAML 2.0 core section 2.5.1.1).
    private func check(_ conditions: XMLElement) throws(SAMLFault) {
        var isMeant = false
        for condition in conditions.children {
            guard condition.namespace == XMLNamespace.assertion else { throw .conditions }
            switch condition.name {
            case "AudienceRestriction":
                let audiences = condition.children("Audience", XMLNamespace.assertion).compactMap(\.plainText)
                guard audiences.contains(where: { issuer.audience.contains($0) }) else { throw .audience }
                isMeant = true
            case "OneTimeUse", "ProxyRestriction": break
            default: throw .conditions
            }
        }
        guard isMeant else { throw .audience }
    }

    /// When the bearer confirmation for this gateway ends: the latest of those that hold.
    private func confirmed(now: Instant) throws(SAMLFault) -> Instant {
        let confirmations =
            root.child("Subject", XMLNamespace.assertion)?
            .children("SubjectConfirmation", XMLNamespace.assertion) ?? []
        var best: Instant?
        var fault = SAMLFault.recipient
        for confirmation in confirmations
        where confirmation["Method"] == "urn:oasis:names:tc:SAML:2.0:cm:bearer" {
            guard let data = confirmation.child("SubjectConfirmationData", XMLNamespace.assertion),
                data["Recipient"] == issuer.recipient
            else { continue }
            guard let end = try time(data, "NotOnOrAfter") else {
                fault = .times
                continue
            }
            if let start = try time(data, "NotBefore"), now < start - issuer.leeway {
                fault = .notYetValid
                continue
            }
            guard now < end + issuer.leeway else {
                fault = .expired
                continue
            }
            best = max(best ?? end, end)
        }
        guard let best else { throw fault }
        return best
    }

    private func time(_ element: XMLElement, _ name: ByteString) throws(SAMLFault) -> Instant? {
        guard let text = element[name] else { return nil }
        guard let instant = SAMLTime.instant(text) else { throw .times }
        return instant
    }

    // MARK: Attributes

    private struct Attribute {
        var name: ByteString
        var friendlyName: ByteString?
        /// Nil for a value that is not text.
        var values: [ByteString?]
    }

    /// All of them; one that comes in several elements (one for each value, as some providers write it) is one.
    private func attributes() throws(SAMLFault) -> [Attribute] {
        let elements = root.children("AttributeStatement", XMLNamespace.assertion)
            .flatMap { $0.children("Attribute", XMLNamespace.assertion) }
        guard elements.count <= Self.mostAttributes else { throw .attributes }
        var found: [Attribute] = []
        var count = 0
        for element in elements {
            guard let name = element["Name"], !name.isEmpty else { throw .content }
            let values = element.children("AttributeValue", XMLNamespace.assertion)
            count += values.count
            guard count <= Self.mostValues else { throw .attributes }
            let texts = values.map(\.plainText).filter { $0 != "" }
            if let index = found.firstIndex(where: { $0.name == name }) {
                found[index].values += texts
            } else {
                found.append(Attribute(name: name, friendlyName: element["FriendlyName"], values: texts))
            }
        }
        return found
    }

    /// By its name, else by its friendly name where only one attribute has it.
    private func attribute(_ name: ByteString, _ attributes: [Attribute]) throws(SAMLFault) -> Attribute? {
        if let attribute = attributes.first(where: { $0.name == name }) { return attribute }
        let friendly = attributes.filter { $0.friendlyName == name }
        guard friendly.count <= 1 else { throw .groups }
        return friendly.first
    }

    private func texts(_ name: ByteString, _ attributes: [Attribute]) throws(SAMLFault) -> [ByteString] {
        guard let attribute = try attribute(issuer.claims[name] ?? name, attributes) else { return [] }
        let texts = attribute.values.compactMap { $0 }
        guard texts.count == attribute.values.count, texts.allSatisfy(Self.isPlain) else { throw .groups }
        return texts
    }

    /// Attributes with one value that is text, by name, and those that the configuration gives a name of its own.
    private func flatClaims(_ attributes: [Attribute]) -> [ByteString: ByteString] {
        var flat: [ByteString: ByteString] = [:]
        for attribute in attributes where attribute.values.count == 1 {
            if let value = attribute.values[0], Self.isPlain(value) { flat[attribute.name] = value }
        }
        let named = issuer.claims.filter { $0.key != $0.value && !["groups", "roles", "email"].contains($0.key) }
            .map { name, path in (name, try? self.attribute(path, attributes)) }
        for (name, attribute) in named {
            guard let attribute, attribute.values.count == 1, let value = attribute.values[0], Self.isPlain(value)
            else {
                flat[name] = nil
                continue
            }
            flat[name] = value
        }
        return flat
    }

    private static func isPlain(_ text: ByteString) -> Bool {
        text.bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}
