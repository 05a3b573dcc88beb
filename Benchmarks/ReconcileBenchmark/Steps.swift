import Foundation
import GrantModel
import Reconciler

/// Each step by itself, on the clone as it lies there.
enum Steps {
    static func run(_ folder: String) throws {
        let path = "\(folder)/remote.git"
        let commits = try String(contentsOfFile: "\(folder)/commits", encoding: .utf8).split(separator: "\n")
            .map { ObjectID(hex: String($0)) }
        var figures: [String: Double] = [:]
        let empty = Measuring.residentBytes()
        let repository = try GitRepository.open(path: path)

        let (line, walking) = try Measuring.milliseconds { try repository.firstParentLine(after: nil, to: commits[0]) }
        figures["commits"] = Double(line.count)
        figures["walk history ms"] = walking
        let times = CommitSummary.observed(line: line)
        let observed = Dictionary(uniqueKeysWithValues: zip(line.map(\.id), times))

        var state = AccessState()
        let intake = CommitIntake(path: path, verify: SSHSignature.verify)
        figures["read and judge ms"] =
            Measuring.milliseconds {
                if let fault = intake.take(line, into: &state, observed: { observed[$0] }).fault { say("\(fault)") }
            }.milliseconds
        var table: ScopeTable
        (table, figures["compile ms"]) = Measuring.milliseconds { state.compile(after: nil) }
        figures["grants"] = Double(table.grantCount)
        let now = times[times.count - 1] + .hours(1)
        let (inForce, counting) = Measuring.milliseconds { table.counts(at: now)[.inForce] ?? 0 }
        figures["in force"] = Double(inForce)
        figures["count standings ms"] = counting
        figures["next expiry ms"] = Measuring.milliseconds { table.nextExpiry(after: now) }.milliseconds
        let (diagnostics, diagnosing) = Measuring.milliseconds { state.diagnostics(by: table) }
        figures["diagnostics ms"] = diagnosing
        figures["diagnostics"] = Double(diagnostics.count)
        figures["memory bytes"] = Measuring.residentBytes() - empty
        figures["peak bytes"] = Measuring.peakBytes()

        var changes: [(reading: Double, compiling: Double)] = []
        var accepted = commits[0]
        for (number, commit) in commits.dropFirst().enumerated() {
            // As the reconciler does it: what was accepted stays until the next table is live.
            let before = (state, table)
            let (_, reading) = try Measuring.milliseconds {
                let line = try repository.firstParentLine(after: accepted, to: commit)
                let moment = now + .minutes(Int64(number))
                if let fault = intake.take(line, into: &state, observed: { _ in moment }).fault { say("\(fault)") }
            }
            let compiling: Double
            (table, compiling) = Measuring.milliseconds { state.compile(after: before.1) }
            _ = Measuring.milliseconds { state.diagnostics(by: table) }
            changes.append((reading, compiling))
            accepted = commit
        }
        let last = times[times.count - 1] + .hours(2)
        figures["in force after changes"] = Double(table.counts(at: last)[.inForce] ?? 0)
        changes.sort { $0.reading + $0.compiling < $1.reading + $1.compiling }
        figures["change: read and judge ms"] = changes[changes.count / 2].reading
        figures["change: compile ms"] = changes[changes.count / 2].compiling
        figures["change: slowest ms"] = changes.last.map { $0.reading + $0.compiling }
        figures["memory after changes bytes"] = Measuring.residentBytes() - empty
        try Measuring.write(figures)
    }
}
