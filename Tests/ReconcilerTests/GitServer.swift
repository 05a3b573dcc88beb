import Foundation
import Testing

@testable import Reconciler

/// `git http-backend` behind TLS (`Tests/Remotes/git_https.py`) on a port of the system's choice, well or badly behaved.
final class GitServer {
    let port: Int
    let pem: String
    private let folder: URL
    private let process = Process()
    /// The server ends when this does.
    private let input = Pipe()

    /// Serves the sandbox's repository as `/repository`.
    init(_ sandbox: RepositorySandbox, arguments: [String] = []) throws {
        folder = sandbox.folder
        pem = try TLSServer.certificate(in: folder, name: "git")
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Remotes/git_https.py")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["python3", script.path, folder.path + "/git.pem", folder.path + "/git.key", folder.path] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = input
        try process.run()
        var said = ""
        while !said.hasSuffix("\n") {
            let more = output.fileHandleForReading.availableData
            try #require(!more.isEmpty, "the server did not start")
            said += String(decoding: more, as: UTF8.self)
        }
        port = try #require(Int(said.trimmingCharacters(in: .whitespacesAndNewlines)))
        try behave("honest")
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
    }

    var url: String { "https://localhost:\(port)/repository" }

    /// - Parameter name: of the path that it is for, see `url(as:)`; by default of all others.
    func behave(_ word: String, _ more: String = "", as name: String = "behaviour") throws {
        try Data("\(word)\n\(more)".utf8).write(to: folder.appending(path: name), options: .atomic)
    }

    /// The same repository at a path with a behaviour of its own.
    func url(as name: String) -> String { "https://localhost:\(port)/~\(name)/repository" }

    /// `METHOD PATH AUTHORIZATION` of each request so far.
    var requests: [String] {
        let noted = (try? String(contentsOf: folder.appending(path: "requests"), encoding: .utf8)) ?? ""
        return noted.split(separator: "\n").map(String.init)
    }
}
