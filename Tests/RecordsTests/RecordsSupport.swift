import Foundation
import GRDB
import GrantModel
import Logging

@testable import Records

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// For a connection that holds a transaction open.
var openEnded: Configuration {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    // The writer's thread opens its connection while the test goes on.
    configuration.busyMode = .timeout(10)
    return configuration
}

/// A folder that goes away with this object.
final class TemporaryPlace: Sendable {
    let path: String
    var database: String { path + "/records.sqlite" }

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("records-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

enum Outcome: Equatable {
    case success
    case failure(String)

    var isFailure: Bool { self != .success }
}

extension RecordStore {
    /// Writes and waits for the writer's answer.
    func write(_ decisions: [DecisionRecord], _ completions: [CompletionRecord] = []) async -> Outcome {
        await withCheckedContinuation { continuation in
            write(decisions: decisions, completions: completions) { result in
                switch result {
                case .success: continuation.resume(returning: .success)
                case .failure(let fault): continuation.resume(returning: .failure(fault.message))
                }
            }
        }
    }
}

func sample(
    _ id: RecordID, time: Int64? = nil, service: ByteString = "claude", subject: String = "maria",
    verdict: Decision.Verdict = .allow
) -> DecisionRecord {
    DecisionRecord(
        id: id, time: time ?? id.milliseconds, service: service, issuer: "corp", subject: ByteString(subject),
        method: "POST", path: "/v1/messages", model: "claude-sonnet-4-5", session: "session-1",
        facts: #"{"operation":"messages","models":["claude-sonnet-4-5"],"max_tokens":1024,"stream":true}"#,
        verdict: verdict, reason: verdict == .allow ? "allowed" : "beyond_scope", grant: "claude/triage-bot",
        commit: ObjectID(hex: "4f1c4f1c4f1c4f1c4f1c4f1c4f1c4f1c4f1c4f1c"),
        blob: ObjectID(hex: "9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c"),
        rule: "grants/claude/triage-bot.yaml; attestations/2026-11-20-tom.yaml", requestBytes: 1024)
}
