import CLibGit2
import GrantModel

/// What kind of object, of those a repository is made of.
enum ObjectKind: Sendable {
    case commit, tree, blob, tag

    init?(_ type: git_object_t) {
        switch type {
        case GIT_OBJECT_COMMIT: self = .commit
        case GIT_OBJECT_TREE: self = .tree
        case GIT_OBJECT_BLOB: self = .blob
        case GIT_OBJECT_TAG: self = .tag
        default: return nil
        }
    }
}

extension GitRepository {
    /// Kind and size (bytes once inflated) of an object, read without inflating it: a blob of 600 MB of zeros is 700 KB
    /// in a pack.
    func header(_ id: RawID) throws(GitFault) -> (kind: ObjectKind, size: Int) {
        var size = 0
        var type = GIT_OBJECT_INVALID
        var oid = id.oid
        let status = git_odb_read_header(&size, &type, objects, &oid)
        guard status == 0 else {
            if status == GIT_ENOTFOUND.rawValue { throw .missing("the object", id.objectID.hex) }
            throw damaged(id, status)
        }
        guard let kind = ObjectKind(type) else { throw damaged(id, GIT_EINVALID.rawValue) }
        return (kind, size)
    }

    /// What libgit2 needs beside the object itself.
    static let besideObject = 8 << 10
    /// Most bytes that reading a commit or tree may ask for at once: twice the largest tree.
    private static let mostBytes = 256 << 20

    /// Hands the raw bytes of an object to `body`; its hash was checked. The caller has looked at `header` first.
    func withObject<Value>(_ id: RawID, _ body: (UnsafeRawBufferPointer) -> Value) throws(GitFault) -> Value {
        if let value = try withObject(id, within: Self.mostBytes, { _, bytes in body(bytes) }) { return value }
        throw GitFault(
            kind: .damagedObject,
            message: "the object `\(id.objectID.hex)` is stored as a difference from one of more than "
                + "\(Self.mostBytes >> 20) MiB",
            help: "store it in another way with `git repack -adF` at the remote")
    }

    /// Hands the kind and the raw bytes of an object to `body`; its hash was checked.
    ///
    /// A small object in a pack may be stored as a difference from a huge one, which `header` does not tell.
    /// - Parameter bytes: most memory to be asked for at once, for the object and for whatever it is a difference from.
    /// - Returns: nil where that is not enough.
    func withObject<Value>(
        _ id: RawID, within bytes: Int, _ body: (ObjectKind, UnsafeRawBufferPointer) -> Value
    ) throws(GitFault) -> Value? {
        var object: OpaquePointer?
        var oid = id.oid
        _ = grantctl_git_limit_allocation(bytes)
        let status = git_odb_read(&object, objects, &oid)
        let isTooLarge = grantctl_git_limit_allocation(0) != 0
        guard status == 0, let object else {
            if isTooLarge { return nil }
            if status == GIT_ENOTFOUND.rawValue { throw .missing("the object", id.objectID.hex) }
            throw damaged(id, status)
        }
        defer { git_odb_object_free(object) }
        guard let kind = ObjectKind(git_odb_object_type(object)) else { throw damaged(id, GIT_EINVALID.rawValue) }
        return body(
            kind, UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
    }

    private func damaged(_ id: RawID, _ status: Int32) -> GitFault {
        var fault = GitFault.last(status, while: "reading the object `\(id.objectID.hex)`")
        fault.kind = .damagedObject
        fault.help = "remove the clone, so that it is fetched again"
        return fault
    }
}
