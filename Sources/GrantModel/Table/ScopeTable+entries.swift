extension ScopeTable {
    /// One grant, whatever its standing, so that a refusal can name the nearest one.
    package struct Entry: Sendable {
        package var grant: ByteString
        /// The file, from the repository's root.
        package var path: ByteString
        package var blob: ObjectID
        /// In force from then on; `distantFuture` when never.
        package var notBefore: Instant
        /// The first moment not covered.
        package var notAfter: Instant
        /// Classes of protected data that its callers receive unmasked.
        package var see: [ByteString]
    }

    /// What decisions name entries by. Each is put together when it is asked for; a file that was deleted leaves a place
    /// behind that no decision names.
    package struct Entries: RandomAccessCollection, Sendable {
        let table: ScopeTable

        package var startIndex: Int { 0 }
        package var endIndex: Int { table.rules.count }

        package subscript(_ index: Int) -> Entry {
            let rule = table.rules[index]
            let grants = table.state.grants
            let record = grants.records[index]
            let isReadable = record.flags.isSuperset(of: [.present, .readable])
            return Entry(
                grant: grants.id(UInt32(index)), path: grants.path(UInt32(index)), blob: grants.blob(record),
                notBefore: rule.isReviewed ? Instant(seconds: rule.notBefore) : .distantFuture,
                notAfter: rule.isReviewed ? Instant(seconds: rule.notAfter) : .distantPast,
                see: isReadable ? grants.sees[record.see] : [])
        }
    }

    package var entries: Entries { Entries(table: self) }
}

extension Assessment {
    /// Of a file that is not there.
    static let absent = Assessment(
        basis: .quarantined("there is no such file"), landed: .distantPast, expires: .distantFuture, endsByUntil: false,
        reviewEnds: nil, notBefore: .distantFuture, tier: nil, attestedBy: [], attestations: [], voids: [])
}
