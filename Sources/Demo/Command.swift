import Foundation

/// A program that the demo runs: git, ssh-keygen, sh.
package struct Command {
    /// A program that failed, with what it said.
    package struct Failure: Error, CustomStringConvertible {
        package var command: String
        package var status: Int32
        package var output: String

        package var description: String {
            "`\(command)` ended with \(status): \(output.trimmingCharacters(in: .whitespacesAndNewlines))"
        }
    }

    /// Runs `arguments[0]`, found by PATH, and waits for its end.
    /// - Parameter environment: added to this process's own.
    /// - Returns: standard output and standard error, as one text.
    @discardableResult
    package static func run(
        _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:]
    ) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let output = String(decoding: data, as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw Failure(command: arguments.joined(separator: " "), status: process.terminationStatus, output: output)
        }
        return output
    }
}
