import StrictJSON

/// Looks up the API's words by their bytes without allocating.
struct Vocabulary: Sendable {
    struct Entry: Sendable {
        var word: Word
        var roles: Roles
        fileprivate var start: Int
        fileprivate var end: Int
    }

    static let shared = Vocabulary()

    private let entries: [Entry]
    private let spellings: [UInt8]
    /// Indices into `entries` by fingerprint, -1 for none; open addressing.
    private let slots: [Int16]
    /// The same words in small letters without separators.
    private let folded: [[UInt8]: Entry]

    private init() {
        var roles: [Word: Roles] = [:]
        for (role, words) in Self.wordsByRole {
            for word in words { roles[word, default: []].formUnion(role) }
        }
        var entries: [Entry] = []
        var spellings: [UInt8] = []
        var slots = [Int16](repeating: -1, count: 1024)
        var folded: [[UInt8]: Entry] = [:]
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
            folded[spelling.filter { $0 != UInt8(ascii: "_") }] = entry
        }
        self.entries = entries
        self.spellings = spellings
        self.slots = slots
        self.folded = folded
    }

    func lookup(_ text: UnsafeRawBufferPointer) -> Entry? {
        var slot = Int(text.fingerprint & 1023)
        while slots[slot] >= 0 {
            let entry = entries[Int(slots[slot])]
            let isSame = spellings.withUnsafeBytes {
                UnsafeRawBufferPointer(rebasing: $0[entry.start..<entry.end]).equals(text)
            }
            if isSame { return entry }
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
        return folded[key]
    }
}
