/// The names that a tree of documents declares, and what references to them say about one document.
///
/// A value that whoever advances through history keeps up to date. It tells apart what quarantines (an error on a
/// grant) from what people should look at (a warning, or an error on a file that restricts, which stays in force).
package struct DeclaredNames: Sendable, Hashable {
    /// The policy's name; nil without a policy.
    package var repository: ByteString?
    package var tiers: Set<ByteString>
    package var people: Set<ByteString>
    package var issuers: Set<ByteString>
    package var services: [ByteString: Service.Kind]
    /// Those in `data/`; the built-in ones need no declaring.
    package var dataClasses: Set<ByteString>

    package init(
        repository: ByteString? = nil, tiers: Set<ByteString> = [], people: Set<ByteString> = [],
        issuers: Set<ByteString> = [], services: [ByteString: Service.Kind] = [:], dataClasses: Set<ByteString> = []
    ) {
        self.repository = repository
        self.tiers = tiers
        self.people = people
        self.issuers = issuers
        self.services = services
        self.dataClasses = dataClasses
    }

    package mutating func declare(_ document: Document) {
        switch document {
        case .policy(let policy):
            repository = policy.name
            tiers = Set(policy.tiers.keys)
        case .person(let person): people.insert(person.name)
        case .issuer(let issuer): issuers.insert(issuer.name)
        case .service(let service): services[service.name] = service.kind
        case .dataClass(let dataClass): dataClasses.insert(dataClass.name)
        case .grant, .attestation, .denial, .metadata: break
        }
    }

    /// Whether a class is built in or declared.
    package func hasDataClass(_ name: ByteString) -> Bool {
        DataClass.builtIn.contains(name) || dataClasses.contains(name)
    }

    /// Every reference of one document that nothing backs, by place. An error on a grant quarantines it.
    package func problems(of parsed: ParsedDocument, path: ByteString) -> [Diagnostic] {
        guard let document = parsed.document else { return [] }
        let problems = DocumentProblems(path: path.text)
        if case .grant(let grant) = document, services[grant.service] == nil {
            problems.error(
                at: nil, "unknown-service", "there is no service \(quoted(grant.service))",
                help: suggestion(grant.service, services.keys, folder: "services"))
        }
        for mention in parsed.mentions { check(mention, in: document, problems) }
        if case .grant(let grant) = document { checkScope(of: grant, parsed.mentions, problems) }
        return problems.finished()
    }

    private func check(_ mention: Mention, in document: Document, _ problems: DocumentProblems) {
        switch mention.kind {
        case .person(let role):
            guard !people.contains(mention.name) else { return }
            let message = "\(role) \(quoted(mention.name)) is nobody in `people/`"
            if case .attestation = document {
                // People leave; what they signed stays where it is.
                problems.warning(at: mention.position, "unknown-person", message)
            } else {
                problems.error(
                    at: mention.position, "unknown-person", message,
                    help: suggestion(mention.name, people, folder: "people"))
            }
        case .issuer:
            guard !issuers.contains(mention.name) else { return }
            problems.error(
                at: mention.position, "unknown-issuer", "there is no issuer \(quoted(mention.name))",
                help: suggestion(mention.name, issuers, folder: "identity"))
        case .tier:
            guard !tiers.contains(mention.name) else { return }
            problems.error(
                at: mention.position, "unknown-tier", "the policy has no tier \(quoted(mention.name))",
                help: nearestName(to: mention.name, among: tiers.map(\.text).sorted()).map { "did you mean `\($0)`?" }
                    ?? "add it to `tiers` in policy.yaml")
        case .dataClass:
            guard !hasDataClass(mention.name) else { return }
            problems.error(
                at: mention.position, "unknown-class", "there is no data class \(quoted(mention.name))",
                help: suggestion(mention.name, dataClasses.union(DataClass.builtIn), folder: "data"))
        case .repository:
            guard let repository, repository != mention.name else { return }
            problems.error(
                at: mention.position, "wrong-repository",
                "signed for \(quoted(mention.name)), this repository is \(quoted(repository))",
                help: "sign what belongs here; this sitting counts for nothing")
        case .grant, .decision, .scopeField, .key, .alias, .email, .prefix, .origin: break
        }
    }

    private func checkScope(of grant: Grant, _ mentions: [Mention], _ problems: DocumentProblems) {
        guard let kind = services[grant.service] else { return }
        let fields = mentions.filter { $0.kind == .scopeField }
        let needed: ByteString = kind == .http ? "routes" : "models"
        for field in fields where !Scope.isField(field.name, of: kind) {
            problems.error(
                at: field.position, "scope-kind",
                "\(quoted(field.name)) means nothing on \(quoted(grant.service)), a service of kind `\(kind.rawValue)`",
                help: "remove it")
        }
        if !fields.contains(where: { $0.name == needed }) {
            problems.error(
                at: fields.first?.position, "missing-field",
                "`can` needs `\(needed)` on \(quoted(grant.service)), a service of kind `\(kind.rawValue)`",
                help: "add `\(needed): […]`")
        }
    }

    private func suggestion(_ name: ByteString, _ known: some Sequence<ByteString>, folder: String) -> String {
        nearestName(to: name, among: known.map(\.text).sorted()).map { "did you mean `\($0)`?" }
            ?? "add `\(folder)/\(shortened(name)).yaml`"
    }

    private func shortened(_ name: ByteString) -> String { String(decoding: name.bytes.prefix(63), as: UTF8.self) }
}
