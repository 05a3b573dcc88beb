import GrantModel

/// One entry of a git tree.
struct TreeEntry: Hashable, Sendable {
    /// What an entry's mode says, as far as it matters here.
    enum Kind: Hashable, Sendable {
        case file
        case folder
        case executable
        case symbolicLink
        case submodule
        /// Any other mode; git itself writes none.
        case strangeMode
        /// In an order, or repeated, so that tools disagree about what is at this name.
        case disordered
    }

    var name: [UInt8]
    var kind: Kind
    var id: RawID
}

/// A tree's entries, read from its raw bytes.
///
/// libgit2 neither checks order nor uniqueness nor names, and looks names up by bisection: what it finds in a malformed
/// tree depends on how one asks. Here every entry is read, and one that another entry contradicts is `disordered`.
struct TreeListing: Sendable {
    /// In the order of their names' bytes (git orders folders as if their names ended in `/`), each name once.
    private(set) var entries: [TreeEntry]

    static let empty = TreeListing()

    private init() {
        entries = []
    }

    /// Nil when the bytes are no sequence of `mode SP name NUL id`.
    init?(_ bytes: UnsafeRawBufferPointer) {
        entries = []
        entries.reserveCapacity(bytes.count / 48)
        var offset = 0
        while offset < bytes.count {
            // Modes have at most six digits, zero-padded ones seven.
            guard let space = bytes[offset..<min(offset + 8, bytes.count)].firstIndex(of: UInt8(ascii: " ")),
                let nul = bytes[(space + 1)...].firstIndex(of: 0),
                let id = RawID(bytes, at: nul + 1)
            else { return nil }
            entries.append(
                TreeEntry(
                    name: Array(bytes[(space + 1)..<nul]), kind: TreeEntry.Kind(mode: bytes[offset..<space]), id: id))
            offset = nul + 1 + RawID.byteCount
        }
        markDisordered()
        orderByName()
    }

    /// The entry of a name.
    subscript(_ name: [UInt8]) -> TreeEntry? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].name.lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].name == name ? entries[low] : nil
    }

    /// Leaves only `kept`, which must be in the listing's order.
    mutating func keep(_ kept: [TreeEntry]) {
        entries = kept
    }

    /// An entry is in its place when all before it are smaller and all after it are larger, as git orders them.
    private mutating func markDisordered() {
        let ordered = zip(entries, entries.dropFirst()).allSatisfy { TreeListing.precedes($0, $1) }
        guard !ordered else { return }
        var misplaced = [Bool](repeating: false, count: entries.count)
        var largest = 0
        for index in entries.indices.dropFirst() {
            if TreeListing.precedes(entries[largest], entries[index]) {
                largest = index
            } else {
                misplaced[index] = true
            }
        }
        var smallest = entries.count - 1
        for index in entries.indices.dropLast().reversed() {
            if TreeListing.precedes(entries[index], entries[smallest]) {
                smallest = index
            } else {
                misplaced[index] = true
            }
        }
        for index in entries.indices where misplaced[index] { entries[index].kind = .disordered }
    }

    private mutating func orderByName() {
        let ordered = zip(entries, entries.dropFirst()).allSatisfy { $0.name.lexicographicallyPrecedes($1.name) }
        guard !ordered else { return }
        entries.sort { $0.name.lexicographicallyPrecedes($1.name) }
        var unique: [TreeEntry] = []
        unique.reserveCapacity(entries.count)
        for entry in entries {
            if let last = unique.last, last.name == entry.name {
                unique[unique.count - 1].kind = .disordered
            } else {
                unique.append(entry)
            }
        }
        entries = unique
    }

    /// Git's order of tree entries, `base_name_compare` in its `read-cache.c`.
    private static func precedes(_ left: TreeEntry, _ right: TreeEntry) -> Bool {
        let shared = min(left.name.count, right.name.count)
        for index in 0..<shared where left.name[index] != right.name[index] {
            return left.name[index] < right.name[index]
        }
        let slash = UInt8(ascii: "/")
        let leftNext = left.name.count > shared ? left.name[shared] : left.kind == .folder ? slash : 0
        let rightNext = right.name.count > shared ? right.name[shared] : right.kind == .folder ? slash : 0
        return leftNext < rightNext
    }
}

extension TreeEntry.Kind {
    fileprivate init(mode: Slice<UnsafeRawBufferPointer>) {
        if mode.elementsEqual("100644".utf8) {
            self = .file
        } else if mode.elementsEqual("40000".utf8) {
            self = .folder
        } else if mode.elementsEqual("100755".utf8) {
            self = .executable
        } else if mode.elementsEqual("120000".utf8) {
            self = .symbolicLink
        } else if mode.elementsEqual("160000".utf8) {
            self = .submodule
        } else {
            self = .strangeMode
        }
    }
}
