import ArgumentParser
import Foundation

/// Manual pages (mdoc(7)) of all commands, from what swift-argument-parser says about them
/// (`--experimental-dump-help`, serialization version 0).
struct ManualPages {
    struct Page {
        var name: String
        var text: String
    }

    /// The part of the dump that a page shows.
    private struct Dump: Decodable {
        var serializationVersion: Int
        var command: Command
    }

    private struct Command: Decodable {
        var shouldDisplay: Bool?
        var commandName: String
        var abstract: String?
        var discussion: String?
        var subcommands: [Command]?
        var arguments: [Argument]?
    }

    private struct Argument: Decodable {
        var kind: String
        var shouldDisplay: Bool
        var isOptional: Bool
        var isRepeating: Bool
        var names: [Name]?
        var valueName: String?
        var defaultValue: String?
        var abstract: String?
    }

    private struct Name: Decodable {
        var kind: String
        var name: String
    }

    private let root: Command

    init() throws(CommandFault) {
        let dump = Data(Grantctl._dumpHelp().utf8)
        guard let read = try? JSONDecoder().decode(Dump.self, from: dump), read.serializationVersion == 0 else {
            throw CommandFault(description: "this build cannot describe its commands; `grantctl --help` does")
        }
        root = read.command
    }

    /// The root's own first.
    var all: [Page] { [page(root, above: nil)] + commands.map { page($0, above: root.commandName) } }

    /// Nil for a command that is not there.
    func page(_ command: String?) -> Page? {
        guard let command, command != root.commandName else { return page(root, above: nil) }
        return commands.first { $0.commandName == command }.map { page($0, above: root.commandName) }
    }

    private var commands: [Command] {
        (root.subcommands ?? []).filter { $0.shouldDisplay ?? true && $0.commandName != "help" }
    }

    private func page(_ command: Command, above: String?) -> Page {
        let name = [above, command.commandName].compactMap { $0 }.joined(separator: "-")
        let spoken = [above, command.commandName].compactMap { $0 }.joined(separator: " ")
        let arguments = (command.arguments ?? []).filter(\.shouldDisplay)
        var lines = [
            ".Dd", ".Dt \(name.uppercased()) 1", ".Os grantctl \(Grantctl.version)", ".Sh NAME",
            ".Nm \(Self.escaped(spoken))",
            ".Nd \(Self.escaped(command.abstract ?? ""))", ".Sh SYNOPSIS", ".Nm \(Self.escaped(spoken))",
        ]
        lines += arguments.map(Self.synopsis)
        if command.subcommands?.isEmpty == false { lines += [".Ar command", ".Op Ar arguments"] }
        let (prose, examples) = Self.parts(of: command.discussion ?? "")
        if !prose.isEmpty { lines += [".Sh DESCRIPTION"] + prose.map(Self.escaped) }
        if !arguments.isEmpty {
            lines += [".Sh OPTIONS", ".Bl -tag -width indent"]
            lines += arguments.flatMap { [Self.item($0), Self.escaped(Self.about($0))] } + [".El"]
        }
        if above == nil {
            lines += [".Sh COMMANDS", ".Bl -tag -width indent"]
            lines += commands.flatMap {
                [".It Xr \(root.commandName)-\($0.commandName) 1", Self.escaped($0.abstract ?? "")]
            }
            lines.append(".El")
        }
        if !examples.isEmpty { lines += [".Sh EXAMPLES", ".Bd -literal"] + examples.map(Self.escaped) + [".Ed"] }
        if let above { lines += [".Sh SEE ALSO", ".Xr \(above) 1"] }
        return Page(name: name, text: lines.joined(separator: "\n") + "\n")
    }

    /// The examples of a discussion stand below a line of their own; an empty line ends them.
    private static func parts(of discussion: String) -> (prose: [String], examples: [String]) {
        var prose: [String] = []
        var examples: [String] = []
        var isExample = false
        for line in discussion.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line == "EXAMPLES" {
                isExample = true
            } else if isExample, !line.isEmpty {
                examples.append(String(line.drop { $0 == " " }.isEmpty ? "" : line.dropFirst(2)))
            } else if line.isEmpty {
                isExample = false
                if prose.last != nil, prose.last != "\u{0}" { prose.append("\u{0}") }
            } else {
                prose.append(line)
            }
        }
        while prose.last == "\u{0}" { prose.removeLast() }
        return (prose, examples)
    }

    private static func names(_ argument: Argument) -> [String] {
        (argument.names ?? []).map { $0.kind == "long" ? "-\($0.name)" : $0.kind == "short" ? $0.name : $0.name }
    }

    private static func synopsis(_ argument: Argument) -> String {
        let value = argument.valueName ?? "value"
        let dots = argument.isRepeating ? " ..." : ""
        switch argument.kind {
        case "positional": return (argument.isOptional ? ".Op Ar " : ".Ar ") + escaped(value) + dots
        case "flag": return ".Op Fl " + (names(argument).first.map(escaped) ?? "")
        case _:
            let name = names(argument).last.map(escaped) ?? ""
            return (argument.isOptional ? ".Op Fl " : ".Fl ") + "\(name) Ar \(escaped(value))\(dots)"
        }
    }

    private static func item(_ argument: Argument) -> String {
        guard argument.kind != "positional" else { return ".It Ar \(escaped(argument.valueName ?? "value"))" }
        let flags = names(argument).map { "Fl \(escaped($0))" }.joined(separator: " , ")
        return ".It \(flags)" + (argument.kind == "option" ? " Ar \(escaped(argument.valueName ?? "value"))" : "")
    }

    private static func about(_ argument: Argument) -> String {
        let text = argument.abstract ?? ""
        guard let value = argument.defaultValue, !value.isEmpty, argument.kind == "option" else { return text }
        return "\(text) Default: `\(value)`."
    }

    /// So that nothing in a text is taken for a request or an escape (roff(7)); a paragraph's end is one.
    private static func escaped(_ text: String) -> String {
        if text == "\u{0}" { return ".Pp" }
        let plain = text.replacingOccurrences(of: "\\", with: "\\e").replacingOccurrences(of: "\n", with: " ")
        return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
    }
}
