extension ReviewDesk {
    /// Judged at a time, on all processors.
    private static let window = 1_024

    /// What waits for one reviewer, most urgent first. Of a large repository only as much is judged as it takes to find `most`.
    ///
    /// Where more than `most` wait, protected files come on top of them.
    package func queue(for reviewer: ByteString, until horizon: Instant, most: Int) -> [DueReview] {
        let pending = duePending().filter { $0.reviewers.contains(reviewer) }
        guard let table else {
            let all = due(until: horizon).filter { $0.reviewers.contains(reviewer) }
            return Array(all.sorted(by: DueReview.isMoreUrgent).prefix(most))
        }
        let candidates = candidates(table, of: reviewer, until: horizon)
        let (state, now) = (state, now)
        var found: [DueReview] = []
        for start in stride(from: 0, to: candidates.count, by: Self.window) where found.count < most {
            let rows = candidates[start..<min(start + Self.window, candidates.count)].map(\.row)
            found += ParallelWork.map(rows) {
                // What it remembers belongs to one thread.
                let desk = ReviewDesk(state, now: now)
                return { row in desk.dueGrant(row, until: horizon) }
            }.compactMap { $0 }.filter { $0.reviewers.contains(reviewer) }
        }
        return (found.sorted(by: DueReview.isMoreUrgent).prefix(most) + pending).sorted(by: DueReview.isMoreUrgent)
    }

    /// Rows of what may wait for a reviewer, in the order of `DueReview.isMoreUrgent` but for grants that are equally urgent,
    /// and without judging any.
    private func candidates(
        _ table: ScopeTable, of reviewer: ByteString, until horizon: Instant
    ) -> [(group: Int, order: Int64, row: UInt32)] {
        let owned = Set(state.accepted.services.values.filter { $0.owners.contains(reviewer) }.map(\.name))
        let names = state.grants.conditions.names.values
        let isOwned = names.map(owned.contains)
        let rows = table.rowsThatMayBeDue(at: now, until: horizon).filter { row in
            let service = Int(state.grants.records[Int(row)].service)
            return isOwned.indices.contains(service) && isOwned[service]
        }
        return rows.compactMap { row in
            let rule = table.rules.at(Int(row))
            switch rule.standing(at: now) {
            case .inForce: return (0, rule.notAfter, row)
            case .awaitingReview, .revoked: return (1, state.grants.records[Int(row)].observed, row)
            case .lapsed: return (2, -rule.notAfter, row)
            case .expired, .denied, .quarantined, nil: return nil
            }
        }.sorted { ($0.group, $0.order, $0.row) < ($1.group, $1.order, $1.row) }
    }
}
