extension AccessState {
    /// Everything wrong with the files as they are, in path order; restrictions that stand at an older version included.
    package var diagnostics: [Diagnostic] {
        let assessor = assessor
        let faulty = grants.rows.lazy.filter { row in
            grants.grant(row).map { !assessor.referenceFaults(of: $0).isEmpty } ?? false
        }
        return diagnostics(faulty: faulty, assessor)
    }

    /// The same at a cost that does not follow the number of grants.
    /// - Parameter table: compiled from this state; it knows which grants refer to what is not there.
    package func diagnostics(by table: ScopeTable) -> [Diagnostic] {
        diagnostics(faulty: table.rowsWithFaults, table.assessor)
    }

    private func diagnostics(faulty: some Sequence<UInt32>, _ assessor: Assessor) -> [Diagnostic] {
        var all = findings.values.flatMap { $0 } + problems.values.flatMap { $0 }
        for (path, file) in restrictions { all += standingDiagnostics(of: file, at: path) }
        if accepted.policy == nil, restrictions["policy.yaml"] == nil {
            all.append(
                Diagnostic(
                    path: "policy.yaml", code: "missing-policy", message: "there is no policy",
                    help: "add one: without it no grant is in force"))
        }
        for row in faulty {
            guard let grant = grants.grant(row) else { continue }
            let path = grants.path(row).text
            all += assessor.referenceFaults(of: grant).map {
                Diagnostic(path: path, code: $0.code, message: $0.message, help: $0.help)
            }
        }
        all += restrictionReferences() + voidDiagnostics()
        return all.sorted {
            ($0.path, $0.line, $0.column, $0.code, $0.message) < ($1.path, $1.line, $1.column, $1.code, $1.message)
        }
    }

    private func standingDiagnostics(of file: RestrictionFile, at path: ByteString) -> [Diagnostic] {
        let stays = file.acceptedSHA256 == nil ? "nothing" : "its last accepted version"
        switch file.condition {
        case .accepted: return []
        case .removed:
            guard file.path == .policy, accepted.policy != nil else { return [] }
            return [
                Diagnostic(
                    path: path.text, code: "policy-removed",
                    message: "the policy was deleted; the last one stays in effect",
                    help: "put it back")
            ]
        case .refused(let diagnostic): return [diagnostic]
        case .broken:
            return [
                Diagnostic(
                    path: path.text, severity: .warning, code: "not-in-effect",
                    message: "the file is broken, so \(stays) is in effect", help: "mend it")
            ]
        case .pending:
            let needed = max(1, accepted.policy?.protectReviewers ?? 1)
            let admins = accepted.policy?.admins ?? []
            let there =
                file.sha256.map {
                    keepers(of: path, sha256: $0, after: file.acceptedAt, needed: needed, admins: admins).count
                } ?? 0
            return [
                Diagnostic(
                    path: path.text, severity: .warning, code: "awaiting-admins",
                    message: "pending: waits for \(needed - there) of \(needed) keeps by admins; \(stays) is in effect",
                    help: "ask \((accepted.policy?.admins ?? []).listed) to attest it")
            ]
        }
    }

    /// What services, the policy and denials refer to that is not there.
    private func restrictionReferences() -> [Diagnostic] {
        var all: [Diagnostic] = []
        func add(_ path: String, _ severity: Diagnostic.Severity, _ code: String, _ message: String, _ help: String) {
            all.append(Diagnostic(path: path, severity: severity, code: code, message: message, help: help))
        }
        for admin in accepted.policy?.admins ?? [] where accepted.people[admin] == nil {
            add(
                "policy.yaml", .warning, "unknown-person", "`admins` names `\(admin)`, who is not in people/",
                "add people/\(admin).yaml")
        }
        for service in accepted.services.values {
            let path = "services/\(service.name).yaml"
            for owner in service.owners where accepted.people[owner] == nil {
                add(
                    path, .warning, "unknown-person", "`owners` names `\(owner)`, who is not in people/",
                    "add people/\(owner).yaml")
            }
            for fault in accepted.faults(of: service) {
                add(path, .error, fault.code, fault.message, fault.help)
            }
            for other in accepted.services.values
            where other.name < service.name && other.prefix.overlapsPrefix(service.prefix) {
                add(
                    path, .error, "prefix-overlap",
                    "the prefix `\(service.prefix)` collides with that of `\(other.name)`",
                    "choose prefixes of which neither begins with the other")
            }
        }
        for denial in accepted.denials.values {
            let path = "denied/\(denial.name).yaml"
            for grant in denial.grants where grants.row(ofGrant: grant) == nil {
                add(path, .warning, "unknown-grant", "there is no grant `\(grant)`", "check the name")
            }
            for issuer in Set(denial.to.map(\.issuer)).sorted() where accepted.issuers[issuer] == nil {
                add(
                    path, .warning, "unknown-issuer", "`to` names the issuer `\(issuer)`, which is not in identity/",
                    "check the name")
            }
        }
        return all
    }

    /// Sittings that lie in the tree and do not count, and their decisions that do not.
    private func voidDiagnostics() -> [Diagnostic] {
        var all: [Diagnostic] = []
        for sitting in sittings where sitting.isPresent {
            let replayed = VoidReason.replayed(sitting.origin, observed: sitting.observed)
            for copy in sitting.replays {
                all.append(
                    Diagnostic(
                        path: copy.text, severity: .warning, code: replayed.code,
                        message: "the whole sitting is void: \(VoidText.why(replayed, by: sitting.by))",
                        help: "delete it, or sign a new one"))
            }
            guard let void = sitting.void else { continue }
            all.append(
                Diagnostic(
                    path: sitting.place.text, code: void.code,
                    message: "the whole sitting is void: \(VoidText.why(void, by: sitting.by))",
                    help: "sign a new one"))
        }
        func add(_ review: Review, of file: ByteString) {
            let sitting = sittings[review.sitting]
            guard let void = review.void, sitting.void == nil, sitting.isPresent else { return }
            let effect = review.stopsFormerBytes ? "stops only bytes it held before" : "is void"
            all.append(
                Diagnostic(
                    path: sitting.place.text, severity: .warning, code: "void-decision",
                    message:
                        "the \(review.verdict.rawValue) of `\(file)` \(effect): \(VoidText.why(void, by: sitting.by))"
                ))
        }
        for (file, decisions) in reviewsOfOthers {
            for review in decisions { add(review, of: file) }
        }
        for index in 0..<grants.reviews.count {
            let record = grants.reviews.at(index)
            guard record.code > 3 else { continue }
            add(grants.review(record, number: UInt32(index)), of: grants.path(record.row))
        }
        return all
    }
}

extension ByteString {
    /// Whether one of two service prefixes is the other or lies below it.
    fileprivate func overlapsPrefix(_ other: ByteString) -> Bool {
        let (short, long) = count <= other.count ? (self, other) : (other, self)
        return long.bytes.starts(with: short.bytes) && (long.count == short.count || long.bytes[short.count] == 0x2F)
    }
}
