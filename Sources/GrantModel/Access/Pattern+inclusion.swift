extension Pattern {
    /// Whether every text that fits `other` fits this pattern as well: `claude-*` includes `claude-opus-*`. Exact.
    ///
    /// A star of `other` stands for any text, so for one with a byte that this pattern does not spell out: only a star of
    /// this pattern can match that, and a star that matches it matches whatever else the other one stands for. The same
    /// argument makes one pattern of a list enough: a list includes a pattern only if one of its patterns does.
    package func includes(_ other: Pattern) -> Bool {
        // Documents hold no control characters; a pattern from elsewhere that does is compared with itself only.
        guard !text.bytes.contains(0), !other.text.bytes.contains(0) else { return self == other }
        return matches(ByteString(other.text.bytes.map { $0 == UInt8(ascii: "*") ? 0 : $0 }))
    }
}

extension Route {
    /// Whether everything that fits `other` fits this route as well. Never wrongly yes; wrongly no only where a `**` of the
    /// other is covered by wildcards of another shape (`/a/**` by `/a/*` together with `/a/*/**`).
    package func includes(_ other: Route) -> Bool {
        guard method == "*" || method == other.method else { return false }
        let wanted = Symbol.all(of: other.path)
        let own = Symbol.all(of: path)
        // `reached[n]`: the symbols of this route so far can match the first n of the other's.
        var reached = [Bool](repeating: false, count: wanted.count + 1)
        reached[0] = true
        for symbol in own {
            var next = [Bool](repeating: false, count: wanted.count + 1)
            switch symbol {
            case .byte:
                for place in wanted.indices where reached[place] && wanted[place] == symbol { next[place + 1] = true }
            case .segment, .run:
                for place in reached.indices {
                    if reached[place] { next[place] = true }
                    if place > 0, next[place - 1], symbol.absorbs(wanted[place - 1]) { next[place] = true }
                }
            }
            reached = next
        }
        return reached[wanted.count]
    }

    /// A path pattern, piece by piece.
    private enum Symbol: Hashable {
        case byte(UInt8)
        /// `*`: any run without `/`.
        case segment
        /// `**`: any run.
        case run

        static func all(of path: ByteString) -> [Symbol] {
            let star = UInt8(ascii: "*")
            var symbols: [Symbol] = []
            var rest = path.bytes[...]
            while let first = rest.popFirst() {
                guard first == star else {
                    symbols.append(.byte(first))
                    continue
                }
                if rest.first == star {
                    rest.removeFirst()
                    symbols.append(.run)
                } else {
                    symbols.append(.segment)
                }
            }
            return symbols
        }

        /// Whether this wildcard matches whatever the other symbol stands for, and more of it.
        func absorbs(_ other: Symbol) -> Bool {
            switch self {
            case .byte: false
            case .segment: other != .run && other != .byte(UInt8(ascii: "/"))
            case .run: true
            }
        }
    }
}
