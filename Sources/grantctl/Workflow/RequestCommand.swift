import ArgumentParser
import Foundation
import GrantModel

struct RequestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request",
        abstract: "Ask for access: a grant on a branch of its own, pushed, with the link to its pull request.",
        discussion: """
            What is not given is asked for, step by step, where there is a terminal. Says which tier of review the request \
            falls into and why, and refuses what an existing grant already gives. The clone stays on its branch; whatever \
            goes wrong leaves it as it was.

            EXAMPLES
              grantctl request                                 asked step by step
              grantctl request --service claude --name triage-bot --to corp:group=support-agents,role=triage \\
                --models 'claude-sonnet-4-5*,claude-haiku-4-5*' --max-tokens 8192 --why 'Auto-triage tickets, OPS-1412'
              grantctl request --service claude --name ci --to 'github:repository=acme/triage,ref=refs/heads/main' \\
                --models 'claude-haiku-4-5*' --why 'Changelog bot' --until 2027-03-31
              grantctl request --service tickets --name reader --to corp:sub=bot-7 --route 'GET /v1/tickets/**' --why …
              grantctl request … --dry-run                     the file and the review it needs; nothing is written

            Exit 0 done; 1 committed and not pushed; 2 nothing was done, and why.
            """
    )

    @Option(help: "A folder of the clone.")
    var repo = "."

    @Option(help: "The main branch.")
    var branch = "main"

    @Option(help: "The service to be called.", completion: .services)
    var service: String?

    @Option(help: "The grant's name below the service, with folders if you like: team/bot.")
    var name: String?

    @Option(help: "Who may call: ISSUER:group=NAME[,role=NAME…]; repeat for others.")
    var to: [String] = []

    @Option(help: "Model names, `*` for any run of characters, separated by commas.")
    var models: [String] = []

    @Option(help: "Names of the caller's own tools, for grants that limit them.")
    var tools: [String] = []

    @Option(help: "Tools that run at the provider, e.g. web_search.")
    var serverTools: [String] = []

    @Option(help: "The largest max_tokens.")
    var maxTokens: Int64?

    @Option(help: "What may be called of an http service: 'GET /v1/tickets/**'; repeat for others.")
    var route: [String] = []

    @Option(help: "Any other field of `can`: FIELD=value,value.")
    var can: [String] = []

    @Option(help: "Classes of protected data to see unmasked, separated by commas.")
    var see: [String] = []

    @Option(help: "What for: a sentence that a reviewer can judge, with a ticket.")
    var why: String?

    @Option(help: "The accountable person; you by default.", completion: .people)
    var by: String?

    @Option(help: "The last day, e.g. 2027-03-31; as long as the tier allows by default.")
    var until: String?

    @Option(help: "The name of the branch; request/SERVICE-NAME by default.")
    var branchName: String?

    @Flag(inversion: .prefixedNo, help: "Push the branch.")
    var push = true

    @Flag(help: "Show the file and the review that it needs, and write nothing.")
    var dryRun = false

    @Flag(name: .shortAndLong, help: "Do not ask whether to go on.")
    var yes = false

    @Flag(help: "A JSON object.")
    var json = false

    func run() async throws {
        do throws(CommandFault) {
            let submitted = try await ask()
            if let fault = submitted?.pushFault {
                _ = fault.exitCode()
                throw CommandFault(description: "")
            }
        } catch {
            guard !error.description.isEmpty else { throw ExitCode(1) }
            throw error.exitCode()
        }
    }

    private func ask() async throws(CommandFault) -> Submitted? {
        let clone = try GrantsClone.find(from: repo)
        if !dryRun { try clone.requireReady() }
        if push, !dryRun { try clone.fetch(branch) }
        let ref = try clone.mainRef(branch)
        let state = try clone.state(of: ref)
        let questions = json ? nil : Questions()
        let draft = try RequestInterview(state: state, questions: questions, accountable: accountable(clone, state))
            .draft(self)
        let (grant, warnings) = try draft.read()
        if clone.has(draft.path, at: ref) {
            throw CommandFault(
                description: "there is a grant `\(draft.id)` already; edit its file to change it, "
                    + "or choose another name with --name")
        }
        let check = try RequestCheck(grant, in: state, warnings: warnings)
        let target = branchName ?? "request/\(draft.id.replacingOccurrences(of: "/", with: "-"))"
        if push, !dryRun { try clone.requireNew(target) }
        let report = RequestReport(draft: draft, check: check, base: branch)
        if dryRun {
            print(json ? report.json(nil, link: nil) : report.preview)
            return nil
        }
        if let questions {
            questions.say("\n" + report.preview + "\n")
            if !yes, try !questions.confirm("write, commit\(push && clone.remote != nil ? " and push" : "") this?") {
                throw Questions.cancelled
            }
        }
        let submitted = try clone.submit(
            Submission(
                files: [draft.path: draft.bytes], message: "Ask for \(draft.id)\n\n\(draft.why)",
                target: .new(target, base: branch), push: push))
        let link =
            submitted.remote.flatMap { clone.url(of: $0) }
            .flatMap { ForgeLink.pullRequest(remote: $0, branch: submitted.branch, base: branch) }
        let said = ForgeLink.said(submitted.remoteSaid)?.printable
        print(json ? report.json(submitted, link: said ?? link) : report.done(submitted, link: said ?? link))
        return submitted
    }

    /// Who is accountable unless something else is said: whoever runs this.
    private func accountable(_ clone: GrantsClone, _ state: AccessState) throws(CommandFault) -> String? {
        if let by { return by }
        let people = Array(state.accepted.people.values)
        return try? Myself.find(as: nil, people: people, keys: OwnKeys(git: clone.git), email: clone.author?.email)
            .name.text
    }
}

/// What a request's maker and scripts read.
struct RequestReport {
    let draft: RequestDraft
    let check: RequestCheck
    let base: String

    var preview: String {
        (["# \(draft.path)", String(decoding: draft.bytes, as: UTF8.self)] + check.advice).joined(separator: "\n")
    }

    func done(_ submitted: Submitted, link: String?) -> String {
        var lines = ["asked for \(draft.id) in \(draft.path)"] + check.advice
        let pushed = submitted.remote.map { ", pushed to `\($0)`" } ?? ", not pushed"
        lines.append("branch \(submitted.branch), commit \(submitted.commit.prefix(12))\(pushed)")
        if let link {
            lines.append("open the pull request: \(link)")
        } else if submitted.pushFault == nil {
            lines.append("to land it: git switch \(base) && git merge \(submitted.branch)")
        }
        return lines.joined(separator: "\n")
    }

    func json(_ submitted: Submitted?, link: String?) -> String {
        prettyJSON(Answer(report: self, submitted: submitted, link: link))
    }

    /// Stable; every key is always there.
    private struct Answer: Encodable {
        let report: RequestReport
        let submitted: Submitted?
        let link: String?

        private enum CodingKeys: String, CodingKey {
            case grant, path, text, warnings, tiers, reviewers, eligible, ends, branch, commit, pushed, link
        }

        func encode(to encoder: any Encoder) throws {
            let outlook = report.check.outlook
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(report.draft.id, forKey: .grant)
            try container.encode(report.draft.path, forKey: .path)
            try container.encode(String(decoding: report.draft.bytes, as: UTF8.self), forKey: .text)
            try container.encode(report.check.warnings, forKey: .warnings)
            try container.encode(outlook.applied.map(\.name.text), forKey: .tiers)
            try container.encode(
                outlook.tier.firstReview == .merge ? 0 : max(1, outlook.tier.reviewers), forKey: .reviewers)
            try container.encode(outlook.eligible.map(\.text), forKey: .eligible)
            try container.encode("\(outlook.ends)", forKey: .ends)
            try container.encode(submitted?.branch, forKey: .branch)
            try container.encode(submitted?.commit, forKey: .commit)
            try container.encode(submitted?.remote != nil, forKey: .pushed)
            try container.encode(link, forKey: .link)
        }
    }
}
