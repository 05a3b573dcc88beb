import GrantModel
import Testing

/// What waits for one reviewer, found without judging all of a repository.
@Suite struct ReviewQueueTests {
    @Test func aQueueIsWhatIsDueToSomebodyMostUrgentFirst() {
        var found = 0
        for round in 0..<60 {
            let random = RandomRepository(seed: 21_000_000 &+ UInt64(round))
            var state = AccessState()
            for commit in random.history.commits {
                state.advance(by: commit.change, verify: StandInSignature.verify)
            }
            guard let last = random.history.commits.last?.change.observed else { continue }
            let now = last + .days(Int64(round % 7) * 15)
            let desk = ReviewDesk(state, table: ScopeTable(compiling: state), now: now)
            let due = desk.due(until: now + .days(30))
            for person in desk.people {
                let waiting = due.filter { $0.reviewers.contains(person.name) }.sorted(by: DueReview.isMoreUrgent)
                let queue = desk.queue(for: person.name, until: now + .days(30), most: .max)
                #expect(queue == waiting, "round \(round), \(person.name)")
                found += queue.count
                let first = desk.queue(for: person.name, until: now + .days(30), most: 1).filter { $0.grant != nil }
                #expect(first.count == min(1, waiting.count { $0.grant != nil }), "round \(round), \(person.name)")
            }
        }
        #expect(found > 50, "\(found)")
    }
}
