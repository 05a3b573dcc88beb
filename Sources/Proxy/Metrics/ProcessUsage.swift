import Foundation

/// What this process uses of its machine, as the kernel says in `proc(5)`.
package struct ProcessUsage: Sendable, Equatable {
    package var cpuSeconds: Double
    package var residentBytes: Int
    package var virtualBytes: Int
    /// Since 1970.
    package var startSeconds: Double
    package var openFiles: Int
    package var maxFiles: Int

    /// Reads it now; nil where there is no `/proc`. Blocks for some microseconds.
    package static func current() -> ProcessUsage? {
        guard let stat = text("/proc/self/stat"), let boot = text("/proc/stat") else { return nil }
        let bootSeconds = boot.split(separator: "\n").first { $0.hasPrefix("btime ") }
            .flatMap { Double($0.dropFirst("btime ".count)) }
        let files = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return ProcessUsage(
            stat: stat, bootSeconds: bootSeconds ?? 0, ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))),
            pageSize: sysconf(Int32(_SC_PAGESIZE)), openFiles: files ?? 0, maxFiles: Int(clamping: limit.rlim_cur))
    }

    init?(
        stat: String, bootSeconds: Double, ticksPerSecond: Double, pageSize: Int, openFiles: Int, maxFiles: Int
    ) {
        // The second field is the program's name in parentheses and may hold anything, spaces and parentheses too.
        guard let end = stat.lastIndex(of: ")"), ticksPerSecond > 0 else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        // The first here is the third of proc(5), `state`.
        guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
            let started = Double(fields[19]), let virtual = Int(fields[20]), let resident = Int(fields[21])
        else { return nil }
        cpuSeconds = (user + system) / ticksPerSecond
        startSeconds = bootSeconds + started / ticksPerSecond
        virtualBytes = virtual
        residentBytes = resident * pageSize
        self.openFiles = openFiles
        self.maxFiles = maxFiles
    }

    private static func text(_ path: String) -> String? {
        // Files in /proc have no length, which `FileManager` relies on.
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        return (try? file.readToEnd()).map { String(decoding: $0, as: UTF8.self) }
    }
}
