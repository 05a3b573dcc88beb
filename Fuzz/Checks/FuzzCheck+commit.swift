import Reconciler

extension FuzzCheck {
    static func commit(_ input: [UInt8]) -> String? {
        let result = input.withUnsafeBytes { bytes in
            Result { () throws(RawCommit.Malformed) in try RawCommit(bytes) }
        }
        switch result {
        case .failure(let fault):
            return isPrintable(fault.message) ? nil : "an unprintable fault: \(fault.message.debugDescription)"
        case .success: return headerFault(of: input).map { "\($0) was accepted" }
        }
    }

    /// What no accepted header holds, looked for without the reader.
    private static func headerFault(of input: [UInt8]) -> String? {
        var lines: [ArraySlice<UInt8>] = []
        var rest = input[...]
        while let end = rest.firstIndex(of: 0x0A), end > rest.startIndex {
            lines.append(rest[..<end])
            rest = rest[(end + 1)...]
        }
        if lines.contains(where: { $0.contains(0) }) { return "a NUL" }
        func count(_ name: String) -> Int { lines.count { $0.starts(with: Array("\(name) ".utf8)) } }
        for name in ["tree", "author", "committer"] where count(name) != 1 { return "\(count(name)) of `\(name)`" }
        for name in ["gpgsig", "gpgsig-sha256", "encoding"] where count(name) > 1 { return "`\(name)` twice" }
        if count("parent") > 64 { return "too many parents" }
        guard let tree = lines.first, tree.starts(with: Array("tree ".utf8)), tree.count == 45 else {
            return "something before `tree`"
        }
        return nil
    }
}
