import ArgumentParser
import Foundation
import GrantModel
import Reconciler
import Records

struct DiffCommand: AsyncParsableCommand {
    /// What the exit code says. 1 is left to failures nobody foresaw, 2 to wrong usage: neither is ever an answer.
    enum Exit {
        static func code(_ direction: AccessDifference.Direction) -> Int32 {
            switch direction {
            case .same: 0
            case .narrows: 3
            case .widens: 4
            }
        }
    }

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, markdown, json
    }

    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what a change does to access: who gains and loses what, on which service, until when.",
        discussion: """
            Not the difference of the texts. Both sides are judged as the gateway would judge them: which grants are in \
            force, which reviews no longer count because the bytes changed, which tiers apply, what ends although nobody \
            touched its file.

            BASE..HEAD compares two commits, BASE...HEAD asks what HEAD changed since it left BASE and what landing that \
            on BASE does, and BASE alone compares with the working tree; nothing means HEAD. Two commits of the branch \
            itself are judged commit by commit; anything else as if it landed in one commit now, as a merge does.

            EXAMPLES
              grantctl diff                                    what my uncommitted changes would do
              grantctl diff origin/main...HEAD                 what merging this branch would do
              grantctl diff origin/main...HEAD --format markdown > comment.md
              grantctl diff HEAD~20..HEAD --repo access        what happened to access on main
              grantctl diff main...ask/opus --records /var/lib/grantctl

            Exit 0 same, 3 narrows, 4 widens (whatever it also takes away), 2 usage or a repository that cannot be read.
            """
    )

    @Argument(help: "BASE..HEAD, BASE...HEAD, or BASE to compare with the working tree.")
    var range = "HEAD"

    @Option(help: "The repository: a clone, or a bare one.")
    var repo = "."

    @Option(help: "The branch that gateways follow.")
    var branch = "main"

    @Option(help: "The instant to compare at, e.g. 2026-11-20T14:03Z; now by default.")
    var at: Instant?

    @Option(help: "text, markdown or json.")
    var format = Format.text

    @Option(help: "A gateway's state directory, or its records.sqlite: which recorded calls would now be refused.")
    var records: String?

    @Option(help: "How many days of records to look at.")
    var days: Int64 = 30

    @Flag(
        name: .customLong("no-cache"),
        help: "Read every commit, instead of going on from what an earlier command kept beside the repository.")
    var withoutCache = false

    mutating func validate() throws {
        guard days > 0, days <= 3_650 else { throw ValidationError("--days is between 1 and 3650") }
    }

    func run() async throws {
        let report: DiffReport
        do {
            let sides = try DiffSides.read(
                try DiffRange(range), repository: repo, branch: branch, at: at, withoutCache: withoutCache)
            let calls = try records.map { path in
                try CallReplay(sides).calls(at: path, since: sides.now - .days(days), days: days)
            }
            report = DiffReport(sides, calls: calls)
        } catch let fault as CommandFault {
            throw fault.exitCode()
        } catch let fault as GitFault {
            throw CommandFault(description: "\(fault)").exitCode()
        } catch let fault as SourceFault {
            throw CommandFault(description: "\(fault)").exitCode()
        } catch let fault as RecordFault {
            throw CommandFault(description: "\(fault)").exitCode()
        }
        switch format {
        case .text: print(DiffText(report, style: .standardOutput).rendered)
        case .markdown: print(DiffMarkdown(report).rendered)
        case .json: print(prettyJSON(DiffDocument(report)))
        }
        let code = Exit.code(report.difference.verdict)
        if code != 0 { throw ExitCode(code) }
    }
}

/// All that `diff` has to say, whatever the form.
struct DiffReport {
    var range: String
    var base: ObjectID
    var head: ObjectID?
    var judging: DiffSides.Judging
    var difference: AccessDifference
    var contested: [ByteString]
    /// Nil where no records were given.
    var calls: RecordedCalls?

    init(_ sides: DiffSides, calls: RecordedCalls?) {
        range = sides.range.text
        base = sides.base
        head = sides.head
        judging = sides.judging
        difference = sides.difference()
        contested = sides.contested
        self.calls = calls
    }
}
