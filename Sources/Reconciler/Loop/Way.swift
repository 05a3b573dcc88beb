import GrantModel

/// How history gets from what is accepted to the branch's tip.
struct Way: Sendable {
    /// Comes first, where history was rewritten and somebody accepted that.
    var rewrite: AcceptedRewrite?
    /// The commit that the rewrite leads to.
    var landing: CommitSummary?
    /// The commits to take in after that, oldest first.
    var line: [CommitSummary]

    init(line: [CommitSummary]) {
        self.line = line
    }

    /// All of them, oldest first.
    var commits: [CommitSummary] { (landing.map { [$0] } ?? []) + line }
}

extension Advancing {
    /// The way forward; over a rewrite only on somebody's word for exactly that one.
    func way(
        from mark: AcceptedMark, to tip: ObjectID, at now: Instant, in repository: GitRepository
    ) throws(ReconcileFault) -> Way {
        let fault: ReconcileFault
        do throws(ReconcileFault) {
            return Way(line: try line(after: mark.commit, to: tip, in: repository))
        } catch {
            fault = error
        }
        guard fault.isRewrite else { throw fault }
        if let consent = StateDirectory.consent(at: directory.path), consent.from == mark.commit.hex {
            let target = ObjectID(hex: consent.to)
            // What was pushed on top of the commit that was accepted only moves forward from it.
            if let line = try? repository.firstParentLine(after: target, to: tip),
                let landing = try? repository.commit(target), (try? repository.commit(mark.commit)) != nil
            {
                var way = Way(line: line)
                way.landing = landing
                way.rewrite = AcceptedRewrite(
                    from: mark.commit, to: target, by: LibGit2.oneLine(consent.by.utf8),
                    why: LibGit2.oneLine(consent.why.utf8),
                    asked: Instant(seconds: consent.at), observed: now)
                return way
            }
        }
        try? repository.updateRef(Self.waiting, to: tip)
        throw fault
    }

    /// Where the tip is kept that does not follow from what is accepted, for whoever is asked to accept it.
    static let waiting = "refs/grantctl/waiting"

    /// Nothing waits for anybody's word any more.
    func settle() {
        directory.dropConsent()
        try? GitRepository.open(path: directory.repositoryPath).deleteRef(Self.waiting)
    }
}
