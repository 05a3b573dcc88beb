/// Trees that the last comparison read, for the next one: along a line of commits each tree is looked at twice, as what a
/// commit made of its parent's and as what the next one starts from.
///
/// Not `Sendable`: for one thread's comparisons, one after the other.
final class RecentListings {
    private static let mostEntries = 100_000

    private var last: [RawID: TreeListing] = [:]
    private var current: [RawID: TreeListing] = [:]
    private var entries = 0

    subscript(_ id: RawID) -> TreeListing? { current[id] ?? last[id] }

    func keep(_ listing: TreeListing, of id: RawID) {
        guard entries + listing.entries.count <= Self.mostEntries else { return }
        if current.updateValue(listing, forKey: id) == nil { entries += listing.entries.count }
    }

    func endComparison() {
        swap(&last, &current)
        current.removeAll(keepingCapacity: true)
        entries = 0
    }
}
