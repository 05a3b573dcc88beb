import ArgumentParser

/// What a shell completes with the names of the clone around it.
extension CompletionKind {
    static var grants: CompletionKind { names(in: "grants") }
    static var people: CompletionKind { names(in: "people") }
    static var services: CompletionKind { names(in: "services") }

    /// The shell runs this program for it, so that nothing has to be quoted for three of them.
    private static func names(in folder: String) -> CompletionKind {
        .custom { _, _, _ in
            let listed = GitProgram(directory: ".").answer("ls-files", "-z", "--full-name", "--", ":/\(folder)") ?? ""
            return listed.split(separator: "\0").compactMap { path in
                guard path.hasPrefix(folder + "/"), path.hasSuffix(".yaml") else { return nil }
                let name = path.dropFirst(folder.count + 1).dropLast(5)
                // Names of documents are plain; what is not would be read by the shell.
                let isPlain = name.utf8.allSatisfy { byte in
                    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || "-/".utf8.contains(byte)
                }
                return isPlain ? String(name) : nil
            }
        }
    }
}
