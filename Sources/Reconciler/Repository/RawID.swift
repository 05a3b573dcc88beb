import CLibGit2
import GrantModel

/// An object id as its 20 bytes (SHA-1, the only format libgit2 1.5 reads).
struct RawID: Hashable, Sendable {
    private var first: UInt64
    private var second: UInt64
    private var third: UInt32

    static let byteCount = 20

    /// `bytes` must hold at least 20 bytes from `offset` on; nil otherwise.
    init?(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        guard offset >= 0, bytes.count - offset >= RawID.byteCount else { return nil }
        first = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        second = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
        third = bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt32.self)
    }

    /// 40 lower-case hexadecimal digits; nil for anything else.
    init?(hex: some Collection<UInt8>) {
        guard hex.count == 2 * RawID.byteCount else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(RawID.byteCount)
        var high: UInt8?
        for digit in hex {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let upper = high {
                bytes.append(upper << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        let id = bytes.withUnsafeBytes { RawID($0, at: 0) }
        guard let id else { return nil }
        self = id
    }

    init?(_ id: ObjectID) {
        self.init(hex: Array(id.hex.utf8))
    }

    init(_ id: git_oid) {
        self = withUnsafeBytes(of: id) { bytes in
            RawID(
                first: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                second: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                third: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
        }
    }

    private init(first: UInt64, second: UInt64, third: UInt32) {
        self.first = first
        self.second = second
        self.third = third
    }

    var oid: git_oid {
        var id = git_oid()
        withUnsafeMutableBytes(of: &id) { bytes in
            bytes.storeBytes(of: first, toByteOffset: 0, as: UInt64.self)
            bytes.storeBytes(of: second, toByteOffset: 8, as: UInt64.self)
            bytes.storeBytes(of: third, toByteOffset: 16, as: UInt32.self)
        }
        return id
    }

    var objectID: ObjectID {
        func digit(_ value: UInt8) -> UInt8 {
            value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
        }
        let hex = withUnsafeBytes(of: oid) { bytes in
            String(unsafeUninitializedCapacity: 2 * RawID.byteCount) { text in
                for (index, byte) in bytes.prefix(RawID.byteCount).enumerated() {
                    text[2 * index] = digit(byte >> 4)
                    text[2 * index + 1] = digit(byte & 15)
                }
                return 2 * RawID.byteCount
            }
        }
        return ObjectID(hex: hex)
    }
}
