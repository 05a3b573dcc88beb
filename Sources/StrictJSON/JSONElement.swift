/// One value of a parsed document: a cursor into simdjson's tape.
///
/// Valid only inside the closure of `JSONParser.withDocument`; it owns nothing and must not be stored.
/// Strings come unescaped. Object members keep their order and their duplicates, so that a reader can refuse them.
///
/// Source: https://github.com/simdjson/simdjson/blob/v3.0.1/doc/tape.md
package struct JSONElement {
    package enum Kind: Equatable {
        case object, array, string, integer, unsigned, double, bool, null
    }

    let tape: UnsafePointer<UInt64>
    let strings: UnsafePointer<UInt8>
    let index: Int

    private var word: UInt64 { tape[index] }
    private var tag: UInt8 { UInt8(truncatingIfNeeded: word >> 56) }
    private var payload: Int { Int(truncatingIfNeeded: word & 0x00FF_FFFF_FFFF_FFFF) }

    package var kind: Kind {
        switch tag {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "l"): .integer
        case UInt8(ascii: "u"): .unsigned
        case UInt8(ascii: "d"): .double
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        default: .null
        }
    }

    /// The unescaped UTF-8 bytes of a string.
    package var string: UnsafeRawBufferPointer? {
        guard tag == UInt8(ascii: "\"") else { return nil }
        let start = UnsafeRawPointer(strings) + payload
        let count = start.loadUnaligned(as: UInt32.self)
        return UnsafeRawBufferPointer(start: start + 4, count: Int(count))
    }

    /// A whole number written without fraction or exponent that fits in 64 signed bits.
    package var int64: Int64? {
        tag == UInt8(ascii: "l") ? Int64(bitPattern: tape[index + 1]) : nil
    }

    /// A whole number above what 64 signed bits hold.
    package var uint64: UInt64? {
        tag == UInt8(ascii: "u") ? tape[index + 1] : nil
    }

    /// Any number, as the nearest double.
    package var number: Double? {
        switch tag {
        case UInt8(ascii: "l"): Double(Int64(bitPattern: tape[index + 1]))
        case UInt8(ascii: "u"): Double(tape[index + 1])
        case UInt8(ascii: "d"): Double(bitPattern: tape[index + 1])
        default: nil
        }
    }

    package var bool: Bool? {
        switch tag {
        case UInt8(ascii: "t"): true
        case UInt8(ascii: "f"): false
        default: nil
        }
    }

    package var isNull: Bool { tag == UInt8(ascii: "n") }

    package var object: JSONObject? {
        tag == UInt8(ascii: "{") ? JSONObject(element: self) : nil
    }

    package var array: JSONArray? {
        tag == UInt8(ascii: "[") ? JSONArray(element: self) : nil
    }

    /// The tape index behind this value.
    var end: Int {
        switch tag {
        case UInt8(ascii: "{"), UInt8(ascii: "["): Int(truncatingIfNeeded: word & 0xFFFF_FFFF)
        case UInt8(ascii: "l"), UInt8(ascii: "u"), UInt8(ascii: "d"): index + 2
        default: index + 1
        }
    }

    var isContainer: Bool { tag == UInt8(ascii: "{") || tag == UInt8(ascii: "[") }

    /// Members of an object or entries of an array; saturates at 2^24 - 1.
    var memberCount: Int { payload >> 32 }

    func at(_ index: Int) -> JSONElement {
        JSONElement(tape: tape, strings: strings, index: index)
    }
}

/// The members of an object in the order they were written, duplicates included.
package struct JSONObject: Sequence {
    let element: JSONElement

    package struct Iterator: IteratorProtocol {
        var cursor: JSONElement
        let end: Int

        package mutating func next() -> (key: UnsafeRawBufferPointer, value: JSONElement)? {
            guard cursor.index < end, let key = cursor.string else { return nil }
            let value = cursor.at(cursor.index + 1)
            cursor = cursor.at(value.end)
            return (key, value)
        }
    }

    package func makeIterator() -> Iterator {
        Iterator(cursor: element.at(element.index + 1), end: element.end - 1)
    }

    /// The value of the only member with this key; nil when there is none **or more than one**.
    package subscript(_ key: StaticString) -> JSONElement? {
        var found: JSONElement?
        for (name, value) in self where name.equals(key) {
            guard found == nil else { return nil }
            found = value
        }
        return found
    }
}

/// The entries of an array.
package struct JSONArray: Sequence {
    let element: JSONElement

    package struct Iterator: IteratorProtocol {
        var cursor: JSONElement
        let end: Int

        package mutating func next() -> JSONElement? {
            guard cursor.index < end else { return nil }
            defer { cursor = cursor.at(cursor.end) }
            return cursor
        }
    }

    package func makeIterator() -> Iterator {
        Iterator(cursor: element.at(element.index + 1), end: element.end - 1)
    }
}
