// What following a grants repository costs, at several sizes. Prints a table, or JSON with `--json`;
// `--sizes 1000,100000,1000000` and `--folder PATH` (some 2 GB at a million) say which and where. `--generate PATH` with
// `--grants N` only writes such a repository, and prints the moment after its last commit.

import Foundation
import GrantModel
import Reconciler

let arguments = CommandLine.arguments

func argument(_ name: String) -> String? {
    guard let place = arguments.firstIndex(of: name), place + 1 < arguments.count else { return nil }
    return arguments[place + 1]
}

func say(_ text: String) { FileHandle.standardError.write(Data("== \(text)\n".utf8)) }

if arguments.contains(FetchProcess.subcommand) { exit(FetchChild.main()) }
if let phase = argument("--phase"), let folder = argument("--folder") {
    switch phase {
    case "steps": try Steps.run(folder)
    case "loop": try await LoopRun.run(folder)
    case _:
        say("no phase `\(phase)`")
        exit(2)
    }
    exit(0)
}

// Only writes the repository, for whoever measures something else on it.
if let path = argument("--generate") {
    let repository = try GeneratedRepository(path: path, grants: argument("--grants").flatMap { Int($0) } ?? 100_000)
    print(repository.end)
    exit(0)
}

let sizes = (argument("--sizes") ?? "1000,100000,1000000").split(separator: ",").compactMap { Int($0) }
let root =
    argument("--folder")
    ?? FileManager.default.temporaryDirectory.appendingPathComponent("grantctl-bench-\(UUID().uuidString)").path
defer { if argument("--folder") == nil { try? FileManager.default.removeItem(atPath: root) } }
try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)

/// Runs this program again, so that each figure comes from a process that did nothing else before.
func phase(_ name: String, _ folder: String) throws -> [String: Double] {
    let process = Process()
    process.executableURL = URL(filePath: FetchProcess.ownExecutable)
    process.arguments = ["--phase", name, "--folder", folder]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let printed = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
        say("`\(name)` ended with \(process.terminationStatus)")
        exit(1)
    }
    return try JSONDecoder().decode([String: Double].self, from: printed)
}

var columns: [[String: Double]] = []
for size in sizes {
    let folder = "\(root)/\(size)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    say("generating \(size) grants")
    let repository = try GeneratedRepository(path: "\(folder)/remote.git", grants: size)
    try FileManager.default.createDirectory(
        atPath: "\(folder)/state", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try Git.run(["clone", "--quiet", "--bare", "\(folder)/remote.git", "\(folder)/state/repository.git"])
    let tip = try Git.run(["-C", repository.path, "rev-parse", "refs/heads/main"])
    var figures: [String: Double] = [:]
    say("first load")
    for (name, value) in try phase("loop", folder) { figures["first " + name] = value }
    say("restart")
    for (name, value) in try phase("loop", folder) { figures["restart " + name] = value }
    let changed = try (0..<9).map { try repository.change(size * ($0 + 1) / 10, round: $0).hex }
    try ([tip] + changed).joined(separator: "\n").write(
        toFile: "\(folder)/commits", atomically: true, encoding: .utf8)
    say("step by step")
    figures.merge(try phase("steps", folder)) { $1 }
    columns.append(figures)
    if argument("--folder") == nil { try FileManager.default.removeItem(atPath: folder) }
}

if arguments.contains("--json") {
    let all = Dictionary(uniqueKeysWithValues: zip(sizes.map { "\($0)" }, columns))
    print(String(decoding: try JSONSerialization.data(withJSONObject: all, options: [.sortedKeys]), as: UTF8.self))
} else {
    print(Report(sizes: sizes, columns: columns).table)
}
