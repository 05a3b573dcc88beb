/// A document of the grants repository, of whatever kind its path says.
package enum Document: Sendable, Hashable {
    case policy(Policy)
    case person(Person)
    case issuer(Issuer)
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

    package init(document: Document?, diagnostics: [Diagnostic]) {
        self.document = document
        self.diagnostics = diagnostics
    }

    /// Reads one file by itself, references to other files unchecked. Pure; reports every error at once.
    package init(path: DocumentPath, file: FileContent) {
        self.init(document: nil, diagnostics: [])
    }
}

/// What a path below the repository's root stands for.
package enum DocumentPath: Sendable, Hashable {
    case policy
    case person(ByteString)
    case issuer(ByteString)
    case service(ByteString)
    case dataClass(ByteString)
    /// The id is the path below `grants/` without `.yaml`; the service its first folder.
    case grant(id: ByteString, service: ByteString)
    case attestation
    /// The `.sig` of the attestation at the same path without it.
    case attestationSignature
    case denial(ByteString)
    /// Not in a known folder: anything may lie there.
    case outside
    /// In a known folder, and wrong there. The message says what fits.
    case misplaced(message: String)

    package init(_ path: ByteString) {
        self = .outside
    }
}
