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

    /// Hands the raw bytes of an object to `body`; its hash was checked. The caller has looked at `header` first.
    func withObject<Value>(_ id: RawID, _ body: (UnsafeRawBufferPointer) -> Value) throws(GitFault) -> Value {
        var object: OpaquePointer?
        var oid = id.oid
        let status = git_odb_read(&object, objects, &oid)
        guard status == 0, let object else {
            if status == GIT_ENOTFOUND.rawValue { throw .missing("the object", id.objectID.hex) }
            throw damaged(id, status)
        }
        defer { git_odb_object_free(object) }
        return body(UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
    }

    private func damaged(_ id: RawID, _ status: Int32) -> GitFault {
        var fault = GitFault.last(status, while: "reading the object `\(id.objectID.hex)`")
        fault.kind = .damagedObject
        fault.help = "remove the clone, so that it is fetched again"
        return fault
    }
}
