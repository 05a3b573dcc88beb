import Foundation
import GrantModel

/// What was decided and not signed yet, kept inside the clone's own folder: neither a signature that was cancelled nor a
/// terminal that went away loses it.
struct ReviewDraftFile {
    private struct Contents: Codable {
        struct Entry: Codable {
            var path: ByteString
            /// Of the bytes that were in front of the reviewer.
            var sha256: Digest
            var decision: ReviewSession.Decision
        }

        var version = 1
        var repository: ByteString
        var entries: [Entry]
    }

    private static let mostBytes = 16 << 20
    let path: String
    /// The policy's `name`.
    let repository: ByteString

    init(_ clone: GrantsClone, person: ByteString, repository: ByteString) throws(CommandFault) {
        guard let folder = clone.git.answer("rev-parse", "--absolute-git-dir") else {
            throw CommandFault(description: "`\(clone.root)` has no folder of git's; clone the repository anew")
        }
        path = "\(folder)/grantctl/review-\(person).json"
        self.repository = repository
    }

    /// What of it still is about what the branch holds, by index of the matter.
    func read(for items: [ReviewSession.Item]) -> [Int: ReviewSession.Decision] {
        guard let data = FileManager.default.contents(atPath: path), data.count <= Self.mostBytes,
            let contents = try? JSONDecoder().decode(Contents.self, from: data), contents.version == 1,
            contents.repository == repository
        else { return [:] }
        let known = Dictionary(contents.entries.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
        var decisions: [Int: ReviewSession.Decision] = [:]
        for (index, item) in items.enumerated() {
            // What was skipped comes up again.
            guard let entry = known[item.path], entry.sha256 == item.sha256, entry.decision.choice != .skip else {
                continue
            }
            guard entry.decision.choice == .revoke || item.keepFault == nil else { continue }
            decisions[index] = entry.decision
        }
        return decisions
    }

    func write(_ session: ReviewSession) throws(CommandFault) {
        let entries = session.decisions.sorted { $0.key < $1.key }.map { index, decision in
            Contents.Entry(path: session.items[index].path, sha256: session.items[index].sha256, decision: decision)
        }
        guard !entries.isEmpty else { return remove() }
        do {
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try JSONEncoder().encode(Contents(repository: repository, entries: entries))
                .write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFault(
                description: "cannot keep what was decided in `\(path)`: \((error as NSError).localizedDescription)")
        }
    }

    func remove() { unlink(path) }
}
