import ArgumentParser
import Foundation
import GrantModel
import Reconciler

/// The clone that a command works in.
struct CloneOptions: ParsableArguments {
    @Option(help: "A clone of the grants repository.")
    var repo = "."

    @Flag(name: .customLong("no-push"), help: "Commit, and leave pushing to me; the remote is not asked anything.")
    var keepsHere = false

    /// Opens the clone for work: clean, on a branch, not behind its remote.
    func clone() throws(CommandFault) -> GrantsClone {
        let clone = try GrantsClone.find(from: repo)
        try clone.requireReady()
        if !keepsHere, let branch = clone.branch { try clone.fetch(branch) }
        try clone.requireNotBehind()
        return clone
    }
}

/// Where somebody reviews, and as whom.
struct ReviewerOptions: ParsableArguments {
    @OptionGroup var place: CloneOptions

    @Option(
        name: .customLong("as"), help: "Who I am, a name in people/; by my keys or git's user.email otherwise.",
        completion: .people)
    var name: String?

    @Option(
        help: "The key to sign with, a file as for `ssh-keygen -f`; found by git, the agent and ~/.ssh otherwise.",
        completion: .file())
    var key: String?
}

/// Somebody at their clone, with the key that they sign with.
struct Reviewer {
    let clone: GrantsClone
    let person: Person
    let desk: ReviewDesk
    let now: Instant
    let options: ReviewerOptions

    /// Reads the branch that is checked out as the gateway would, and finds out who is there.
    /// - Parameter isReading: nothing is going to be decided, so the clone may be in any state.
    init(_ options: ReviewerOptions, isReading: Bool = false) throws(CommandFault) {
        self.options = options
        clone = isReading ? try GrantsClone.find(from: options.place.repo) : try options.place.clone()
        now = .clock
        desk = try CheckedOutHistory.desk(of: clone, now: now)
        guard desk.policy != nil else {
            throw .noPolicy(in: clone.root)
        }
        person = try Myself.find(as: options.name, in: clone.root, desk: desk)
    }

    /// The key to sign with: one that the repository lists for this person.
    func signer() throws(CommandFault) -> AttestationSigner {
        try AttestationSigner(person, keys: desk.usableKeys(of: person), named: options.key, clone: clone)
    }

    /// The path in the repository that an argument means: a grant's id, or a file.
    func path(of argument: String) throws(CommandFault) -> ByteString {
        let trimmed = argument.hasPrefix("./") ? String(argument.dropFirst(2)) : argument
        // As it is written from the folder that this runs in, too.
        let folder = GitProgram(directory: options.place.repo).answer("rev-parse", "--show-prefix") ?? ""
        let candidates = [
            trimmed, trimmed + ".yaml", "grants/" + trimmed, "grants/" + trimmed + ".yaml", folder + trimmed,
            folder + trimmed + ".yaml",
        ].map { ByteString($0) }
        for candidate in candidates {
            switch DocumentPath(candidate) {
            case .grant, .policy, .person, .issuer, .service, .dataClass:
                if desk.digest(at: candidate) != nil { return candidate }
            case .attestation, .attestationSignature, .denial, .metadata, .outside, .misplaced: continue
            }
        }
        if let lying = candidates.first(where: { clone.bytes(of: $0.text) != nil }) {
            throw CommandFault(
                description:
                    "`\(lying.text.printable)` is not committed on this branch, or is nothing that is attested; "
                    + "commit it first")
        }
        let nearest = desk.nearestGrant(to: trimmed).map { "did you mean `\($0)`?" } ?? "`grantctl standing` lists all"
        throw CommandFault(description: "there is no grant `\(argument.printable)`; \(nearest)")
    }
}

/// The history behind a command, judged or commit by commit.
enum CheckedOutHistory {
    /// The branch that a clone has checked out, as the gateway would judge it.
    static func desk(of clone: GrantsClone, now: Instant) throws(CommandFault) -> ReviewDesk {
        let history = try read(clone, branch: nil, now: now)
        return ReviewDesk(history.state, table: history.table, now: now)
    }

    /// A branch of a clone, as the gateway would judge it; nil for the one that is checked out.
    static func read(_ clone: GrantsClone, branch: String?, now: Instant) throws(CommandFault) -> OfflineHistory {
        let repository = OpenedRepository(path: clone.root)
        let progress = ProgressLine("reading \(clone.root)")
        defer { progress.end() }
        do throws(SourceFault) {
            let tip = try repository.with { (git) throws(GitFault) in try git.tip(of: branch) }
            return try OfflineHistory.load(
                repository, tip: tip, until: now, clock: now, cache: OfflineCache(repository)
            ) { progress.show($0.done, of: $0.total) }
        } catch {
            throw CommandFault(description: "\(error)")
        }
    }

    /// Every commit's change along first parents, oldest first.
    static func changes(
        of place: String, branch: String?, now: Instant
    ) async throws(CommandFault) -> [CommitChange] {
        let contents: RepositoryContents
        do {
            let source = try RepositorySource(place, prefer: .history)
            var options = RepositorySource.Options(branch: branch, history: true, until: now, clock: .clock)
            options.credential = ProcessInfo.processInfo.environment["GRANTCTL_GIT_TOKEN"].map { .token($0) }
            contents = try await source.read(options)
        } catch {
            throw CommandFault(description: "\(error)")
        }
        guard case .history(let changes) = contents else {
            throw CommandFault(
                description: "`\(place.printable)` is a plain folder, without history; name a clone or a repository")
        }
        return changes
    }
}

extension Myself {
    /// The person who runs this, as a repository knows them.
    static func find(as name: String?, in folder: String, desk: ReviewDesk) throws(CommandFault) -> Person {
        let isFolder = FileManager.default.fileExists(atPath: folder)
        let git = GitProgram(directory: isFolder ? folder : ".")
        return try find(
            as: name, people: desk.people, keys: OwnKeys(git: git), email: git.configuration("user.email"))
    }
}

extension CommandFault {
    /// A folder without a policy, or with one that nobody can read, is no place to review anything.
    static func noPolicy(in place: String) -> CommandFault {
        CommandFault(
            description: "no policy is in effect in `\(place.printable)`; name a grants repository with --repo, "
                + "or run `grantctl validate`, which says what is wrong with this one")
    }
}
