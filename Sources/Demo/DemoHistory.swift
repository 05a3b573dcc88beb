import Foundation

extension DemoRepository {
    /// Commits the history that the walk rests on, and pushes it: a grant that lapsed ten days ago, others signed today,
    /// and two branches that wait to be landed, `ask/opus-for-research` and `revoke/engineers`.
    package func commitHistory(now: Date) throws {
        let longAgo = now.addingTimeInterval(-100 * 86_400)
        let recently = now.addingTimeInterval(-2 * 3_600)
        let all = try grantFiles()
        let old = "grants/claude/quarterly-report.yaml"

        // The first commit is trusted whole, so its people may sign in it.
        let later = all.filter { $0 != old }
        try later.forEach { try hide($0) }
        try attest(
            as: "tom", at: longAgo, name: "\(Self.day(longAgo))-tom",
            [Decision(old, note: "runs once a quarter, haiku only")])
        try commit("Start the access repository, with the quarterly report", at: longAgo)

        try later.forEach { try unhide($0) }
        try attest(
            as: "ines", at: recently, name: "\(Self.day(recently))-ines",
            later.map { Decision($0, note: "asked for by maria, scope fits the task") })
        try commit("Grant triage, research, engineers and tickets", at: recently)

        try git(["switch", "-q", "-c", "ask/opus-for-research"])
        let opus = "grants/claude/research/opus.yaml"
        try write(
            opus,
            """
            to:
              - {issuer: corp, group: research}
            can:
              models: [claude-opus-4-5*]
            why: Proofs need the larger model, RES-81
            by: maria

            """)
        // The elevated tier asks for two reviewers.
        for reviewer in ["tom", "ines"] {
            try attest(
                as: reviewer, at: now, name: "\(Self.day(now))-\(reviewer)-opus",
                [Decision(opus, note: "limited to the research group, thirty days")])
        }
        try commit("Let research use opus", at: now)

        try git(["switch", "-q", "main"])
        try git(["switch", "-q", "-c", "revoke/engineers"])
        try attest(
            as: "tom", at: now, name: "\(Self.day(now))-tom-revoke",
            [Decision("grants/claude/engineers.yaml", verdict: "revoke", note: "key material seen in prompts, SEC-91")])
        try commit("Revoke the engineers' grant", at: now)
        try git(["switch", "-q", "main"])
        try push()
        try git(["branch", "-q", "--set-upstream-to=origin/main", "main"])
    }

    private func grantFiles() throws -> [String] {
        let root = work + "/grants"
        guard let walk = FileManager.default.enumerator(atPath: root) else { return [] }
        return walk.compactMap { $0 as? String }.filter { $0.hasSuffix(".yaml") }.map { "grants/" + $0 }.sorted()
    }

    private func hide(_ path: String) throws {
        try FileManager.default.moveItem(atPath: work + "/" + path, toPath: work + "/.git/later-" + flat(path))
    }

    private func unhide(_ path: String) throws {
        try FileManager.default.moveItem(atPath: work + "/.git/later-" + flat(path), toPath: work + "/" + path)
    }

    private func flat(_ path: String) -> String {
        path.replacingOccurrences(of: "/", with: "-")
    }

    private static func day(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day().dateSeparator(.dash))
    }
}
