import GrantModel

/// The claims of a token whose signature holds, read as one issuer's configuration says.
struct VerifiedClaims {
    private let claims: StrictObject
    private let issuer: Issuer

    /// - Parameter claims: signed by `issuer`; nothing else of them is checked yet.
    init(_ claims: StrictObject, of issuer: Issuer) {
        self.claims = claims
        self.issuer = issuer
    }

    /// Checks everything that a signature does not say, and makes the caller.
    func caller(now: Instant) throws(TokenFault) -> Caller {
        guard try Self.isMeant(for: issuer.audience, claims) else { throw .audience }
        let expires = try expiry(now: now)
        // A token that is bound to a key must not pass as a bearer token (RFC 9449 section 7.1, RFC 8705 section 3).
        guard claims["cnf"] == nil else { throw .bound }
        guard let subject = claims.text("sub"), !subject.isEmpty, Self.isPlain(subject) else { throw .subject }

        // Whose trust domain it is decides whose keys may vouch for a SPIFFE ID (SPIFFE JWT-SVID section 3.1).
        if issuer.isTrustDomain {
            guard subject.bytes.starts(with: issuer.issuer.bytes + [UInt8(ascii: "/")]) else { throw .subject }
        }

        let hidden = unverifiedAddresses()
        let flat = flatClaims(without: hidden)
        for (name, value) in issuer.require {
            guard flat[name] == value else { throw .required }
        }
        let address = path(of: "email").path
        return Caller(
            issuer: issuer.name, subject: subject,
            email: hidden.contains(address) ? nil : try email(at: address),
            groups: try texts("groups"), roles: try texts("roles"), claims: flat, expires: expires)
    }

    /// Whether `aud` holds one of `audience`, byte for byte (RFC 7519 section 4.1.3). Without any, no token fits.
    static func isMeant(for audience: [ByteString], _ claims: StrictObject) throws(TokenFault) -> Bool {
        switch claims["aud"] {
        case .text(let name): audience.contains(name)
        case .texts(let names): names.contains { audience.contains($0) }
        case nil: false
        case .integer, .number, .bool, .null, .object, .array: throw .audience
        }
    }

    // MARK: Times

    /// The expiry, once the token is found to be valid now and not to live too long (RFC 7519 sections 4.1.4 to 4.1.6).
    private func expiry(now: Instant) throws(TokenFault) -> Instant {
        guard let expires = try time("exp") else { throw .expiryMissing }
        let issued = try time("iat")
        let starts = try time("nbf")
        guard let start = issued ?? starts else { throw .issueTimeMissing }
        guard start < expires, starts.map({ $0 < expires }) ?? true else { throw .times }
        guard now < expires + issuer.leeway else { throw .expired }
        guard start - issuer.leeway <= now, starts.map({ $0 - issuer.leeway <= now }) ?? true else {
            throw .notYetValid
        }
        guard expires - start <= issuer.longest, expires <= now + issuer.longest + issuer.leeway else {
            throw .tooLongLived
        }
        return expires
    }

    /// Seconds since 1970, fractions cut off; nothing before then or after the year 9999.
    private func time(_ name: ByteString) throws(TokenFault) -> Instant? {
        let range = 0.0...253_402_300_799.0
        switch claims.members[name] {
        case nil: return nil
        case .integer(let seconds) where range.contains(Double(seconds)): return Instant(seconds: seconds)
        case .number(let seconds) where range.contains(seconds): return Instant(seconds: Int64(seconds))
        default: throw .times
        }
    }

    // MARK: Claims by name

    /// Where one of our own names is among the claims. What the configuration does not map lies under its own name.
    private func path(of name: ByteString) -> (path: ByteString, isConfigured: Bool) {
        issuer.claims[name].map { ($0, true) } ?? (name, false)
    }

    /// An array of text, or one text whose spaces separate. Other forms are refused where the configuration names the
    /// claim, and are nothing otherwise.
    private func texts(_ name: ByteString) throws(TokenFault) -> [ByteString] {
        let (path, isConfigured) = path(of: name)
        let found: [ByteString]
        switch claims[path] {
        case nil:
            guard !isElsewhere(name, path) else { throw .groupsElsewhere }
            return []
        case .texts(let texts): found = texts.filter { !$0.isEmpty }
        case .text(let text): found = text.bytes.split(separator: UInt8(ascii: " ")).map { ByteString($0) }
        case .integer, .number, .bool, .null, .object, .array:
            guard !isConfigured else { throw .groups }
            return []
        }
        guard found.allSatisfy(Self.isPlain) else { throw .groups }
        return found
    }

    /// Whether the issuer left a claim out and says where to look it up (OpenID Connect Core 1.0 section 5.6.2): access
    /// that is denied to a group must not open because the group was not in the token.
    private func isElsewhere(_ name: ByteString, _ path: ByteString) -> Bool {
        if claims.members[ByteString("_claim_names.".utf8 + path.bytes)] != nil { return true }
        // What Entra ID says in place of a list of more than 200 groups, and of more than six in a URL.
        guard name == "groups" else { return false }
        return claims["hasgroups"] == .bool(true) || claims["hasgroups"] == .text("true")
            || claims["groups:src1"] != nil
    }

    private func email(at path: ByteString) throws(TokenFault) -> ByteString? {
        switch claims[path] {
        case nil: return nil
        case .text(let text):
            guard Self.isPlain(text) else { throw .groups }
            return text.isEmpty ? nil : text
        default: throw .groups
        }
    }

    /// The paths of e-mail addresses that the issuer does not vouch for: `NAME_verified` beside the claim, or `email_verified`
    /// beside or above it, is there and is neither `true` nor the text `true`.
    private func unverifiedAddresses() -> Set<ByteString> {
        var hidden: Set<ByteString> = []
        for path in [path(of: "email").path, "email"] {
            let parent = path.bytes.lastIndex(of: UInt8(ascii: ".")).map { path.bytes[...$0] } ?? []
            let marks = [
                ByteString(path.bytes + "_verified".utf8), ByteString(parent + "email_verified".utf8), "email_verified",
            ]
            let isDoubtful = marks.contains { mark in
                guard let value = claims.members[mark] else { return false }
                return value != .bool(true) && value != .text("true")
            }
            if isDoubtful {
                hidden.insert(path)
            }
        }
        return hidden
    }

    /// All claims that are one text, one whole number or one truth value, by path, and those the configuration gives a name
    /// of its own. Numbers and truth values are in their JSON spelling; everything else is absent.
    private func flatClaims(without hidden: Set<ByteString>) -> [ByteString: ByteString] {
        var flat: [ByteString: ByteString] = [:]
        for (path, value) in claims.members where !hidden.contains(path) {
            flat[path] = Self.text(of: value)
        }
        // All aliases are read before any is written, so that none shows another.
        let named = issuer.claims.filter { $0.key != $0.value }.map { ($0.key, flat[$0.value]) }
        for (name, value) in named where !["groups", "roles", "email"].contains(name) {
            flat[name] = value
        }
        return flat
    }

    private static func text(of value: StrictObject.Value) -> ByteString? {
        switch value {
        case .text(let text): text
        case .integer(let integer): ByteString(String(integer))
        case .bool(let bool): bool ? "true" : "false"
        case .number, .null, .texts, .object, .array: nil
        }
    }

    /// Without control characters, which have no business in a name and would break lines wherever it is shown.
    private static func isPlain(_ text: ByteString) -> Bool {
        text.bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}
