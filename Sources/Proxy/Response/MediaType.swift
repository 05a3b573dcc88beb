/// The media types that matter here, parameters left aside (RFC 9110 section 8.3.1).
package enum MediaType: Sendable {
    case json, eventStream, other

    var isJSON: Bool {
        if case .json = self { true } else { false }
    }

    /// - Parameter contentType: a `content-type` field's value.
    package init(_ contentType: String) {
        var contentType = contentType
        self = contentType.withUTF8 { MediaType(UnsafeRawBufferPointer($0)) }
    }

    package init(_ contentType: UnsafeRawBufferPointer) {
        let essence = contentType.prefix { $0 != UInt8(ascii: ";") }
        if Self.matches(essence, "application/json") {
            self = .json
        } else if Self.matches(essence, "text/event-stream") {
            self = .eventStream
        } else {
            self = .other
        }
    }

    /// Without ASCII case and surrounding blanks.
    private static func matches(_ text: Slice<UnsafeRawBufferPointer>, _ name: StaticString) -> Bool {
        let rest = text.drop(while: \.isFieldBlank)
        let length = name.utf8CodeUnitCount
        guard rest.count >= length else { return false }
        for (byte, expected) in zip(rest, UnsafeBufferPointer(start: name.utf8Start, count: length)) {
            guard byte.asciiLowercased == expected else { return false }
        }
        return rest.dropFirst(length).allSatisfy(\.isFieldBlank)
    }
}
