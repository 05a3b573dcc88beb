import CLibGit2
import Glibc
import Synchronization

/// Runs one program to its end with a bounded time, input and output. Blocks its thread.
///
/// The child gets three descriptors and no other, an environment of its own, default signal handling, and is killed with
/// SIGKILL at the deadline, on cancellation, and once its output has ended. It is always reaped before this returns.
struct ChildProcess {
    enum Ending: Equatable {
        case exited(Int32)
        case killed(signal: Int32)
        case deadline
        case cancelled
        /// It wrote a line longer than a line may be.
        case babble
    }

    struct SpawnFault: Error {
        var message: String
    }

    var executable: String
    var arguments: [String]
    var environment: [String]
    var input: [UInt8]
    var deadline: ContinuousClock.Instant

    static let longestLine = 64 << 10
    /// Of standard error, the beginning is kept; the rest is read and dropped.
    static let errorBytes = 4 << 10

    /// Calls `line` with each line of standard output.
    func run(
        cancellation: Cancellation, line: ([UInt8]) -> Void
    ) throws(SpawnFault) -> (ending: Ending, errors: [UInt8]) {
        let pipes = try Pipes()
        defer { pipes.close() }
        let process = try spawn(pipes)
        pipes.closeChildEnds()
        var conversation = Conversation(pipes: pipes, input: input)
        let cut = conversation.run(until: deadline, cancellation: cancellation, line: line)
        // With whatever it started. The exit code of a process that is already ending is not changed by this.
        kill(-process, SIGKILL)
        kill(process, SIGKILL)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        let ending = cut ?? (signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal))
        return (ending, conversation.errors)
    }

    private func spawn(_ pipes: Pipes) throws(SpawnFault) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        guard posix_spawn_file_actions_init(&actions) == 0 else { throw SpawnFault(message: "no memory") }
        defer { posix_spawn_file_actions_destroy(&actions) }
        guard posix_spawnattr_init(&attributes) == 0 else { throw SpawnFault(message: "no memory") }
        defer { posix_spawnattr_destroy(&attributes) }

        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        let prepared =
            posix_spawn_file_actions_adddup2(&actions, pipes.input.child, 0) == 0
            && posix_spawn_file_actions_adddup2(&actions, pipes.output.child, 1) == 0
            && posix_spawn_file_actions_adddup2(&actions, pipes.errors.child, 2) == 0
            && grantctl_spawn_close_from(&actions, 3) == 0
            && posix_spawnattr_setsigmask(&attributes, &none) == 0
            && posix_spawnattr_setsigdefault(&attributes, &all) == 0
            && posix_spawnattr_setpgroup(&attributes, 0) == 0
            && posix_spawnattr_setflags(&attributes, Int16(flags)) == 0
        guard prepared else { throw SpawnFault(message: "the child process could not be prepared") }

        var argv = ([executable] + arguments).map { strdup($0) } + [nil]
        var envp = environment.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var process: pid_t = 0
        let status = posix_spawn(&process, executable, &actions, &attributes, &argv, &envp)
        guard status == 0 else {
            throw SpawnFault(message: "`\(executable)` could not be started: \(String(cString: strerror(status)))")
        }
        return process
    }
}

/// Two connected sockets, so that writing to a side that is gone is an error and not a SIGPIPE; closed on `exec`.
private struct Ends {
    var own: Int32 = -1
    var child: Int32 = -1

    init?() {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { return nil }
        own = ends[0]
        child = ends[1]
    }

    mutating func closeOwn() {
        if own >= 0 { Glibc.close(own) }
        own = -1
    }

    mutating func closeChild() {
        if child >= 0 { Glibc.close(child) }
        child = -1
    }

    mutating func close() {
        closeOwn()
        closeChild()
    }
}

/// Three channels to a child.
private final class Pipes {
    private(set) var input: Ends
    private(set) var output: Ends
    private(set) var errors: Ends

    init() throws(ChildProcess.SpawnFault) {
        let ends = [Ends(), Ends(), Ends()].compactMap { $0 }
        guard ends.count == 3 else {
            let reason = String(cString: strerror(errno))
            for var pair in ends { pair.close() }
            throw ChildProcess.SpawnFault(message: "no channel to a child process: \(reason)")
        }
        (input, output, errors) = (ends[0], ends[1], ends[2])
    }

    func closeChildEnds() {
        input.closeChild()
        output.closeChild()
        errors.closeChild()
    }

    func closeInput() {
        input.closeOwn()
    }

    func close() {
        input.close()
        output.close()
        errors.close()
    }
}

/// Feeds the child and reads it until its output and its errors end, which they do when it exits.
private struct Conversation {
    let pipes: Pipes
    var input: ArraySlice<UInt8>
    var pending: [UInt8] = []
    var errors: [UInt8] = []
    var outputOpen = true
    var errorsOpen = true

    init(pipes: Pipes, input: [UInt8]) {
        self.pipes = pipes
        self.input = input[...]
    }

    /// Nil when the output ended by itself, else why it was cut short.
    mutating func run(
        until deadline: ContinuousClock.Instant, cancellation: Cancellation, line: ([UInt8]) -> Void
    ) -> ChildProcess.Ending? {
        if input.isEmpty { pipes.closeInput() }
        while outputOpen || errorsOpen {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { return .deadline }
            let (seconds, attoseconds) = left.components
            let milliseconds = min(Int64(60_000), seconds &* 1000 + attoseconds / 1_000_000_000_000_000 + 1)
            // poll(2) passes over negative descriptors.
            var polled = [
                pollfd(fd: outputOpen ? pipes.output.own : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: errorsOpen ? pipes.errors.own : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: pipes.input.own, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: cancellation.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let ready = poll(&polled, nfds_t(polled.count), Int32(milliseconds))
            guard ready >= 0 || errno == EINTR else { return .killed(signal: 0) }
            guard ready > 0 else { continue }
            if polled[3].revents != 0 { return .cancelled }
            if polled[2].revents != 0 { feed() }
            if polled[1].revents != 0 { readErrors() }
            if polled[0].revents != 0, !readOutput(line) { return .babble }
        }
        return nil
    }

    private mutating func feed() {
        let sent = input.withUnsafeBytes {
            send(pipes.input.own, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
        if sent > 0 { input = input.dropFirst(sent) }
        if input.isEmpty || (sent < 0 && errno != EAGAIN && errno != EINTR) { pipes.closeInput() }
    }

    private mutating func readErrors() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(pipes.errors.own, &buffer, buffer.count)
        if count > 0 {
            errors += buffer.prefix(min(count, max(0, ChildProcess.errorBytes - errors.count)))
        } else if count == 0 || errno != EINTR {
            errorsOpen = false
        }
    }

    /// False when a line is too long.
    private mutating func readOutput(_ line: ([UInt8]) -> Void) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        let count = read(pipes.output.own, &buffer, buffer.count)
        guard count > 0 else {
            if count == 0 || errno != EINTR { outputOpen = false }
            return true
        }
        pending += buffer.prefix(count)
        while let newline = pending.firstIndex(of: UInt8(ascii: "\n")) {
            line(Array(pending[..<newline]))
            pending.removeSubrange(...newline)
        }
        return pending.count <= ChildProcess.longestLine
    }
}

/// Tells a blocked thread, from any other, that its work is no longer wanted.
final class Cancellation: Sendable {
    /// For `poll(2)`: readable once cancelled. -1 where the system had none to give.
    let descriptor: Int32
    private let ends: Mutex<Ends?>

    init() {
        let pair = Ends()
        descriptor = pair?.own ?? -1
        ends = Mutex(pair)
    }

    deinit {
        close()
    }

    func cancel() {
        ends.withLock { $0?.closeChild() }
    }

    /// After this, `cancel` does nothing: the descriptor's number may be another file's.
    func close() {
        ends.withLock { ends in
            ends?.close()
            ends = nil
        }
    }
}
