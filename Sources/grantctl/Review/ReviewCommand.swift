import ArgumentParser
import Foundation
import GrantModel

struct ReviewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review",
        abstract: "Go through what waits for me, most urgent first, and sign what I decide in one sitting.",
        discussion: """
            Each grant whole, what changed since it was last attested, who is behind it, what it was used for, and what \
            happens if nothing is done. One key each: k keeps, r revokes, n narrows it in your editor and keeps that, s \
            skips. At the end: one file, one signature through ssh-keygen, one commit, one push.

            What is decided is kept in the clone until it is signed: a cancelled signature loses nothing. How long each \
            decision took is signed with it.

            Without a terminal it prints what waits, and `grantctl attest` decides.

            EXAMPLES
              grantctl review
              grantctl review --within 30d --records /var/lib/grantctl
              grantctl review claude/triage-bot
              grantctl review --json | jq '.[] | {grant, kept, idle}'

            \(AttestCommand.endings)
            """
    )

    @Argument(help: "Only these, due or not: grants by id, or files by path.", completion: .grants)
    var grants: [String] = []

    @Option(help: "How far to look ahead; the policy's first reminder otherwise.")
    var within: Span?

    @OptionGroup var reviewer: ReviewerOptions

    @Option(help: "The gateway's records, a state directory or the file itself: shows what grants were used for.")
    var records: String?

    @Option(help: "How far back to look in the records.")
    var used: Span = .days(30)

    @Flag(help: "A JSON array of what waits, with the evidence.")
    var json = false

    /// More than one attestation can hold.
    private static let mostAtOnce = 2_000

    func run() async throws {
        let isTerminal = ReviewTerminal.isThere && !json
        var ending: ReviewSitting.Ending?
        do throws(CommandFault) {
            let reviewer = try Reviewer(self.reviewer, isReading: !isTerminal)
            var paths: [ByteString] = []
            for grant in grants { paths.append(try reviewer.path(of: grant)) }
            let queue = ReviewEvidence.queue(
                reviewer, within: within ?? reviewer.desk.firstReminder, paths: paths,
                most: isTerminal ? Self.mostAtOnce : .max)
            let evidence = ReviewEvidence(
                reviewer: reviewer, uses: try GrantUse.read(records, since: reviewer.now - used, span: used), span: used
            )
            if isTerminal, !queue.isEmpty {
                ending = try ReviewSitting(evidence: evidence, queue: queue).run()
            } else {
                show(queue.map { evidence.matter($0) }, to: reviewer)
            }
        } catch {
            throw error.exitCode()
        }
        guard case .signed(let report)? = ending else { return }
        print(report.text(on: .standardOutput()), terminator: "")
        try report.sitting.submitted.requirePushed()
    }

    private func show(_ matters: [ReviewMatter], to reviewer: Reviewer) {
        if json {
            print(prettyJSON(matters.map { ReviewReport(matter: $0, now: reviewer.now) }))
            return
        }
        let screen = Screen.standardOutput()
        for (index, matter) in matters.enumerated() {
            let card = ReviewCard(matter: matter, number: index + 1, count: matters.count, now: reviewer.now)
            print(card.text(on: screen))
        }
        guard matters.isEmpty else { return }
        print("nothing waits for \(reviewer.person.name)")
    }
}
