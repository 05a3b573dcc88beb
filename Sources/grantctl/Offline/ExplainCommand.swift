import ArgumentParser
import Foundation
import GrantModel
import Proxy

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say what the gateway would answer to a request, and why.",
        discussion: """
            The gateway's own code, offline: nothing is sent anywhere. Says of each grant that names the caller what it \
            gives and lacks, with file and line. With --at it answers as a gateway would have answered then: what was on \
            the branch by then, observed by then.

            EXAMPLES
              grantctl explain --repo . --service claude \\
                --caller '{"issuer":"corp","sub":"bot-7","groups":["support-agents"],"roles":["triage"]}' \\
                --request '{"model":"claude-haiku-4-5","max_tokens":100,"messages":[]}'
              grantctl explain --service tickets --caller @caller.json --method GET --path /v1/tickets/17 --json
              grantctl explain --at 2026-08-01T09:00Z --service claude --caller @caller.json --request @request.json

            Exit 0 allow, 1 deny, 3 pause, 2 usage or a repository that cannot be read.
            """
    )

    @OptionGroup var repository: RepositoryOptions

    @Option(help: "The service's name.", completion: .services)
    var service: String

    @Option(help: "Who is calling, as JSON or @FILE: issuer, sub, email, groups, roles, claims.")
    var caller: String

    @Option(help: "The request's body, as JSON or @FILE.")
    var request: String?

    @Option(help: "The request's method.")
    var method = "POST"

    @Option(help: "The request's path below the service's prefix.")
    var path = "/v1/messages"

    @Flag(help: "A JSON object.")
    var json = false

    func run() async throws {
        let answer: ExplainAnswer
        do {
            let caller = try CallerArgument.read(caller)
            let body = try argumentBytes(request ?? "")
            answer = try ask(try await repository.open(), caller, body)
        } catch let fault as CommandFault {
            throw fault.exitCode()
        }
        print(json ? prettyJSON(answer) : answer.text)
        switch answer.verdict {
        case .allow: return
        case .deny: throw ExitCode(1)
        case .pause: throw ExitCode(3)
        }
    }

    private func ask(
        _ repository: OfflineRepository, _ caller: Caller, _ body: [UInt8]
    ) throws -> ExplainAnswer {
        let table = repository.table
        guard let index = table.services.firstIndex(where: { $0.name == ByteString(service) }) else {
            let below = ByteString("\(service)/")
            let quarantined = repository.state.standings(at: repository.now).filter {
                $0.grant.bytes.starts(with: below.bytes)
            }
            guard quarantined.isEmpty else {
                return ExplainAnswer(withoutService: service, standings: quarantined, table: table)
            }
            let known = table.services.map { "`\($0.name)`" }.joined(separator: ", ")
            guard repository.state.accepted.policy != nil || !known.isEmpty else {
                throw CommandFault.noPolicy(in: self.repository.place)
            }
            throw CommandFault(
                description: "there is no service `\(service)`; "
                    + (known.isEmpty ? "none is accepted" : "known: \(known)"))
        }
        let target: RequestTarget
        switch Array(path.utf8).withUnsafeBytes({ RequestTarget.read($0) }) {
        case .success(let read): target = read
        case .failure(let fault): return ExplainAnswer(fault, table: table)
        }
        var reader = FactsReader()
        let asked = table.services[index]
        let facts = body.withUnsafeBytes { bytes in
            reader.read(
                service: asked, method: ByteString(method), path: target.path, query: target.query,
                contentType: bytes.isEmpty ? nil : "application/json", body: bytes)
        }
        switch facts {
        case .success(let facts):
            let clock = DecisionClock(now: repository.now, confirmed: repository.now)
            let explanation = table.explain(service: index, caller: caller, facts: facts, clock: clock)
            let text =
                json
                ? ""
                : ExplainText(
                    explanation: explanation, repository: repository, service: index, caller: caller, facts: facts,
                    style: .standardOutput
                ).rendered
            return ExplainAnswer(explanation, table: table, observed: asked.mode == .observe, text: text)
        case .failure(let fault): return ExplainAnswer(fault, table: table)
        }
    }
}

/// The bytes of an argument that is text or `@FILE`.
func argumentBytes(_ argument: String) throws(CommandFault) -> [UInt8] {
    guard argument.hasPrefix("@") else { return Array(argument.utf8) }
    let path = String(argument.dropFirst())
    guard let data = FileManager.default.contents(atPath: path) else {
        throw CommandFault(description: "`\(path)` cannot be read; give a file behind @")
    }
    return [UInt8](data)
}
