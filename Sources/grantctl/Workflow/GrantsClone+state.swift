import Foundation
import GrantModel
import Reconciler

extension GrantsClone {
    /// The main branch as a gateway would take it: the remote's by what was last fetched, else the clone's own.
    func mainRef(_ branch: String) throws(CommandFault) -> String {
        let remote = remote
        if let remote, git.answer("rev-parse", "--verify", "--quiet", "refs/remotes/\(remote)/\(branch)") != nil {
            return "\(remote)/\(branch)"
        }
        guard git.answer("rev-parse", "--verify", "--quiet", "refs/heads/\(branch)") != nil else {
            throw CommandFault(
                description: head == nil
                    ? "this clone has no commit yet; commit something first"
                    : "this clone has no branch `\(branch)`; name the main branch with --branch")
        }
        return branch
    }

    /// What is accepted on a branch, judged commit by commit as the gateway does.
    func state(of ref: String) throws(CommandFault) -> AccessState {
        try CheckedOutHistory.read(self, branch: ref, now: .clock).state
    }

    /// Whether a commit holds a file.
    func has(_ path: String, at ref: String) -> Bool { git.answer("cat-file", "-e", "\(ref):\(path)") != nil }
}
