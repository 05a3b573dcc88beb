/// The check of a whole tree: every file by itself, and every file against the others.
package enum Validation {
    /// Everything wrong with a tree's files, by path and place. Pure.
    /// - Parameter files: of the whole tree; what lies outside the known folders is passed over.
    package static func diagnostics(of files: [FileContent]) -> [Diagnostic] {
        var tree = Tree(files)
        return tree.diagnostics()
    }
}

/// A tree's files, read.
private struct Tree {
    private struct File {
        var content: FileContent
        var path: DocumentPath
        var parsed: ParsedDocument
    }

    private var files: [File] = []
    private var digests: [ByteString: Digest] = [:]
    private var names = DeclaredNames()
    private var grantIDs: Set<ByteString> = []
    private var found: [Diagnostic] = []

    init(_ contents: [FileContent]) {
        for content in contents.sorted(by: { $0.path < $1.path }) {
            let path = DocumentPath(content.path)
            if path == .outside { continue }
            let parsed = ParsedDocument(path: path, file: content)
            digests[content.path] = content.sha256
            if case .grant(let id, _) = path { grantIDs.insert(id) }
            files.append(File(content: content, path: path, parsed: parsed))
            declare(path, parsed)
        }
    }

    /// A broken file still declares its name: it is reported by itself, not once more wherever it is mentioned.
    private mutating func declare(_ path: DocumentPath, _ parsed: ParsedDocument) {
        if let document = parsed.document {
            names.declare(document)
            return
        }
        switch path {
        case .person(let name): names.people.insert(name)
        case .issuer(let name): names.issuers.insert(name)
        case .dataClass(let name): names.dataClasses.insert(name)
        case .service(let name): brokenServices.insert(name)
        case .policy: policyIsBroken = true
        case .grant, .attestation, .attestationSignature, .denial, .metadata, .outside, .misplaced: break
        }
    }

    private var brokenServices: Set<ByteString> = []
    private var policyIsBroken = false

    mutating func diagnostics() -> [Diagnostic] {
        found = []
        if !digests.keys.contains("policy.yaml") {
            found.append(
                Diagnostic(
                    path: "policy.yaml", code: "missing-policy", message: "the repository has no policy.yaml",
                    help: "add one: without it nothing is in force"))
        }
        for file in files {
            found += file.parsed.diagnostics
            found += names.problems(of: file.parsed, path: file.content.path).filter {
                !followsFromBrokenFile($0, file)
            }
            checkMentionedFiles(file)
            checkSignature(file)
        }
        checkUnique()
        checkPrefixes()
        checkOrigins()
        return found.sorted { left, right in
            left.path == right.path
                ? (left.line, left.column, left.code) < (right.line, right.column, right.code)
                : ByteString(left.path) < ByteString(right.path)
        }
    }

    private func followsFromBrokenFile(_ problem: Diagnostic, _ file: File) -> Bool {
        if problem.code == "unknown-tier" { return policyIsBroken || !digests.keys.contains("policy.yaml") }
        if problem.code == "unknown-service", case .grant(_, let service) = file.path {
            return brokenServices.contains(service)
        }
        return false
    }

    private mutating func warn(_ file: File, _ mention: Mention, _ code: String, _ message: String, help: String) {
        report(file, mention, .warning, code, message, help: help)
    }

    private mutating func report(
        _ file: File, _ mention: Mention, _ severity: Diagnostic.Severity, _ code: String, _ message: String,
        help: String
    ) {
        found.append(
            Diagnostic(
                path: file.content.path.text, line: mention.position.line, column: mention.position.column,
                severity: severity, code: code, message: message, help: help))
    }

    /// Decisions on files that changed or went are normal history; grants denied before they exist may be meant.
    private mutating func checkMentionedFiles(_ file: File) {
        for mention in file.parsed.mentions {
            switch mention.kind {
            case .decision(let digest):
                if let current = digests[mention.name] {
                    if current != digest {
                        warn(
                            file, mention, "stale-decision",
                            "\(quoted(mention.name)) has changed since it was reviewed",
                            help: "review it again")
                    }
                } else {
                    warn(
                        file, mention, "unknown-file", "there is no file \(quoted(mention.name))",
                        help: "this decision counts for nothing")
                }
            case .grant where !grantIDs.contains(mention.name):
                warn(
                    file, mention, "unknown-grant", "there is no grant \(quoted(mention.name))",
                    help: nearestName(to: mention.name, among: grantIDs.map(\.text).sorted())
                        .map { "did you mean `\($0)`?" } ?? "it is denied should it appear")
            case .grant, .person, .issuer, .tier, .dataClass, .repository, .scopeField, .key, .alias, .email, .prefix,
                .origin:
                break
            }
        }
    }

    private mutating func checkSignature(_ file: File) {
        let path = file.content.path
        let ending = Array(".sig".utf8)
        if file.path == .attestation, digests[ByteString(path.bytes + ending)] == nil {
            found.append(
                Diagnostic(
                    path: path.text, code: "missing-signature", message: "the attestation has no signature",
                    help: "run `ssh-keygen -Y sign -n grantctl-attestation` on it and commit the `.sig` beside it"))
        }
        if file.path == .attestationSignature, digests[ByteString(path.bytes.dropLast(ending.count))] == nil {
            found.append(
                Diagnostic(
                    path: path.text, code: "missing-attestation", message: "the signature has no attestation",
                    help: "commit the file it signs beside it, or delete it"))
        }
    }

    /// Two people must not share what tells people apart, or one human could review for two.
    private mutating func checkUnique() {
        var owners: [Mention.Kind: [ByteString: ByteString]] = [:]
        for file in files {
            guard case .person(let person)? = file.parsed.document else { continue }
            for mention in file.parsed.mentions {
                let what: String
                switch mention.kind {
                case .key: what = "the key \(quoted(mention.name))"
                case .alias: what = "this identity"
                case .email: what = "the e-mail address \(quoted(mention.name))"
                case .person, .issuer, .tier, .dataClass, .grant, .decision, .repository, .scopeField, .prefix,
                    .origin:
                    continue
                }
                if let other = owners[mention.kind]?[mention.name], other != person.name {
                    report(
                        file, mention, .error, "shared-identity", "\(what) belongs to \(quoted(other)) already",
                        help: "keep it with one of them")
                } else {
                    owners[mention.kind, default: [:]][mention.name] = person.name
                }
            }
        }
    }

    /// Two files for one issuer are allowed, for another audience say; who reviews by one name must know of the other.
    private mutating func checkOrigins() {
        var seen: [IssuerOrigin: ByteString] = [:]
        for file in files {
            guard case .issuer(let issuer)? = file.parsed.document,
                let mention = file.parsed.mentions.first(where: { $0.kind == .origin })
            else { continue }
            if let path = issuer.metadataPath, digests[path] == nil {
                report(
                    file, mention, .error, "missing-metadata", "there is no file \(quoted(path))",
                    help: "commit the identity provider's metadata there, or write its URL")
            }
            let origin = IssuerOrigin(of: issuer)
            if let other = seen[origin] {
                warn(
                    file, mention, "shared-issuer",
                    "\(quoted(mention.name)) is the issuer of \(quoted(other)) already",
                    help: "keep one of the two, or mind that a grant by either name reaches the same people")
            } else {
                seen[origin] = issuer.name
            }
        }
    }

    private mutating func checkPrefixes() {
        var seen: [(prefix: ByteString, service: ByteString)] = []
        for file in files {
            guard case .service(let service)? = file.parsed.document,
                let mention = file.parsed.mentions.first(where: { $0.kind == .prefix })
            else { continue }
            let own = mention.name.bytes + [UInt8(ascii: "/")]
            for other in seen {
                let others = other.prefix.bytes + [UInt8(ascii: "/")]
                guard own.starts(with: others) || others.starts(with: own) else { continue }
                report(
                    file, mention, .error, "prefix-overlap",
                    "\(quoted(mention.name)) overlaps \(quoted(other.prefix)) of \(quoted(other.service))",
                    help: "give each service a prefix of its own")
            }
            seen.append((mention.name, service.name))
        }
    }
}
