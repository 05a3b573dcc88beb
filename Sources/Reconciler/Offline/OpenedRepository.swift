import Foundation
import GrantModel

/// A repository on this machine that a command asks: one that was there, or a clone that is gone with this value.
///
/// Opens libgit2's handles anew for each piece of work, because they belong to one thread.
package final class OpenedRepository: Sendable {
    /// Of the folder that holds it, or of the bare repository itself.
    package let path: String
    private let isTemporary: Bool

    package init(path: String) {
        self.path = path
        isTemporary = false
    }

    private init(temporary path: String) {
        self.path = path
        isTemporary = true
    }

    deinit {
        if isTemporary { try? FileManager.default.removeItem(atPath: path) }
    }

    /// Whether what is worked out here may be kept for the next command.
    package var isLasting: Bool { !isTemporary }

    /// Fetches a branch into a clone that lives as long as the value does.
    /// - Returns: with the branch's tip.
    package static func fetch(
        _ url: String, _ options: RepositorySource.Options,
        progress: @escaping @Sendable (FetchProgress) -> Void = { _ in }
    ) async throws(SourceFault) -> (repository: OpenedRepository, tip: ObjectID) {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("grantctl-\(UUID().uuidString)").path
        let opened = OpenedRepository(temporary: path)
        let request = FetchRequest(
            url: url, branch: options.branch, repositoryPath: path, deadlineSeconds: options.deadlineSeconds,
            credential: options.credential, certificateAuthority: options.certificateAuthority,
            hostKeys: options.hostKeys)
        switch await FetchProcess.run(request, executable: options.executable, progress: progress) {
        case .failure(let fault): throw .fetch(fault)
        case .success(let result): return (opened, ObjectID(hex: result.tip))
        }
    }

    /// Does something with the repository. Blocks.
    package func with<Value>(
        _ body: (GitRepository) throws(GitFault) -> Value
    ) throws(SourceFault) -> Value {
        do throws(GitFault) {
            return try body(try GitRepository.open(path: path))
        } catch {
            throw .git(error)
        }
    }

    /// The bytes of a file by its blob's id; nil where they are not there or are larger than a document may be.
    package func bytes(ofBlob id: ObjectID, limits: TreeLimits = TreeLimits()) -> [UInt8]? {
        guard let raw = RawID(id), let repository = try? GitRepository.open(path: path),
            let header = try? repository.header(raw), header.kind == .blob, header.size <= limits.attestationBytes
        else { return nil }
        return try? repository.withObject(raw) { Array($0) }
    }
}

extension OpenedRepository {
    /// The bytes of a file of a commit; nil where there is none, or where it is no file.
    package func bytes(at path: ByteString, in commit: ObjectID) -> [UInt8]? {
        guard let repository = try? GitRepository.open(path: self.path), let id = RawID(commit),
            var tree = try? repository.rawCommit(id).tree
        else { return nil }
        let segments = path.bytes.split(separator: UInt8(ascii: "/")).map { Array($0) }
        for (number, segment) in segments.enumerated() {
            guard let header = try? repository.header(tree), header.kind == .tree,
                let listing = (try? repository.withObject(tree, { TreeListing($0) })) ?? nil,
                let entry = listing[segment], entry.kind == (number == segments.count - 1 ? .file : .folder)
            else { return nil }
            tree = entry.id
        }
        return bytes(ofBlob: tree.objectID)
    }
}
