import Foundation

/// The stock git.
enum Git {
    struct Failed: Error {
        var arguments: [String]
        var status: Int32
    }

    static func process(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["git"] + arguments
        var environment = ProcessInfo.processInfo.environment
        environment["GIT_CONFIG_NOSYSTEM"] = "1"
        environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
        process.environment = environment
        return process
    }

    /// - Returns: what it prints, without the last newline.
    @discardableResult
    static func run(_ arguments: [String]) throws -> String {
        let process = process(arguments)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failed(arguments: arguments, status: process.terminationStatus)
        }
        return String(decoding: printed, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}

/// Commits on `main`, streamed to one `git fast-import`.
final class FastImport {
    private let process: Process
    private let input = Pipe()
    private var buffer: [UInt8] = []
    private var continues: Bool

    /// - Parameter continues: whether the first commit follows what is on `main`.
    init(_ repository: String, continues: Bool = false) throws {
        process = Git.process([
            "-C", repository, "-c", "core.compression=1", "fast-import", "--quiet", "--done", "--date-format=raw",
        ])
        process.standardInput = input
        self.continues = continues
        buffer.reserveCapacity(2 << 20)
        try process.run()
    }

    func commit(_ message: String, at time: Int64, _ files: [(String, [UInt8])]) {
        commit(message, at: time) { write in
            for (path, bytes) in files { write(path, bytes) }
        }
    }

    func commit(_ message: String, at time: Int64, _ body: (_ write: (String, [UInt8]) -> Void) -> Void) {
        send("commit refs/heads/main\ncommitter tom <tom@acme.example> \(time) +0000\ndata \(message.utf8.count)\n")
        send(message + "\n")
        if continues { send("from refs/heads/main^0\n") }
        continues = false
        body { path, bytes in
            self.send("M 100644 inline \(path)\ndata \(bytes.count)\n")
            self.buffer += bytes
            self.send("\n")
        }
    }

    func finish() throws {
        send("done\n")
        flush()
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Git.Failed(arguments: ["fast-import"], status: process.terminationStatus)
        }
    }

    private func send(_ text: String) {
        buffer += text.utf8
        if buffer.count > 1 << 20 { flush() }
    }

    private func flush() {
        try? input.fileHandleForWriting.write(contentsOf: Data(buffer))
        buffer.removeAll(keepingCapacity: true)
    }
}
