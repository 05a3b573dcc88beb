/// Finds objects that name a member twice, anywhere in a document. One an event loop: it keeps its scratch memory.
///
/// One pass over the tape in document order. Small objects compare the fingerprints of their keys and allocate nothing;
/// larger ones go through a hash table with a seed of their own, so that no choice of keys makes it slow.
package struct DuplicateKeys {
    /// Up to this many members every pair is compared.
    private static let smallObject = 16
    /// Scratch for more members than this is given back.
    private static let keptSlots = 1 << 14

    private struct Member {
        var fingerprint: UInt64
        /// The key's tape index.
        var index: Int
    }

    /// The members of the small objects around the current place, outermost first: the first `used` of these.
    private var members: [Member] = []
    private var used = 0
    /// Tape indices of keys by hash; 0 is free.
    private var slots: [Int] = []

    package init() {}

    /// The first key that an object of the document repeats; its bytes are valid as long as the document.
    package mutating func first(in document: JSONElement) -> UnsafeRawBufferPointer? {
        defer {
            if members.count > Self.keptSlots { members = [] }
            used = 0
            if slots.count > Self.keptSlots { slots = [] }
        }
        return visit(document)
    }

    private mutating func visit(_ element: JSONElement) -> UnsafeRawBufferPointer? {
        switch element.kind {
        case .array:
            var index = element.index + 1
            let end = element.end - 1
            while index < end {
                let entry = element.at(index)
                if entry.isContainer, let found = visit(entry) { return found }
                index = entry.end
            }
            return nil
        case .object:
            // The count saturates, but not where it could pass for small.
            if element.memberCount > Self.smallObject, let found = visitLargeKeys(element) { return found }
            return visitMembers(element, comparing: element.memberCount <= Self.smallObject)
        case .string, .integer, .unsigned, .double, .bool, .null: return nil
        }
    }

    private mutating func visitMembers(_ object: JSONElement, comparing: Bool) -> UnsafeRawBufferPointer? {
        let base = used
        defer { used = base }
        var index = object.index + 1
        let end = object.end - 1
        while index < end {
            let key = object.at(index)
            let value = object.at(index + 1)
            if comparing {
                let fingerprint = key.stringBytes.fingerprint
                for other in base..<used where members[other].fingerprint == fingerprint {
                    if object.at(members[other].index).stringBytes.equals(key.stringBytes) { return key.stringBytes }
                }
                let member = Member(fingerprint: fingerprint, index: index)
                if used < members.count { members[used] = member } else { members.append(member) }
                used += 1
            }
            if value.isContainer, let found = visit(value) { return found }
            index = value.end
        }
        return nil
    }

    private mutating func visitLargeKeys(_ object: JSONElement) -> UnsafeRawBufferPointer? {
        var count = 0
        forEachKey(of: object) { _ in count += 1 }
        // At most half full.
        let capacity = 1 << (Int.bitWidth - (2 * count).leadingZeroBitCount)
        slots.removeAll(keepingCapacity: true)
        slots.append(contentsOf: repeatElement(0, count: capacity))
        var index = object.index + 1
        let end = object.end - 1
        while index < end {
            let key = object.at(index)
            var hasher = Hasher()
            hasher.combine(bytes: key.stringBytes)
            var slot = hasher.finalize() & (capacity - 1)
            while slots[slot] != 0 {
                if object.at(slots[slot]).stringBytes.equals(key.stringBytes) { return key.stringBytes }
                slot = (slot + 1) & (capacity - 1)
            }
            slots[slot] = index
            index = object.at(index + 1).end
        }
        return nil
    }

    private func forEachKey(of object: JSONElement, _ body: (JSONElement) -> Void) {
        var index = object.index + 1
        let end = object.end - 1
        while index < end {
            body(object.at(index))
            index = object.at(index + 1).end
        }
    }
}

extension JSONElement {
    /// The bytes of what is known to be a string; empty otherwise.
    fileprivate var stringBytes: UnsafeRawBufferPointer {
        string ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }
}
