extension Attestation {
    /// What a sitting may weigh, in bytes: about 1,000 decisions.
    package static let limit = 256 * 1_024

    static func read(_ fields: inout Fields) -> Attestation? {
        let repo = fields.required("repo", .repository)
        let by = fields.required("by", .person("reviewer"))
        let at = fields.required("at", .instant)
        let decisions = fields.required("decisions", .nonEmptyList(of: .fields(Decision.read)))
        guard let repo, let by, let at, let decisions else { return nil }
        return Attestation(repo: repo, by: by, at: at, decisions: decisions)
    }
}

extension Attestation.Decision {
    /// The file's path is taken as it is: a decision on a file that is not there is void by itself, the sitting stands.
    fileprivate static func read(_ fields: inout Fields) -> Attestation.Decision? {
        let file = fields.required("file", .anyText)
        let sha256 = fields.required("sha256", .digest)
        let verdict = fields.required("decision", verdictReader)
        let note = fields.optional("note", .prose)
        guard let file, let sha256, let verdict else { return nil }
        fields.problems.mention(.decision(sha256), file, at: fields.place(of: "file"))
        return Attestation.Decision(file: file, sha256: sha256, verdict: verdict, note: note ?? "")
    }
}

extension ValueReader where Value == ByteString {
    fileprivate static var repository: ValueReader {
        ValueReader.name.then { name, position, problems in
            problems.mention(.repository, name, at: position)
            return name
        }
    }
}

/// Made once: a sitting holds a thousand.
private let verdictReader = ValueReader<Attestation.Decision.Verdict>.one(of: Attestation.Decision.Verdict.self)
