import Foundation
import GrantModel
import Reconciler

/// Gathers what there is to know about files that wait for a reviewer.
struct ReviewEvidence {
    let reviewer: Reviewer
    /// By grant; nil where no records were given.
    let uses: [ByteString: GrantUse]?
    /// How far back the records were read.
    let span: Span

    /// What waits for the reviewer, most urgent first.
    /// - Parameters:
    ///   - within: how far to look ahead.
    ///   - paths: only these, whether or not they are due; empty for everything.
    ///   - most: more than that many are left for another time.
    static func queue(_ reviewer: Reviewer, within: Span, paths: [ByteString], most: Int) -> [DueReview] {
        guard paths.isEmpty else {
            return paths.compactMap { reviewer.desk.matter(at: $0) }
        }
        return reviewer.desk.queue(for: reviewer.person.name, until: reviewer.now + within, most: most)
    }

    /// Everything about one file; cheap enough to be done when the reviewer comes to it.
    func matter(_ due: DueReview) -> ReviewMatter {
        let desk = reviewer.desk
        let grant = due.grant == nil ? nil : desk.grant(at: due.path)
        var matter = ReviewMatter(
            due: due, grant: grant, bytes: bytes(of: due),
            effect: desk.effect(ofKeepBy: reviewer.person.name, of: due.path))
        matter.asked = CommitAuthor.of("HEAD", path: due.path.text, reviewer.clone.git)
        matter.keeps = desk.keeps(of: due.path).map { keep in
            ReviewMatter.Keep(by: keep.by, signed: keep.signed, note: note(keep, on: due))
        }
        guard let grant else {
            matter.earlier = desk.versionInEffect(at: due.path).map {
                ReviewMatter.Earlier(version: $0, text: text(of: $0, at: due.path))
            }
            return matter
        }
        matter.accountable = desk.person(grant.by).map { person in
            person.email.map { "\(person.name) <\($0)>" } ?? person.name.text
        }
        matter.named = desk.peopleNamed(in: grant)
        matter.owners = desk.service(grant.service)?.owners ?? []
        matter.tierNames = desk.tierNames(of: grant)
        matter.tier = desk.tier(of: grant)
        matter.use = uses.map { ($0[grant.id] ?? GrantUse(span: span)).withUnused(of: grant) }
        if let version = desk.lastAttested(at: due.path), matter.keeps.isEmpty {
            matter.earlier = ReviewMatter.Earlier(version: version, text: text(of: version, at: due.path))
            if let text = matter.earlier?.text,
                let old = Grant.read(Array(text.utf8), at: due.path)
            {
                matter.access = GrantVersions(old: old, new: grant).lines
            }
        }
        return matter
    }

    /// The clone is clean, so the working tree holds what the branch holds, unless git converts line ends.
    private func bytes(of due: DueReview) -> [UInt8] {
        if let bytes = reviewer.clone.bytes(of: due.path.text), Digest.sha256(of: bytes) == due.sha256 { return bytes }
        return reviewer.bytes(of: due.path, in: "HEAD") ?? []
    }

    private func note(_ keep: CountedKeep, on due: DueReview) -> ReviewNote {
        guard let bytes = reviewer.clone.bytes(of: keep.sitting.text) else { return ReviewNote(text: "") }
        let file = FileContent(path: keep.sitting, bytes: bytes)
        guard
            case .attestation(let attestation)? = ParsedDocument(path: .attestation, file: file, mentions: false)
                .document
        else { return ReviewNote(text: "") }
        let decision = attestation.decisions.last { $0.file == due.path && $0.sha256 == due.sha256 }
        return ReviewNote(decision?.note ?? "")
    }

    /// The bytes of a version that is not there any more, out of the commit that held it.
    private func text(of version: AttestedVersion, at path: ByteString) -> String? {
        guard let ordinal = version.ordinal, let commit = reviewer.commit(at: ordinal),
            let bytes = reviewer.bytes(of: path, in: commit.hex), Digest.sha256(of: bytes) == version.sha256
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Grant {
    /// What the bytes of a grant's file say; nil where they say nothing.
    static func read(_ bytes: [UInt8], at path: ByteString) -> Grant? {
        let file = FileContent(path: path, bytes: bytes)
        guard case .grant(let grant)? = ParsedDocument(path: DocumentPath(path), file: file, mentions: false).document
        else { return nil }
        return grant
    }
}

extension Reviewer {
    /// A file as a commit holds it; nil where it does not.
    func bytes(of path: ByteString, in revision: String) -> [UInt8]? {
        let ending = ProgramRun(
            program: "git", arguments: ["-C", clone.root, "cat-file", "blob", "\(revision):\(path.text)"],
            environment: ["LC_ALL": "C"]
        ).run()
        return ending.status == 0 ? ending.output : nil
    }

    /// The commit at a place on the first-parent line that is checked out.
    func commit(at ordinal: Int) -> ObjectID? {
        guard let head = clone.head, let repository = try? GitRepository.open(path: clone.root),
            let line = try? repository.firstParentLine(after: nil, to: ObjectID(hex: head))
        else { return nil }
        return line.indices.contains(ordinal) ? line[ordinal].id : nil
    }
}
