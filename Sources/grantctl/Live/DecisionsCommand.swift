import ArgumentParser
import Foundation
import GrantModel
import Records

struct DecisionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decisions",
        abstract: "Show what the gateway decided, from its records.",
        discussion: """
            Reads the records of a state directory; the gateway may be running. Oldest first.

            EXAMPLES
              grantctl decisions --state /var/lib/grantctl
              grantctl decisions --config gateway.yaml --verdict deny --since 2026-11-20T00:00Z
              grantctl decisions --state /var/lib/grantctl --follow --json

            Exit 0, or 1 when the records cannot be read.
            """
    )

    @OptionGroup var place: StateOptions

    @Flag(help: "Go on with what is decided from now on.")
    var follow = false

    @Flag(help: "One JSON object a line.")
    var json = false

    @Option(help: "How many of the newest to show.")
    var limit = 50

    @Option(help: "Only this service.")
    var service: String?

    @Option(help: "Only this subject (`sub`).")
    var subject: String?

    @Option(help: "Only this grant's id.")
    var grant: String?

    @Option(help: "Only `allow`, `deny` or `pause`.")
    var verdict: Decision.Verdict?

    @Option(help: "Only from this instant on.")
    var since: Instant?

    mutating func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit is not negative") }
    }

    func run() async throws {
        let reader = try RecordReader(path: place.directory() + "/" + StateOptions.recordsName)
        let filter = RecordFilter(
            service: service.map { ByteString($0) }, subject: subject.map { ByteString($0) },
            grant: grant.map { ByteString($0) }, verdict: verdict, since: since)
        let latest = limit == 0 ? [] : try reader.latest(filter: filter, limit: limit)
        if !json { print(RecordedDecision.tableHeading) }
        show(latest)
        guard follow else { return }
        var follower = RecordFollower(reader: reader, filter: filter, after: try reader.lastID())
        while !Task.isCancelled {
            show(try follower.next())
            try await Task.sleep(for: .milliseconds(250))
        }
    }

    private func show(_ decisions: [RecordedDecision]) {
        for each in decisions {
            print(json ? each.json : each.tableRow)
        }
        fflush(nil)
    }
}

/// Where a gateway's state is: named, or read from its configuration.
struct StateOptions: ParsableArguments {
    static let recordsName = "records.sqlite"

    @Option(help: "The gateway's state directory.")
    var state: String?

    @Option(name: .customLong("config"), help: "The gateway's configuration file, which names the state directory.")
    var configuration: String?

    func directory() throws -> String {
        if let state { return state }
        guard let configuration else {
            throw ValidationError("give --state DIR or --config gateway.yaml")
        }
        return try GatewayFile.read(configuration).state
    }
}

extension Decision.Verdict: ExpressibleByArgument {}

extension Instant: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(ByteString(argument))
    }
}
