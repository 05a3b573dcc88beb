import Foundation
import GRDB
import GrantModel
import Logging
import Testing

@testable import Records

@Suite struct RecordStoreTests {
    @Test func everyFieldOfADecisionAndItsCompletionComesBackAsItWasWritten() async throws {
        let place = try TemporaryPlace()
        let store = try RecordStore(path: place.database, logger: quiet)
        let id = store.nextID(time: 1_763_800_000_123)
        let decision = DecisionRecord(
            id: id, time: 1_763_800_000_123, service: "claude", issuer: "corp", subject: "00u1x2", method: "POST",
            path: ByteString([0x2F, 0xFF, 0x00, 0x61]), model: "claude-sonnet-4-5", session: "s-1",
            facts: #"{"max_tokens":1}"#, verdict: .pause, reason: "beyond_scope", grant: "claude/triage-bot",
            commit: ObjectID(hex: "4f1c"), blob: ObjectID(hex: "9f2c"), rule: "grants/claude/triage-bot.yaml",
            requestBytes: 1024)
        let completion = CompletionRecord(
            id: id, end: .clientGone, status: 200, decided: 180, firstByte: -1, total: 90_000, responseBytes: 5,
            inputTokens: 12, outputTokens: -1)
        #expect(await store.write([decision], [completion]) == .success)
        store.close()

        let read = try RecordReader(path: place.database).decisions(after: RecordID(value: 0), limit: 10)
        #expect(read == [RecordedDecision(decision: decision, completion: completion)])
    }

    @Test func everyTextIsCutToItsBoundWhereItIsWritten() async throws {
        let place = try TemporaryPlace()
        let store = try RecordStore(path: place.database, logger: quiet)
        let id = store.nextID(time: 1_763_800_000_123)
        func long(_ count: Int = 40_000) -> ByteString { ByteString(String(repeating: "é", count: count)) }
        let hex = String(repeating: "a", count: 500)
        let decision = DecisionRecord(
            id: id, time: 1_763_800_000_123, service: long(), issuer: long(), subject: long(), method: long(),
            path: long(), model: long(), session: long(), facts: long(), verdict: .deny, reason: long(), grant: long(),
            commit: ObjectID(hex: hex), blob: ObjectID(hex: hex), rule: long())
        #expect(await store.write([decision]) == .success)
        store.close()
        let read = try #require(try RecordReader(path: place.database).decision(id)?.decision)
        let texts: [(ByteString, Int)] = [
            (read.service, 512), (read.issuer, 512), (read.subject, 512), (read.method, 1_024), (read.path, 1_024),
            (read.model, 512), (read.session, 128), (read.facts, 16_384), (read.reason, 512), (read.grant, 512),
            (read.rule, 4_096),
        ]
        for (text, limit) in texts {
            // Two bytes a character: the last one that fits in front of the dots.
            #expect(text == ByteString(String(repeating: "é", count: (limit - 3) / 2) + "..."))
        }
        #expect(read.commit.hex.utf8.count == 64)
        #expect(read.blob.hex.utf8.count == 64)
        #expect(decision.bounded() == read)
    }

    @Test func aTextAsLongAsItsBoundIsKeptWhole() {
        var decision = sample(RecordID(value: 1))
        decision.session = ByteString(String(repeating: "s", count: DecisionRecord.longestSession))
        decision.path = ByteString([UInt8](repeating: 0x80, count: DecisionRecord.longestPath))
        #expect(decision.bounded() == decision)
        decision.path.bytes.append(0x80)
        #expect(decision.bounded().path.count <= DecisionRecord.longestPath)
        #expect(decision.bounded().session == decision.session)
    }

    @Test func aTimeBeforeTheIdsOwnMomentComesBackExactly() async throws {
        let place = try TemporaryPlace()
        let store = try RecordStore(path: place.database, logger: quiet)
        let ahead = store.nextID(time: 2_000_000)
        let behind = store.nextID(time: 1_000_000)
        #expect(ahead < behind)
        #expect(await store.write([sample(behind, time: 1_000_000)]) == .success)
        store.close()
        let read = try RecordReader(path: place.database).decision(behind)
        #expect(read?.decision.time == 1_000_000)
    }

    @Test func theViewShowsTextsToPeople() async throws {
        let place = try TemporaryPlace()
        let store = try RecordStore(path: place.database, logger: quiet)
        let id = store.nextID(time: 1_763_800_000_123)
        #expect(
            await store.write(
                [sample(id, time: 1_763_800_000_123)],
                [CompletionRecord(id: id, end: .upstreamFailed, status: 502, total: 10)]) == .success)
        store.close()
        let row = try DatabaseQueue(path: place.database).read { db in
            try Row.fetchOne(db, sql: "SELECT request, time, verdict, ended, input_tokens, \"grant\" FROM decisions")
        }
        #expect(row?["request"] == id.text)
        #expect(row?["time"] == "2025-11-22T08:26:40.123Z")
        #expect(row?["verdict"] == "allow")
        #expect(row?["ended"] == "upstream_failed")
        #expect(row?["input_tokens"] == DatabaseValue.null)
        #expect(row?["grant"] == "claude/triage-bot")
    }

    @Test func theLogHasItsRoomFromTheBeginningAndCommitsDoNotMakeItLonger() async throws {
        let place = try TemporaryPlace()
        func logBytes() throws -> Int {
            try #require(FileManager.default.attributesOfItem(atPath: place.database + "-wal")[.size] as? Int)
        }
        let store = try RecordStore(path: place.database, logger: quiet)
        let before = try logBytes()
        #expect(before >= RecordConnection.manyFrames * (4_096 + 24))
        for turn in 0..<1_200 {
            let id = store.nextID(time: 1_763_800_000_000)
            #expect(await store.write([sample(id, subject: "caller-\(turn)")]) == .success)
        }
        #expect(try logBytes() == before)
        store.close()
    }

    @Test func whatALogHeldIsThereAfterItsRoomWasMadeAgain() async throws {
        let place = try TemporaryPlace()
        let first = try RecordStore(path: place.database, logger: quiet)
        let ids = (0..<5).map { _ in first.nextID(time: 1_763_800_000_000) }
        #expect(await first.write(ids.map { sample($0) }) == .success)
        // As a machine leaves it that stops: the log is there, cut behind its frames, and was not copied.
        let copy = try TemporaryPlace()
        try FileManager.default.copyItem(atPath: place.database, toPath: copy.database)
        try FileManager.default.copyItem(atPath: place.database + "-wal", toPath: copy.database + "-wal")
        first.close()
        let log = try FileHandle(forUpdating: URL(fileURLWithPath: copy.database + "-wal"))
        try log.truncate(atOffset: 32 + 20 * (4_096 + 24) + 77)
        try log.close()
        let second = try RecordStore(path: copy.database, logger: quiet)
        let later = second.nextID(time: 1_763_800_000_000)
        #expect(await second.write([sample(later)]) == .success)
        let read = try RecordReader(path: copy.database).decisions(after: RecordID(value: 0), limit: 100)
        #expect(read.map(\.decision.id) == (ids + [later]).sorted())
        second.close()
    }

    /// SQLite's numbers: 1 is NORMAL, which flushes nothing when it commits, 2 is FULL.
    @Test(arguments: [(RecordStore.Durability.power, 2), (.process, 1)])
    func everyGroupWithADecisionIsFlushedAsConfiguredAndOneOfCompletionsOnlyIsNot(
        durability: RecordStore.Durability, level: Int
    ) throws {
        let place = try TemporaryPlace()
        let connection = try RecordConnection(path: place.database, durability: durability)
        let completion = CompletionRecord(id: RecordID(value: 1), end: .complete, status: 200, total: 1)
        func levelAfter(decisions: [DecisionRecord], completions: ArraySlice<CompletionRecord>) throws -> Int? {
            let batch = RecordInbox.Batch(decisions: decisions, completions: []) { _ in }
            _ = try connection.write([batch], completions: completions, now: 1_763_800_000_000)
            return try connection.queue.read { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
        }
        for number in 1...3 {
            let decision = sample(RecordID(value: Int64(number)))
            #expect(try levelAfter(decisions: [decision], completions: [completion]) == level)
            #expect(try levelAfter(decisions: [], completions: [completion]) == 1)
        }
        #expect(try levelAfter(decisions: [sample(RecordID(value: 4))], completions: []) == level)
    }

    @Test(arguments: RecordStore.Durability.allCases)
    func manyThreadsWriteAndEveryAcknowledgedDecisionIsThere(durability: RecordStore.Durability) async throws {
        let place = try TemporaryPlace()
        let store = try RecordStore(path: place.database, durability: durability, logger: quiet)
        let acknowledged = await withTaskGroup(of: [RecordID].self) { group in
            for writer in 0..<8 {
                group.addTask {
                    var ids: [RecordID] = []
                    for turn in 0..<100 {
                        let batch = (0..<3).map { _ in
                            sample(store.nextID(time: 1_763_800_000_000), subject: "caller-\(writer)-\(turn % 7)")
                        }
                        let completions = batch.map {
                            CompletionRecord(id: $0.id, end: .complete, status: 200, total: 1)
                        }
                        if await store.write(batch, completions) == .success { ids += batch.map(\.id) }
                    }
                    return ids
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(acknowledged.count == 2_400)
        #expect(Set(acknowledged).count == 2_400)
        let statistics = store.statistics
        #expect(statistics.written == 2_400)
        #expect(statistics.waiting == 0)
        store.close()
        let read = try RecordReader(path: place.database).decisions(after: RecordID(value: 0), limit: 10_000)
        #expect(read.map(\.decision.id) == acknowledged.sorted())
        #expect(read.allSatisfy { $0.completion != nil })
    }

    @Test func idsGrowAcrossThreadsRestartsAndClocksThatGoBack() async throws {
        let place = try TemporaryPlace()
        let first = try RecordStore(path: place.database, logger: quiet)
        let ids = await withTaskGroup(of: [RecordID].self) { group in
            for _ in 0..<4 {
                group.addTask { (0..<5_000).map { first.nextID(time: 5_000 - Int64($0)) } }
            }
            return await group.reduce(into: [[RecordID]]()) { $0.append($1) }
        }
        #expect(Set(ids.joined()).count == 20_000)
        for each in ids { #expect(each == each.sorted()) }
        let last = first.nextID(time: 9_000)
        #expect(await first.write([sample(last)]) == .success)
        first.close()

        let second = try RecordStore(path: place.database, logger: quiet)
        #expect(second.nextID(time: 10) > last)
        second.close()
    }

    @Test func theDatabaseIsForItsOwnerOnly() async throws {
        let place = try TemporaryPlace()
        _ = FileManager.default.createFile(
            atPath: place.database, contents: nil, attributes: [.posixPermissions: 0o644])
        let store = try RecordStore(path: place.database, logger: quiet)
        #expect(await store.write([sample(store.nextID(time: 1))]) == .success)
        for suffix in ["", "-wal", "-shm"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: place.database + suffix)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(suffix)")
        }
        store.close()
    }

    @Test func afterClosingEveryWriteFailsAndNothingIsLeftInTheLog() async throws {
        let place = try TemporaryPlace()
        let store = try RecordStore(path: place.database, logger: quiet)
        #expect(await store.write([sample(store.nextID(time: 1))]) == .success)
        store.close()
        store.close()
        #expect(await store.write([sample(store.nextID(time: 1))]).isFailure)
        #expect(!FileManager.default.fileExists(atPath: place.database + "-wal"))
    }

    @Test func anIdThatIsTakenFailsItsOwnBatchOnly() async throws {
        let place = try TemporaryPlace()
        let store = try RecordStore(path: place.database, logger: quiet)
        let id = store.nextID(time: 1)
        #expect(await store.write([sample(id, subject: "first")]) == .success)
        #expect(await store.write([sample(id, subject: "second")]).isFailure)
        #expect(await store.write([sample(store.nextID(time: 1))]) == .success)
        store.close()
        #expect(try RecordReader(path: place.database).decision(id)?.decision.subject == "first")
    }

    @Test func aFileThatIsNoDatabaseIsNamedInOneLine() throws {
        let place = try TemporaryPlace()
        try Data("this is prose, and long enough to be mistaken for a header of a database file".utf8)
            .write(to: URL(fileURLWithPath: place.database))
        let fault = #expect(throws: RecordFault.self) { try RecordStore(path: place.database, logger: quiet) }
        let message = fault?.message ?? ""
        #expect(message.hasPrefix("cannot open decision records in `\(place.database)`: "))
        #expect(message.hasSuffix("move the file aside, or bring back a copy that is whole"))
        #expect(!message.contains("\n"))
    }

    @Test func aFolderThatIsNotThereIsNamedInOneLine() throws {
        let fault = #expect(throws: RecordFault.self) {
            try RecordStore(path: "/nonexistent/records.sqlite", logger: quiet)
        }
        #expect(fault?.message.hasSuffix("check the permissions of the file and of its folder") == true)
    }

    @Test func aNewerSchemaIsLeftAlone() async throws {
        let place = try TemporaryPlace()
        try RecordStore(path: place.database, logger: quiet).close()
        try await DatabaseQueue(path: place.database).write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('99: from the future')")
        }
        let fault = #expect(throws: RecordFault.self) { try RecordStore(path: place.database, logger: quiet) }
        #expect(fault?.message.contains("written by a newer version") == true)
    }

    @Test func whenTheFileIsDeletedTheNextWriteFailsAndTheOneAfterItHasANewFile() async throws {
        let place = try TemporaryPlace()
        let store = try RecordStore(path: place.database, logger: quiet)
        let before = store.nextID(time: 1_763_800_000_000)
        #expect(await store.write([sample(before)]) == .success)
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: place.database + suffix) }
        #expect(await store.write([sample(store.nextID(time: 1_763_800_000_000))]).isFailure)
        #expect(store.statistics.fault?.contains("moved or deleted") == true)
        let after = store.nextID(time: 1_763_800_000_000)
        #expect(after > before)
        #expect(await store.write([sample(after)]) == .success)
        #expect(store.statistics.fault == nil)
        store.close()
        let read = try RecordReader(path: place.database).decisions(after: RecordID(value: 0), limit: 10)
        #expect(read.map(\.decision.id) == [after])
    }

    @Test func anotherProgramThatKeepsTheDatabaseLockedFailsWritesUntilItLetsGo() async throws {
        let place = try TemporaryPlace()
        let store = try RecordStore(path: place.database, logger: quiet)
        let other = try DatabaseQueue(path: place.database, configuration: openEnded)
        try await other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE") }
        #expect(await store.write([sample(store.nextID(time: 1))]).isFailure)
        try await other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
        #expect(await store.write([sample(store.nextID(time: 1))]) == .success)
        store.close()
    }

    @Test func aReaderThatHoldsAnOldPictureDoesNotStopTheWriter() async throws {
        let place = try TemporaryPlace()
        let store = try RecordStore(path: place.database, logger: quiet)
        #expect(await store.write([sample(store.nextID(time: 1))]) == .success)
        let other = try DatabaseQueue(path: place.database, configuration: openEnded)
        try await other.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN")
            _ = try Row.fetchOne(db, sql: "SELECT * FROM decision")
        }
        for _ in 0..<20 { #expect(await store.write([sample(store.nextID(time: 1))]) == .success) }
        try await other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
        store.close()
        #expect(try RecordReader(path: place.database).decisions(after: RecordID(value: 0), limit: 100).count == 21)
    }
}
