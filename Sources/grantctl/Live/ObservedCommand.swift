import ArgumentParser
import Foundation
import GrantModel
import Records

struct ObservedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "observed",
        abstract: "Sum up what services in `mode: observe` let pass, by caller and missing capability.",
        discussion: """
            Reads the records of a state directory; the gateway may be running. Each line is one thing that a grant would
            have to give a caller before the service can be set to `mode: enforce`.

            EXAMPLES
              grantctl observed --state /var/lib/grantctl
              grantctl observed --config gateway.yaml --service claude --since 2026-11-20T00:00Z
              grantctl observed --state /var/lib/grantctl --json

            Exit 0, or 1 when the records cannot be read.
            """
    )

    @OptionGroup var place: StateOptions

    @Flag(help: "One JSON object a line.")
    var json = false

    @Option(help: "Only this service.")
    var service: String?

    @Option(help: "Only this subject (`sub`).")
    var subject: String?

    @Option(help: "Only from this instant on.")
    var since: Instant?

    /// Decisions read at a time.
    private static let batch = 2_000

    func run() async throws {
        let reader = try RecordReader(path: place.directory() + "/" + StateOptions.recordsName)
        let filter = RecordFilter(
            service: service.map { ByteString($0) }, subject: subject.map { ByteString($0) }, verdict: nil, since: since
        )
        var summary = ObservedSummary()
        var last = RecordID(value: 0)
        while true {
            let decisions = try reader.decisions(after: last, filter: filter, limit: Self.batch)
            for each in decisions { summary.add(each.decision) }
            guard let end = decisions.last, decisions.count == Self.batch else { break }
            last = end.decision.id
        }
        print(json ? summary.jsonLines : summary.table, terminator: "")
    }
}
