/// Works out what files other than grants change about access itself, or about who decides on it.
///
/// What a change of theirs does to single grants is found by comparing those. Here it is said what holds for everybody, and
/// what will matter later: who may sign, what is masked, whose tokens are believed.
struct RestrictionComparison {
    let before: AccessState
    let after: AccessState

    /// By path.
    func changes() -> [AccessDifference.RestrictionChange] {
        let paths = Set(before.restrictions.keys).union(after.restrictions.keys)
        return paths.sorted().compactMap { change(at: $0) }
    }

    private func change(at path: ByteString) -> AccessDifference.RestrictionChange? {
        let (then, now) = (before.restrictions[path], after.restrictions[path])
        let (had, has) = (document(then, before), document(now, after))
        let isLikeBefore =
            then?.sha256 == now?.sha256 && had == has && then?.condition.name == now?.condition.name
        guard !isLikeBefore, let kind = (now ?? then)?.path else { return nil }
        var findings = AccessFindings()
        var isInEffect = true
        switch now?.condition {
        case .pending(let document)?:
            isInEffect = false
            compare(kind, had, document, &findings)
            findings.note(
                "waits for the keep of admins; until then \(had == nil ? "nothing" : "its last version") counts")
        case .refused(let diagnostic)?:
            isInEffect = false
            findings.note("has no effect: \(diagnostic.message)")
        case .broken?:
            isInEffect = false
            findings.note("cannot be read, so \(had == nil ? "nothing" : "its last accepted version") counts")
        case .removed? where kind == .policy:
            isInEffect = false
            findings.note("is gone, and the last policy stays in effect")
        case .accepted?, .removed?, nil: compare(kind, had, has, &findings)
        }
        return AccessDifference.RestrictionChange(
            path: path, file: file(then, now), what: findings.what, isInEffect: isInEffect)
    }

    private func file(
        _ then: AccessState.RestrictionFile?, _ now: AccessState.RestrictionFile?
    ) -> AccessDifference.FileChange {
        func isThere(_ file: AccessState.RestrictionFile?) -> Bool {
            guard let file, case .removed = file.condition else { return file != nil }
            return false
        }
        return switch (isThere(then), isThere(now)) {
        case (false, true): .added
        case (true, false): .removed
        case (true, true): then?.sha256 == now?.sha256 ? .untouched : .changed
        case (false, false): .untouched
        }
    }

    /// The accepted version.
    private func document(_ file: AccessState.RestrictionFile?, _ state: AccessState) -> Document? {
        let accepted = state.accepted
        switch file?.path {
        case .policy?: return accepted.policy.map { .policy($0) }
        case .person(let name)?: return accepted.people[name].map { .person($0) }
        case .issuer(let name)?: return accepted.issuers[name].map { .issuer($0) }
        case .metadata(let name)?: return accepted.metadata[name].map { .metadata($0) }
        case .service(let name)?: return accepted.services[name].map { .service($0) }
        case .dataClass(let name)?: return accepted.classes[name].map { .dataClass($0) }
        case .denial(let name)?: return accepted.denials[name].map { .denial($0) }
        case .grant?, .attestation?, .attestationSignature?, .outside?, .misplaced?, nil: return nil
        }
    }

    private func compare(_ kind: DocumentPath, _ had: Document?, _ has: Document?, _ findings: inout AccessFindings) {
        switch (had, has) {
        case (.policy(let had)?, .policy(let has)?): findings.compare(had, has)
        case (nil, .policy(let policy)?):
            findings.widens("there is a policy: \(policy.admins.listed) may decide on everything")
        case (.service(let had)?, .service(let has)?): findings.compare(had, has, before.accepted, after.accepted)
        case (nil, .service(let service)?):
            findings.note("\(service.owners.listed) may attest grants on it, tier `\(service.tier)`")
            if service.mode == .observe { findings.widens("only observes: every accepted token passes") }
        case (.service(let service)?, nil):
            findings.narrows("nothing on `\(service.name)` can be called any more")
        case (.issuer(let had)?, .issuer(let has)?): findings.compare(had, has)
        case (nil, .issuer(let issuer)?):
            findings.note("tokens of \(Quoted.ticked(issuer.issuer)) are accepted")
        case (.issuer(let issuer)?, nil):
            findings.narrows("tokens of \(Quoted.ticked(issuer.issuer)) are not accepted any more")
        case (.metadata(let had)?, .metadata(let has)?):
            if had != has { findings.widens("other keys may vouch for callers: the metadata changes") }
        case (nil, .metadata?): findings.note("an identity provider's metadata")
        case (.metadata?, nil): findings.narrows("whose metadata this is vouches for nobody any more")
        case (.denial(let had)?, .denial(let has)?): findings.compare(had, has)
        case (nil, .denial(let denial)?): findings.compare(denial.empty, denial)
        case (.denial(let denial)?, nil): findings.compare(denial, denial.empty)
        case (.dataClass(let had)?, .dataClass(let has)?):
            if had != has { findings.widens("what counts as `\(has.name)` changes, and is masked by it") }
        case (nil, .dataClass(let added)?): findings.note("`\(added.name)` can be protected")
        case (.dataClass(let gone)?, nil): findings.narrows("`\(gone.name)` is no class of data any more")
        case (.person(let had)?, .person(let has)?): findings.compare(had, has, signs: signs(has.name))
        case (nil, .person(let person)?):
            let signs = signs(person.name)
            if !signs.isEmpty, !person.keys.isEmpty { findings.widens("\(person.name) can sign for \(signs)") }
        case (.person(let person)?, nil):
            if !person.keys.isEmpty { findings.narrows("\(person.name) cannot sign any more") }
        case (_, _): break
        }
    }

    /// What a person decides on, for people; empty for nobody who does.
    private func signs(_ person: ByteString) -> String {
        var signs: [String] = after.accepted.policy?.admins.contains(person) == true ? ["policy.yaml"] : []
        signs += after.accepted.services.values.filter { $0.owners.contains(person) }.map { "`\($0.name)`" }.sorted()
        return signs.joined(separator: ", ")
    }
}

extension AccessState.RestrictionFile.Condition {
    fileprivate var name: String {
        switch self {
        case .accepted: "accepted"
        case .removed: "removed"
        case .broken: "broken"
        case .pending: "pending"
        case .refused: "refused"
        }
    }
}

extension Denial {
    /// The same name, denying nobody anything.
    fileprivate var empty: Denial { Denial(name: name, to: [], grants: [], why: "") }
}
