import CLibGit2
import Glibc
import GrantModel

/// One git repository, read object by object; its worktree, index and hooks are never touched.
///
/// Not `Sendable`: libgit2's handles belong to one thread at a time. Opening is cheap (well below a millisecond).
package final class GitRepository {
    /// The repository's own folder (`.git` of an ordinary one).
    package let path: String
    let handle: OpaquePointer
    let objects: OpaquePointer

    private init(handle: OpaquePointer) throws(GitFault) {
        var objects: OpaquePointer?
        let status = git_repository_odb(&objects, handle)
        guard status == 0, let objects else {
            let fault = GitFault.last(status, while: "opening the object store")
            git_repository_free(handle)
            throw fault
        }
        self.handle = handle
        self.objects = objects
        self.path = git_repository_path(handle).map { String(cString: $0) } ?? ""
    }

    deinit {
        git_odb_free(objects)
        git_repository_free(handle)
    }

    /// Opens the bare or ordinary repository at exactly this path; parent folders are not searched, the environment
    /// (`GIT_DIR` and so on) is not read.
    package static func open(path: String) throws(GitFault) -> GitRepository {
        try LibGit2.start()
        var handle: OpaquePointer?
        let status = git_repository_open_ext(&handle, path, GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue, nil)
        guard status == 0, let handle else {
            if status == GIT_ENOTFOUND.rawValue {
                // libgit2 1.5.1 reports a foreign owner as "not found" where there is no configuration to allow one.
                if let owner = GitRepository.owner(ofRepositoryAt: path), owner != geteuid() {
                    throw GitFault.last(GIT_EOWNER.rawValue, while: "opening `\(path)`")
                }
                throw GitFault(
                    kind: .noRepository, message: "`\(path)` is no git repository",
                    help: "name a bare repository, or a folder that holds `.git`")
            }
            throw GitFault.last(status, while: "opening `\(path)`")
        }
        return try GitRepository(handle: handle)
    }

    /// The user who owns the repository whose usual files lie at the path; nil when they do not.
    private static func owner(ofRepositoryAt path: String) -> uid_t? {
        for folder in [path + "/.git", path]
        where access(folder + "/HEAD", F_OK) == 0 && access(folder + "/objects", F_OK) == 0 {
            var status = stat()
            if stat(folder, &status) == 0 { return status.st_uid }
        }
        return nil
    }

    /// Makes an empty bare repository with missing parent folders, readable by this user only.
    package static func createBare(path: String) throws(GitFault) -> GitRepository {
        try LibGit2.start()
        var options = git_repository_init_options()
        guard git_repository_init_options_init(&options, UInt32(GIT_REPOSITORY_INIT_OPTIONS_VERSION)) == 0 else {
            throw GitFault(kind: .storage, message: "libgit2 does not know these options")
        }
        options.flags =
            GIT_REPOSITORY_INIT_BARE.rawValue | GIT_REPOSITORY_INIT_NO_REINIT.rawValue
            | GIT_REPOSITORY_INIT_MKDIR.rawValue | GIT_REPOSITORY_INIT_MKPATH.rawValue
        options.mode = 0o700
        var handle: OpaquePointer?
        let status = git_repository_init_ext(&handle, path, &options)
        guard status == 0, let handle else { throw GitFault.last(status, while: "making the repository `\(path)`") }
        return try GitRepository(handle: handle)
    }

    /// The commit that a reference (`refs/heads/main`, `HEAD`) stands for in the end; nil when there is none.
    package func resolve(ref: String) throws(GitFault) -> ObjectID? {
        var id = git_oid()
        let status = git_reference_name_to_id(&id, handle, ref)
        switch status {
        case 0: return RawID(id).objectID
        case GIT_ENOTFOUND.rawValue: return nil
        default: throw GitFault.last(status, while: "reading the reference `\(ref)`")
        }
    }

    /// The branch that `HEAD` names, e.g. `main`, whether or not it has a commit; nil when `HEAD` is a commit.
    package func headBranch() throws(GitFault) -> String? {
        var head: OpaquePointer?
        let status = git_reference_lookup(&head, handle, "HEAD")
        guard status == 0, let head else { throw GitFault.last(status, while: "reading `HEAD`") }
        defer { git_reference_free(head) }
        guard let target = git_reference_symbolic_target(head) else { return nil }
        let name = String(cString: target)
        let prefix = "refs/heads/"
        return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    }

    /// Points a reference at an object that is there, whatever it pointed at before.
    package func updateRef(_ ref: String, to id: ObjectID) throws(GitFault) {
        guard let raw = RawID(id) else { throw GitRepository.notAnID(id) }
        var oid = raw.oid
        var reference: OpaquePointer?
        let status = git_reference_create(&reference, handle, ref, &oid, 1, nil)
        guard status == 0 else { throw GitFault.last(status, while: "moving the reference `\(ref)`") }
        git_reference_free(reference)
    }

    /// Removes a reference; one that is not there is no fault.
    package func deleteRef(_ ref: String) throws(GitFault) {
        let status = git_reference_remove(handle, ref)
        guard status == 0 || status == GIT_ENOTFOUND.rawValue else {
            throw GitFault.last(status, while: "removing the reference `\(ref)`")
        }
    }

    static func notAnID(_ id: ObjectID) -> GitFault {
        GitFault(kind: .badArgument, message: "`\(id.hex)` is no object id (40 lower-case hexadecimal digits)")
    }
}

@available(*, unavailable)
extension GitRepository: Sendable {}
