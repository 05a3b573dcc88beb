import ArgumentParser
import Foundation
import GrantModel

struct DueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "due",
        abstract: "Show which grants end when, which wait for a review, and who may attest them.",
        discussion: """
            What is in force and ends within the time asked for, what waits for its first review, what lapsed, and protected \
            files that wait for admins, in the order of their moments. A table on a terminal; elsewhere one line each, with \
            tabs between grant, standing, end, distance, reviewers and reason.

            EXAMPLES
              grantctl due                             what ends within 30 days
              grantctl due --me --within 7d            what waits for my own attestation, or is mine
              grantctl due --json | jq '.[].grant'
              grantctl due --within 90d --ics > access.ics

            Exit 0, or 2 when the repository cannot be read.
            """
    )

    @OptionGroup var repository: RepositoryOptions

    @Option(help: "How far to look ahead.")
    var within: Span = .days(30)

    @Flag(help: "Only what I may attest, or am accountable for.")
    var me = false

    @Option(name: .customLong("as"), help: "Who I am, a name in people/; by my keys or git's user.email otherwise.")
    var name: String?

    @Flag(help: "A JSON array.")
    var json = false

    @Flag(help: "An iCalendar object (RFC 5545).")
    var ics = false

    mutating func validate() throws {
        if json, ics { throw ValidationError("give --json or --ics, not both") }
    }

    func run() async throws {
        let opened = try await repository.open()
        let now = opened.now
        let desk = ReviewDesk(opened.state, table: opened.table, now: now)
        guard desk.policy != nil else { throw CommandFault.noPolicy(in: repository.place).exitCode() }
        var due = desk.due(until: now + within)
        if me || name != nil {
            do throws(CommandFault) {
                let person = try Myself.find(as: name, in: repository.place, desk: desk).name
                due = due.filter { $0.reviewers.contains(person) || $0.accountable == person }
            } catch {
                throw error.exitCode()
            }
        }
        let report = DueReport(due: due, now: now)
        if ics {
            let policy = desk.policy
            let calendar = DueCalendar(
                repository: policy?.name.text ?? "grants", due: due, alarms: policy?.remind ?? [], now: now)
            print(calendar.text, terminator: "")
        } else if json {
            print(report.json)
        } else {
            print(report.text(on: .standardOutput()), terminator: "")
        }
    }
}

extension Span: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(ByteString(argument))
    }
}
