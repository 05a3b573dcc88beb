import Foundation
import GRDB
import GrantModel
import Testing

@testable import Records

@Suite struct RecordReaderTests {
    private func filled(_ place: TemporaryPlace) async throws -> (RecordStore, [DecisionRecord]) {
        let store = try RecordStore(path: place.database, logger: quiet)
        let records = [
            sample(store.nextID(time: 1_000_000), service: "claude", subject: "maria"),
            sample(store.nextID(time: 2_000_000), service: "claude", subject: "tom", verdict: .deny),
            sample(store.nextID(time: 3_000_000), service: "tickets", subject: "maria"),
            sample(store.nextID(time: 4_000_000), service: "tickets", subject: "maria", verdict: .deny),
        ]
        #expect(await store.write(records) == .success)
        return (store, records)
    }

    @Test(arguments: [
        (RecordFilter(), [0, 1, 2, 3]),
        (RecordFilter(service: "tickets"), [2, 3]),
        (RecordFilter(subject: "maria", verdict: .deny), [3]),
        (RecordFilter(reason: "beyond_scope"), [1, 3]),
        (RecordFilter(grant: "claude/other"), []),
        (RecordFilter(since: Instant(seconds: 2_000)), [1, 2, 3]),
        (RecordFilter(since: Instant(seconds: 2_000), until: Instant(seconds: 3_000)), [1]),
        (RecordFilter(session: "session-1", verdict: .allow), [0, 2]),
        (RecordFilter(service: "tickets%"), []),
    ])
    func filtersNarrowWhatIsRead(filter: RecordFilter, expected: [Int]) async throws {
        let place = try TemporaryPlace()
        let (store, records) = try await filled(place)
        defer { store.close() }
        let reader = try RecordReader(path: place.database)
        let wanted = expected.map { records[$0] }
        #expect(try reader.decisions(after: RecordID(value: 0), filter: filter, limit: 10).map(\.decision) == wanted)
        #expect(try reader.latest(filter: filter, limit: 10).map(\.decision) == wanted)
    }

    @Test func pagesFollowOneAnother() async throws {
        let place = try TemporaryPlace()
        let (store, records) = try await filled(place)
        defer { store.close() }
        let reader = try RecordReader(path: place.database)
        let first = try reader.decisions(after: RecordID(value: 0), limit: 3)
        let second = try reader.decisions(after: first[2].decision.id, limit: 3)
        #expect((first + second).map(\.decision) == records)
        #expect(try reader.latest(limit: 2).map(\.decision) == Array(records[2...]))
        #expect(try reader.lastID() == records[3].id)
        #expect(try reader.decision(RecordID(value: 7)) == nil)
    }

    @Test func aFollowerShowsEachDecisionOnceEvenWhenASmallerIdLandsLater() async throws {
        let place = try TemporaryPlace()
        let (store, records) = try await filled(place)
        defer { store.close() }
        var follower = RecordFollower(reader: try RecordReader(path: place.database), after: records[1].id)
        #expect(try follower.next().map(\.decision) == Array(records[2...]))
        #expect(try follower.next().isEmpty)
        let early = sample(store.nextID(time: 5_000_000))
        let late = sample(store.nextID(time: 5_000_001))
        #expect(await store.write([late]) == .success)
        #expect(try follower.next().map(\.decision) == [late])
        #expect(await store.write([early]) == .success)
        #expect(try follower.next().map(\.decision) == [early])
        #expect(try follower.next().isEmpty)
    }

    @Test func aReaderCannotWrite() async throws {
        let place = try TemporaryPlace()
        try RecordStore(path: place.database, logger: quiet).close()
        _ = try RecordReader(path: place.database)
        let fault = #expect(throws: RecordFault.self) { try RecordReader(path: place.path + "/other.sqlite") }
        #expect(fault?.message.contains("no decision records at") == true)
        #expect(!FileManager.default.fileExists(atPath: place.path + "/other.sqlite"))
    }

    @Test func retentionDeletesByServiceInBoundedStepsAndForgetsTextsNobodyRefersTo() async throws {
        let place = try TemporaryPlace()
        let store = try RecordStore(path: place.database, logger: quiet)
        let day: Int64 = 86_400_000
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        var expected: [RecordID] = []
        for (age, service) in [(100, "claude"), (50, "claude"), (50, "tickets"), (1, "tickets"), (50, "gone")] {
            let batch = (0..<700).map { _ in
                sample(store.nextID(time: now - Int64(age) * day), service: ByteString(service))
            }
            #expect(
                await store.write(
                    batch, batch.map { CompletionRecord(id: $0.id, end: .complete, status: 200, total: 1) })
                    == .success)
            // Ids never go back, so what is written later is as young as what came before it.
            if age == 1 || service == "gone" { expected += batch.map(\.id) }
            if age == 50, service == "claude" { expected += batch.map(\.id) }
        }
        store.prune(keep: ["claude": .days(90), "tickets": .days(30)], otherwise: .days(7))
        let reader = try RecordReader(path: place.database)
        let deadline = ContinuousClock.now + .seconds(60)
        var left = 0
        repeat {
            left = try reader.decisions(after: RecordID(value: 0), limit: 10_000).count
            await Task.yield()
        } while left != expected.count && ContinuousClock.now < deadline
        #expect(try reader.decisions(after: RecordID(value: 0), limit: 10_000).map(\.decision.id) == expected.sorted())
        store.close()
        let completions = try await DatabaseQueue(path: place.database).read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM completion")
        }
        #expect(completions == expected.count)
    }

    @Test func textsOlderThanEveryDecisionAreDeleted() async throws {
        let place = try TemporaryPlace()
        let store = try RecordStore(path: place.database, logger: quiet)
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        #expect(await store.write([sample(store.nextID(time: now), subject: "someone")]) == .success)
        store.close()
        let database = try DatabaseQueue(path: place.database)
        try await database.write { db in
            try db.execute(sql: "INSERT INTO caller VALUES (0, 1, 'claude', 'corp', 'forgotten', '')")
            var retention = RecordRetention(keep: [:], otherwise: .days(7))
            #expect(try retention.step(db, now: now) == .finished)
            #expect(try String.fetchAll(db, sql: "SELECT subject FROM caller") == ["someone"])
        }
    }
}
