import ArgumentParser
import Foundation
import GrantModel

struct FmtCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fmt",
        abstract:
            "Write documents in the one form: fields in order, short lists on one line, comments where they were.",
        discussion: """
            A review covers exact bytes: a file that somebody attested is left alone, however it looks, unless --attested says \
            otherwise. What a file says never changes; one that cannot be read is left to `grantctl validate`.

            EXAMPLES
              grantctl fmt                                     all documents of this clone
              grantctl fmt grants/claude/triage-bot.yaml
              grantctl fmt --check                             in CI: names what would change, and writes nothing
              grantctl fmt - --as grant < draft.yaml

            Exit 0; 1 with --check when something would change; 2 nothing was written, and why.
            """
    )

    @Argument(help: "Files of the clone, or - for standard input; all documents by default.")
    var files: [String] = []

    @Option(help: "A folder of the clone.")
    var repo = "."

    @Option(
        name: .customLong("as"),
        help: "What standard input is: \(DocumentShape.allCases.map(\.rawValue).joined(separator: ", ")).")
    var kind: DocumentShape = .grant

    @Flag(help: "Write nothing; exit 1 when something would change.")
    var check = false

    @Flag(help: "Also files that somebody attested: their reviews become void.")
    var attested = false

    func run() async throws {
        do throws(CommandFault) {
            if files == ["-"] {
                try formatInput()
                return
            }
            let clone = try GrantsClone.find(from: repo)
            let changed = try rewrite(clone)
            guard !check || changed.isEmpty else { throw CommandFault(description: "") }
        } catch {
            guard !error.description.isEmpty else { throw ExitCode(1) }
            throw error.exitCode()
        }
    }

    private func formatInput() throws(CommandFault) {
        let data = (try? FileHandle.standardInput.readToEnd()) ?? Data()
        guard let formatted = DocumentFormat.formatted([UInt8](data), as: kind) else {
            throw CommandFault(description: "standard input is no document; `grantctl validate` says what is wrong")
        }
        FileHandle.standardOutput.write(Data(formatted))
    }

    /// - Returns: the paths of what was, or would be, written.
    private func rewrite(_ clone: GrantsClone) throws(CommandFault) -> [String] {
        let paths = try paths(clone)
        let reviewed = attested ? [] : reviewedDigests(clone)
        var changes: [(path: String, bytes: [UInt8])] = []
        for path in paths {
            guard let shape = DocumentShape(DocumentPath(ByteString(path))), shape != .attestation else { continue }
            guard let bytes = clone.bytes(of: path) else {
                throw CommandFault(description: "`\(path)` cannot be read; name files of the clone")
            }
            guard clone.link(on: path) == nil else {
                say("\(path): left as it is, it is a symbolic link; a gateway does not read it")
                continue
            }
            guard let formatted = DocumentFormat.formatted(bytes, as: shape) else {
                say("\(path): left as it is, it cannot be read; `grantctl validate` says why")
                continue
            }
            guard formatted != bytes else { continue }
            if reviewed.contains(Digest.sha256(of: bytes)) {
                say("\(path): left as it is, it was attested")
                continue
            }
            changes.append((path, formatted))
        }
        for (path, bytes) in changes {
            print(path)
            guard !check else { continue }
            do {
                try Data(bytes).write(to: URL(fileURLWithPath: clone.root + "/" + path), options: .atomic)
            } catch {
                throw CommandFault(
                    description: "`\(path)` cannot be written: \((error as NSError).localizedDescription)")
            }
        }
        return changes.map(\.path)
    }

    private func paths(_ clone: GrantsClone) throws(CommandFault) -> [String] {
        if !files.isEmpty {
            let root = URL(fileURLWithPath: clone.root).resolvingSymlinksInPath().path + "/"
            return try files.map { file throws(CommandFault) in
                let full = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
                guard full.hasPrefix(root) else {
                    throw CommandFault(description: "`\(file)` is not in the clone `\(clone.root)`; name files in it")
                }
                return String(full.dropFirst(root.count))
            }
        }
        let listed = clone.git.answer("ls-files", "-z", "--cached", "--others", "--exclude-standard") ?? ""
        return listed.split(separator: "\0").map(String.init).filter {
            $0.hasSuffix(".yaml") && clone.bytes(of: $0) != nil
        }
    }

    /// What the sittings of this clone decided on, whether they count or not: who signed it should not find it changed.
    private func reviewedDigests(_ clone: GrantsClone) -> Set<Digest> {
        let listed = clone.git.answer("ls-files", "-z", "--cached", "--others", "--", "attestations") ?? ""
        var digests: Set<Digest> = []
        for path in listed.split(separator: "\0").map(String.init) where path.hasSuffix(".yaml") {
            guard let bytes = clone.bytes(of: path) else { continue }
            let parsed = ParsedDocument(
                path: DocumentPath(ByteString(path)),
                file: FileContent(path: ByteString(path), bytes: bytes, blob: .none, sha256: Digest.sha256(of: bytes)),
                mentions: false)
            if case .attestation(let attestation) = parsed.document {
                digests.formUnion(attestation.decisions.map(\.sha256))
            }
        }
        return digests
    }
}

extension DocumentShape: ExpressibleByArgument {}
