import Crypto
import Foundation
import GrantModel
import Testing

@testable import Reconciler

/// Trees put together entry by entry and sittings signed by `ssh-keygen`, read as the gateway reads them: what somebody
/// may try who can land anything. Each attack is one commit on a repository in which tom kept the grant, or should have.
@Suite(.timeLimit(.minutes(5))) struct TreeAttackTests {
    typealias Entry = (mode: String, name: String, id: ObjectID)

    /// Objects of a repository without its attestations, and tom's good sitting.
    final class Scene {
        let sandbox: RepositorySandbox
        let keygen: SSHKeygen
        let files: [String: String]
        let sitting: String
        let signature: [UInt8]

        init() throws {
            let (sandbox, keygen) = (try RepositorySandbox(), try SSHKeygen())
            var documents: [String: String] = [:]
            var lines: [String: String] = [:]
            for name in ["tom", "maria"] {
                _ = try keygen.generate("-t ed25519", name: name)
                lines[name] = String(decoding: try keygen.read("\(name).pub"), as: UTF8.self)
                    .trimmingCharacters(in: .whitespacesAndNewlines)
            }
            for (path, text) in LoopStandingTests.documents(tom: lines["tom"] ?? "", maria: lines["maria"] ?? "") {
                documents[path] = text
            }
            sitting = LoopStandingTests.sitting(LoopStandingTests.grant, at: "2027-01-15T08:00Z")
            signature = try keygen.sign(Array(sitting.utf8), key: "tom")
            (self.sandbox, self.keygen, files) = (sandbox, keygen, documents)
        }

        var signed: [String: String] {
            ["attestations/a.yaml": sitting, "attestations/a.yaml.sig": String(decoding: signature, as: UTF8.self)]
        }

        /// A tree of `files` whose `folder` holds exactly these entries.
        func tree(_ files: [String: String], _ folder: String, _ entries: [Entry], mode: String = "40000") throws
            -> ObjectID
        {
            let inside = try sandbox.tree(entries)
            let others = files.filter { !$0.key.hasPrefix(folder + "/") }
            var root: [Entry] = [(mode, folder, inside)]
            for name in Set(others.keys.map { String($0.prefix { $0 != "/" }) }) {
                if others[name] != nil {
                    root.append(("100644", name, try sandbox.blob(others[name] ?? "")))
                    continue
                }
                let below = others.filter { $0.key.hasPrefix(name + "/") }
                let named = Dictionary(
                    uniqueKeysWithValues: below.map { (String($0.key.dropFirst(name.count + 1)), $0.value) })
                root.append(("40000", name, try sandbox.tree(files: named)))
            }
            func key(_ entry: Entry) -> [UInt8] {
                Array((entry.mode == "40000" ? entry.name + "/" : entry.name).utf8)
            }
            return try sandbox.tree(root.sorted { key($0).lexicographicallyPrecedes(key($1)) })
        }

        /// The grant's standing after a first commit of the files without attestations and one for each tree.
        func standing(_ trees: [ObjectID]) throws -> GrantStanding? {
            var commits = [try sandbox.commit(files: files)]
            for tree in trees { commits.append(try sandbox.commit(tree, parents: [commits[commits.count - 1]])) }
            let repository = try sandbox.open()
            var state = AccessState()
            for (index, commit) in commits.enumerated() {
                let observed = Instant(seconds: LoopStandingTests.start + Int64(index) * 60)
                state.advance(
                    by: try repository.change(of: try repository.commit(commit), observed: observed),
                    verify: SSHSignature.verify)
            }
            return state.standings(at: Instant(seconds: LoopStandingTests.start + 3_600)).first
        }

        func standing(_ files: [String: String]) throws -> GrantStanding? {
            try standing([try sandbox.tree(files: files)])
        }
    }

    @Test func `done right it is in force`() throws {
        let scene = try Scene()
        #expect(try scene.standing(scene.files.merging(scene.signed) { $1 })?.standing == .inForce)
    }

    @Test func `an entry of a tree that is no plain file carries neither a sitting nor its signature`() throws {
        let scene = try Scene()
        let text = try scene.sandbox.blob(scene.sitting)
        let signature = try scene.sandbox.blob(String(decoding: scene.signature, as: UTF8.self))
        let rows: [(String, [Entry])] = [
            ("a sitting that is executable", [("100755", "a.yaml", text), ("100644", "a.yaml.sig", signature)]),
            ("a sitting that is a link", [("120000", "a.yaml", text), ("100644", "a.yaml.sig", signature)]),
            ("a signature that is a link", [("100644", "a.yaml", text), ("120000", "a.yaml.sig", signature)]),
            ("a signature that is a submodule", [("100644", "a.yaml", text), ("160000", "a.yaml.sig", signature)]),
            ("a mode that git does not write", [("100664", "a.yaml", text), ("100644", "a.yaml.sig", signature)]),
            ("an upper-case name", [("100644", "A.yaml", text), ("100644", "A.yaml.sig", signature)]),
            ("a name with a slash", [("100644", "x/a.yaml", text), ("100644", "x/a.yaml.sig", signature)]),
            ("a name that leads elsewhere", [("100644", "../a.yaml", text), ("100644", "../a.yaml.sig", signature)]),
            ("a signature alone", [("100644", "a.yaml.sig", signature)]),
            ("a sitting alone", [("100644", "a.yaml", text)]),
        ]
        for (what, entries) in rows {
            let found = try scene.standing([try scene.tree(scene.files, "attestations", entries)])
            #expect(found?.standing == .awaitingReview, "\(what): \(found?.why ?? "")")
        }
    }

    @Test func `a signature that is not exactly what the reviewer's key made of these bytes is none`() throws {
        let scene = try Scene()
        let good = String(decoding: scene.signature, as: UTF8.self)
        func signed(_ text: String, key: String = "tom", namespace: String = "grantctl-attestation") throws -> String {
            String(decoding: try scene.keygen.sign(Array(text.utf8), namespace: namespace, key: key), as: UTF8.self)
        }
        let rows: [(String, sitting: String, signature: String, why: String)] = [
            (
                "another person's key", scene.sitting, try signed(scene.sitting, key: "maria"),
                "was not in people/tom.yaml"
            ),
            ("git's namespace", scene.sitting, try signed(scene.sitting, namespace: "git"), "namespace `git`"),
            ("other bytes", scene.sitting, try signed(scene.sitting + "\n"), "does not match the file"),
            ("other line ends", scene.sitting, good.replacing("\n", with: "\r\n"), "signature is not valid"),
            ("text behind it", scene.sitting, good + "x\n", "signature is not valid"),
            ("nothing", scene.sitting, "", "signature is not valid"),
            (
                "a later date under the signature", scene.sitting.replacing("08:00Z", with: "08:01Z"), good,
                "does not match the file"
            ),
            (
                "another repository's", scene.sitting.replacing("repo: acme-access", with: "repo: other"),
                try signed(scene.sitting.replacing("repo: acme-access", with: "repo: other")), "signed for `other`"
            ),
        ]
        for row in rows {
            let files = ["attestations/a.yaml": row.sitting, "attestations/a.yaml.sig": row.signature]
            let found = try scene.standing(scene.files.merging(files) { $1 })
            #expect(found?.standing == .awaitingReview, "\(row.0)")
            #expect(found?.why.contains(row.why) ?? false, "\(row.0): \(found?.why ?? "")")
        }
    }

    @Test func `whatever a denial is replaced by, it stays`() throws {
        let scene = try Scene()
        let all = scene.files.merging(scene.signed) { $1 }
        var denied = all
        denied["denied/x.yaml"] = "grants: [claude/triage-bot]\nwhy: leaked\n"
        let first = try scene.sandbox.tree(files: denied)
        let blob = try scene.sandbox.blob("grants: [claude/other]\nwhy: another\n")
        let one = try scene.sandbox.blob("grants: [claude/triage-bot]\nwhy: leaked\n")
        let rows: [(String, [Entry], mode: String)] = [
            ("a link", [("120000", "x.yaml", blob)], "40000"),
            ("a submodule", [("160000", "x.yaml", blob)], "40000"),
            ("an executable", [("100755", "x.yaml", blob)], "40000"),
            ("a folder", [("40000", "x.yaml", try scene.sandbox.tree(files: ["y.yaml": "x"]))], "40000"),
            ("two entries of one name", [("100644", "x.yaml", blob), ("100644", "x.yaml", one)], "40000"),
            ("the folder as a submodule", [("100644", "x.yaml", blob)], "160000"),
            ("the folder with another mode", [("100644", "x.yaml", blob)], "040000"),
        ]
        for (what, entries, mode) in rows {
            let found = try scene.standing([first, try scene.tree(all, "denied", entries, mode: mode)])
            #expect(found?.standing == .denied, "\(what): \(found?.why ?? "")")
        }
        denied["denied/x.yaml"] = String(repeating: "#", count: 20_000)
        #expect(try scene.standing([first, try scene.sandbox.tree(files: denied)])?.standing == .denied)
        #expect(try scene.standing([first, try scene.sandbox.tree(files: all)])?.standing == .inForce)
    }
}
