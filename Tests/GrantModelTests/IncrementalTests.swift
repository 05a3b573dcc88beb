import Foundation
import TestSupport
import Testing

@testable import GrantModel

/// A table that follows the one before, and one taken back from disk, say what one compiled from nothing says.
@Suite struct IncrementalTests {
    private static var seed: UInt64 {
        let given = ProcessInfo.processInfo.environment["GRANTCTL_TEST_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0..<1_000_000_000)
        print("seed \(seed): GRANTCTL_TEST_SEED=\(seed) repeats this run")
        return seed
    }

    private static let rounds = ProcessInfo.processInfo.environment["GRANTCTL_TEST_ROUNDS"].flatMap { Int($0) } ?? 25

    /// Everything a table decides by, row by row, whatever the numbers that stand for things.
    private func rows(_ table: ScopeTable) -> [String] {
        (0..<table.rules.count).map { row in
            let rule = table.rules[row]
            let grants = table.state.grants
            let grant = grants.grant(UInt32(row))
            return "\(grants.id(UInt32(row))) \(rule.basis) \(rule.notBefore) \(rule.expires) \(rule.reviewEnds) "
                + "\(rule.flags.rawValue) \(table.tiers[UInt32(rule.tier)]) "
                + (grant == nil ? "-" : "\(grants.scopes[rule.scope] == grant?.can)")
        }
    }

    /// The first thing that two tables disagree about; nil when there is nothing.
    private func difference(_ one: ScopeTable, _ other: ScopeTable, _ random: inout RandomRepository) -> String? {
        let (left, right) = (rows(one), rows(other))
        if left != right {
            return zip(left, right).first { $0 != $1 }.map { "\($0) instead of \($1)" } ?? "\(left.count) rows"
        }
        for _ in 0..<40 {
            let name = ByteString(random.chance(75) ? "claude" : "tickets")
            let near = one.state.grants.rows.compactMap { one.state.grants.grant($0) }.filter { $0.service == name }
            let caller = near.isEmpty || random.chance(40) ? random.caller() : random.caller(namedBy: random.pick(near))
            let facts = random.facts(service: name)
            let clock = random.clock()
            let index = one.services.firstIndex { $0.name == name } ?? one.services.count
            let (first, second) = (
                one.explain(service: index, caller: caller, facts: facts, clock: clock),
                other.explain(service: index, caller: caller, facts: facts, clock: clock)
            )
            if first != second { return "\(first) instead of \(second) for \(caller), \(facts), \(clock)" }
            if one.counts(at: clock.now) != other.counts(at: clock.now) { return "other counts at \(clock.now)" }
            if one.nextExpiry(after: clock.now) != other.nextExpiry(after: clock.now) { return "another expiry" }
        }
        return nil
    }

    @Test func aTableThatFollowsAnotherEqualsOneFromNothing() {
        let seed = Self.seed
        for round in 0..<Self.rounds {
            var random = RandomRepository(seed: seed &+ UInt64(round))
            var state = AccessState()
            var table: ScopeTable?
            for commit in random.history.commits {
                state.advance(by: commit.change, verify: StandInSignature.verify)
                let next = state.compile(after: table)
                if let difference = difference(next, ScopeTable(compiling: state), &random) {
                    Issue.record("seed \(seed), round \(round), commit \(commit.change.commit.hex): \(difference)")
                    return
                }
                table = next
                #expect(
                    state.diagnostics(by: next) == state.diagnostics,
                    "seed \(seed), round \(round): diagnostics")
            }
        }
    }

    @Test func aTableOfAnotherStateIsNotFollowed() {
        var random = RandomRepository(seed: 1)
        var one = AccessState()
        var other = AccessState()
        var tables: [ScopeTable] = []
        for commit in random.history.commits {
            one.advance(by: commit.change, verify: StandInSignature.verify)
            tables.append(one.compile(after: tables.last))
        }
        for (commit, table) in zip(random.history.commits, tables.reversed()) {
            other.advance(by: commit.change, verify: StandInSignature.verify)
            let next = other.compile(after: table)
            #expect(difference(next, ScopeTable(compiling: other), &random) == nil)
        }
    }

    /// An image as bytes: the head, then the columns.
    private func bytes(_ table: ScopeTable) throws -> (head: Data, columns: [[UInt8]]) {
        let image = TableImage(table)
        let columns = TableImage.columns.map { column in
            var bytes: [UInt8] = []
            image.write(column: column) { bytes += Array($0) }
            #expect(bytes.count == image.byteCount(column: column))
            return bytes
        }
        return (try JSONEncoder().encode(image.parts), columns)
    }

    private func restore(_ head: Data, _ columns: [[UInt8]]) throws -> (state: AccessState, table: ScopeTable)? {
        var read = ReadColumns()
        for (column, bytes) in columns.enumerated() {
            var offset = 0
            let isWhole = read.read(column: column, bytes: bytes.count) { piece in
                piece.copyBytes(from: bytes[offset..<offset + piece.count])
                offset += piece.count
            }
            guard isWhole else { return nil }
        }
        return TableImage.restore(try JSONDecoder().decode(TableImage.Parts.self, from: head), read)
    }

    @Test func anImageGoesOnWhereItWasMade() throws {
        let seed = Self.seed
        for round in 0..<Self.rounds {
            var random = RandomRepository(seed: seed &+ 3_000_000 &+ UInt64(round))
            var state = AccessState()
            var table: ScopeTable?
            let commits = random.history.commits
            let stop = Int(random.pick(Array(0..<commits.count)))
            for (number, commit) in commits.enumerated() {
                state.advance(by: commit.change, verify: StandInSignature.verify)
                let next = state.compile(after: table)
                table = next
                guard number == stop else { continue }
                let image = try bytes(next)
                let restored = try #require(try restore(image.head, image.columns), "seed \(seed), round \(round)")
                #expect(
                    difference(restored.table, next, &random) == nil, "seed \(seed), round \(round): as restored")
                (state, table) = (restored.state, restored.table)
            }
            let last = try #require(table)
            let difference = difference(last, ScopeTable(compiling: random.history.state), &random)
            #expect(difference == nil, "seed \(seed), round \(round): \(difference ?? "")")
        }
    }

    @Test func anImageWhoseNumbersLeadNowhereIsRefused() throws {
        let seed = Self.seed
        var random = RandomRepository(seed: seed &+ 5_000_000)
        var state = random.history.state
        let image = try bytes(state.compile(after: nil))
        for column in TableImage.columns {
            // Lengths that fit no element, or leave out what others point at.
            for cut in [1, image.columns[column].count / 2, image.columns[column].count]
            where cut > 0 && cut <= image.columns[column].count {
                var columns = image.columns
                columns[column].removeLast(cut)
                // Nothing follows from a restored one but that it does not lead out of its memory.
                if let restored = try restore(image.head, columns) { ask(restored.table, &random) }
            }
            for _ in 0..<60 where !image.columns[column].isEmpty {
                var columns = image.columns
                let place = Int(random.pick(Array(0..<columns[column].count)))
                columns[column][place] = random.pick([0, 1, 0x7F, 0x80, 0xFF])
                if let restored = try restore(image.head, columns) { ask(restored.table, &random) }
            }
        }
    }

    private func ask(_ table: ScopeTable, _ random: inout RandomRepository) {
        for _ in 0..<5 {
            let clock = random.clock()
            for service in table.services.indices {
                _ = table.decide(
                    service: service, caller: random.caller(), facts: random.facts(service: "claude"), clock: clock)
            }
        }
    }
}
