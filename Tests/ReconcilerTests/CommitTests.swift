import Foundation
import GrantModel
import Testing

@testable import Reconciler

@Suite struct CommitTests {
    private static let id = String(repeating: "a", count: 40)
    private static let other = String(repeating: "b", count: 40)
    private static let author = "author A <a@b> 1790000000 +0100\n"
    private static let committer = "committer C D <c@d> 1790000060 -0230\n"

    private func read(_ text: String) throws -> RawCommit {
        try Array(text.utf8).withUnsafeBytes { try RawCommit($0) }
    }

    @Test func `a header is read in full`() throws {
        let commit = try read(
            "tree \(Self.id)\nparent \(Self.other)\nparent \(Self.id)\n\(Self.author)\(Self.committer)"
                + "gpgsig -----BEGIN\n x\n \n y\nHG:extra a\nHG:extra b\n\nmessage\ntree \(Self.other)\n\n\0")
        #expect(commit.tree.objectID.hex == Self.id)
        #expect(commit.parents.map(\.objectID.hex) == [Self.other, Self.id])
        #expect(commit.committerTime == Instant(seconds: 1_790_000_060))
    }

    @Test(arguments: [
        "tree \(id)\n\(author)\(committer)\n", "tree \(id)\n\(author)\(committer)",
        "tree \(id)\nauthor  <> 0 +0000\n\(committer)\nx", "tree \(id)\nauthor <a@b> 0 +0000\n\(committer)\nx",
        "tree \(id)\nauthor a>b <a@b> 0 +0000\n\(committer)\nx",
    ])
    func `headers that git itself writes are read`(text: String) throws {
        #expect(try read(text).tree.objectID.hex == Self.id)
    }

    @Test(arguments: [
        "", "\n", "tree \(id)", "tree \(id)\n", "tree \(id)\n\n", "tree \(id)\n\(author)\n",
        "tree \(id)\n\(committer)\n",
        "\(author)tree \(id)\n\(committer)\n",
        "tree \(id)\ntree \(id)\n\(author)\(committer)\n",
        "tree \(id)\n\(author)\(author)\(committer)\n",
        "tree \(id)\n\(author)\(committer)\(committer)\n",
        "tree \(id)\n\(author)\(committer)tree \(other)\n\n",
        "tree \(id)\n\(author)\(committer)parent \(other)\n\n",
        "tree \(id)\n\(author)\(committer)author x\n\n",
        "tree \(id)\n\(author)parent \(other)\n\(committer)\n",
        "parent \(other)\ntree \(id)\n\(author)\(committer)\n",
        "tree \(id)\n\(author)\(committer)gpgsig a\ngpgsig b\n\n",
        "tree \(id)\n\(author)\(committer)gpgsig-sha256 a\nx y\ngpgsig-sha256 b\n\n",
        "tree \(id)\n\(author)\(committer)encoding a\nencoding b\n\n",
        "tree \(id)\n\(author)\(committer) continued\n\n",
        "tree \(id)\n\(author)\(committer)gpgsig a\0b\n\n",
        "tree \(id)\0\n\(author)\(committer)\n",
        "tree \(id.uppercased())\n\(author)\(committer)\n",
        "tree \(id)0\n\(author)\(committer)\n",
        "tree \(id.dropLast())\n\(author)\(committer)\n",
        "tree  \(id)\n\(author)\(committer)\n",
        "tree\t\(id)\n\(author)\(committer)\n",
        "tree \(id) \n\(author)\(committer)\n",
        "tree \(id)\r\n\(author)\(committer)\n",
        "Tree \(id)\n\(author)\(committer)\n",
        "tree \(id)\nparent \n\(author)\(committer)\n",
        "tree \(id)\nparent \(id)x\n\(author)\(committer)\n",
        "tree \(id)\n\(author)committer C 1790000060 +0000\n\n",
        "tree \(id)\n\(author)committer C <c@d> +0000\n\n",
        "tree \(id)\n\(author)committer C <c@d> 1790000060\n\n",
        "tree \(id)\n\(author)committer C <c@d> -1790000060 +0000\n\n",
        "tree \(id)\n\(author)committer C <c@d> 17900000600000000000 +0000\n\n",
        "tree \(id)\n\(author)committer C <c@d> 9223372036854775808 +0000\n\n",
        "tree \(id)\n\(author)committer C <c@d>  1790000060 +0000\n\n",
        "tree \(id)\n\(author)committer C <c@d> 1790000060 +0000 \n\n",
        "tree \(id)\n\(author)committer C <c@d> 1790000060 0000\n\n",
        "tree \(id)\n\(author)committer C <c@d> 1790000060 +00000\n\n",
        "tree \(id)\n\(author)committer C >c@d< 1790000060 +0000\n\n",
        "tree \(id)\n" + String(repeating: "parent \(other)\n", count: 65) + "\(author)\(committer)\n",
    ])
    func `a header that can be read in two ways is refused`(text: String) throws {
        #expect(throws: RawCommit.Malformed.self) { try read(text) }
    }

    @Test func `every prefix and every flipped byte of a commit is read or refused, never a crash`() throws {
        let whole = Array(
            "tree \(Self.id)\nparent \(Self.other)\n\(Self.author)\(Self.committer)gpgsig a\n b\n\nm".utf8)
        for end in whole.indices { _ = try? Array(whole[..<end]).withUnsafeBytes { try RawCommit($0) } }
        var refused = 0
        for index in whole.indices {
            for value in [UInt8(0), 10, 32, 255] {
                var bytes = whole
                bytes[index] = value
                if (try? bytes.withUnsafeBytes { try RawCommit($0) }) == nil { refused += 1 }
            }
        }
        #expect(refused > whole.count)
    }

    @Test func `a malformed commit in the store is refused by name`() throws {
        let sandbox = try RepositorySandbox()
        let tree = try sandbox.tree(files: [:])
        let bad = try sandbox.object(
            "commit", Array("tree \(tree.hex)\n\(Self.author)\(Self.committer)author x\n\nm".utf8))
        let repository = try sandbox.open()
        #expect { try repository.commit(bad) } throws: { error in
            guard let fault = error as? GitFault else { return false }
            return fault.kind == .malformedCommit && fault.message.contains(bad.hex)
        }
        #expect { try repository.commit(tree) } throws: { ($0 as? GitFault)?.kind == .malformedCommit }
        #expect { try repository.commit(ObjectID(hex: "main")) } throws: { ($0 as? GitFault)?.kind == .badArgument }
        #expect { try repository.commit(ObjectID(hex: Self.id)) } throws: { ($0 as? GitFault)?.kind == .missingObject }
    }

    @Test func `a line is what lies between along first parents, oldest first`() throws {
        let sandbox = try RepositorySandbox()
        let a = try sandbox.commit(files: ["x": "a"])
        let b = try sandbox.commit(files: ["x": "b"], parents: [a])
        let side = try sandbox.commit(files: ["x": "side"], parents: [a])
        let c = try sandbox.commit(files: ["x": "c"], parents: [b, side])
        let d = try sandbox.commit(files: ["x": "d"], parents: [c])
        let foreign = try sandbox.commit(files: ["x": "foreign"])
        let repository = try sandbox.open()

        #expect(try repository.firstParentLine(after: nil, to: d).map(\.id) == [a, b, c, d])
        #expect(try repository.firstParentLine(after: b, to: d).map(\.id) == [c, d])
        #expect(try repository.firstParentLine(after: d, to: d).isEmpty)
        #expect(try repository.firstParentLine(after: b, to: d).first?.parents == [b, side])
        for stranger in [side, foreign, ObjectID(hex: Self.id)] {
            #expect { try repository.firstParentLine(after: stranger, to: d) } throws: {
                ($0 as? GitFault)?.kind == .notOnLine
            }
        }
        #expect { try repository.firstParentLine(after: d, to: b) } throws: { ($0 as? GitFault)?.kind == .notOnLine }
        #expect { try repository.firstParentLine(after: nil, to: d, limit: 3) } throws: {
            ($0 as? GitFault)?.kind == .lineTooLong
        }
        #expect(try repository.firstParentLine(after: nil, to: d, limit: 4).count == 4)

        let descents: [(ObjectID, ObjectID, Bool)] = [
            (d, a, true), (d, side, true), (d, d, true), (a, d, false), (d, foreign, false), (foreign, d, false),
            (b, side, false),
        ]
        for (commit, ancestor, expected) in descents {
            #expect(try repository.descends(commit, from: ancestor) == expected)
        }
        #expect(throws: GitFault.self) { try repository.descends(ObjectID(hex: Self.id), from: a) }
        #expect(throws: GitFault.self) { try repository.descends(ObjectID(hex: Self.id), from: ObjectID(hex: Self.id)) }
    }

    @Test func `observed times never run backwards and never pass the moment asked about`() {
        func commit(_ time: Int64) -> CommitSummary {
            CommitSummary(id: .none, tree: .none, parents: [], committerTime: Instant(seconds: time))
        }
        let line = [10, 5, 20, 15, 99].map { commit($0) }
        #expect(CommitSummary.observed(line: line).map(\.seconds) == [10, 10, 20, 20, 99])
        #expect(CommitSummary.observed(line: line, until: Instant(seconds: 18)).map(\.seconds) == [10, 10, 18, 18, 18])
        #expect(
            CommitSummary.observed(line: line, after: Instant(seconds: 12)).map(\.seconds) == [12, 12, 20, 20, 99])
    }
}
