import Foundation
import GrantModel

/// Runs fetches in a child process: libgit2 1.5 has no socket timeouts, and reads what a stranger sends.
package enum FetchProcess {
    /// This very binary, also after the file it was started from was replaced (proc(5)).
    package static let ownExecutable = "/proc/self/exe"
    /// The hidden subcommand that calls `FetchChild.main`.
    package static let subcommand = "fetch-child"

    /// Fetches, and returns at the deadline at the latest, whatever the remote does; the child is gone by then. Cancelling
    /// the task kills the child. `progress` is called from another thread, at most some ten times a second.
    package static func run(
        _ request: FetchRequest, executable: String = FetchProcess.ownExecutable,
        progress: @escaping @Sendable (FetchProgress) -> Void = { _ in }
    ) async -> Result<FetchResult, FetchFault> {
        let cancellation = Cancellation()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A thread of its own: the child dies with the thread that started it, so that must not be one of a
                // pool, and it blocks until the child is gone.
                let thread = Thread {
                    let outcome = runBlocking(
                        request, executable: executable, cancellation: cancellation, progress: progress)
                    cancellation.close()
                    continuation.resume(returning: outcome)
                }
                thread.name = "fetch"
                thread.stackSize = 512 << 10
                thread.start()
            }
        } onCancel: {
            cancellation.cancel()
        }
    }

    private static func runBlocking(
        _ request: FetchRequest, executable: String, cancellation: Cancellation,
        progress: (FetchProgress) -> Void
    ) -> Result<FetchResult, FetchFault> {
        do throws(FetchFault) {
            _ = try RemoteAddress(request.url)
        } catch {
            return .failure(error)
        }
        guard request.deadlineSeconds > 0, request.deadlineSeconds <= 86_400,
            let order = try? JSONEncoder().encode(FetchOrder(request: request, parent: getpid()))
        else {
            return .failure(FetchFault(kind: .configuration, message: "the deadline of a fetch must be 0 s to 1 d"))
        }

        let process = ChildProcess(
            executable: executable, arguments: [subcommand], environment: environment(), input: Array(order),
            deadline: .now + .seconds(request.deadlineSeconds))
        var outcome: Result<FetchResult, FetchFault>?
        let ended: (ending: ChildProcess.Ending, errors: [UInt8])
        do throws(ChildProcess.SpawnFault) {
            ended = try process.run(cancellation: cancellation) { line in
                guard let message = try? JSONDecoder().decode(FetchMessage.self, from: Data(line)) else { return }
                if let step = message.progress { progress(step) }
                if let result = message.result { outcome = .success(result) }
                if let fault = message.fault { outcome = .failure(fault) }
            }
        } catch {
            return .failure(FetchFault(kind: .child, message: error.message))
        }
        switch ended.ending {
        case .cancelled: return .failure(FetchFault(kind: .cancelled, message: "the fetch was called off"))
        case .deadline: return .failure(tooSlow(request))
        case .babble, .exited, .killed: return outcome ?? .failure(silent(ended.ending, ended.errors, request))
        }
    }

    /// Nothing that could steer git, ssh or TLS, and nobody's home directory.
    private static func environment() -> [String] {
        // A crash is reported by its signal; the runtime would start a debugger for it. libgit2 refuses ssh when `HOME` is
        // not set, and reads `known_hosts` below it; here the pinned keys alone count.
        var environment = ["LC_ALL=C", "SWIFT_BACKTRACE=enable=no", "HOME=/nonexistent"]
        // Where a development build's runtime libraries are.
        if let libraries = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] {
            environment.append("LD_LIBRARY_PATH=\(libraries)")
        }
        return environment
    }

    private static func tooSlow(_ request: FetchRequest) -> FetchFault {
        let seconds = String(format: "%g", request.deadlineSeconds)
        return FetchFault(
            kind: .deadline, message: "the remote `\(request.url)` did not deliver within \(seconds) s",
            help: "check that it answers (`git ls-remote`); a very large first fetch needs a longer deadline")
    }

    private static func silent(_ ending: ChildProcess.Ending, _ errors: [UInt8], _ request: FetchRequest) -> FetchFault
    {
        let said = LibGit2.oneLine(errors)
        let why = said.isEmpty ? "" : ": \(said)"
        switch ending {
        case .killed(signal: SIGXFSZ):
            return FetchFault(
                kind: .tooLarge, message: "the remote sent more than \(request.limits.packBytes) bytes",
                help: "remove large files from the repository's history, or raise the limit")
        case .killed(signal: SIGXCPU):
            return FetchFault(
                kind: .tooLarge,
                message: "the fetch took more than \(request.limits.processorSeconds) s of processor time")
        case .killed(let signal):
            return FetchFault(kind: .child, message: "the fetching process was ended by signal \(signal)\(why)")
        case .exited(let code):
            return FetchFault(kind: .child, message: "the fetching process ended with code \(code) and no answer\(why)")
        case .babble, .deadline, .cancelled:
            return FetchFault(kind: .child, message: "the fetching process wrote what is no answer")
        }
    }
}
