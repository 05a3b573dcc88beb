extension Route {
    /// `METHOD /path`: an upper-case method or `*`, one space, a path without empty and dot segments.
    package init?(_ text: ByteString) {
        let parts = text.bytes.split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let method = parts[0]
        let path = parts[1]
        let isMethod =
            method.elementsEqual("*".utf8)
            || (!method.isEmpty && method.count <= 16
                && method.allSatisfy { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") })
        guard isMethod, path.first == UInt8(ascii: "/"), path.count <= 512 else { return nil }
        guard path.allSatisfy({ WebAddress.isPathByte($0) || "/*%".utf8.contains($0) }) else { return nil }
        let segments = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            // Only the last segment may be empty, where the path ends in `/`.
            guard !segment.isEmpty || index == segments.count - 1 else { return nil }
            guard !segment.elementsEqual(".".utf8), !segment.elementsEqual("..".utf8) else { return nil }
        }
        guard !path.indices.contains(where: { path[$0...].starts(with: "***".utf8) }) else { return nil }
        self.init(method: ByteString(method), path: ByteString(path))
    }

    package func matches(method: ByteString, path: ByteString) -> Bool {
        method.bytes.withUnsafeBufferPointer { method in
            path.bytes.withUnsafeBufferPointer { matches(method: method, path: $0) }
        }
    }

    /// Whether the whole path fits, method included; both are compared byte for byte. Does not allocate.
    ///
    /// `*` stands for any run of bytes without `/`, `**` for any run, either of which may be empty: `/a/**` fits `/a/`
    /// and not `/a`. On a mismatch the last `*` is stretched up to the next `/`, and where that does not help, the last
    /// `**`. Earlier ones need no second try: stretching them would only leave less for what follows.
    package func matches(method: UnsafeBufferPointer<UInt8>, path: UnsafeBufferPointer<UInt8>) -> Bool {
        guard self.method == "*" || self.method.bytes.elementsEqual(method) else { return false }
        return self.path.bytes.withUnsafeBufferPointer { matches($0, path) }
    }

    private func matches(_ pattern: UnsafeBufferPointer<UInt8>, _ path: UnsafeBufferPointer<UInt8>) -> Bool {
        let wildcard = UInt8(ascii: "*")
        var at = 0
        var position = 0
        var star = -1
        var starResume = 0
        var run = -1
        var runResume = 0
        while true {
            if at < pattern.count, pattern[at] == wildcard {
                if at + 1 < pattern.count, pattern[at + 1] == wildcard {
                    at += 2
                    run = at
                    runResume = position
                    star = -1
                } else {
                    at += 1
                    star = at
                    starResume = position
                }
            } else if at < pattern.count, position < path.count, pattern[at] == path[position] {
                at += 1
                position += 1
            } else if at == pattern.count, position == path.count {
                return true
            } else if star >= 0, starResume < path.count, path[starResume] != UInt8(ascii: "/") {
                starResume += 1
                position = starResume
                at = star
            } else if run >= 0, runResume < path.count, star < 0 || starResume < path.count {
                // A `*` that ran to the end of the path tried every tail there is: no later start can do better.
                runResume += 1
                position = runResume
                at = run
                star = -1
            } else {
                return false
            }
        }
    }
}
