import Foundation
import GrantModel

/// Somebody's clone of the grants repository, in which they ask for access and review it.
///
/// A value: every question asks git anew. Nothing here changes the clone but `submit`, which either leaves a commit or
/// leaves everything as it was.
struct GrantsClone {
    /// The top folder, absolute.
    let root: String
    let git: GitProgram

    /// Finds the clone that a folder belongs to.
    static func find(from folder: String = ".") throws(CommandFault) -> GrantsClone {
        guard access(folder, X_OK) == 0 else {
            throw CommandFault(
                description: "there is no folder `\(folder)`; name the clone of your grants repository")
        }
        let root: String
        do throws(GitProgram.Failure) {
            root = try GitProgram(directory: folder).run("rev-parse", "--show-toplevel")
        } catch {
            throw notFound(folder, error)
        }
        guard access(root + "/policy.yaml", F_OK) == 0 else {
            throw CommandFault(
                description: "`\(root)` is no grants repository, it has no policy.yaml; go to a clone of one, "
                    + "or make one with `grantctl init`")
        }
        return GrantsClone(root: root, git: GitProgram(directory: root))
    }

    private static func notFound(_ folder: String, _ failure: GitProgram.Failure) -> CommandFault {
        let shown = folder == "." ? FileManager.default.currentDirectoryPath : folder
        if failure.status == ProgramRun.notFound {
            return CommandFault(description: "git is not installed; install it, e.g. with `apt-get install git`")
        }
        if failure.said.contains("dubious ownership") {
            return CommandFault(
                description: "`\(shown)` belongs to another user; run as its owner, or allow it with "
                    + "`git config --global --add safe.directory FOLDER`")
        }
        if failure.said.contains("must be run in a work tree") {
            return CommandFault(description: "`\(shown)` is a bare repository; clone it and run this in the clone")
        }
        return CommandFault(
            description: "`\(shown)` is not in a git repository; go to a clone of your grants repository, "
                + "or make one with `grantctl init`")
    }
}

// MARK: What is so

extension GrantsClone {
    /// The branch that is checked out, also before its first commit; nil when the head is detached.
    var branch: String? { git.answer("symbolic-ref", "--quiet", "--short", "HEAD") }

    /// Of the commit that is checked out; nil before the first.
    var head: String? { git.answer("rev-parse", "--verify", "--quiet", "HEAD^{commit}") }

    /// The remote that this clone pushes to: the branch's own, `origin`, or the only one there is.
    var remote: String? {
        if let branch {
            for key in ["branch.\(branch).pushRemote", "remote.pushDefault", "branch.\(branch).remote"] {
                if let name = git.configuration(key), name != "." { return name }
            }
        }
        let names = (git.answer("remote") ?? "").split(separator: "\n").map(String.init)
        return names.contains("origin") ? "origin" : names.count == 1 ? names.first : nil
    }

    /// Where `remote` is, as it was written, `insteadOf` applied.
    func url(of remote: String) -> String? { git.answer("remote", "get-url", "--push", remote) }

    /// Tracked files that differ from the commit, staged or not, by path from the root.
    var changedFiles: [String] {
        guard let status = git.answer("status", "--porcelain=v1", "-z", "--untracked-files=no", "--no-renames") else {
            return []
        }
        return status.split(separator: "\0").map { String($0.dropFirst(3)) }
    }

    /// Who commits here, by git's own configuration.
    var author: (name: String, email: String)? {
        guard let name = git.configuration("user.name"), let email = git.configuration("user.email") else { return nil }
        return (name, email)
    }

    /// How far a branch is from the remote's, by what was last fetched; nil where either is not there.
    func distance(of branch: String, to remote: String) -> (ahead: Int, behind: Int)? {
        guard
            let text = git.answer(
                "rev-list", "--left-right", "--count", "refs/heads/\(branch)...refs/remotes/\(remote)/\(branch)")
        else { return nil }
        let counts = text.split(separator: "\t").compactMap { Int($0) }
        return counts.count == 2 ? (counts[0], counts[1]) : nil
    }

    /// Something that git has begun here and somebody has to finish first, e.g. a merge.
    var unfinished: String? {
        let marks = [
            ("MERGE_HEAD", "a merge"), ("rebase-merge", "a rebase"), ("rebase-apply", "a rebase"),
            ("CHERRY_PICK_HEAD", "a cherry-pick"), ("REVERT_HEAD", "a revert"), ("BISECT_LOG", "a bisection"),
        ]
        guard let answer = try? git.run(["rev-parse"] + marks.flatMap { ["--git-path", $0.0] }) else { return nil }
        let paths = answer.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return zip(paths, marks).first { path, _ in
            access(path.hasPrefix("/") ? path : root + "/" + path, F_OK) == 0
        }?.1.1
    }

    /// The part of a path that is a symbolic link, which may lead out of the clone; nil where there is none.
    func link(on path: String) -> String? {
        var place = ""
        for part in path.split(separator: "/") {
            place += (place.isEmpty ? "" : "/") + part
            if (try? FileManager.default.destinationOfSymbolicLink(atPath: root + "/" + place)) != nil { return place }
        }
        return nil
    }

    /// A file as it lies in the working tree; nil when it is not there.
    func bytes(of path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: root + "/" + path).map { [UInt8]($0) }
    }
}

// MARK: Before something is written

extension GrantsClone {
    /// Fails unless work can start here: on a branch, with nothing begun, staged or changed, and with an author.
    /// Commands ask this before they ask their user anything.
    func requireReady() throws(CommandFault) {
        if let unfinished {
            throw CommandFault(
                description:
                    "\(unfinished) is not finished in this clone; finish or abort it first (`git status` says how)")
        }
        guard branch != nil else {
            throw CommandFault(
                description: "this clone is on no branch; switch to one first, e.g. with `git switch main`")
        }
        let changed = changedFiles
        if let first = changed.first {
            let others = changed.count > 1 ? " and \(changed.count - 1) more" : ""
            let verb = changed.count > 1 ? "have" : "has"
            throw CommandFault(
                description: "`\(first)`\(others) \(verb) changes that are not committed; commit them, "
                    + "or put them aside with `git stash`")
        }
        guard author != nil else {
            throw CommandFault(
                description: "git does not know who you are; set it with `git config --global user.name 'Your Name'` "
                    + "and `git config --global user.email you@example.com`")
        }
    }

    /// Fetches a branch of the remote, so that what follows starts from what is there now. Nothing in the working tree
    /// changes. Without a remote nothing happens.
    /// - Returns: whether the remote has such a branch.
    @discardableResult
    func fetch(_ branch: String) throws(CommandFault) -> Bool {
        guard let remote else { return false }
        do throws(GitProgram.Failure) {
            try git.runInteractively(
                "fetch", "--quiet", "--no-tags", remote, "+refs/heads/\(branch):refs/remotes/\(remote)/\(branch)")
            return true
        } catch {
            if error.said.contains("couldn't find remote ref") { return false }
            throw CommandFault(
                description: "`\(remote)` cannot be reached: \(error.reason); try again when it can, "
                    + "or work without it with --no-push")
        }
    }

    /// Fails when the remote has a branch of that name already: somebody asked for the same, or for something else by that name.
    func requireNew(_ branch: String) throws(CommandFault) {
        guard let remote, git.answer("check-ref-format", "--branch", branch) != nil, try fetch(branch) else { return }
        throw CommandFault(
            description: "`\(remote)` has a branch `\(branch)` already: look whether it asks for this, with "
                + "`git diff \(remote)/HEAD...\(remote)/\(branch)`, or give another name with --branch-name")
    }

    /// Fails when the branch checked out lacks commits that the remote has, by what was last fetched.
    func requireNotBehind() throws(CommandFault) {
        guard let branch, let remote, let distance = distance(of: branch, to: remote), distance.behind > 0 else {
            return
        }
        let commits = distance.behind == 1 ? "1 commit" : "\(distance.behind) commits"
        throw CommandFault(
            description: "`\(branch)` is \(commits) behind `\(remote)/\(branch)`; run `git pull --rebase` first")
    }
}
