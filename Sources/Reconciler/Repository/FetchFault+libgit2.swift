import CLibGit2

extension FetchFault {
    /// What an error of libgit2 during a fetch means to people. Reads the thread's last error.
    init(status: Int32, request: FetchRequest, address: RemoteAddress) {
        self.init(
            status: status, errorClass: LibGit2.lastClass(), text: LibGit2.lastMessage(), url: request.url,
            host: address.host)
    }

    init(status: Int32, errorClass: git_error_t, text: String, url: String, host: String) {
        // libgit2 takes a path for a URL when there is no folder at it.
        let gone = text.contains("unsupported URL protocol")
        func says(_ parts: String...) -> Bool { parts.contains { text.contains($0) } }

        if status == GIT_EOWNER.rawValue || says("is not owned by current user") {
            self.init(
                kind: .configuration, message: "the repository `\(url)` belongs to another user of this machine",
                help: "run as its owner, or reach it over ssh or https")
        } else if says("redirect") {
            self.init(
                kind: .redirect, message: "the remote `\(url)` redirects elsewhere (\(text)), which is not followed",
                help: "configure the address it has now")
        } else if status == GIT_ECERTIFICATE.rawValue || says("certificate") {
            self.init(
                kind: .identity, message: "the certificate of `\(host)` is not trusted: \(text)",
                help: "configure the authority that issued it, or pin it")
        } else if errorClass == GIT_ERROR_SSL {
            self.init(
                kind: .unreachable, message: "no TLS session with `\(host)`: \(text)",
                help: "this libgit2 speaks TLS 1.2 at most: a server that wants TLS 1.3 must allow 1.2 as well, "
                    + "or be reached over ssh")
        } else if status == GIT_EAUTH.rawValue || says("status code: 401", "status code: 403", "authenticat") {
            self.init(
                kind: .authentication, message: "the remote `\(url)` does not let us in: \(text)",
                help: "check that the credential is current and may read the repository")
        } else if gone {
            self.init(kind: .notFound, message: "there is no repository at `\(url)`", help: "check the path")
        } else if says(
            "status code: 404", "not found", "could not find repository", "does not exist", "failed to resolve path",
            "does not appear to be a git repository")
            && errorClass != GIT_ERROR_INDEXER
        {
            self.init(
                kind: .notFound, message: "there is no repository at `\(url)`: \(text)",
                help: "check the address, and that the credential may read it")
        } else if says("too many objects") {
            self.init(
                kind: .tooLarge, message: "the remote `\(url)` sends more objects than are taken",
                help: "remove what does not belong into the repository from its history, or raise the limit")
        } else if errorClass == GIT_ERROR_NOMEMORY {
            self.init(
                kind: .tooLarge, message: "the fetch of `\(url)` needs more memory than it may have",
                help: "remove large files from the repository's history, or raise the limit")
        } else {
            switch errorClass {
            case GIT_ERROR_OS, GIT_ERROR_NET, GIT_ERROR_HTTP, GIT_ERROR_SSH:
                self.init(kind: .unreachable, message: "the remote `\(url)` could not be reached: \(text)")
            case GIT_ERROR_FILESYSTEM, GIT_ERROR_REFERENCE, GIT_ERROR_CONFIG:
                self.init(kind: .storage, message: "what was fetched from `\(url)` could not be stored: \(text)")
            default:
                self.init(kind: .remote, message: "the remote `\(url)` sent what cannot be used: \(text)")
            }
        }
    }
}
