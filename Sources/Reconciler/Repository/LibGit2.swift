import CLibGit2
import Glibc

/// The library's global state, set once for the process.
enum LibGit2 {
    /// Nil when the library is ready; what is wrong otherwise.
    ///
    /// No configuration of the machine or the user is read (no `insteadOf`, no ambient proxy or credential), repositories
    /// of other users are refused, and each object read is hashed again. See libgit2's `common.h`, `git_libgit2_opts`.
    static let fault: GitFault? = {
        guard grantctl_git_use_limited_allocator() == 0, git_libgit2_init() > 0 else {
            return GitFault(kind: .storage, message: "libgit2 could not be started: \(lastMessage())")
        }
        let levels = [
            GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
        ]
        for level in levels where grantctl_git_set_search_path(level.rawValue, "") != 0 {
            return GitFault(kind: .storage, message: "libgit2 could not be told to ignore configuration files")
        }
        guard grantctl_git_set_strict_hash_verification(1) == 0, grantctl_git_set_owner_validation(1) == 0,
            // Everything is read once; what was parsed from it is cached by its reader.
            grantctl_git_set_caching(0) == 0,
            grantctl_git_set_fsync(1) == 0,
            // Small windows on the packs, so that address space stays bounded (1 GiB by default).
            grantctl_git_set_window_size(32 << 20) == 0, grantctl_git_set_window_mapped_limit(1 << 30) == 0
        else {
            return GitFault(kind: .storage, message: "libgit2 could not be set up: \(lastMessage())")
        }
        return nil
    }()

    static func start() throws(GitFault) {
        if let fault { throw fault }
    }

    /// The text of the last error on this thread, on one line, without control characters, at most 300 bytes.
    static func lastMessage() -> String {
        guard let error = git_error_last(), let text = error.pointee.message else { return "no reason given" }
        return oneLine(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }

    /// The class of the last error on this thread.
    static func lastClass() -> git_error_t {
        guard let error = git_error_last() else { return GIT_ERROR_NONE }
        return git_error_t(UInt32(bitPattern: error.pointee.klass))
    }

    /// Foreign text as it may be shown: remote servers can put anything into an error.
    static func oneLine(_ bytes: some Sequence<UInt8>) -> String {
        var shown: [UInt8] = []
        for byte in bytes.prefix(300) {
            shown.append(byte >= 0x20 && byte < 0x7F ? byte : UInt8(ascii: " "))
        }
        while shown.last == UInt8(ascii: " ") || shown.last == UInt8(ascii: ".") { shown.removeLast() }
        return String(decoding: shown, as: UTF8.self)
    }
}
