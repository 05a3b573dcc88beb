import Foundation

/// Files to write, the commit that brings them, and where it goes.
struct Submission {
    enum Target {
        /// The branch that is checked out.
        case current
        /// A new branch from the remote's `base` (where there is none, from the clone's own). The branch that was checked
        /// out is so again afterwards.
        case new(String, base: String)
    }

    /// From the root; nil removes the file.
    var files: [String: [UInt8]?]
    var message: String
    var target: Target = .current
    /// False leaves the commit in the clone.
    var push = true
    /// What makes a file that is there already no obstacle: an edit of a grant, but not a new one.
    var replaces = false
}

/// What a submission left behind.
struct Submitted {
    var commit: String
    var branch: String
    /// The remote it was pushed to; nil when it was not to be, or there is none.
    var remote: String?
    /// What the remote's forge said about it, line by line: its link to a pull request, often.
    var remoteSaid: [String] = []
    /// Why the commit could not be pushed, as a sentence that ends in what to do. The commit is in the clone.
    var pushFault: CommandFault?
}

extension GrantsClone {
    /// Writes the files, commits exactly them, and pushes. Whatever fails before the commit is there leaves the clone
    /// as it was; what fails after it is in `pushFault`, and the commit stays.
    ///
    /// The commit is git's own: the user's hooks, signing and identity apply.
    func submit(_ submission: Submission) throws(CommandFault) -> Submitted {
        try requireReady()
        guard let before = branch else {
            throw CommandFault(description: "this clone is on no branch; switch to one first")
        }
        let branch: String
        switch submission.target {
        case .current: branch = before
        case .new(let name, let base):
            branch = name
            try startBranch(name, from: base)
        }
        let undo = Undo(clone: self, branch: before, made: branch == before ? nil : branch)
        let commit: String
        do throws(CommandFault) {
            commit = try write(submission, undo)
        } catch {
            undo.all()
            throw error
        }
        undo.leaveBranch()
        var submitted = Submitted(commit: commit, branch: branch)
        if submission.push { push(&submitted) }
        return submitted
    }

    /// Pushes a branch; what goes wrong is written into `submitted`.
    func push(_ submitted: inout Submitted) {
        guard let remote else { return }
        let branch = submitted.branch
        // Where the branch follows one of another name, that is the one to move.
        let upstream =
            git.configuration("branch.\(branch).remote") == remote
            ? git.configuration("branch.\(branch).merge") : nil
        let target = upstream ?? "refs/heads/\(branch)"
        let ending = ProgramRun(
            program: "git",
            arguments: ["-C", root, "push", "--porcelain"] + (upstream == nil ? ["--set-upstream"] : [])
                + [remote, "refs/heads/\(branch):\(target)"],
            environment: ["LC_ALL": "C"], inputChannel: .inherited
        ).run()
        let said = ending.errorText + "\n" + ending.text
        guard ending.status == 0 else {
            submitted.pushFault = CommandFault(
                description: Self.pushSentence(said, ending: ending, remote: remote, branch: branch))
            return
        }
        submitted.remote = remote
        submitted.remoteSaid = said.split(separator: "\n").filter { $0.hasPrefix("remote: ") }
            .map { $0.dropFirst("remote: ".count).trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    /// One sentence on a push that failed, ending in what to do.
    private static func pushSentence(
        _ said: String, ending: ProgramRun.Ending, remote: String, branch: String
    ) -> String {
        let kept = "the commit is safe on `\(branch)` here"
        let again = "`git push \(remote) \(branch)`"
        if said.contains("[rejected]") || said.contains("non-fast-forward") || said.contains("fetch first") {
            return "`\(remote)/\(branch)` moved in the meantime; \(kept): run `git pull --rebase \(remote) \(branch)` "
                + "and \(again)"
        }
        if said.contains("[remote rejected]") {
            let remarks = said.split(separator: "\n").filter { $0.hasPrefix("remote: ") }.map {
                $0.dropFirst("remote: ".count).trimmingCharacters(in: .whitespaces)
            }.filter { !$0.isEmpty }
            let reason = remarks.isEmpty ? "it said no more" : "it said: \(remarks.joined(separator: " / "))"
            return "`\(remote)` refused the push, \(reason); \(kept): push it to another branch with "
                + "`git push \(remote) \(branch):NAME` and open a pull request"
        }
        let reason =
            ending.wasInterrupted
            ? "interrupted" : GitProgram.Failure(command: "", status: ending.status, said: said).reason
        return "the push to `\(remote)` failed: \(reason); \(kept): run \(again) when it can be reached"
    }

    private func startBranch(_ name: String, from base: String) throws(CommandFault) {
        guard git.answer("check-ref-format", "--branch", name) != nil else {
            throw CommandFault(description: "`\(name)` is no name for a branch; give another one with --branch-name")
        }
        guard git.answer("rev-parse", "--verify", "--quiet", "refs/heads/\(name)") == nil else {
            throw CommandFault(
                description: "there is a branch `\(name)` already; delete it with `git branch -D \(name)`, "
                    + "or give another name with --branch-name")
        }
        let starts = [remote.map { "refs/remotes/\($0)/\(base)" }, "refs/heads/\(base)"].compactMap { $0 }
        guard let start = starts.first(where: { git.answer("rev-parse", "--verify", "--quiet", $0) != nil }) else {
            throw CommandFault(description: "this clone has no branch `\(base)`; name the main branch with --branch")
        }
        do throws(GitProgram.Failure) {
            try git.run("switch", "--quiet", "--no-track", "--create", name, start)
        } catch {
            throw CommandFault(description: "cannot switch to a new branch: \(error.reason)")
        }
    }

    /// Writes and commits.
    /// - Returns: the commit's id.
    private func write(_ submission: Submission, _ undo: Undo) throws(CommandFault) -> String {
        let paths = submission.files.keys.sorted()
        for path in paths {
            if let link = link(on: path) {
                throw CommandFault(
                    description: "`\(link)` is a symbolic link, and nothing is written through one; remove it first")
            }
            let there = bytes(of: path)
            let tracked = git.answer("ls-files", "--error-unmatch", "--", path) != nil
            if there != nil, !(tracked && submission.replaces) {
                throw CommandFault(
                    description: "`\(path)` is there already\(tracked ? "" : " and not committed"); "
                        + (tracked ? "choose another name" : "commit, move or remove it"))
            }
            undo.remember(path, there)
        }
        for path in paths {
            guard let content = submission.files[path] else { continue }
            if let content {
                try put(content, at: path)
            } else if bytes(of: path) != nil, unlink(root + "/" + path) != 0 {
                throw CommandFault(description: "cannot remove `\(path)`: \(String(cString: strerror(errno)))")
            }
        }
        do throws(GitProgram.Failure) {
            try git.run(["add", "--all", "--"] + paths)
            try git.runInteractively("commit", "--quiet", "--message", submission.message)
            return try git.run("rev-parse", "--verify", "HEAD")
        } catch {
            let reason =
                error.said.contains("nothing to commit")
                ? "nothing would change" : "the commit was refused: \(error.reason)"
            throw CommandFault(description: "\(reason); everything is as it was")
        }
    }

    private func put(_ content: [UInt8], at path: String) throws(CommandFault) {
        let full = root + "/" + path
        do {
            try FileManager.default.createDirectory(
                atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data(content).write(to: URL(fileURLWithPath: full), options: .atomic)
        } catch {
            throw CommandFault(
                description:
                    "cannot write `\(path)`: \((error as NSError).localizedDescription); everything is as it was")
        }
    }
}

/// What takes a submission back.
private final class Undo {
    private let clone: GrantsClone
    /// What was checked out before.
    private let branch: String
    /// The branch that the submission made.
    private let made: String?
    private let head: String?
    private var files: [(path: String, bytes: [UInt8]?)] = []

    init(clone: GrantsClone, branch: String, made: String?) {
        self.clone = clone
        self.branch = branch
        self.made = made
        head = clone.head
    }

    func remember(_ path: String, _ bytes: [UInt8]?) {
        files.append((path, bytes))
    }

    /// Puts files, index and branches back.
    func all() {
        if !files.isEmpty {
            let paths = files.map(\.path)
            if head == nil {
                _ = try? clone.git.run(["rm", "--cached", "--quiet", "--ignore-unmatch", "--"] + paths)
            } else {
                _ = try? clone.git.run(["reset", "--quiet", "--"] + paths)
            }
            for (path, bytes) in files { restore(path, bytes) }
        }
        leaveBranch()
        if let made { _ = try? clone.git.run("branch", "--quiet", "-D", made) }
    }

    /// Back to the branch that was checked out.
    func leaveBranch() {
        guard made != nil else { return }
        _ = try? clone.git.run("switch", "--quiet", branch)
    }

    private func restore(_ path: String, _ bytes: [UInt8]?) {
        let full = clone.root + "/" + path
        if let bytes {
            if clone.bytes(of: path) != bytes {
                try? Data(bytes).write(to: URL(fileURLWithPath: full), options: .atomic)
            }
            return
        }
        unlink(full)
        // Folders made for it; one that holds something stays.
        var folder = (path as NSString).deletingLastPathComponent
        while !folder.isEmpty, rmdir(clone.root + "/" + folder) == 0 {
            folder = (folder as NSString).deletingLastPathComponent
        }
    }
}
