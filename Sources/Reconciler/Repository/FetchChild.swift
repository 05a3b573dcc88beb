import CLibGit2
import Foundation
import GrantModel

/// The child process's side of `FetchProcess`: one fetch, then the end.
package enum FetchChild {
    /// Reads a `FetchOrder` from standard input, fetches, and writes `FetchMessage`s to standard output, one a line.
    ///
    /// - Returns: the exit code: 0 when an answer was written, whatever it says.
    package static func main() -> Int32 {
        goFirst()
        grantctl_hide_memory()
        guard grantctl_die_with_parent() == 0,
            let order = try? JSONDecoder().decode(FetchOrder.self, from: FileHandle.standardInput.readDataToEndOfFile())
        else { return 2 }
        // It may have died before the kernel was asked to tell.
        guard getppid() == order.parent else { return 3 }
        var answer = FetchMessage()
        do throws(FetchFault) {
            try limit(order.request)
            answer.result = try Fetch(order.request).run { write(FetchMessage(progress: $0)) }
        } catch {
            answer.fault = FetchFault(
                kind: error.kind, message: redact(error.message, order.request), help: redact(error.help, order.request)
            )
        }
        write(answer)
        return 0
    }

    /// Where the machine runs out of memory, the kernel ends this process and not the gateway (proc(5), oom_score_adj).
    private static func goFirst() {
        let file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = Foundation.write(file, "1000", 4)
        close(file)
    }

    private static func limit(_ request: FetchRequest) throws(FetchFault) {
        let limits = request.limits
        // A pack's file holds what came over the wire and the bases of a thin pack.
        let fileBytes = limits.packBytes + limits.packBytes / 4 + (64 << 20)
        for (resource, most) in [
            (RLIMIT_CORE, 0), (RLIMIT_AS, limits.memoryBytes), (RLIMIT_FSIZE, fileBytes),
            (RLIMIT_CPU, limits.processorSeconds), (RLIMIT_NOFILE, 256),
        ] as [(__rlimit_resource, Int)] {
            let resource = __rlimit_resource_t(resource.rawValue)
            var current = rlimit()
            guard most >= 0, getrlimit(resource, &current) == 0 else { throw unlimited }
            let bound = min(rlim_t(most), current.rlim_max)
            var wanted = rlimit(rlim_cur: bound, rlim_max: bound)
            guard setrlimit(resource, &wanted) == 0 else { throw unlimited }
        }
        guard grantctl_git_set_pack_max_objects(max(0, limits.objects)) == 0 else { throw unlimited }
    }

    private static var unlimited: FetchFault {
        FetchFault(
            kind: .child, message: "the fetching process could not limit itself: \(String(cString: strerror(errno)))")
    }

    private static func write(_ message: FetchMessage) {
        guard var line = try? JSONEncoder().encode(message) else { return }
        line.append(UInt8(ascii: "\n"))
        try? FileHandle.standardOutput.write(contentsOf: line)
    }

    /// A remote may repeat what it was sent.
    private static func redact(_ text: String, _ request: FetchRequest) -> String {
        switch request.credential {
        case .token(let secret, _)?, .sshKey(_, let secret?)?:
            return secret.isEmpty ? text : text.replacingOccurrences(of: secret, with: "…")
        case .sshKey(_, nil)?, nil: return text
        }
    }
}
