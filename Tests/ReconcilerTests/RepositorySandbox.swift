import Foundation
import GrantModel
import Testing

@testable import Reconciler

/// A folder of its own with repositories made by the `git` binary, removed at the end.
final class RepositorySandbox {
    let folder: URL
    /// The bare repository that commits are made in.
    let path: String
    private var clock = 1_790_000_000

    init(bare: Bool = true) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("reconciler-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appendingPathComponent("repository").path
        try git(["init", "--quiet", "--initial-branch=main"] + (bare ? ["--bare"] : []) + [path], at: folder.path)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    struct ProgramFailed: Error {
        var arguments: [String]
        var ending: ChildProcess.Ending
        var errors: String
    }

    /// What git prints, without the last newline.
    @discardableResult
    func git(_ arguments: [String], at place: String? = nil, input: [UInt8] = [], time: Int? = nil) throws -> String {
        let date = "\(time ?? clock) +0000"
        return try RepositorySandbox.run(
            ["git", "-C", place ?? path] + arguments,
            environment: [
                "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "HOME=\(folder.path)",
                "GIT_AUTHOR_NAME=Maria", "GIT_AUTHOR_EMAIL=maria@acme.example", "GIT_AUTHOR_DATE=\(date)",
                "GIT_COMMITTER_NAME=Maria", "GIT_COMMITTER_EMAIL=maria@acme.example", "GIT_COMMITTER_DATE=\(date)",
            ], input: input)
    }

    /// What a program prints, without the last newline. Foundation's `Process` does not serve: waiting for several at once
    /// from tests that move between threads blocks forever.
    @discardableResult
    static func run(_ arguments: [String], environment: [String] = [], input: [UInt8] = []) throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let process = ChildProcess(
            executable: "/usr/bin/env", arguments: arguments, environment: ["PATH=\(path)"] + environment, input: input,
            deadline: .now + .seconds(120))
        var lines: [String] = []
        let (ending, errors) = try process.run(cancellation: Cancellation()) {
            lines.append(String(decoding: $0, as: UTF8.self))
        }
        guard ending == .exited(0) else {
            throw ProgramFailed(arguments: arguments, ending: ending, errors: String(decoding: errors, as: UTF8.self))
        }
        return lines.joined(separator: "\n")
    }

    /// Stores an object exactly as given, well-formed or not.
    func object(_ type: String, _ bytes: [UInt8]) throws -> ObjectID {
        ObjectID(hex: try git(["hash-object", "-w", "--literally", "-t", type, "--stdin"], input: bytes))
    }

    func blob(_ text: String) throws -> ObjectID { try object("blob", Array(text.utf8)) }

    /// Stores a tree of exactly these entries in exactly this order.
    func tree(_ entries: [(mode: String, name: [UInt8], id: ObjectID)]) throws -> ObjectID {
        var bytes: [UInt8] = []
        for entry in entries {
            bytes += Array("\(entry.mode) ".utf8) + entry.name + [0] + RepositorySandbox.raw(entry.id)
        }
        return try object("tree", bytes)
    }

    func tree(_ entries: [(mode: String, name: String, id: ObjectID)]) throws -> ObjectID {
        try tree(entries.map { (mode: $0.mode, name: Array($0.name.utf8), id: $0.id) })
    }

    /// A tree of these files in git's order, folders made as needed. `mode` applies to all.
    func tree(files: [String: String]) throws -> ObjectID {
        var entries: [(mode: String, name: String, id: ObjectID)] = []
        var folders: [String: [String: String]] = [:]
        for (path, text) in files {
            if let slash = path.firstIndex(of: "/") {
                folders[String(path[..<slash]), default: [:]][String(path[path.index(after: slash)...])] = text
            } else {
                entries.append((mode: "100644", name: path, id: try blob(text)))
            }
        }
        for (name, files) in folders { entries.append((mode: "40000", name: name, id: try tree(files: files))) }
        func key(_ entry: (mode: String, name: String, id: ObjectID)) -> [UInt8] {
            Array((entry.mode == "40000" ? entry.name + "/" : entry.name).utf8)
        }
        return try tree(entries.sorted { key($0).lexicographicallyPrecedes(key($1)) })
    }

    /// A commit a minute after the last one, or at `time` seconds.
    func commit(_ tree: ObjectID, parents: [ObjectID] = [], time: Int? = nil) throws -> ObjectID {
        clock += 60
        return ObjectID(
            hex: try git(
                ["commit-tree", "-m", "change", tree.hex] + parents.flatMap { ["-p", $0.hex] }, time: time ?? clock))
    }

    func commit(files: [String: String], parents: [ObjectID] = [], time: Int? = nil) throws -> ObjectID {
        try commit(try tree(files: files), parents: parents, time: time)
    }

    func setBranch(_ branch: String = "main", to commit: ObjectID) throws {
        try git(["update-ref", "refs/heads/\(branch)", commit.hex])
    }

    /// An executable shell script.
    func script(_ text: String) throws -> String {
        let file = folder.appendingPathComponent("script-\(UUID().uuidString)")
        try Data("#!/bin/sh\n\(text)\n".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        return file.path
    }

    func open() throws -> GitRepository { try GitRepository.open(path: path) }

    /// What the commit changed against its first parent.
    func change(_ commit: ObjectID, limits: TreeLimits = TreeLimits()) throws -> CommitChange {
        let repository = try open()
        return try repository.change(of: try repository.commit(commit), observed: Instant(seconds: 7), limits: limits)
    }

    static func raw(_ id: ObjectID) -> [UInt8] {
        let digits = Array(id.hex)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...($0 + 1)]), radix: 16)! }
    }
}

extension CommitChange {
    var writtenPaths: [String] { written.map(\.path.text) }
    var removedPaths: [String] { removed.map(\.text) }
    var unreadablePaths: [String] { unreadable.map(\.text) }
}
