import GrantModel
import TestSupport
import Testing

@testable import Records

@Suite struct RecordValuesTests {
    @Test func textAndIdMirrorEachOtherAndSortAlike() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let ids = ([0, 1, Int64.max] + (0..<500).map { _ in Int64.random(in: 0...Int64.max, using: &random) })
            .map { RecordID(value: $0) }.sorted()
        for id in ids {
            #expect(id.text.utf8.count == 13)
            #expect(RecordID(text: id.text) == id)
            #expect(RecordID(text: id.text.uppercased()) == id)
        }
        #expect(ids.map(\.text) == ids.map(\.text).sorted())
    }

    @Test(arguments: [
        "", "0", "00000000000000", "000000000000u", "000000000000 ", "zzzzzzzzzzzzz", "000000000000é", "00000000000-1",
        "000000000000\u{10}",
    ])
    func whatIsNoIdIsRefused(text: String) {
        #expect(RecordID(text: text) == nil)
    }

    @Test func lookAlikesAreRead() {
        #expect(RecordID(text: "OO0000000oiIL") == RecordID(text: "0000000000111"))
    }

    @Test func momentsOutsideTheRangeAreClamped() {
        #expect(RecordID.first(at: -5).value == 0)
        #expect(RecordID.first(at: .max).value > 0)
        #expect(RecordID.first(at: 1_763_800_000_123).milliseconds == 1_763_800_000_123)
    }

    @Test func aCommitWaitsForCompanyOnlyWhileDecisionsComeThick() {
        var pacing = CommitPacing()
        var now: UInt64 = 5_000_000_000
        #expect(pacing.wait(at: now) == 0)
        for _ in 0..<100 {
            now += 1_000_000
            pacing.committed(2, at: now)
        }
        #expect(pacing.wait(at: now) == 0, "2,000 a second")
        for _ in 0..<100 {
            now += 1_000_000
            pacing.committed(10, at: now)
        }
        #expect(pacing.wait(at: now) == CommitPacing.longestWait, "10,000 a second")
        #expect(pacing.wait(at: now + 1_000_000_000) == 0, "after a pause")
        now += 1_000_000_000
        pacing.committed(1, at: now)
        #expect(pacing.wait(at: now) == 0, "the first after it")
        pacing.committed(4, at: now + 5_000_000)
        #expect(pacing.wait(at: now + 5_000_000) == CommitPacing.longestWait, "four during one slow commit")
    }

    @Test func aFullTableOfTextsAndANewDayAreForgotten() {
        var texts = TextTables(lastCaller: 5, lastAsked: 0, lastBasis: 0)
        texts.turn(to: 0)
        let key = TextTables.Asked(method: "GET", path: "/", model: "", facts: "")
        #expect(texts.asked.id(of: key) == nil)
        #expect(texts.asked.add(key, capacity: 2, bytes: 1_000) == 1)
        #expect(texts.asked.id(of: key) == 1)
        for number in 0..<2 {
            _ = texts.asked.add(
                TextTables.Asked(method: "GET", path: ByteString("/\(number)"), model: "", facts: ""), capacity: 2,
                bytes: 1_000)
        }
        #expect(texts.asked.id(of: key) == nil)
        #expect(texts.asked.add(key, capacity: 2, bytes: 1_000) == 4)
        texts.turn(to: TextTables.lifetime - 1)
        #expect(texts.asked.id(of: key) == 4)
        texts.turn(to: TextTables.lifetime)
        #expect(texts.asked.id(of: key) == nil)
    }

    @Test func basesOfEarlierCommitsAreForgotten() {
        var texts = TextTables(lastCaller: 0, lastAsked: 0, lastBasis: 0)
        func basis(_ commit: String, _ reason: ByteString) -> TextTables.Basis {
            TextTables.Basis(reason: reason, grant: "", commit: ObjectID(hex: commit), blob: .none, rule: "")
        }
        for (commit, reason) in [("a", "allowed"), ("a", "denied"), ("", "no_token")] as [(String, ByteString)] {
            texts.follow(ObjectID(hex: commit))
            _ = texts.bases.add(basis(commit, reason), capacity: 9, bytes: 1_000)
        }
        #expect(texts.bases.id(of: basis("a", "allowed")) == 1 && texts.bases.id(of: basis("", "no_token")) == 3)
        texts.follow(ObjectID(hex: "b"))
        #expect(texts.bases.id(of: basis("a", "allowed")) == nil)
        #expect(texts.bases.add(basis("b", "allowed"), capacity: 9, bytes: 1_000) == 4)
        #expect(texts.asked.pass() == 1 && texts.asked.pass() == 2)
    }

    private func asked(_ facts: Int, _ number: Int) -> TextTables.Asked {
        TextTables.Asked(
            method: "", path: ByteString("\(1_000 + number)"), model: "",
            facts: ByteString(String(repeating: "x", count: facts)))
    }

    @Test func textsAreRememberedUpToANumberOfBytes() {
        var texts = TextTables(lastCaller: 0, lastAsked: 0, lastBasis: 0)
        for number in 0..<50 {
            _ = texts.asked.add(asked(96, number), capacity: 1_000, bytes: 1_000)
            #expect(texts.asked.size <= 1_000)
            #expect(texts.asked.id(of: asked(96, number)) == Int64(number + 1), "the newest is remembered")
        }
        #expect(texts.asked.id(of: asked(96, 0)) == nil)
        texts.forget()
        #expect(texts.asked.size == 0)
    }

    @Test func aLongTextGetsAnIdOfItsOwnEveryTimeAndIsNotRemembered() {
        var texts = TextTables(lastCaller: 0, lastAsked: 7, lastBasis: 0)
        let long = asked(TextTables.longestKept, 1)
        #expect(texts.asked.add(long, capacity: 10, bytes: 1 << 20) == 8)
        #expect(texts.asked.id(of: long) == nil)
        #expect(texts.asked.add(long, capacity: 10, bytes: 1 << 20) == 9)
        #expect(texts.asked.size == 0)
        let kept = asked(TextTables.longestKept - 4, 1)
        #expect(texts.asked.add(kept, capacity: 10, bytes: 1 << 20) == 10)
        #expect(texts.asked.id(of: kept) == 10)
        #expect(texts.asked.size == TextTables.longestKept)
    }
}
