import Foundation
import GrantModel
import Reconciler

/// What `diff` compares, as somebody wrote it.
struct DiffRange: Hashable {
    enum Head: Hashable {
        case revision(String)
        /// The files as they are.
        case workingTree
    }

    var base: String
    var head: Head
    /// `BASE...HEAD`: what `HEAD` changed since it left `BASE`, landing on `BASE`.
    var sinceFork: Bool

    /// `BASE..HEAD`, `BASE...HEAD`, or `BASE` for the working tree; an end left out is `HEAD`.
    init(_ text: String) throws(CommandFault) {
        func parts(_ separator: String) -> (String, String)? {
            guard let found = text.range(of: separator) else { return nil }
            return (String(text[..<found.lowerBound]), String(text[found.upperBound...]))
        }
        func named(_ revision: String) -> String { revision.isEmpty ? "HEAD" : revision }
        let dots = text.contains("...") ? "..." : ".."
        guard let (base, head) = parts(dots) else {
            self.base = named(text)
            self.head = .workingTree
            sinceFork = false
            return
        }
        guard !head.contains(".."), !head.hasPrefix("."), !base.hasSuffix(".") else {
            throw CommandFault(description: "`\(text)` is no range; write BASE..HEAD or BASE...HEAD")
        }
        self.base = named(base)
        self.head = .revision(named(head))
        sinceFork = dots == "..."
    }

    /// As it is shown.
    var text: String {
        switch head {
        case .workingTree: "\(base) and the working tree"
        case .revision(let head): base + (sinceFork ? "..." : "..") + head
        }
    }
}
