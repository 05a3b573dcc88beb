import ArgumentParser
import Foundation
import GrantModel
import Reconciler

struct WhoCanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "who-can",
        abstract: "Show who can reach a service, a model, a tool or a class of data, by which grant and until when.",
        discussion: """
            Every caller whom a grant in force names and no denial stops. Several things are asked for together: one \
            grant must allow all of them. A name with `*` means any that fits it. With --at it answers for that moment: \
            what was on the branch by then, observed by then.

            EXAMPLES
              grantctl who-can claude
              grantctl who-can claude --model 'claude-opus-*'
              grantctl who-can --server-tool web_fetch --at 2026-09-30T12:00Z
              grantctl who-can --class payment_card --json
              grantctl who-can tickets --method DELETE --path /v1/tickets/17

            Exit 0 somebody can, 1 nobody can, 2 usage or a repository that cannot be read.
            """
    )

    @OptionGroup var repository: RepositoryOptions

    @Argument(help: "The service's name; every service without it.", completion: .services)
    var service: String?

    @Option(name: .customLong("model"), help: "A model, e.g. claude-opus-4-5 or 'claude-opus-*'.")
    var models: [String] = []

    @Option(name: .customLong("tool"), help: "A tool of the caller's own.")
    var tools: [String] = []

    @Option(name: .customLong("client-tool"), help: "bash, text_editor, computer, memory.")
    var clientTools: [String] = []

    @Option(name: .customLong("server-tool"), help: "web_search, web_fetch, code_execution, advisor, tool_search.")
    var serverTools: [String] = []

    @Option(name: .customLong("operation"), help: "messages, count_tokens, models.")
    var operations: [String] = []

    @Option(name: .customLong("class"), help: "A class of protected data, received unmasked.")
    var dataClass: String?

    @Option(help: "With --path: the method of a call on a service of kind http.")
    var method = "GET"

    @Option(help: "The path of a call on a service of kind http, below its prefix.")
    var path: String?

    @Option(help: "How many grants to show; 0 for all. The text form shows 200 unless told, --json all.")
    var limit: Int?

    @Flag(help: "A JSON object.")
    var json = false

    mutating func validate() throws {
        guard limit.map({ $0 >= 0 }) ?? true else { throw ValidationError("--limit is not negative") }
    }

    func run() async throws {
        let opened = try await repository.open()
        guard opened.state.accepted.policy != nil || !opened.table.services.isEmpty else {
            throw CommandFault.noPolicy(in: repository.place).exitCode()
        }
        if let service, !opened.table.services.contains(where: { $0.name == ByteString(service) }) {
            let known = opened.table.services.map { "`\($0.name)`" }.joined(separator: ", ")
            throw CommandFault(
                description: "there is no service `\(service)`; "
                    + (known.isEmpty ? "none is accepted" : "known: \(known)")
            ).exitCode()
        }
        let shown = limit.map { $0 == 0 ? Int.max : $0 } ?? (json ? Int.max : 200)
        let answer = opened.table.answer(try question(), at: opened.now, limit: shown)
        print(json ? WhoCanDocument.json(answer, opened) : WhoCanText(answer, opened, style: .standardOutput).rendered)
        if answer.total == 0, answer.observing.isEmpty { throw ExitCode(1) }
    }

    private func question() throws -> AccessQuestion {
        func named(_ attribute: ScopeAttribute, _ names: [String]) throws -> [AccessQuestion.Name] {
            try names.map { name in
                guard !name.isEmpty, name.utf8.count <= 256 else {
                    throw CommandFault(description: "`\(name)` is no name of \(attribute.rawValue)").exitCode()
                }
                return AccessQuestion.Name(attribute, Pattern(ByteString(name)))
            }
        }
        return AccessQuestion(
            service: service.map { ByteString($0) },
            names: try named(.models, models) + named(.tools, tools) + named(.clientTools, clientTools)
                + named(.serverTools, serverTools) + named(.operations, operations),
            see: dataClass.map { ByteString($0) },
            call: path.map { AccessQuestion.Call(method: ByteString(method), path: ByteString($0)) })
    }
}

/// Who can reach something, as a table.
struct WhoCanText {
    private let answer: AccessAnswer
    private let repository: OfflineRepository
    private let style: TextStyle

    init(_ answer: AccessAnswer, _ repository: OfflineRepository, style: TextStyle) {
        self.answer = answer
        self.repository = repository
        self.style = style
    }

    var rendered: String {
        var lines: [String] = []
        for service in answer.observing {
            lines.append(
                style.warning("everybody with an accepted token: `\(service)` only observes, and lets everything pass"))
        }
        if !answer.unprotected.isEmpty {
            lines.append(
                "not protected on \(answer.unprotected.map { "`\($0)`" }.joined(separator: ", ")): whoever can call it receives it as it comes"
            )
        }
        var excepted: Set<ByteString> = []
        let rows = answer.ways.flatMap { way in
            let places = repository.bytes(of: way.path, blob: way.blob).map { DocumentPlaces($0) }
            return way.who.map { who in
                let line = places?.line(ofCondition: who.index).map { ":\($0)" } ?? ""
                excepted.formUnion(who.except)
                return [
                    who.condition.text + (who.except.isEmpty ? "" : " *"), DiffWording.capabilities(way.through),
                    "\(way.until)",
                    "\(way.path)\(line)",
                ]
            }
        }
        if rows.isEmpty, lines.isEmpty { return "nobody" }
        if !rows.isEmpty {
            if !lines.isEmpty { lines.append("") }
            lines += table([["WHO", "THROUGH", "UNTIL", "GRANT"]] + rows)
        }
        if !excepted.isEmpty {
            let files = excepted.sorted().map { "denied/\($0).yaml" }.joined(separator: ", ")
            lines.append("* but not whom \(files) names")
        }
        if answer.total > answer.ways.count {
            lines.append("… and \(answer.total - answer.ways.count) grants more; --limit 0 shows all")
        }
        return lines.joined(separator: "\n")
    }

    /// Columns as wide as their widest cell; one that is empty throughout is left out.
    private func table(_ rows: [[String]]) -> [String] {
        guard let heading = rows.first else { return [] }
        let columns = heading.indices.filter { column in rows.dropFirst().contains { !$0[column].isEmpty } }
        let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.enumerated().map { number, row in
            let cells = zip(columns, widths).map { column, width in
                column == columns.last ? row[column] : row[column].padding(toLength: width, withPad: " ", startingAt: 0)
            }
            let line = cells.joined(separator: "  ")
            return number == 0 ? style.bold(line) : line
        }
    }
}

/// The JSON form of `who-can`: `{"at","commit","total","observing":[],"unprotected":[],"grants":[{"grant","path","service",
/// "until","through":[{"field","value"}],"who":[{"issuer","sub","email","group","role","claims","text","except":[]}]}]}`.
enum WhoCanDocument {
    static func json(_ answer: AccessAnswer, _ repository: OfflineRepository) -> String {
        let ways = ParallelWork.map(answer.ways) { { Self.way($0) } }
        let commit = repository.table.commit
        return """
            {
              "at" : \(JSONWriting.string("\(repository.now)")),
              "commit" : \(commit == .none ? "null" : JSONWriting.string(commit.hex)),
              "total" : \(answer.total),
              "observing" : \(JSONWriting.list(answer.observing.map { JSONWriting.string($0.text) })),
              "unprotected" : \(JSONWriting.list(answer.unprotected.map { JSONWriting.string($0.text) })),
              "grants" : [\(ways.isEmpty ? "" : "\n    " + ways.joined(separator: ",\n    ") + "\n  ")]
            }
            """
    }

    /// Written by hand: of a hundred thousand grants, an encoder takes seconds.
    private static func way(_ way: AccessAnswer.Way) -> String {
        let through = way.through.map {
            JSONWriting.object([("field", JSONWriting.string($0.field)), ("value", JSONWriting.string($0.value))])
        }
        return JSONWriting.object([
            ("grant", JSONWriting.string(way.grant.text)), ("path", JSONWriting.string(way.path.text)),
            ("service", JSONWriting.string(way.service.text)), ("until", JSONWriting.string("\(way.until)")),
            ("through", JSONWriting.list(through)), ("who", JSONWriting.list(way.who.map(who))),
        ])
    }

    private static func who(_ who: AccessAnswer.Who) -> String {
        let condition = who.condition
        func optional(_ text: ByteString?) -> String { text.map { JSONWriting.string($0.text) } ?? "null" }
        let claims = condition.claims.sorted { $0.key < $1.key }.map {
            ($0.key.text, JSONWriting.string($0.value.text))
        }
        return JSONWriting.object([
            ("issuer", JSONWriting.string(condition.issuer.text)), ("sub", optional(condition.subject)),
            ("email", optional(condition.email)), ("group", optional(condition.group)),
            ("role", optional(condition.role)), ("claims", JSONWriting.object(claims)),
            ("text", JSONWriting.string(condition.text)),
            ("except", JSONWriting.list(who.except.map { JSONWriting.string("denied/\($0).yaml") })),
        ])
    }
}

/// JSON text (RFC 8259), piece by piece.
enum JSONWriting {
    static func string(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        guard !isPlain else { return "\"\(text)\"" }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{00}"..<"\u{20}":
                result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            case _: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    static func list(_ items: [String]) -> String { "[" + items.joined(separator: ",") + "]" }

    static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\(string($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }
}
