import ArgumentParser
import Foundation
import GrantModel

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of a kind of document, for editors.",
        discussion: """
            Made of the definitions that the gateway reads with. `grantctl init` puts them into .schemas/.

            EXAMPLES
              grantctl schema grant > .schemas/grant.json
              grantctl schema --all .schemas
            """
    )

    @Argument(help: "\(DocumentShape.allCases.map(\.rawValue).joined(separator: ", ")).")
    var kind: DocumentShape?

    @Option(help: "Write all of them into this folder.")
    var all: String?

    func validate() throws {
        guard (kind == nil) != (all == nil) else { throw ValidationError("name one kind, or give --all FOLDER") }
    }

    func run() throws {
        if let kind { print(EditorSchema.json(kind), terminator: "") }
        guard let all else { return }
        do {
            try FileManager.default.createDirectory(atPath: all, withIntermediateDirectories: true)
            for kind in DocumentShape.allCases {
                try EditorSchema.json(kind).write(
                    toFile: "\(all)/\(kind.rawValue).json", atomically: true, encoding: .utf8)
            }
        } catch {
            throw CommandFault(
                description: "`\(all)` cannot be written: \((error as NSError).localizedDescription)"
            ).exitCode()
        }
    }
}

struct CodeownersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "codeowners",
        abstract: "Print CODEOWNERS for a forge, from the owners of the services.",
        discussion: """
            EXAMPLES
              grantctl codeowners > CODEOWNERS
            """
    )

    @OptionGroup var repository: RepositoryOptions

    func run() async throws {
        let (state, _) = try await repository.load()
        guard let policy = state.accepted.policy else {
            throw CommandFault.noPolicy(in: repository.place).exitCode()
        }
        print(
            CodeOwners.text(
                policy: policy, services: Array(state.accepted.services.values), people: state.accepted.people),
            terminator: "")
    }
}

struct CompletionsCommand: ParsableCommand {
    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print what a shell needs to complete grantctl's commands and options.",
        discussion: """
            EXAMPLES
              grantctl completions bash > ~/.local/share/bash-completion/completions/grantctl
              grantctl completions zsh > ~/.zfunc/_grantctl
              grantctl completions fish > ~/.config/fish/completions/grantctl.fish
            """
    )

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        print(Grantctl.completionScript(for: kind))
    }
}

struct ManCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "man",
        abstract: "Print the manual page of a command, or write all of them.",
        discussion: """
            EXAMPLES
              grantctl man request | man -l -
              grantctl man --all /usr/local/share/man/man1
            """
    )

    @Argument(help: "A command; grantctl itself by default.")
    var command: String?

    @Option(help: "Write every page into this folder.")
    var all: String?

    func run() throws {
        do throws(CommandFault) {
            let pages = try ManualPages()
            guard let all else {
                guard let page = pages.page(command) else {
                    throw CommandFault(
                        description: "there is no command `\(command ?? "")`; `grantctl --help` lists them")
                }
                print(page.text, terminator: "")
                return
            }
            for page in pages.all {
                do {
                    try FileManager.default.createDirectory(atPath: all, withIntermediateDirectories: true)
                    try page.text.write(toFile: "\(all)/\(page.name).1", atomically: true, encoding: .utf8)
                } catch {
                    throw CommandFault(
                        description: "`\(all)` cannot be written: \((error as NSError).localizedDescription)")
                }
            }
        } catch {
            throw error.exitCode()
        }
    }
}
