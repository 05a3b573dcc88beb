import GrantModel
import StrictJSON

/// Looks up the API's words by their bytes without allocating.
///
/// The pointers are to memory that `init` writes and nobody frees or writes again, and `shared` is the only one there is:
/// event loops read it at the same time, and no lookup counts a reference.
struct Vocabulary: @unchecked Sendable {
    struct Entry: Sendable {
        var word: Word
        var roles: Roles
        fileprivate var start: Int
        fileprivate var end: Int
    }

    static let shared = Vocabulary()

    private let entries: UnsafeBufferPointer<Entry>
    private let spellings: UnsafeRawBufferPointer
    /// Indices into `entries` by fingerprint, -1 for none; open addressing. Always 1,024, a fraction of them in use.
    private let slots: UnsafeBufferPointer<Int16>
    /// The same words in small letters without separators.
    private let folded: [ByteString: Entry]

    private init() {
        var roles: [Word: Roles] = [:]
        for (role, words) in Self.wordsByRole {
            for word in words { roles[word, default: []].formUnion(role) }
        }
        var entries: [Entry] = []
        var spellings: [UInt8] = []
        var slots = [Int16](repeating: -1, count: 1024)
        var folded: [ByteString: Entry] = [:]
        for word in Word.allCases {
            let spelling = Array(word.rawValue.utf8)
            let entry = Entry(
                word: word, roles: roles[word] ?? [], start: spellings.count, end: spellings.count + spelling.count
            )
            var slot = Int(spelling.withUnsafeBytes(\.fingerprint) & 1023)
            while slots[slot] >= 0 { slot = (slot + 1) & 1023 }
            slots[slot] = Int16(entries.count)
            entries.append(entry)
            spellings += spelling
            folded[ByteString(spelling.filter { $0 != UInt8(ascii: "_") })] = entry
        }
        self.entries = Self.kept(entries)
        self.spellings = UnsafeRawBufferPointer(Self.kept(spellings))
        self.slots = Self.kept(slots)
        self.folded = folded
    }

    private static func kept<Element>(_ elements: [Element]) -> UnsafeBufferPointer<Element> {
        let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
        _ = memory.initialize(from: elements)
        return UnsafeBufferPointer(memory)
    }

    func lookup(_ text: UnsafeRawBufferPointer) -> Entry? {
        var slot = Int(text.fingerprint & 1023)
        while slots[slot] >= 0 {
            let entry = entries[Int(slots[slot])]
            if UnsafeRawBufferPointer(rebasing: spellings[entry.start..<entry.end]).equals(text) { return entry }
            slot = (slot + 1) & 1023
        }
        return nil
    }

    /// The word that a lenient parser could take `text` for: in other letters, as `maxTokens`, or with one of the two
    /// letters outside ASCII that become ASCII when cases are folded (U+017F to `s`, U+212A to `k`).
    func variant(of text: UnsafeRawBufferPointer) -> Entry? {
        guard text.count <= 96 else { return nil }
        var key: [UInt8] = []
        var index = 0
        while index < text.count {
            let byte = text[index]
            let rest = UnsafeRawBufferPointer(rebasing: text[index...])
            if rest.starts(with: [0xC5, 0xBF]) {
                key.append(UInt8(ascii: "s"))
                index += 2
            } else if rest.starts(with: [0xE2, 0x84, 0xAA]) {
                key.append(UInt8(ascii: "k"))
                index += 3
            } else {
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): key.append(byte | 0x20)
                // What people and proxies trim or replace: separators, blanks, NUL.
                case UInt8(ascii: "_"), UInt8(ascii: "-"), 0x00...0x20: break
                default: key.append(byte)
                }
                index += 1
            }
        }
        return folded[ByteString(key)]
    }
}
