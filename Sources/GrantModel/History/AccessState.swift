/// Reads one file as the document its path calls for. Pure: the same path and bytes give the same answer, so that a
/// caller may answer from a cache by content.
package typealias ReadDocument = @Sendable (_ path: DocumentPath, _ file: FileContent) -> ParsedDocument

/// Everything that the documents accepted so far say, with when each was first observed.
///
/// A value: advancing a copy leaves the original as it was, which is what "judged against the state before" rests on.
/// Time is no part of it: `standings(at:)` and the compiled table ask for the moment.
package struct AccessState: Sendable {
    /// A file below `grants/`.
    struct GrantFile: Sendable {
        /// In `grants`.
        var row: UInt32
        var id: ByteString
        var blob: ObjectID
        var sha256: Digest
        /// The first appearance of these bytes at this path since it was last deleted.
        var landing: Landing
        /// Nil when the file cannot be read.
        var grant: Grant?
        /// Other bytes this path held since it was last deleted, and when they landed.
        var earlier: [Digest: Landing]

        var landed: Instant { landing.observed }
    }

    /// When bytes came to a path.
    struct Landing: Sendable, Codable {
        var observed: Instant
        /// Place of the commit on the first-parent line: several may be observed at one moment.
        var ordinal: Int
    }

    /// A file that restricts: what is wrong with it leaves its accepted version in place.
    struct RestrictionFile: Sendable, Codable {
        enum Condition: Sendable, Codable {
            case accepted
            case removed
            case broken
            /// Waits for a `keep` of admins.
            case pending(Document)
            /// Can never be accepted after what is accepted now (a policy's name or version).
            case refused(Diagnostic)
        }

        var path: DocumentPath
        var condition: Condition
        /// Of the file as it is; nil when there is none to read.
        var sha256: Digest?
        var acceptedSHA256: Digest?
        /// Place on the first-parent line where the accepted version was taken or dropped: an older `keep` does not
        /// bring back what was replaced since.
        var acceptedAt: Int
    }

    /// The last commit advanced by; `.none` before the first and for a plain directory.
    package private(set) var commit: ObjectID = .none
    /// The restricting documents in effect.
    package internal(set) var accepted = AcceptedDocuments()

    /// Commits taken in so far.
    package var commitCount: Int { ordinal }
    /// What was read about grants so far, in pieces that cost about the same: conditions and reviews.
    package var workCount: Int { grants.reviews.count + grants.conditions.conditions.count }

    var ordinal = 0
    /// Set for a plain directory: the moment it is judged at.
    var directoryMoment: Instant?
    var grants = GrantStore()
    /// By path, as all that follow.
    var restrictions: [ByteString: RestrictionFile] = [:]
    var sittingFiles: [ByteString: SittingFile] = [:]
    /// Of everything but grants.
    private var otherReviews: [ByteString: [Review]] = [:]
    /// Of grants: what a file that is moved elsewhere takes along.
    var revokedBytes: [RevokedBytes: [BytesRevoke]] = [:]
    /// Bytes that the path of a grant held and no longer does, and the place of the commit that took them away. Never
    /// forgotten: a revoke of them counts should they return.
    var formerBytes: [ByteString: [Digest: Int]] = [:]
    /// What reading the file itself found.
    var findings: [ByteString: [Diagnostic]] = [:]
    /// Tree entries that cannot be taken.
    var problems: [ByteString: [Diagnostic]] = [:]
    /// Every sitting ever judged, in the order of judging.
    var sittings: [Sitting] = []
    var judged: [Sitting.Identity: Int] = [:]
    /// By the digest of a good signature: the sitting it signs.
    var signers: [Digest: Int] = [:]

    /// The state before the first commit.
    package init() {}

    /// What an image holds of it beside the columns.
    func parts(tiers: [Tier], callers: CallerIndex.Parts, strides: [Int]) -> TableImage.Parts {
        TableImage.Parts(
            commit: commit, accepted: accepted, ordinal: ordinal, restrictions: restrictions,
            sittingFiles: sittingFiles, otherReviews: otherReviews, revokedBytes: revokedBytes,
            formerBytes: formerBytes, findings: findings, problems: problems, sittings: sittings, judged: judged,
            signers: signers, grants: grants.parts, tiers: tiers, callers: callers, strides: strides)
    }

    init(_ parts: TableImage.Parts, _ grants: GrantStore) {
        commit = parts.commit
        accepted = parts.accepted
        ordinal = parts.ordinal
        self.grants = grants
        restrictions = parts.restrictions
        sittingFiles = parts.sittingFiles
        otherReviews = parts.otherReviews
        revokedBytes = parts.revokedBytes
        formerBytes = parts.formerBytes
        findings = parts.findings
        problems = parts.problems
        sittings = parts.sittings
        judged = parts.judged
        signers = parts.signers
    }

    /// The files of a plain directory, without history, judged as of `now`: everything landed and was observed at the
    /// `at` of the attestation that covers it (at `now` where none does), the directory says who is eligible, and
    /// `signed_within` does not apply.
    package init(
        directory files: [FileContent], now: Instant, problems: [Diagnostic] = [], verify: VerifySignature,
        read: ReadDocument = { ParsedDocument(path: $0, file: $1, mentions: false) }
    ) {
        directoryMoment = now
        advance(
            by: CommitChange(commit: .none, observed: now, written: files, problems: problems), verify: verify,
            read: read)
    }

    /// What was decided about a file, in the order of judging.
    func reviews(of path: ByteString) -> [Review] { otherReviews[path] ?? grants.reviews(of: path) }

    /// - Parameter row: of the path, where it has one.
    mutating func add(_ review: Review, to path: ByteString, row: UInt32?) {
        if !grants.add(review, to: path, row: row) { otherReviews[path, default: []].append(review) }
    }

    /// Everything but grants that somebody decided on.
    var reviewsOfOthers: [ByteString: [Review]] { otherReviews }

    /// Takes in one commit of the first-parent line. Commits must come in order, without gaps; the first is trusted
    /// whole. Work is proportional to what the commit changed.
    package mutating func advance(
        by change: CommitChange, verify: VerifySignature,
        read: ReadDocument = { ParsedDocument(path: $0, file: $1, mentions: false) }
    ) {
        advance(by: change, verify: verify, read: read) { _ in }
    }

    /// The same, with grants that the change does not hold by itself, because they would not fit into memory together.
    /// - Parameter grants: hands over the grant files that the commit wrote and that `change` leaves out; what it throws
    ///   leaves the state in between two commits, to be thrown away.
    package mutating func advance<Fault: Error>(
        by change: CommitChange, verify: VerifySignature,
        read: ReadDocument = { ParsedDocument(path: $0, file: $1, mentions: false) },
        grants load: (_ take: (LoadedGrant) -> Void) throws(Fault) -> Void
    ) throws(Fault) {
        let before = accepted
        let isFirst = ordinal == 0
        var touchedSittings: Set<ByteString> = []
        var humansChanged = false

        for path in change.removed + change.unreadable + change.written.map(\.path) { clearFindings(at: path) }
        for problem in change.problems { problems[ByteString(problem.path), default: []].append(problem) }
        // In a plain directory only the problems tell what is unreadable.
        var unreadable = Set(change.unreadable)
            .union(change.problems.filter { $0.severity == .error }.map { ByteString($0.path) })
            .subtracting(change.written.map(\.path))
        // What is gone because something unreadable took its folder's place was not deleted either.
        for path in change.removed where path.hasFolder(in: unreadable) { unreadable.insert(path) }

        if change.concernsRestrictions { grants.touched = GrantStore.Touched() }
        for path in change.removed where !unreadable.contains(path) {
            let kind = DocumentPath(path)
            switch kind {
            case .outside, .misplaced:
                // A folder, or what stood in its place: with it goes all below that had become unreadable.
                for below in broken(below: path) where !unreadable.contains(below) {
                    clearFindings(at: below)
                    takeRemoval(below, kind: DocumentPath(below), touched: &touchedSittings)
                    humansChanged = true
                }
            case .policy, .person, .issuer, .metadata, .service, .dataClass, .grant, .attestation,
                .attestationSignature, .denial:
                if kind.tellsPeopleApart { humansChanged = true }
                takeRemoval(path, kind: kind, touched: &touchedSittings)
            }
        }
        for path in unreadable {
            takeBroken(path, kind: DocumentPath(path), observed: change.observed, touched: &touchedSittings)
        }
        for file in change.written {
            let kind = DocumentPath(file.path)
            switch kind {
            case .policy, .person, .issuer, .metadata, .service, .dataClass, .denial:
                if kind.tellsPeopleApart { humansChanged = true }
                let parsed = read(kind, file)
                findings[file.path] = parsed.diagnostics.isEmpty ? nil : parsed.diagnostics
                takeRestriction(file, kind: kind, document: parsed.document, isFirst: isFirst, before: before)
            case .grant: takeGrant(LoadedGrant(file, as: kind, read: read), observed: change.observed)
            case .attestation:
                sittingFiles[file.path, default: SittingFile()].document = file
                touchedSittings.insert(file.path)
            case .attestationSignature:
                let path = ByteString(file.path.bytes.dropLast(4))
                sittingFiles[path, default: SittingFile()].signature = file.bytes
                touchedSittings.insert(path)
            case .outside: break
            case .misplaced(let message):
                findings[file.path] = [
                    Diagnostic(path: file.path.text, code: "misplaced-file", message: message)
                ]
            }
        }
        try load { file in
            clearFindings(at: file.path)
            if file.isRejected {
                problems[file.path] = file.diagnostics
                takeBroken(
                    file.path, kind: DocumentPath(file.path), observed: change.observed, touched: &touchedSittings)
            } else {
                takeGrant(file, observed: change.observed)
            }
        }
        if humansChanged { accepted.findHumans() }
        for file in change.companions { rememberBytes(of: file) }

        if !touchedSittings.isEmpty {
            let eligibility = Eligibility(
                before: isFirst ? accepted : before, after: accepted, ignoresAge: directoryMoment != nil)
            for path in touchedSittings.sorted() {
                takeSitting(
                    path, observed: change.observed, eligibility: eligibility, verify: verify, read: read)
            }
        }
        promotePending()
        ordinal += 1
        commit = change.commit
    }

    /// Files below a folder that a commit made unreadable, in path order.
    private func broken(below folder: ByteString) -> [ByteString] {
        let prefix = folder.bytes + [0x2F]
        let restricting = restrictions.filter { path, file in
            guard path.bytes.starts(with: prefix), case .broken = file.condition else { return false }
            return true
        }
        let granting = grants.unreadable.map { grants.path($0) }.filter { $0.bytes.starts(with: prefix) }
        return (Array(restricting.keys) + granting).sorted()
    }

    /// Forgets what was found in a file, and in an entry in whose place its folder now is.
    private mutating func clearFindings(at path: ByteString) {
        findings[path] = nil
        guard !problems.isEmpty else { return }
        problems[path] = nil
        var folder = path.bytes
        while let slash = folder.lastIndex(of: 0x2F) {
            folder.removeSubrange(slash...)
            problems[ByteString(folder)] = nil
        }
    }

    private mutating func takeGrant(_ file: LoadedGrant, observed: Instant) {
        findings[file.path] = file.diagnostics.isEmpty ? nil : file.diagnostics
        let former = grants.take(file, landing: Landing(observed: observed, ordinal: ordinal))
        if let former, former != file.sha256 { formerBytes[file.path, default: [:]][former] = ordinal }
    }

    private mutating func takeRemoval(_ path: ByteString, kind: DocumentPath, touched: inout Set<ByteString>) {
        switch kind {
        case .policy, .person, .issuer, .metadata, .service, .dataClass, .denial: removeRestriction(path, kind: kind)
        case .grant:
            if let former = grants.remove(path) { formerBytes[path, default: [:]][former] = ordinal }
        case .attestation:
            sittingFiles[path]?.document = nil
            touched.insert(path)
        case .attestationSignature:
            let sitting = ByteString(path.bytes.dropLast(4))
            sittingFiles[sitting]?.signature = nil
            touched.insert(sitting)
        case .outside, .misplaced: break
        }
    }

    /// A tree entry that is no acceptable file: a grant is absent, a restriction keeps its last accepted version.
    private mutating func takeBroken(
        _ path: ByteString, kind: DocumentPath, observed: Instant, touched: inout Set<ByteString>
    ) {
        switch kind {
        case .policy, .person, .issuer, .metadata, .service, .dataClass, .denial: breakRestriction(path, kind: kind)
        case .grant: grants.makeUnreadable(path, landing: Landing(observed: observed, ordinal: ordinal))
        case .attestation, .attestationSignature: takeRemoval(path, kind: kind, touched: &touched)
        case .outside, .misplaced: break
        }
    }
}

extension DocumentPath {
    /// Whether a file of this kind says who is one human with whom.
    var tellsPeopleApart: Bool {
        switch self {
        case .person, .issuer: true
        case .policy, .metadata, .service, .dataClass, .grant, .attestation, .attestationSignature, .denial, .outside,
            .misplaced:
            false
        }
    }
}

extension ByteString {
    /// Whether some folder above this path is one of `paths`.
    fileprivate func hasFolder(in paths: Set<ByteString>) -> Bool {
        guard !paths.isEmpty else { return false }
        var folder = bytes
        while let slash = folder.lastIndex(of: 0x2F) {
            folder.removeSubrange(slash...)
            if paths.contains(ByteString(folder)) { return true }
        }
        return false
    }
}
