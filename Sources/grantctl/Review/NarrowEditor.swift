import Foundation
import GrantModel
import Reconciler

/// Lets a reviewer make a grant smaller in their own editor, and takes only what a `keep` of theirs would count for.
struct NarrowEditor {
    let reviewer: Reviewer

    enum Outcome {
        case unchanged
        case narrowed([UInt8], KeepEffect)
        /// Why it cannot be taken: lines for people. The text is kept, so that editing can go on.
        case refused([String], text: [UInt8])
        case failed(String)
    }

    /// - Parameter text: where editing starts.
    func edit(_ matter: ReviewMatter, from text: [UInt8]) -> Outcome {
        let folder = NSTemporaryDirectory() + "grantctl-narrow-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let name = matter.due.path.text.split(separator: "/").last.map(String.init) ?? "grant.yaml"
        let file = folder + "/" + name
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try Data(text).write(to: URL(fileURLWithPath: file))
        } catch {
            return .failed("cannot write `\(file)`: \((error as NSError).localizedDescription)")
        }
        // Git's rule for which editor it is: GIT_EDITOR, core.editor, VISUAL, EDITOR, vi.
        let editor = reviewer.clone.git.answer("var", "GIT_EDITOR") ?? "vi"
        let ending = ProgramRun(
            program: "sh", arguments: ["-c", "\(editor) \"$@\"", "editor", file], inputChannel: .inherited,
            outputChannel: .inherited, errorChannel: .inherited
        ).run()
        guard ending.status == 0 else { return .failed("the editor `\(editor.printable)` ended with \(ending.status)") }
        guard let edited = FileManager.default.contents(atPath: file).map({ [UInt8]($0) }) else {
            return .failed("the editor left no file")
        }
        if edited == matter.bytes { return .unchanged }
        return judge(edited, of: matter)
    }

    /// What is wrong with a narrowed version, or what a keep of it does.
    func judge(_ bytes: [UInt8], of matter: ReviewMatter) -> Outcome {
        let path = matter.due.path
        let file = FileContent(path: path, bytes: bytes)
        let parsed = ParsedDocument(path: DocumentPath(path), file: file)
        let errors = parsed.diagnostics.filter { $0.severity == .error }
        guard errors.isEmpty, parsed.document != nil else {
            return .refused(
                errors.map { "\(name(path)):\($0.line):\($0.column): \($0.message); \($0.help)" }, text: bytes)
        }
        let after = reviewer.desk.after(writing: [file])
        if let why = after.quarantine(at: path) { return .refused([why], text: bytes) }
        if let old = matter.grant, case .grant(let new)? = parsed.document {
            let gains = GrantVersions(old: old, new: new).lines.filter { $0.way == .gains }.map { "  + \($0.text)" }
            guard gains.isEmpty else {
                return .refused(
                    ["that would give more than before, which is asked for by pull request:"] + gains, text: bytes)
            }
        }
        let effect = after.effect(ofKeepBy: reviewer.person.name, of: path)
        if case .void(let why) = effect { return .refused(["a keep of that would be void: \(why)"], text: bytes) }
        return .narrowed(bytes, effect)
    }

    private func name(_ path: ByteString) -> String {
        path.text.split(separator: "/").last.map(String.init) ?? path.text
    }
}
