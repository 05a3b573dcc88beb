/// A file below `grants/`, in 88 bytes beside its texts.
struct GrantRecord: Sendable, BitwiseCopyable {
    struct Flags: OptionSet, Sendable, BitwiseCopyable {
        let rawValue: UInt32
        /// There is such a file; a record without it remembers reviews only.
        static let present = Flags(rawValue: 1)
        /// The file is a grant.
        static let readable = Flags(rawValue: 2)
        static let pauses = Flags(rawValue: 4)
        /// The blob's id is known.
        static let hasBlob = Flags(rawValue: 8)
    }

    /// Stands for no value where a number is expected.
    static let none = UInt32.max

    /// `Int64.max` for none.
    var until: Int64 = .max
    /// Of the landing.
    var observed: Int64 = 0
    var blob: BlobID = BlobID()
    var id: TextReference
    /// Numbers in the store's `names`.
    var service: UInt32
    var by: UInt32 = 0
    /// Into the store's `digests`.
    var digest: UInt32 = GrantRecord.none
    /// Of the landing.
    var ordinal: Int32 = 0
    /// Into the store's `scopes` and `sees`.
    var scope: UInt32 = 0
    var see: UInt32 = 0
    var why: TextReference = .absent
    /// Into the store's conditions.
    var to: UInt32 = 0
    var toCount: UInt32 = 0
    /// One more than the index of the latest review, 0 for none.
    var lastReview: UInt32 = 0
    var flags: Flags = []
}

/// A git object id as its 20 bytes.
struct BlobID: Sendable, BitwiseCopyable {
    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private var third: UInt32 = 0

    init() {}

    /// Nil for anything but 40 lower-case hexadecimal digits.
    init?(_ id: ObjectID) {
        var id = id
        let isRead = id.hex.withUTF8 { text in
            guard text.count == 40 else { return false }
            return withUnsafeMutableBytes(of: &self) { bytes in
                for index in 0..<20 {
                    guard let high = Self.value(text[2 * index]), let low = Self.value(text[2 * index + 1]) else {
                        return false
                    }
                    bytes[index] = high << 4 | low
                }
                return true
            }
        }
        guard isRead else { return nil }
    }

    var objectID: ObjectID {
        ObjectID(
            hex: withUnsafeBytes(of: self) { bytes in
                String(unsafeUninitializedCapacity: 40) { text in
                    for index in 0..<20 {
                        text[2 * index] = Self.digit(bytes[index] >> 4)
                        text[2 * index + 1] = Self.digit(bytes[index] & 15)
                    }
                    return 40
                }
            })
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case _: nil
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

/// A SHA-256 as its 32 bytes.
struct DigestRecord: Sendable, BitwiseCopyable, Equatable {
    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private var third: UInt64 = 0
    private var fourth: UInt64 = 0

    /// Nil for anything but 32 bytes.
    init?(_ digest: Digest) {
        guard digest.bytes.count == 32 else { return nil }
        withUnsafeMutableBytes(of: &self) { $0.copyBytes(from: digest.bytes) }
    }

    var digest: Digest { withUnsafeBytes(of: self) { Digest(bytes: Array($0)) } }
}

/// What one sitting decided about one grant file.
struct ReviewRecord: Sendable, BitwiseCopyable {
    /// Of the grant.
    var row: UInt32
    /// Index into `AccessState.sittings`.
    var sitting: UInt32
    /// One more than the index of the review of the same file before, 0 for none.
    var previous: UInt32
    /// Into the store's `digests`; `GrantRecord.none` for no digest at all.
    var digest: UInt32
    /// 1 for a revoke, plus 2 where it stops former bytes, plus four times one more than the number in the store's `voids`
    /// where it is void.
    var code: UInt32
}
