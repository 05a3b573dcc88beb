import ArgumentParser
import Foundation
import GrantModel

struct StandingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "standing",
        abstract: "Show every grant with its standing, until when, who attested, and why.",
        discussion: """
            The gateway's own code, offline. A repository is judged commit by commit along main; a plain folder counts as \
            landed when it was attested.

            EXAMPLES
              grantctl standing --repo .
              grantctl standing --repo https://git.acme.example/access.git --at 2027-01-01T00:00Z --json

            Exit 0, or 2 when the repository cannot be read.
            """
    )

    @OptionGroup var repository: RepositoryOptions

    @Flag(help: "A JSON array.")
    var json = false

    func run() async throws {
        let (state, now) = try await repository.load()
        let standings = state.standings(at: now)
        guard state.accepted.policy != nil || !standings.isEmpty else {
            throw CommandFault.noPolicy(in: repository.place).exitCode()
        }
        print(json ? StandingReport.json(standings) : StandingReport.text(standings))
    }
}

/// Standings as people and programs read them.
enum StandingReport {
    static func text(_ standings: [GrantStanding]) -> String {
        guard !standings.isEmpty else { return "no grants" }
        let grantWidth = standings.map { $0.grant.count }.max() ?? 0
        let standingWidth = standings.map { $0.standing.rawValue.count }.max() ?? 0
        return standings.map { each in
            let grant = each.grant.text.padding(toLength: grantWidth, withPad: " ", startingAt: 0)
            let standing = each.standing.rawValue.padding(toLength: standingWidth, withPad: " ", startingAt: 0)
            let until = each.notAfter.map { "\($0)" } ?? "-"
            return "\(grant)  \(standing)  \(until.padding(toLength: 20, withPad: " ", startingAt: 0))  \(each.why)"
        }.joined(separator: "\n")
    }

    static func json(_ standings: [GrantStanding]) -> String {
        let lines = standings.map { each in
            JSONLine(
                grant: each.grant.text, path: each.path.text, blob: each.blob.hex, standing: each.standing.rawValue,
                notAfter: each.notAfter.map { "\($0)" }, attestedBy: each.attestedBy.map(\.text), why: each.why)
        }
        return prettyJSON(lines)
    }

    private struct JSONLine: Encodable {
        var grant: String
        var path: String
        var blob: String
        var standing: String
        var notAfter: String?
        var attestedBy: [String]
        var why: String

        enum CodingKeys: String, CodingKey {
            case grant, path, blob, standing, notAfter, attestedBy, why
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(grant, forKey: .grant)
            try container.encode(path, forKey: .path)
            try container.encode(blob, forKey: .blob)
            try container.encode(standing, forKey: .standing)
            // Always there, so that programs need not tell absent from null.
            try container.encode(notAfter, forKey: .notAfter)
            try container.encode(attestedBy, forKey: .attestedBy)
            try container.encode(why, forKey: .why)
        }
    }
}

/// Indented JSON with sorted keys.
func prettyJSON(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
}
