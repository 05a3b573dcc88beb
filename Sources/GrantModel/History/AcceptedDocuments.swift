/// The restricting documents that count: the last accepted version of each.
///
/// A copy of this is what "the state accepted before the commit" means when a sitting is judged.
package struct AcceptedDocuments: Sendable, Codable {
    package internal(set) var policy: Policy?
    package internal(set) var people: [ByteString: Person] = [:]
    package internal(set) var issuers: [ByteString: Issuer] = [:]
    /// What SAML identity providers publish of themselves, by file name without `.xml`.
    package internal(set) var metadata: [ByteString: IssuerMetadata] = [:]
    package internal(set) var services: [ByteString: Service] = [:]
    package internal(set) var classes: [ByteString: DataClass] = [:]
    package internal(set) var denials: [ByteString: Denial] = [:]
    /// What the files of people who are gone said last: removing a file must neither revive a compromised key nor make
    /// two of one human.
    private var gone: [ByteString: Person] = [:]
    /// Every key that anybody's file retires, or retired last.
    private var retired: [ByteString: [Person.Retirement]] = [:]
    /// What issuers whose files are gone were: people's files go on naming them.
    private var originsOfThoseGone: [ByteString: IssuerOrigin] = [:]
    /// Who shares a key, an alias or an address with whom.
    var humans = Humans()

    /// Every retirement of a key, whoever lists it: a key that one file gives up is not good because another holds it too.
    package func retirements(ofKey fingerprint: ByteString) -> [Person.Retirement] { retired[fingerprint] ?? [] }

    /// Whether any key is known to be compromised.
    var knowsCompromises: Bool { retired.values.contains { $0.contains(where: \.compromised) } }

    /// A person as their file says, or said last.
    func everKnown(_ person: ByteString) -> Person? { people[person] ?? gone[person] }

    /// What an issuer's name stands for, or stood for last.
    func origin(of issuer: ByteString) -> IssuerOrigin {
        issuers[issuer].map { IssuerOrigin(of: $0) } ?? originsOfThoseGone[issuer] ?? .unknown(name: issuer)
    }

    /// The issuers in the order of their names, each with the metadata that lies beside it.
    var issuersWithMetadata: [Issuer] {
        issuers.values.sorted { $0.name < $1.name }.map { issuer in
            guard issuer.metadataPath != nil, let file = issuer.metadata else { return issuer }
            var issuer = issuer
            issuer.metadataDocument = metadata[ByteString(file.bytes.dropLast(4))]?.bytes
            return issuer
        }
    }

    /// Finds out anew who shares what with whom and which keys are retired, after people or issuers changed.
    mutating func findHumans() {
        let everybody = Array(people.values) + gone.values
        retired = [:]
        for person in everybody {
            for retirement in person.retired { retired[retirement.fingerprint, default: []].append(retirement) }
        }
        humans = Humans(everybody, self)
    }

    /// Takes `document` as the accepted version of its file.
    mutating func take(_ document: Document) {
        switch document {
        case .policy(let policy): self.policy = policy
        case .person(let person):
            people[person.name] = person
            gone[person.name] = nil
        case .issuer(let issuer):
            issuers[issuer.name] = issuer
            originsOfThoseGone[issuer.name] = nil
        case .metadata(let document): metadata[document.name] = document
        case .service(let service): services[service.name] = service
        case .dataClass(let dataClass): classes[dataClass.name] = dataClass
        case .denial(let denial): denials[denial.name] = denial
        case .grant, .attestation: break
        }
    }

    /// Forgets the accepted version of a file that was deleted. A deleted policy stays as it was: without one every
    /// version would be new again.
    mutating func drop(_ path: DocumentPath) {
        switch path {
        case .person(let name):
            if let person = people.removeValue(forKey: name) { gone[name] = person }
        case .issuer(let name):
            if let gone = issuers.removeValue(forKey: name) { originsOfThoseGone[name] = IssuerOrigin(of: gone) }
        case .metadata(let name): metadata[name] = nil
        case .service(let name): services[name] = nil
        case .dataClass(let name): classes[name] = nil
        case .denial(let name): denials[name] = nil
        case .policy, .grant, .attestation, .attestationSignature, .outside, .misplaced: break
        }
    }
}

/// Which people files stand for one human: those that share a signing key, an alias or an e-mail address, directly or
/// through others. So that two accounts of one person never count as two reviewers.
struct Humans: Sendable, Codable {
    /// Only people who share something with somebody else; a name to all names of that human, in order.
    private var shared: [ByteString: [ByteString]] = [:]

    init() {}

    /// - Parameter people: each name once.
    init(_ people: [Person], _ documents: AcceptedDocuments) {
        var parent: [ByteString: ByteString] = [:]
        func root(_ name: ByteString) -> ByteString {
            var current = name
            while let next = parent[current] { current = next }
            return current
        }
        var owner: [Trait: ByteString] = [:]
        var merged = false
        for person in people {
            for trait in Trait.all(of: person, documents) {
                guard let other = owner[trait] else {
                    owner[trait] = person.name
                    continue
                }
                let (left, right) = (root(other), root(person.name))
                if left != right {
                    parent[left] = right
                    merged = true
                }
            }
        }
        guard merged else { return }
        var members: [ByteString: [ByteString]] = [:]
        for person in people { members[root(person.name), default: []].append(person.name) }
        for group in members.values where group.count > 1 {
            let sorted = group.sorted()
            for name in sorted { shared[name] = sorted }
        }
    }

    /// Every name of the human behind `name`, itself included.
    func names(of name: ByteString) -> [ByteString] { shared[name] ?? [name] }

    /// Whether two files stand for one human by themselves.
    static func share(_ one: Person, _ other: Person, _ documents: AcceptedDocuments) -> Bool {
        !Set(Trait.all(of: one, documents)).isDisjoint(with: Trait.all(of: other, documents))
    }

    private enum Trait: Hashable {
        case key([UInt8])
        case alias(IssuerOrigin, subject: ByteString)
        case email(ByteString)

        static func all(of person: Person, _ documents: AcceptedDocuments) -> [Trait] {
            person.keys.map { .key($0.blob) }
                + person.identities.map { .alias(documents.origin(of: $0.issuer), subject: $0.subject) }
                + (person.email.map { [.email($0.foldingASCIICase)] } ?? [])
        }
    }
}

extension ByteString {
    /// ASCII letters in lower case, everything else as it is.
    var foldingASCIICase: ByteString {
        ByteString(bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 })
    }

    func hasPrefix(_ prefix: ByteString) -> Bool { bytes.starts(with: prefix.bytes) }
}
