import GrantModel

/// Reads what is new since the last look, each decision once.
///
/// Ids are given out before they are written, by several event loops at once, so that a smaller id may land after a
/// larger one: every look goes back some seconds and leaves out what was seen.
package struct RecordFollower {
    /// How far back a look goes, in milliseconds: far longer than a write waits before it fails.
    private static let overlap: Int64 = 10_000
    private static let page = 1_000

    private let reader: RecordReader
    private let filter: RecordFilter
    private let start: RecordID
    private var seen: Set<RecordID> = []
    private var newest: RecordID

    /// - Parameter after: decisions up to here are not shown.
    package init(reader: RecordReader, filter: RecordFilter = RecordFilter(), after start: RecordID) {
        self.reader = reader
        self.filter = filter
        self.start = start
        newest = start
    }

    /// What has landed since the last call, in id order, at most some thousand at a time; empty when there is nothing.
    package mutating func next() throws(RecordFault) -> [RecordedDecision] {
        let floor = max(start, RecordID.first(at: newest.milliseconds - Self.overlap))
        seen = seen.filter { $0 > floor }
        var position = floor
        while true {
            let found = try reader.decisions(after: position, filter: filter, limit: Self.page)
            let fresh = found.filter { !seen.contains($0.decision.id) }
            for each in fresh { seen.insert(each.decision.id) }
            if let last = found.last?.decision.id {
                newest = max(newest, last)
                position = last
            }
            if !fresh.isEmpty || found.count < Self.page { return fresh }
        }
    }
}
