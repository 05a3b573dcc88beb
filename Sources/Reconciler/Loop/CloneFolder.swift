import Foundation
import GrantModel

/// The gateway's own clone on disk: there and readable, or made anew.
struct CloneFolder {
    let path: String

    /// Makes an empty clone where none is. A crash leaves none or a whole one: it is made beside and then renamed.
    func prepare() throws(ReconcileFault) {
        do throws(GitFault) {
            _ = try GitRepository.open(path: path)
            sweep()
            return
        } catch {
            guard error.kind == .noRepository, !FileManager.default.fileExists(atPath: path) else {
                throw ReconcileFault(error, step: .fetch, commit: .none)
            }
        }
        let unfinished = path + ".new"
        do {
            if FileManager.default.fileExists(atPath: unfinished) {
                try FileManager.default.removeItem(atPath: unfinished)
            }
            _ = try GitRepository.createBare(path: unfinished)
            try FileManager.default.moveItem(atPath: unfinished, toPath: path)
        } catch let fault as GitFault {
            throw ReconcileFault(fault, step: .fetch, commit: .none)
        } catch {
            throw ReconcileFault(
                step: .fetch, reason: "Storage",
                message: "the clone `\(path)` cannot be made; check the state directory")
        }
    }

    /// Removes what a fetch leaves that was killed: locks, which would make every later one fail, and parts of packs, which
    /// would pile up. Nobody else uses the clone: its state directory is locked, and no fetch runs now.
    private func sweep() {
        let files = FileManager.default
        var leftovers = ["HEAD.lock", "config.lock", "packed-refs.lock", "FETCH_HEAD.lock"]
        leftovers += (files.enumerator(atPath: path + "/refs")?.allObjects ?? []).compactMap { $0 as? String }
            .filter { $0.hasSuffix(".lock") }.map { "refs/\($0)" }
        // What libgit2 names its temporary files (`git_futils_mktmp` in futils.c).
        for folder in ["objects", "objects/pack"] {
            leftovers += ((try? files.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? [])
                .filter { $0.contains("_git2_") }.map { "\(folder)/\($0)" }
        }
        for name in leftovers { unlink("\(path)/\(name)") }
    }
}
