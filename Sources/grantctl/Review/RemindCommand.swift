import ArgumentParser
import Foundation
import GrantModel
import Identity

struct RemindCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remind",
        abstract: "Say what is about to end, once for each grant and step of the policy's `remind`.",
        discussion: """
            Meant to be run by a timer. Prints what was not said yet, or posts it; nothing is said when there is nothing new. \
            What was said is kept in a file beside the clone's own (.git/grantctl/reminded.json), one list for each way of \
            saying it. A message that could not be delivered is said again the next time.

            URL is written as env:NAME, file:PATH, or itself: for many chat services it is a secret. A generic webhook gets \
            JSON, with X-Signature-256: sha256=HMAC over the body where --secret is given.

            EXAMPLES
              grantctl remind
              grantctl remind --slack env:SLACK_WEBHOOK --repo /srv/access
              grantctl remind --webhook env:HOOK --secret file:/etc/hook-secret
              grantctl remind --dry-run --json

            Exit 0, also when nothing is due; 1 when something could not be delivered; 2 when nothing could be read.
            """
    )

    @OptionGroup var repository: RepositoryOptions

    @Option(help: "Post JSON to this URL.")
    var webhook: SecretPlace?

    @Option(help: "Post a message as Slack takes it to this URL.")
    var slack: SecretPlace?

    @Option(help: "What --webhook signs its body with: env:NAME or file:PATH.")
    var secret: SecretPlace?

    @Option(help: "The file that remembers what was said.")
    var state: String?

    @Flag(name: .customLong("dry-run"), help: "Print what would be said, and remember nothing.")
    var dryRun = false

    @Flag(help: "Print JSON, as --webhook posts it.")
    var json = false

    mutating func validate() throws {
        if secret != nil, webhook == nil { throw ValidationError("--secret signs what --webhook posts; give both") }
    }

    func run() async throws {
        let opened = try await repository.open()
        let now = opened.now
        let desk = ReviewDesk(opened.state, table: opened.table, now: now)
        guard desk.policy != nil else { throw CommandFault.noPolicy(in: repository.place).exitCode() }
        let steps = desk.policy?.remind ?? []
        let due = desk.due(until: now + (steps.max() ?? .days(14)) + Span(seconds: 1))
        let name = desk.policy?.name.text ?? "grants"
        func message(_ said: Set<Reminder.Mark>) -> ReminderMessage {
            ReminderMessage(
                repository: name, reminders: Reminder.plan(due, steps: steps, said: said, now: now), now: now)
        }
        var failed = false
        do throws(CommandFault) {
            let memory = dryRun && self.state == nil ? nil : try ReminderState(path: statePath())
            for channel in channels {
                let message = message(memory?.said(on: channel.name) ?? [])
                guard !message.reminders.isEmpty else { continue }
                if dryRun || channel.name == Channel.printed {
                    print(json ? message.json : message.text, terminator: json ? "\n" : "")
                    guard !dryRun else { break }
                } else if let fault = channel.post(message, secret: secret) {
                    _ = CommandFault(description: "--\(channel.name): \(fault); it will be said again").exitCode()
                    failed = true
                    continue
                }
                try memory?.note(message.reminders.map(\.mark), on: channel.name, now: now, steps: steps)
            }
        } catch {
            throw error.exitCode()
        }
        if failed { throw ExitCode(1) }
    }

    private struct Channel {
        static let printed = "print"

        var name: String
        var place: SecretPlace?

        /// - Returns: why nothing was delivered.
        func post(_ message: ReminderMessage, secret: SecretPlace?) -> String? {
            guard let place else { return nil }
            do {
                let body = Array((name == "slack" ? message.slack : message.json).utf8)
                let secret = name == "webhook" ? try secret?.read() : nil
                try CurlPost(url: ByteString(try place.read())).send(json: body, secret: secret)
                return nil
            } catch {
                return "\(error)"
            }
        }
    }

    private var channels: [Channel] {
        let named = [("webhook", webhook), ("slack", slack)].compactMap { name, place in
            place.map { Channel(name: name, place: $0) }
        }
        return named.isEmpty ? [Channel(name: Channel.printed)] : named
    }

    private func statePath() throws(CommandFault) -> String {
        if let state { return state }
        let git = GitProgram(directory: repository.place)
        guard FileManager.default.fileExists(atPath: repository.place),
            let folder = git.answer("rev-parse", "--absolute-git-dir")
        else {
            throw CommandFault(
                description:
                    "`\(repository.place.printable)` is no clone to keep in what was said; name a file with --state")
        }
        return folder + "/grantctl/reminded.json"
    }
}

/// A value that is a secret, or where it is: `env:NAME`, `file:PATH`, or itself.
struct SecretPlace: ExpressibleByArgument, Sendable {
    private enum Place {
        case source(SecretSource)
        case literal([UInt8])
    }

    private let place: Place

    init?(argument: String) {
        if argument.hasPrefix("env:") {
            place = .source(.environment(String(argument.dropFirst(4))))
        } else if argument.hasPrefix("file:") {
            place = .source(.file(String(argument.dropFirst(5))))
        } else if argument.isEmpty {
            return nil
        } else {
            place = .literal(Array(argument.utf8))
        }
    }

    func read() throws(SecretSource.Fault) -> [UInt8] {
        switch place {
        case .source(let source): try source.read()
        case .literal(let bytes): bytes
        }
    }
}
