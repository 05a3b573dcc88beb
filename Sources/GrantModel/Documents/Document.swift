/// A document of the grants repository, of whatever kind its path says.
package enum Document: Sendable, Hashable, Codable {
    case policy(Policy)
    case person(Person)
    case issuer(Issuer)
    case metadata(IssuerMetadata)
    case service(Service)
    case dataClass(DataClass)
    case grant(Grant)
    case attestation(Attestation)
    case denial(Denial)
}

/// A file read as the kind of document its path calls for.
package struct ParsedDocument: Sendable, Hashable {
    /// Nil when any diagnostic is an error.
    package var document: Document?
    package var diagnostics: [Diagnostic]
    /// Names it uses that other files must back, with their places; empty when `document` is nil.
    package var mentions: [Mention]

    package init(document: Document?, diagnostics: [Diagnostic], mentions: [Mention] = []) {
        self.document = document
        self.diagnostics = diagnostics
        self.mentions = mentions
    }

    /// Reads one file by itself, references to other files unchecked. Pure; reports every error at once.
    ///
    /// A path that stands for no document (`outside`, a signature) gives neither document nor diagnostics.
    /// - Parameter mentions: whether they are wanted; only a check of a whole tree needs them.
    package init(path: DocumentPath, file: FileContent, mentions: Bool = true) {
        func read(limit: Int = DocumentReader.limit, _ schema: (inout Fields) -> Document?) -> ParsedDocument {
            let reading = DocumentReader.read(
                file.bytes, path: file.path.text, limit: limit, mentions: mentions, schema)
            return ParsedDocument(
                document: reading.value, diagnostics: reading.diagnostics,
                mentions: reading.value == nil ? [] : reading.mentions)
        }
        switch path {
        case .policy: self = read { Policy.read(&$0).map(Document.policy) }
        case .person(let name): self = read { Person.read(name, &$0).map(Document.person) }
        case .issuer(let name): self = read { Issuer.read(name, &$0).map(Document.issuer) }
        case .metadata(let name): self = IssuerMetadata.read(name, file)
        case .service(let name): self = read { Service.read(name, &$0).map(Document.service) }
        case .dataClass(let name): self = read { DataClass.read(name, &$0).map(Document.dataClass) }
        case .grant(let id, let service): self = read { Grant.read(id, service, &$0).map(Document.grant) }
        case .attestation: self = read(limit: Attestation.limit) { Attestation.read(&$0).map(Document.attestation) }
        case .denial(let name): self = read { Denial.read(name, &$0).map(Document.denial) }
        case .attestationSignature, .outside: self.init(document: nil, diagnostics: [])
        case .misplaced(let message):
            let problem = Diagnostic(
                path: file.path.text, code: "misplaced-file", message: message,
                help: "move, rename or delete the file")
            self.init(document: nil, diagnostics: [problem])
        }
    }
}
