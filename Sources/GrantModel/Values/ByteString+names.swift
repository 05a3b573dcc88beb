extension ByteString {
    /// `[a-z0-9][a-z0-9-]{0,62}`: how files, people, services and tiers are called.
    package var isName: Bool { bytes.isName(underscores: false) }

    /// A name in which `_` is allowed too, as in the classes that are built in.
    package var isClassName: Bool { bytes.isName(underscores: true) }
}

extension Collection<UInt8> {
    func isName(underscores: Bool) -> Bool {
        guard let first, count <= 63, first != UInt8(ascii: "-"), first != UInt8(ascii: "_") else { return false }
        return allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            case UInt8(ascii: "_"): underscores
            case _: false
            }
        }
    }
}
