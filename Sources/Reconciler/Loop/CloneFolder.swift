import Foundation
import GrantModel

/// The gateway's own clone on disk: there and readable, or made anew.
struct CloneFolder {
    let path: String

    /// Makes an empty clone where none is. A crash leaves none or a whole one: it is made beside and then renamed.
    func prepare() throws(ReconcileFault) {
        do throws(GitFault) {
            _ = try GitRepository.open(path: path)
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
}
