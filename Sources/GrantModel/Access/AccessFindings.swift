/// What was found about one file, sentence by sentence.
struct AccessFindings {
    private(set) var what: [AccessDifference.Finding] = []

    /// Worth knowing, and neither more nor less access.
    mutating func note(_ sentence: String) { what.append(.init(direction: .same, text: sentence)) }

    mutating func narrows(_ sentence: String) { what.append(.init(direction: .narrows, text: sentence)) }

    mutating func widens(_ sentence: String) { what.append(.init(direction: .widens, text: sentence)) }

    /// Whichever of the two is greater is the wider one.
    private mutating func compare<Value: Comparable>(
        _ name: String, _ had: Value, _ has: Value, widerIsLess: Bool = false
    ) {
        guard had != has else { return }
        let sentence = "`\(name)` is \(has) instead of \(had)"
        if (has > had) != widerIsLess { widens(sentence) } else { narrows(sentence) }
    }

    /// More of these names is wider.
    private mutating func compare(
        _ had: [ByteString], _ has: [ByteString], added: (ByteString) -> String, gone: (ByteString) -> String
    ) {
        for name in has where !had.contains(name) { widens(added(name)) }
        for name in had where !has.contains(name) { narrows(gone(name)) }
    }

    /// Another value is another thing, which nobody said to be less.
    private mutating func replaced(_ what: String, _ had: String?, _ has: String?) {
        if had != has {
            widens("\(what) is \(has.map { "`\($0)`" } ?? "none") instead of \(had.map { "`\($0)`" } ?? "none")")
        }
    }
}

extension AccessFindings {
    mutating func compare(_ had: Policy, _ has: Policy) {
        compare(had.admins, has.admins) {
            "\($0) becomes an admin"
        } gone: {
            "\($0) is no admin any more"
        }
        if had.protect != has.protect {
            let sentence = "`protect` is \(has.protect.rawValue) instead of \(had.protect.rawValue)"
            if has.protect == .merge { widens(sentence) } else { narrows(sentence) }
        }
        compare("protect_reviewers", had.protectReviewers, has.protectReviewers, widerIsLess: true)
        compare("signed_within", had.signedWithin, has.signedWithin)
        for name in Set(had.tiers.keys).union(has.tiers.keys).sorted() {
            switch (had.tiers[name], has.tiers[name]) {
            case (let then?, let now?): compare(then, now, tier: name)
            case (nil, .some): note("there is a tier `\(name)`")
            case (.some, nil): narrows("there is no tier `\(name)` any more")
            case (nil, nil): break
            }
        }
    }

    private mutating func compare(_ had: Tier, _ has: Tier, tier: ByteString) {
        compare("\(tier).longest", had.longest, has.longest)
        compare("\(tier).review", had.review, has.review)
        compare("\(tier).reviewers", had.reviewers, has.reviewers, widerIsLess: true)
        compare("\(tier).stale", had.stale, has.stale)
        if had.firstReview != has.firstReview {
            let sentence =
                "`\(tier).first_review` is \(has.firstReview.rawValue) instead of \(had.firstReview.rawValue)"
            if has.firstReview == .merge { widens(sentence) } else { narrows(sentence) }
        }
    }

    mutating func compare(_ had: Service, _ has: Service, _ before: AcceptedDocuments, _ after: AcceptedDocuments) {
        if had.mode != has.mode {
            switch has.mode {
            case .observe: widens("only observes: what no grant allows passes, too")
            case .enforce: narrows("enforces what it only observed")
            }
        }
        replaced("the upstream", had.upstream.text, has.upstream.text)
        replaced("the credential", had.credential?.text, has.credential?.text)
        replaced("the kind", had.kind.rawValue, has.kind.rawValue)
        if had.prefix != has.prefix { note("clients find it at `\(has.prefix)` instead of `\(had.prefix)`") }
        compare(had.owners, has.owners) {
            "\($0) becomes an owner: may attest its grants"
        } gone: {
            "\($0) is no owner any more"
        }
        compareTier(had, has, before, after)
        compare(had.protects, has.protects, wider: "is not masked any more", narrower: "is masked")
        if had.unknownFields != has.unknownFields {
            switch has.unknownFields {
            case .record: widens("request fields that this version does not know pass")
            case .deny: narrows("request fields that this version does not know are refused")
            }
        }
        compare(had.passFields, has.passFields) {
            "the request field \(Quoted.ticked($0)) passes"
        } gone: {
            "the request field \(Quoted.ticked($0)) does not pass any more"
        }
        if had.bodies != has.bodies || had.keepRecords != has.keepRecords {
            note("records: bodies \(has.bodies.rawValue), kept \(has.keepRecords)")
        }
        if what.isEmpty, had != has { widens("says something else than before") }
    }

    private mutating func compare(_ had: [ByteString], _ has: [ByteString], wider: String, narrower: String) {
        for name in had where !has.contains(name) { widens("`\(name)` \(wider)") }
        for name in has where !had.contains(name) { narrows("`\(name)` \(narrower)") }
    }

    private mutating func compareTier(
        _ had: Service, _ has: Service, _ before: AcceptedDocuments, _ after: AcceptedDocuments
    ) {
        if had.tier != has.tier {
            let sentence = "the tier is `\(has.tier)` instead of `\(had.tier)`"
            if let now = after.policy?.tiers[has.tier], let then = before.policy?.tiers[had.tier],
                now.stricter(then) == now
            {
                narrows(sentence)
            } else {
                widens(sentence)
            }
        }
        for elevation in had.elevated where !has.elevated.contains(where: { $0.covers(elevation) }) {
            widens("\(elevation.text) no longer needs tier `\(elevation.tier)`")
        }
        for elevation in has.elevated where !had.elevated.contains(where: { $0.covers(elevation) }) {
            narrows("\(elevation.text) needs tier `\(elevation.tier)`")
        }
    }

    mutating func compare(_ had: Issuer, _ has: Issuer) {
        replaced("the issuer of its tokens", had.issuer.text, has.issuer.text)
        replaced("the kind", had.kind.rawValue, has.kind.rawValue)
        replaced("the metadata", had.metadata?.text, has.metadata?.text)
        replaced("the recipient", had.recipient?.text, has.recipient?.text)
        if had.certificateAuthority != has.certificateAuthority {
            widens("another certificate authority vouches for it")
        }
        compare(had.audience, has.audience) {
            "tokens for the audience \(Quoted.ticked($0)) are accepted"
        } gone: {
            "tokens for the audience \(Quoted.ticked($0)) are not accepted any more"
        }
        compare(had.algorithms, has.algorithms) {
            "tokens signed with \($0) are accepted"
        } gone: {
            "tokens signed with \($0) are not accepted any more"
        }
        replaced("where its keys are", had.keys?.text, has.keys?.text)
        replaced(
            "what of a certificate names its holder", had.certificateSubject.rawValue, has.certificateSubject.rawValue)
        replaced(
            "how long a token that may be exchanged lives", had.exchangeLongest.map { "\($0)" },
            has.exchangeLongest.map { "\($0)" })
        compare("longest", had.longest, has.longest)
        compare("leeway", had.leeway, has.leeway)
        for name in Set(had.claims.keys).union(has.claims.keys).sorted() {
            replaced("where `\(name)` is read", had.claims[name]?.text, has.claims[name]?.text)
        }
        for name in Set(had.require.keys).union(has.require.keys).sorted() where had.require[name] != has.require[name]
        {
            switch (had.require[name], has.require[name]) {
            case (nil, let value?): narrows("tokens must say \(Quoted.ticked(name)): \(Quoted.ticked(value))")
            case (.some, nil): widens("tokens need not say \(Quoted.ticked(name)) any more")
            case (_, let value): widens("tokens must say \(Quoted.ticked(name)): \(Quoted.ticked(value ?? "")) instead")
            }
        }
        if what.isEmpty, had != has { widens("says something else than before") }
    }

    mutating func compare(_ had: Denial, _ has: Denial) {
        for condition in has.to where !had.to.contains(condition) {
            narrows("stops \(condition.text), on every service")
        }
        for grant in has.grants where !had.grants.contains(grant) { narrows("stops the grant \(grant)") }
        for condition in had.to where !has.to.contains(condition) { widens("no longer stops \(condition.text)") }
        for grant in had.grants where !has.grants.contains(grant) { widens("no longer stops the grant \(grant)") }
        if what.isEmpty, had.why != has.why { note("says another reason") }
    }

    /// - Parameter signs: what the person decides on; empty for nothing.
    mutating func compare(_ had: Person, _ has: Person, signs: String) {
        for key in has.keys where !had.keys.contains(where: { $0.blob == key.blob }) {
            let sentence = "\(has.name) gets the key \(key.fingerprint)"
            if signs.isEmpty { note(sentence) } else { widens("\(sentence) and signs for \(signs)") }
        }
        for key in had.keys where !has.keys.contains(where: { $0.blob == key.blob }) {
            narrows("\(has.name) loses the key \(key.fingerprint)")
        }
        for retirement in has.retired where !had.retired.contains(retirement) {
            let how = retirement.compromised ? "compromised since" : "retired from"
            narrows("the key \(retirement.fingerprint) is \(how) \(retirement.since.day)")
        }
        for retirement in had.retired where !has.retired.contains(retirement) {
            widens("the key \(retirement.fingerprint) is not retired any more as it was")
        }
        for alias in had.identities where !has.identities.contains(alias) {
            widens(
                "\(has.name) is not known as \(Quoted.ticked(alias.subject)) at \(alias.issuer) any more, so four-eyes does not see it"
            )
        }
        for alias in has.identities where !had.identities.contains(alias) {
            note("\(has.name) is \(Quoted.ticked(alias.subject)) at \(alias.issuer)")
        }
        if had.email?.foldingASCIICase != has.email?.foldingASCIICase {
            let sentence = "\(has.name)'s address is \(has.email.map { Quoted.ticked($0) } ?? "none")"
            if had.email == nil {
                note(sentence)
            } else {
                widens("\(sentence) instead of \(Quoted.ticked(had.email ?? ""))")
            }
        }
    }
}

extension Service.Elevation {
    /// Whether whatever the other one raises to its tier, this one raises to the same.
    fileprivate func covers(_ other: Service.Elevation) -> Bool {
        tier == other.tier && other.see.allSatisfy { see.contains($0) }
            && other.scope.allSatisfy { attribute, patterns in
                patterns.allSatisfy { pattern in scope[attribute]?.contains { attribute.covers($0, pattern) } ?? false }
            }
    }

    fileprivate var text: String {
        let names = ScopeAttribute.allCases.compactMap { attribute in
            scope[attribute].map { "\(attribute.rawValue) " + $0.map { "`\($0.text)`" }.joined(separator: ", ") }
        }
        let classes = see.isEmpty ? [] : ["seeing " + see.map { "`\($0)`" }.joined(separator: ", ")]
        return (names + classes).joined(separator: " or ")
    }
}

extension Service.Upstream {
    /// As it was written.
    package var text: String {
        let standard = tls ? 443 : 80
        let name = host.bytes.contains(0x3A) ? "[\(host)]" : "\(host)"
        return (tls ? "https" : "http") + "://" + name + (port == standard ? "" : ":\(port)") + path.text
    }
}
