import GrantModel

/// What may lie in a grants repository, as far as names and kinds of entries go; `DocumentPath` judges the rest.
enum EntryRules {
    /// The only file at the root that means anything.
    static let policy = Array("policy.yaml".utf8)
    /// The folders at the root that mean something.
    static let folders = Set(
        ["people", "identity", "services", "data", "grants", "attestations", "denied"].map { Array($0.utf8) })

    static func isKnown(_ name: [UInt8]) -> Bool { name == policy || folders.contains(name) }

    /// Why an entry cannot be accepted; nil when it can. `path` is for the message.
    static func fault(
        name: [UInt8], kind: TreeEntry.Kind, atRoot: Bool, path makePath: @autoclosure () -> String
    ) -> Diagnostic? {
        if !isSafe(name) {
            return Diagnostic(
                path: makePath(), code: "unsafe-name",
                message: "`\(shown(name))` is no name for a file or folder here",
                help: "use lower-case letters, digits and `-`")
        }
        // Of millions of entries hardly one is wrong.
        switch kind {
        case .file where !atRoot || name == policy: return nil
        case .folder where !isFileName(name): return nil
        case .file, .folder, .executable, .symbolicLink, .submodule, .strangeMode, .disordered: break
        }
        let path = makePath()
        switch kind {
        case .file:
            return Diagnostic(
                path: path, code: "not-a-folder", message: "`\(path)` is a file, and should be a folder",
                help: "remove it, and put the folder back")
        case .folder:
            return Diagnostic(
                path: path, code: "not-a-file", message: "`\(path)` is a folder, and should be a file",
                help: "remove the folder, and put the file back")
        case .executable:
            return Diagnostic(
                path: path, code: "executable", message: "the file is executable",
                help: "`git update-index --chmod=-x \(path)`")
        case .symbolicLink:
            return Diagnostic(
                path: path, code: "symbolic-link", message: "a symbolic link is not followed",
                help: "put the file itself here")
        case .submodule:
            return Diagnostic(
                path: path, code: "submodule", message: "a submodule is not followed",
                help: "put the files themselves here")
        case .strangeMode:
            return Diagnostic(
                path: path, code: "file-mode",
                message: "the entry's mode is neither that of a file nor that of a folder",
                help: "add the file again with `git add`")
        case .disordered:
            return Diagnostic(
                path: path, code: "malformed-tree",
                message: "the entry is out of order or there twice, so that tools disagree about what is here",
                help: "`git fsck` shows the same; remove it and add it again with `git add`")
        }
    }

    static func tooLarge(path: String, bytes: Int, limit: Int) -> Diagnostic {
        Diagnostic(
            path: path, code: "too-large", message: "the file has \(bytes) bytes, and at most \(limit) are read",
            help: "split it")
    }

    static func largeBase(path: String, limit: Int) -> Diagnostic {
        Diagnostic(
            path: path, code: "too-large",
            message: "the file is stored as a difference from something larger than \(limit) bytes",
            help: "store it in another way with `git repack -adF`, and push it again under another name")
    }

    static func tooDeep(path: String, limit: Int) -> Diagnostic {
        Diagnostic(
            path: path, code: "too-deep", message: "the folder lies deeper than \(limit) folders", help: "move it up")
    }

    static func unreadableTree(path: String) -> Diagnostic {
        Diagnostic(
            path: path, code: "malformed-tree", message: "the folder's tree object cannot be read",
            help: "`git fsck` shows the same; remove the folder and add it again with `git add`")
    }

    private static func isFileName(_ name: [UInt8]) -> Bool {
        name.suffix(5).elementsEqual(".yaml".utf8) || name.suffix(4).elementsEqual(".sig".utf8)
    }

    /// Printable ASCII that no file system takes for something else. What is safe and still wrong is `DocumentPath`'s.
    private static func isSafe(_ name: [UInt8]) -> Bool {
        let dot = UInt8(ascii: ".")
        guard let first = name.first, name.count <= 255 else { return false }
        // `.` and `..`.
        guard first != dot || name.count > 2 || (name.count == 2 && name[1] != dot) else { return false }
        guard name.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\") }) else {
            return false
        }
        guard name.count == 4 else { return true }
        return !name.map(lowerCased).elementsEqual(".git".utf8)
    }

    private static func lowerCased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    /// A name as it may be shown: what is not printable ASCII, and `\`, as `\xNN`; long ones cut.
    static func shown(_ name: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in name.prefix(300) {
            if byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "\\"), byte != UInt8(ascii: "`") {
                text.append(byte)
            } else {
                text += Array("\\x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
