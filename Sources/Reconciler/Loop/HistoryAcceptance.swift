import Dispatch
import Foundation
import GrantModel

/// Lets a person accept that the branch was rewritten: one commit, for what is accepted now.
///
/// Leaves their word in the state directory, where the gateway finds it at its next run. Nothing is decided here.
package struct HistoryAcceptance: Sendable {
    /// Why a word is not taken.
    package struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        /// What is so, and what to do: lower case, one line.
        package var description: String
    }

    package struct Outcome: Sendable, Hashable {
        package var from: ObjectID
        package var to: ObjectID
        /// Whether a gateway uses the state directory now.
        package var isRunning: Bool
    }

    private let configuration: ReconcilerConfiguration

    package init(_ configuration: ReconcilerConfiguration) {
        self.configuration = configuration
    }

    /// Leaves a word for `commit`, which must be where the branch is and must not follow from what is accepted.
    ///
    /// Where a gateway runs, what it saw last counts; else the remote is asked.
    /// - Parameter by: the system's name for who asks.
    package func accept(_ commit: ObjectID, by: String, why: String, at now: Instant) async throws(Refusal) -> Outcome {
        let path = configuration.stateDirectory
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw Refusal(description: "there is no state directory `\(path)`; start the gateway first")
        }
        guard status.st_uid == geteuid() else {
            throw Refusal(
                description: "the state directory `\(path)` belongs to another user; run this as the gateway's user")
        }
        let mark: AcceptedMark
        do throws(StateFault) {
            guard let read = try StateDirectory.accepted(at: path) else {
                throw StateFault(kind: .damaged, message: "nothing was accepted in `\(path)` yet; start the gateway")
            }
            mark = read
        } catch {
            throw Refusal(description: error.message)
        }
        guard mark.commit != commit else {
            throw Refusal(description: "`\(commit.hex)` is what is accepted now")
        }
        let isRunning = try await check(commit, mark)
        do throws(StateFault) {
            try StateDirectory.leave(
                HistoryConsent(from: mark.commit, to: commit, by: by, why: why, at: now), at: path)
        } catch {
            throw Refusal(description: error.message)
        }
        return Outcome(from: mark.commit, to: commit, isRunning: isRunning)
    }

    /// Whether a gateway runs; throws when the branch is not at `commit`, or follows from what is accepted.
    private func check(_ commit: ObjectID, _ mark: AcceptedMark) async throws(Refusal) -> Bool {
        let directory: StateDirectory
        do throws(StateFault) {
            directory = try StateDirectory(path: configuration.stateDirectory)
        } catch {
            guard error.kind == .inUse else { throw Refusal(description: error.message) }
            let waiting: ObjectID?
            do throws(GitFault) {
                waiting = try GitRepository.open(path: configuration.stateDirectory + "/repository.git")
                    .resolve(ref: Advancing.waiting)
            } catch {
                throw Refusal(description: error.description)
            }
            guard let waiting else {
                throw Refusal(
                    description: "nothing waits to be accepted: the gateway follows the branch (`grantctl status`)")
            }
            try compare(commit, with: waiting)
            return true
        }
        defer { directory.release() }
        let work = Advancing(configuration: configuration, directory: directory, verify: SSHSignature.verify)
        let watch = RemoteWatch(configuration, worker: DispatchQueue(label: "grantctl.accept-history"))
        let tip: ObjectID
        switch await watch.look(work, accepted: mark.commit) {
        case .success(let sighting): tip = sighting.tip
        case .failure(let fault): throw Refusal(description: fault.message)
        }
        do throws(ReconcileFault) {
            _ = try work.line(after: mark.commit, to: tip, in: try work.open(tip))
        } catch {
            guard error.isRewrite else { throw Refusal(description: error.message) }
            try compare(commit, with: tip)
            return false
        }
        throw Refusal(
            description:
                "nothing waits to be accepted: `\(configuration.branch)` is at `\(tip.hex)`, which follows from "
                + "what is accepted")
    }

    private func compare(_ commit: ObjectID, with tip: ObjectID) throws(Refusal) {
        guard commit == tip else {
            throw Refusal(
                description:
                    "`\(configuration.branch)` is at `\(tip.hex)`, not at `\(commit.hex)`; look at what changed "
                    + "(`git diff`) and name the commit that is meant")
        }
    }
}
