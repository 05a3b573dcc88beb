import Foundation
import Synchronization

/// Runs a program of the user's own (git, ssh-keygen, an editor, a browser) and waits for its end. Blocks its thread.
///
/// The child stays in this process's group, so that it may ask its user something on the terminal; Foundation's
/// `Process` puts it into a group of its own, where reading the terminal stops it. While a child runs, Ctrl-C is for the
/// child: this process then sees it end, and undoes what is half done.
struct ProgramRun {
    enum Channel {
        /// Nothing can be read, and what is written is dropped.
        case none
        /// This process's own.
        case inherited
        /// Read to its end (output), or given as text (input).
        case captured
    }

    /// How a program ended, with what it said.
    struct Ending {
        /// The exit code; 128 and the signal's number when a signal ended it, as shells count.
        var status: Int32
        var output: [UInt8]
        var errors: [UInt8]

        var text: String { String(decoding: output, as: UTF8.self) }
        /// The output without line ends at its end.
        var line: String { text.trimmingCharacters(in: .newlines) }
        var errorText: String { String(decoding: errors, as: UTF8.self) }
        var wasInterrupted: Bool { status == 128 + SIGINT || status == 128 + SIGTERM }
    }

    /// Found by PATH when it holds no slash.
    var program: String
    var arguments: [String]
    /// Added to this process's own; nil removes a variable.
    var environment: [String: String?] = [:]
    /// Given to standard input when that is captured.
    var input: [UInt8] = []
    var inputChannel = Channel.none
    var outputChannel = Channel.captured
    var errorChannel = Channel.captured

    /// Status of a program that is not there, as shells report it.
    static let notFound: Int32 = 127

    private static let starting = Mutex(())

    /// Runs it; a program that cannot be started ends with 127 and says why in `errors`.
    func run() -> Ending {
        let interrupts = Interrupts()
        defer { interrupts.restore() }
        var process: pid_t = 0
        // Two at a time would each inherit the other's pipes, and wait for its end.
        let started = Self.starting.withLock { _ in
            Channels(self).map { channels in (channels: channels, status: spawn(&process, channels)) }
        }
        guard let (channels, status) = started else { return failure("no channel to a child process") }
        defer { channels.closeAll() }
        guard status == 0 else {
            return failure(
                status == ENOENT
                    ? "`\(program)` is not installed" : "`\(program)`: \(String(cString: strerror(status)))")
        }
        channels.closeChildEnds()
        let (output, errors) = channels.converse(input)
        var ended: Int32 = 0
        while waitpid(process, &ended, 0) < 0, errno == EINTR {}
        let signal = ended & 0x7F
        return Ending(
            status: signal == 0 ? (ended >> 8) & 0xFF : 128 + signal, output: output, errors: errors)
    }

    private func failure(_ message: String) -> Ending {
        Ending(status: Self.notFound, output: [], errors: Array(message.utf8))
    }

    private func spawn(_ process: inout pid_t, _ channels: Channels) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        guard posix_spawn_file_actions_init(&actions) == 0 else { return ENOMEM }
        defer { posix_spawn_file_actions_destroy(&actions) }
        guard posix_spawnattr_init(&attributes) == 0 else { return ENOMEM }
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in [SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGHUP] { sigaddset(&defaults, number) }
        var none = sigset_t()
        sigemptyset(&none)
        var prepared =
            posix_spawnattr_setsigdefault(&attributes, &defaults) == 0
            && posix_spawnattr_setsigmask(&attributes, &none) == 0
            && posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK)) == 0
        for (channel, number) in zip([inputChannel, outputChannel, errorChannel], Int32(0)...) {
            switch channel {
            case .inherited: continue
            case .none:
                prepared =
                    prepared && posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0) == 0
            case .captured:
                guard let end = channels.childEnd(number) else { return EBADF }
                prepared = prepared && posix_spawn_file_actions_adddup2(&actions, end, number) == 0
            }
        }
        guard prepared else { return ENOMEM }
        var variables = ProcessInfo.processInfo.environment
        for (name, value) in environment { variables[name] = value }
        var argv = ([program] + arguments).map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        return posix_spawnp(&process, program, &actions, &attributes, &argv, &envp)
    }
}

/// While a child runs, SIGINT and SIGQUIT do nothing here (POSIX `system` does the same), and a child that does not read its
/// input is no SIGPIPE.
private final class Interrupts {
    private var saved: [(number: Int32, action: sigaction)] = []

    init() {
        for number in [SIGINT, SIGQUIT, SIGPIPE] {
            var ignored = sigaction()
            ignored.__sigaction_handler.sa_handler = SIG_IGN
            var before = sigaction()
            if sigaction(number, &ignored, &before) == 0 { saved.append((number, before)) }
        }
    }

    func restore() {
        for (number, action) in saved {
            var action = action
            _ = sigaction(number, &action, nil)
        }
        saved = []
    }
}

/// The pipes to a child, by the number of its descriptor. All are closed on `exec`.
private final class Channels {
    private var own: [Int32: Int32] = [:]
    private var child: [Int32: Int32] = [:]

    init?(_ run: ProgramRun) {
        for (channel, number) in zip([run.inputChannel, run.outputChannel, run.errorChannel], Int32(0)...) {
            guard case .captured = channel else { continue }
            // Pipes, not sockets: only of a pipe can a child open `/dev/stderr`, as hooks do.
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else {
                closeAll()
                return nil
            }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            let (mine, theirs) = number == 0 ? (ends[1], ends[0]) : (ends[0], ends[1])
            own[number] = mine
            child[number] = theirs
            if number == 0 { _ = fcntl(mine, F_SETFL, O_NONBLOCK) }
        }
    }

    func childEnd(_ number: Int32) -> Int32? { child[number] }

    func closeChildEnds() {
        for end in child.values { close(end) }
        child = [:]
    }

    func closeAll() {
        closeChildEnds()
        for end in own.values { close(end) }
        own = [:]
    }

    /// Feeds standard input and reads both outputs until they end.
    func converse(_ input: [UInt8]) -> (output: [UInt8], errors: [UInt8]) {
        var rest = input[...]
        var read: [Int32: [UInt8]] = [1: [], 2: []]
        if rest.isEmpty { end(0) }
        while own[1] != nil || own[2] != nil || own[0] != nil {
            // poll(2) passes over negative descriptors.
            var polled = [Int32(0), 1, 2].map { number in
                pollfd(fd: own[number] ?? -1, events: Int16(number == 0 ? POLLOUT : POLLIN), revents: 0)
            }
            guard poll(&polled, nfds_t(polled.count), -1) >= 0 || errno == EINTR else { break }
            if polled[0].revents != 0, let descriptor = own[0] {
                let sent = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if sent > 0 { rest = rest.dropFirst(sent) }
                if rest.isEmpty || (sent < 0 && errno != EAGAIN && errno != EINTR) { end(0) }
            }
            for number in [Int32(1), 2] where polled[Int(number)].revents != 0 {
                guard let descriptor = own[number] else { continue }
                var buffer = [UInt8](repeating: 0, count: 16 << 10)
                let count = Glibc.read(descriptor, &buffer, buffer.count)
                if count > 0 {
                    read[number, default: []] += buffer.prefix(count)
                } else if count == 0 || errno != EINTR {
                    end(number)
                }
            }
        }
        return (read[1] ?? [], read[2] ?? [])
    }

    private func end(_ number: Int32) {
        if let descriptor = own.removeValue(forKey: number) { close(descriptor) }
    }
}
