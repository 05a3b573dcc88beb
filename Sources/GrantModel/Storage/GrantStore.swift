/// All files below `grants/` and what was decided about them, in about 200 bytes each and their texts.
///
/// A value: a copy shares all memory with the original, and a change copies a few chunks. Rows keep their numbers, so
/// that a table compiled from it is brought up to date row by row.
struct GrantStore: Sendable {
    /// What changed since somebody last asked.
    struct Touched: Sendable {
        /// More rows than this, and looking at all is as quick.
        static let most = 100_000

        /// The table that knows everything else; nil when there is none.
        private(set) var since: ScopeTable.Stamp?
        private(set) var rows: Set<UInt32> = []

        init(since: ScopeTable.Stamp? = nil) {
            self.since = since
        }

        var all: Bool { since == nil }

        mutating func insert(_ row: UInt32) {
            guard !all else { return }
            rows.insert(row)
            if rows.count > Self.most { self = Touched() }
        }
    }

    var records = Chunked<GrantRecord>(shift: 9)
    var conditions = ConditionStore()
    var digests = Chunked<DigestRecord>(shift: 10)
    var reviews = Chunked<ReviewRecord>(shift: 10)
    var scopes = Interned<Scope>()
    var sees = Interned<[ByteString]>()
    var voids = Interned<VoidReason>()
    /// Other bytes that files held since they were last deleted, by row.
    var earlier: [UInt32: [Digest: AccessState.Landing]] = [:]
    /// By index of the review.
    var undecided: [UInt32: ReviewerAccounts] = [:]
    /// Rows of files that are there and cannot be read.
    private(set) var unreadable: Set<UInt32> = []
    /// Files that are there.
    private(set) var count = 0
    private var conditionsInUse = 0
    var touched = Touched()
    /// Open addressing by the hash of the id: one more than the row, 0 for free.
    private var slots = Chunked<UInt32>(zeros: 16)

    init() {}

    /// Everything but the columns.
    struct Parts: Codable, Sendable {
        var names: [ByteString]
        var scopes: [Scope]
        var sees: [[ByteString]]
        var voids: [VoidReason]
        var earlier: [UInt32: [Digest: AccessState.Landing]]
        var undecided: [UInt32: ReviewerAccounts]
        var unreadable: Set<UInt32>
        var count: Int
        var conditionsInUse: Int
    }

    var parts: Parts {
        Parts(
            names: conditions.names.values, scopes: scopes.values, sees: sees.values, voids: voids.values,
            earlier: earlier, undecided: undecided, unreadable: unreadable, count: count,
            conditionsInUse: conditionsInUse)
    }

    /// Takes back what `parts` and the columns say; nil where names are there twice.
    init?(_ parts: Parts, _ columns: ReadColumns) {
        records = columns.records
        conditions = columns.conditions
        conditions.names = Interned(parts.names)
        digests = columns.digests
        reviews = columns.reviews
        slots = columns.slots
        scopes = Interned(parts.scopes)
        sees = Interned(parts.sees)
        voids = Interned(parts.voids)
        earlier = parts.earlier
        undecided = parts.undecided
        unreadable = parts.unreadable
        count = parts.count
        conditionsInUse = parts.conditionsInUse
        guard conditions.names.count == parts.names.count, scopes.count == parts.scopes.count,
            sees.count == parts.sees.count, voids.count == parts.voids.count
        else { return nil }
    }

    var slotCount: Int { slots.count }

    func forEachSlotChunk<Fault: Error>(_ body: (UnsafeRawBufferPointer) throws(Fault) -> Void) throws(Fault) {
        try slots.forEachRawChunk(body)
    }

    /// The row of a path below `grants/`, whether or not a file is there now; nil for one never heard of.
    func row(of path: ByteString) -> UInt32? {
        guard Self.isPath(path) else { return nil }
        return path.bytes.withUnsafeBufferPointer { row(id: UnsafeBufferPointer(rebasing: $0[7..<($0.count - 5)])) }
    }

    /// The row of a grant that is there.
    func row(ofGrant id: ByteString) -> UInt32? {
        guard let row = id.bytes.withUnsafeBufferPointer({ row(id: $0) }) else { return nil }
        return records[Int(row)].flags.contains(.present) ? row : nil
    }

    private static func isPath(_ path: ByteString) -> Bool {
        path.bytes.withUnsafeBufferPointer { bytes in
            bytes.count > 12 && UnsafeBufferPointer(rebasing: bytes[..<7]).elementsEqual("grants/".utf8)
                && UnsafeBufferPointer(rebasing: bytes[(bytes.count - 5)...]).elementsEqual(".yaml".utf8)
        }
    }

    private func row(id: UnsafeBufferPointer<UInt8>) -> UInt32? {
        var slot = Self.hash(id) & (slots.count - 1)
        while true {
            let held = slots.at(slot)
            guard held != 0 else { return nil }
            if conditions.texts.holds(records.at(Int(held) - 1).id, equalTo: id) { return held - 1 }
            slot = (slot + 1) & (slots.count - 1)
        }
    }

    private static func hash(_ id: UnsafeBufferPointer<UInt8>) -> Int {
        var hash = KeyHash(seed: 11)
        hash.combine(id)
        return Int(truncatingIfNeeded: hash.value >> 1)
    }

    /// The row of a path, made if need be; nil for what can never be a grant's path, or when there is no room.
    mutating func makeRow(_ path: ByteString) -> UInt32? {
        if let row = row(of: path) { return row }
        guard let (id, service) = DocumentPath.parts(ofGrant: path.bytes),
            let text = conditions.texts.add(Array(path.bytes[id])), records.count < Int(Int32.max) - 1
        else { return nil }
        let row = UInt32(
            records.append(
                GrantRecord(id: text, service: conditions.names.number(of: ByteString(path.bytes[service])))))
        if records.count * 2 > slots.count { growSlots() } else { insert(row) }
        return row
    }

    private mutating func insert(_ row: UInt32) {
        let mask = slots.count - 1
        var slot = conditions.texts.withText(records[Int(row)].id) { Self.hash($0) } & mask
        while slots.at(slot) != 0 { slot = (slot + 1) & mask }
        slots[slot] = row + 1
    }

    private mutating func growSlots() {
        var size = max(16, slots.count)
        while size < records.count * 3 { size *= 2 }
        slots = Chunked<UInt32>(zeros: size)
        for row in 0..<records.count { insert(UInt32(row)) }
    }
}

extension GrantStore {
    /// The file at a path; nil where none is. Makes a copy of everything it says.
    subscript(_ path: ByteString) -> AccessState.GrantFile? {
        row(of: path).flatMap { file($0) }
    }

    /// The file of a row; nil where none is.
    func file(_ row: UInt32) -> AccessState.GrantFile? {
        let record = records[Int(row)]
        guard record.flags.contains(.present) else { return nil }
        let id = conditions.texts[record.id]
        return AccessState.GrantFile(
            row: row, id: id, blob: blob(record), sha256: digest(record.digest),
            landing: AccessState.Landing(
                observed: Instant(seconds: record.observed), ordinal: Int(record.ordinal)),
            grant: grant(record, id: id), earlier: earlier[row] ?? [:])
    }

    /// What the file of a row says; nil where it cannot be read or is not there.
    /// - Parameter prose: whether `why` is wanted.
    func grant(_ row: UInt32, prose: Bool = true) -> Grant? {
        let record = records[Int(row)]
        return grant(record, id: conditions.texts[record.id], prose: prose)
    }

    private func grant(_ record: GrantRecord, id: ByteString, prose: Bool = true) -> Grant? {
        guard record.flags.isSuperset(of: [.present, .readable]) else { return nil }
        return Grant(
            id: id, service: conditions.names[record.service],
            to: (Int(record.to)..<Int(record.to + record.toCount)).map { conditions[$0] },
            can: scopes[record.scope], see: sees[record.see], beyond: record.flags.contains(.pauses) ? .pause : .deny,
            why: prose ? conditions.texts.withText(record.why) { String(decoding: $0, as: UTF8.self) } : "",
            by: conditions.names[record.by],
            until: record.until == .max ? nil : Instant(seconds: record.until))
    }

    /// What tiers look at; equal for grants that say the same there.
    struct Kind: Hashable, Sendable {
        var service: UInt32
        var scope: UInt32
        var see: UInt32
    }

    func kind(_ row: UInt32) -> Kind {
        let record = records[Int(row)]
        return Kind(service: record.service, scope: record.scope, see: record.see)
    }

    /// Whether a row's file has this digest.
    func holds(_ row: UInt32, _ digest: Digest) -> Bool {
        let number = records[Int(row)].digest
        guard number != GrantRecord.none else { return digest.bytes.isEmpty }
        return DigestRecord(digest) == digests[Int(number)]
    }

    /// Whether two numbers stand for one digest: not all that are the same have one number.
    func isSameDigest(_ one: UInt32, _ other: UInt32) -> Bool {
        guard one != GrantRecord.none, other != GrantRecord.none else { return one == other }
        return digests[Int(one)] == digests[Int(other)]
    }

    /// Whether a file is at a path.
    func contains(_ path: ByteString) -> Bool {
        row(of: path).map { records[Int($0)].flags.contains(.present) } ?? false
    }

    func id(_ row: UInt32) -> ByteString { conditions.texts[records[Int(row)].id] }

    func path(_ row: UInt32) -> ByteString {
        ByteString(Array("grants/".utf8) + id(row).bytes + Array(".yaml".utf8))
    }

    func blob(_ record: GrantRecord) -> ObjectID { record.flags.contains(.hasBlob) ? record.blob.objectID : .none }

    func digest(_ number: UInt32) -> Digest {
        number == GrantRecord.none ? Digest(bytes: []) : digests[Int(number)].digest
    }

    /// The conditions that a row's file holds now.
    func conditions(of row: UInt32) -> Range<Int> {
        guard Int(row) < records.count else { return 0..<0 }
        let record = records[Int(row)]
        guard record.flags.isSuperset(of: [.present, .readable]) else { return 0..<0 }
        return Int(record.to)..<Int(record.to) + Int(record.toCount)
    }

    /// Rows of the files that are there.
    var rows: some Sequence<UInt32> {
        (0..<UInt32(records.count)).lazy.filter { records.at(Int($0)).flags.contains(.present) }
    }

    /// Rows of the files that are there, in the order of their ids.
    var rowsInOrder: [UInt32] {
        rows.sorted { conditions.texts.precedes(records.at(Int($0)).id, records.at(Int($1)).id) }
    }
}

extension GrantStore {
    /// Takes a file as a commit wrote it.
    /// - Returns: the digest of what was there before.
    mutating func take(_ file: LoadedGrant, landing fresh: AccessState.Landing) -> Digest? {
        guard let row = makeRow(file.path) else { return nil }
        touched.insert(row)
        var record = records[Int(row)]
        conditionsInUse -= conditions(of: row).count
        var landing = fresh
        var former: Digest?
        if record.flags.contains(.present) {
            var others = earlier[row] ?? [:]
            former = digest(record.digest)
            others[digest(record.digest)] = AccessState.Landing(
                observed: Instant(seconds: record.observed), ordinal: Int(record.ordinal))
            landing = others.removeValue(forKey: file.sha256) ?? fresh
            earlier[row] = others.isEmpty ? nil : others
        } else {
            count += 1
        }
        record.flags = .present
        if let blob = BlobID(file.blob) {
            record.blob = blob
            record.flags.insert(.hasBlob)
        }
        record.observed = landing.observed.seconds
        record.ordinal = Int32(clamping: landing.ordinal)
        record.digest = number(of: file.sha256, reviewed: record.lastReview, current: record.digest)
        if let grant = file.grant { write(grant, row: row, into: &record) }
        mark(row, readable: record.flags.contains(.readable))
        records[Int(row)] = record
        conditionsInUse += conditions(of: row).count
        return former
    }

    private mutating func write(_ grant: Grant, row: UInt32, into record: inout GrantRecord) {
        guard let why = conditions.texts.add(Array(grant.why.utf8)),
            let to = conditions.add(grant.to, of: row, on: record.service)
        else { return }
        record.why = why
        record.to = to
        record.toCount = UInt32(grant.to.count)
        record.scope = scopes.number(of: grant.can)
        record.see = sees.number(of: grant.see)
        record.by = conditions.names.number(of: grant.by)
        record.until = grant.until?.seconds ?? .max
        record.flags.insert(.readable)
        if grant.beyond == .pause { record.flags.insert(.pauses) }
    }

    /// - Returns: the digest of what was there.
    mutating func remove(_ path: ByteString) -> Digest? {
        guard let row = row(of: path), records[Int(row)].flags.contains(.present) else { return nil }
        let former = digest(records[Int(row)].digest)
        touched.insert(row)
        count -= 1
        earlier[row] = nil
        conditionsInUse -= conditions(of: row).count
        mark(row, readable: true)
        records.update(Int(row)) {
            $0.flags = []
            $0.digest = GrantRecord.none
        }
        return former
    }

    /// Something that cannot be read is where the file was, or where none was.
    mutating func makeUnreadable(_ path: ByteString, landing: AccessState.Landing) {
        guard let row = makeRow(path) else { return }
        touched.insert(row)
        if !records[Int(row)].flags.contains(.present) {
            count += 1
            records.update(Int(row)) {
                $0.flags = .present
                $0.observed = landing.observed.seconds
                $0.ordinal = Int32(clamping: landing.ordinal)
                $0.digest = GrantRecord.none
            }
        }
        conditionsInUse -= conditions(of: row).count
        records.update(Int(row)) { $0.flags.subtract(.readable) }
        mark(row, readable: false)
    }

    private mutating func mark(_ row: UInt32, readable: Bool) {
        if readable { unreadable.remove(row) } else { unreadable.insert(row) }
    }

    /// A digest's number. Most decisions name the bytes that the file holds, so that one copy serves both.
    private mutating func number(of digest: Digest, reviewed last: UInt32, current: UInt32) -> UInt32 {
        guard let record = DigestRecord(digest) else { return GrantRecord.none }
        if current != GrantRecord.none, digests[Int(current)] == record { return current }
        var review = last
        var looked = 0
        while review != 0, looked < 8 {
            let held = reviews[Int(review) - 1]
            if held.digest != GrantRecord.none, digests[Int(held.digest)] == record { return held.digest }
            review = held.previous
            looked += 1
        }
        return UInt32(digests.append(record))
    }
}

extension GrantStore {
    /// What was decided about a file, in the order of judging.
    func reviews(of path: ByteString) -> [Review] {
        row(of: path).map { reviews(ofRow: $0) } ?? []
    }

    func reviews(ofRow row: UInt32) -> [Review] {
        var found: [Review] = []
        var next = records[Int(row)].lastReview
        while next != 0 {
            let record = reviews[Int(next) - 1]
            found.append(review(record, number: next - 1))
            next = record.previous
        }
        found.reverse()
        return found
    }

    func review(_ record: ReviewRecord, number: UInt32) -> Review {
        Review(
            sitting: Int(record.sitting), sha256: digest(record.digest),
            verdict: record.code & 1 == 1 ? .revoke : .keep,
            void: record.code < 4 ? nil : voids[(record.code >> 2) - 1], stopsFormerBytes: record.code & 2 == 2,
            undecided: undecided[number])
    }

    /// Adds a decision about a path below `grants/`, whether or not a file is there.
    /// - Parameter known: the path's row, where it has one.
    /// - Returns: whether the path is one.
    mutating func add(_ review: Review, to path: ByteString, row known: UInt32?) -> Bool {
        guard let row = known ?? makeRow(path) else { return false }
        touched.insert(row)
        let record = records[Int(row)]
        let void = review.void.map { voids.number(of: $0) + 1 } ?? 0
        let index = UInt32(
            reviews.append(
                ReviewRecord(
                    row: row, sitting: UInt32(review.sitting), previous: record.lastReview,
                    digest: number(of: review.sha256, reviewed: record.lastReview, current: record.digest),
                    code: void << 2 | (review.stopsFormerBytes ? 2 : 0) | (review.verdict == .revoke ? 1 : 0))))
        undecided[index] = review.undecided
        records.update(Int(row)) { $0.lastReview = index + 1 }
        return true
    }

    /// Every file that one sitting decided on is to be looked at again.
    mutating func touch(reviews range: Range<Int>) {
        if range.count > Touched.most { touched = Touched() }
        for index in range { touched.insert(reviews[index].row) }
    }
}

extension GrantStore {
    /// Writes the conditions and texts anew when half of them belong to what files said earlier. Rows stay as they are.
    /// - Returns: whether that was so.
    mutating func compactIfWasteful() -> Bool {
        guard conditions.conditions.count > 2 * conditionsInUse + 4_096 else { return false }
        var fresh = ConditionStore()
        fresh.names = conditions.names
        var records = records
        for row in 0..<UInt32(records.count) {
            var record = records[Int(row)]
            // What there was room for before has room now.
            guard let id = fresh.texts.add(conditions.texts[record.id].bytes) else { return false }
            record.id = id
            if record.flags.isSuperset(of: [.present, .readable]) {
                guard let why = fresh.texts.add(conditions.texts[record.why].bytes),
                    let to = fresh.add(self.conditions(of: row).map { conditions[$0] }, of: row, on: record.service)
                else { return false }
                record.why = why
                record.to = to
            }
            records[Int(row)] = record
        }
        self.records = records
        conditions = fresh
        return true
    }
}

/// A file below `grants/` that was read and needs to be taken into a state.
///
/// A class, because there are millions and each goes from thread to thread and from array to array.
package final class LoadedGrant: Sendable {
    package let path: ByteString
    package let blob: ObjectID
    package let sha256: Digest
    /// Nil when the file cannot be read.
    package let grant: Grant?
    package let diagnostics: [Diagnostic]
    /// Whether what lies there is no acceptable file at all; `diagnostics` then say why.
    package let isRejected: Bool

    private init(
        path: ByteString, blob: ObjectID, sha256: Digest, grant: Grant?, diagnostics: [Diagnostic], isRejected: Bool
    ) {
        self.isRejected = isRejected
        self.path = path
        self.blob = blob
        self.sha256 = sha256
        self.grant = grant
        self.diagnostics = diagnostics
    }

    /// Something unacceptable where a file should be.
    package convenience init(rejecting path: ByteString, _ problem: Diagnostic) {
        self.init(
            path: path, blob: .none, sha256: Digest(bytes: []), grant: nil, diagnostics: [problem], isRejected: true)
    }

    /// Reads a file; pure.
    package convenience init(_ file: FileContent, as path: DocumentPath, read: ReadDocument) {
        let parsed = read(path, file)
        var grant: Grant?
        if case .grant(let found)? = parsed.document { grant = found }
        self.init(
            path: file.path, blob: file.blob, sha256: file.sha256, grant: grant, diagnostics: parsed.diagnostics,
            isRejected: false)
    }
}
