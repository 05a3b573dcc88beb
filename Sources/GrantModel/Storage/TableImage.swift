/// All that a table and the state behind it are made of, to be written to disk and taken back by the same program: what
/// is few as `Parts`, what there are millions of as columns of plain bytes.
package struct TableImage: Sendable {
    /// Everything but the columns.
    package struct Parts: Codable, Sendable {
        package var commit: ObjectID
        var accepted: AcceptedDocuments
        var ordinal: Int
        var restrictions: [ByteString: AccessState.RestrictionFile]
        var sittingFiles: [ByteString: SittingFile]
        var otherReviews: [ByteString: [Review]]
        var revokedBytes: [RevokedBytes: [BytesRevoke]]
        var formerBytes: [ByteString: [Digest: Int]]
        var findings: [ByteString: [Diagnostic]]
        var problems: [ByteString: [Diagnostic]]
        var sittings: [Sitting]
        var judged: [Sitting.Identity: Int]
        var signers: [Digest: Int]
        var grants: GrantStore.Parts
        var tiers: [Tier]
        var callers: CallerIndex.Parts
        /// Bytes of an element of each column, so that another layout is never taken for this one.
        var strides: [Int]
    }

    package let parts: Parts
    private let table: ScopeTable

    /// Bytes of an element, in the columns' order.
    static let strides = [
        MemoryLayout<GrantRecord>.stride, MemoryLayout<ConditionRecord>.stride, MemoryLayout<ClaimRecord>.stride, 1,
        MemoryLayout<DigestRecord>.stride, MemoryLayout<ReviewRecord>.stride, MemoryLayout<UInt32>.stride,
        MemoryLayout<ScopeRule>.stride, 1, MemoryLayout<UInt32>.stride, CallerIndex.linkStride,
    ]
    package static var columns: Range<Int> { strides.indices }

    package init(_ table: ScopeTable) {
        self.table = table
        parts = table.state.parts(tiers: table.tiers.values, callers: table.callers.parts, strides: Self.strides)
    }

    /// Hands over one column's bytes, piece by piece.
    package func write<Fault: Error>(
        column: Int, _ sink: (UnsafeRawBufferPointer) throws(Fault) -> Void
    ) throws(Fault) {
        let grants = table.state.grants
        switch column {
        case 0: try grants.records.forEachRawChunk(sink)
        case 1: try grants.conditions.conditions.forEachRawChunk(sink)
        case 2: try grants.conditions.claims.forEachRawChunk(sink)
        case 3: try grants.conditions.texts.forEachChunk(sink)
        case 4: try grants.digests.forEachRawChunk(sink)
        case 5: try grants.reviews.forEachRawChunk(sink)
        case 6: try grants.forEachSlotChunk(sink)
        case 7: try table.rules.forEachRawChunk(sink)
        case 8...10: try table.callers.write(column: column - 8, sink)
        case _: break
        }
    }

    package func byteCount(column: Int) -> Int {
        let grants = table.state.grants
        let count =
            switch column {
            case 0: grants.records.count
            case 1: grants.conditions.conditions.count
            case 2: grants.conditions.claims.count
            case 3: grants.conditions.texts.count
            case 4: grants.digests.count
            case 5: grants.reviews.count
            case 6: grants.slotCount
            case 7: table.rules.count
            case _: table.callers.count(column: column - 8)
            }
        return count * Self.strides[column]
    }
}

/// Columns as they come back from disk.
package struct ReadColumns: Sendable {
    var records = Chunked<GrantRecord>(shift: 9)
    var conditions = ConditionStore()
    var digests = Chunked<DigestRecord>(shift: 10)
    var reviews = Chunked<ReviewRecord>(shift: 10)
    var slots = Chunked<UInt32>(shift: 12)
    var rules = Chunked<ScopeRule>(shift: 10)
    var callers = CallerIndex.Columns()

    package init() {}

    /// Takes one column; `fill` is called for pieces of memory in order.
    /// - Returns: false where the bytes are not those of whole elements.
    package mutating func read<Fault: Error>(
        column: Int, bytes: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Fault) -> Void
    ) throws(Fault) -> Bool {
        guard TableImage.columns.contains(column), bytes % TableImage.strides[column] == 0 else { return false }
        let count = bytes / TableImage.strides[column]
        switch column {
        case 0: records = try Chunked(count: count, shift: 9, fill)
        case 1: conditions.conditions = try Chunked(count: count, shift: 10, fill)
        case 2: conditions.claims = try Chunked(count: count, shift: 10, fill)
        case 3: conditions.texts = try TextStore(count: count, fill)
        case 4: digests = try Chunked(count: count, shift: 10, fill)
        case 5: reviews = try Chunked(count: count, shift: 10, fill)
        case 6: slots = try Chunked(count: count, shift: 12, fill)
        case 7: rules = try Chunked(count: count, shift: 10, fill)
        case _: try callers.read(column: column - 8, count: count, fill)
        }
        return true
    }
}

extension TableImage {
    /// The state and the table as they were; nil where anything does not fit together.
    package static func restore(_ parts: Parts, _ columns: ReadColumns) -> (state: AccessState, table: ScopeTable)? {
        guard parts.strides == strides, ImageCheck(parts, columns).isSound,
            let grants = GrantStore(parts.grants, columns)
        else { return nil }
        var state = AccessState(parts, grants)
        let table = ScopeTable(
            state,
            ScopeCompiler(
                grants, rules: columns.rules, tiers: parts.tiers,
                callers: CallerIndex(parts.callers, columns.callers, grants.conditions)))
        state.grants.touched = GrantStore.Touched(since: table.stamp)
        return (state, table)
    }
}
