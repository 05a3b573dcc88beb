extension Policy {
    static func read(_ fields: inout Fields) -> Policy? {
        let name = fields.required("name", .name)
        let version = fields.required("version", .number(0...999_999_999_999_999_999))
        let admins = fields.required("admins", .list(of: .person("admin")))
        let protect = fields.optional("protect", .one(of: Protection.self))
        let protectReviewers = fields.optional("protect_reviewers", .number(1...100))
        let tiers = fields.required("tiers", .mapping(.name, of: .fields(Tier.read)))
        let remind = fields.optional("remind", .list(of: .span()))
        let signedWithin = fields.optional("signed_within", .span())
        if let tiers, tiers.isEmpty {
            fields.problems.error(
                at: fields.place(of: "tiers"), "empty-mapping", "there are no tiers", help: "name at least one")
        }
        if let admins, admins.isEmpty {
            fields.problems.warning(
                at: fields.place(of: "admins"), "no-admins", "nobody is an admin",
                help: "name people who may attest protected files")
        }
        guard let name, let version, let admins, let tiers else { return nil }
        return Policy(
            name: name, version: version, admins: admins, protect: protect ?? .merge,
            protectReviewers: Int(protectReviewers ?? 1), tiers: tiers, remind: remind ?? [],
            signedWithin: signedWithin ?? .days(7))
    }
}

extension Tier {
    static func read(_ fields: inout Fields) -> Tier? {
        let longest = fields.required("longest", .span())
        let review = fields.required("review", .span())
        let reviewers = fields.required("reviewers", .number(1...100))
        let stale = fields.required("stale", .span())
        let firstReview = fields.optional("first_review", .one(of: FirstReview.self))
        guard let longest, let review, let reviewers, let stale else { return nil }
        return Tier(
            longest: longest, review: review, reviewers: Int(reviewers), stale: stale,
            firstReview: firstReview ?? .attestation)
    }
}
