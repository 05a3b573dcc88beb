import CLibGit2
import Crypto
import Foundation
import GrantModel

/// One fetch with libgit2, in the child process: it blocks, and may not return.
struct Fetch {
    private let request: FetchRequest
    private let address: RemoteAddress

    init(_ request: FetchRequest) throws(FetchFault) {
        self.request = request
        address = try RemoteAddress(request.url)
        guard address.scheme != .ssh || !request.hostKeys.isEmpty else {
            throw FetchFault(
                kind: .configuration, message: "no host key is configured for `\(address.host)`",
                help: "add the line that `ssh-keyscan \(address.host)` prints, once you compared it")
        }
    }

    func run(progress: @escaping (FetchProgress) -> Void) throws(FetchFault) -> FetchResult {
        let repository = try openRepository()
        try trustAuthority()
        var handle: OpaquePointer?
        var create = git_remote_create_options()
        git_remote_create_options_init(&create, UInt32(GIT_REMOTE_CREATE_OPTIONS_VERSION))
        create.repository = repository.handle
        create.flags =
            GIT_REMOTE_CREATE_SKIP_INSTEADOF.rawValue | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC.rawValue
        guard git_remote_create_with_opts(&handle, address.url, &create) == 0, let remote = handle else {
            throw FetchFault(kind: .configuration, message: "the remote's URL cannot be read: \(LibGit2.lastMessage())")
        }
        defer { git_remote_free(remote) }

        let exchange = FetchExchange(request: request, address: address, progress: progress)
        return try withExtendedLifetime(exchange) { () throws(FetchFault) in
            try fetch(remote, repository, exchange)
        }
    }

    private func openRepository() throws(FetchFault) -> GitRepository {
        do throws(GitFault) {
            do throws(GitFault) {
                return try GitRepository.open(path: request.repositoryPath)
            } catch  where error.kind == .noRepository {
                return try GitRepository.createBare(path: request.repositoryPath)
            }
        } catch {
            throw FetchFault(kind: .storage, message: error.message, help: error.help)
        }
    }

    /// Makes the request's authority the only one. Mbed TLS reads authorities from files alone; this one is in memory.
    private func trustAuthority() throws(FetchFault) {
        guard let authority = request.certificateAuthority, address.scheme == .https else { return }
        let file = grantctl_memory_file("authority")
        guard file >= 0 else { throw FetchFault(kind: .child, message: "no memory for the certificate authority") }
        // Stays open: libgit2 may read it again for another connection.
        var bytes = Array(authority.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw FetchFault(kind: .child, message: "no memory for the certificate authority") }
            bytes = bytes.dropFirst(count)
        }
        guard grantctl_git_set_certificate_file("/proc/self/fd/\(file)") == 0 else {
            throw FetchFault(
                kind: .configuration, message: "the certificate authority cannot be read: \(LibGit2.lastMessage())",
                help: "it must be one or more certificates in PEM")
        }
    }

    private func fetch(
        _ remote: OpaquePointer, _ repository: GitRepository, _ exchange: FetchExchange
    ) throws(FetchFault) -> FetchResult {
        let proxy = request.proxy.flatMap { strdup($0) }
        defer { free(proxy) }
        var proxyOptions = git_proxy_options()
        git_proxy_options_init(&proxyOptions, UInt32(GIT_PROXY_OPTIONS_VERSION))
        if let proxy {
            proxyOptions.type = GIT_PROXY_SPECIFIED
            proxyOptions.url = UnsafePointer(proxy)
        }

        var connection = git_remote_connect_options()
        git_remote_connect_options_init(&connection, UInt32(GIT_REMOTE_CONNECT_OPTIONS_VERSION))
        exchange.fill(&connection.callbacks)
        connection.proxy_opts = proxyOptions
        connection.follow_redirects = GIT_REMOTE_REDIRECT_NONE
        try exchange.check(git_remote_connect_ext(remote, GIT_DIRECTION_FETCH, &connection))

        let (branch, tip) = try advertised(remote, exchange)
        let known = try current(repository)
        if known != tip {
            var options = git_fetch_options()
            git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
            exchange.fill(&options.callbacks)
            options.proxy_opts = proxyOptions
            options.prune = GIT_FETCH_NO_PRUNE
            options.update_fetchhead = 0
            options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
            options.follow_redirects = GIT_REMOTE_REDIRECT_NONE
            // With `+`: without it, a branch that was rewritten is a fetch that succeeds and moves nothing.
            let refspec = strdup("+refs/heads/\(branch):\(request.reference)")
            defer { free(refspec) }
            var texts = [refspec]
            let status = texts.withUnsafeMutableBufferPointer { buffer in
                var refspecs = git_strarray(strings: buffer.baseAddress, count: 1)
                return git_remote_download(remote, &refspecs, &options)
            }
            try exchange.check(status)
            try exchange.check(
                git_remote_update_tips(remote, &options.callbacks, 0, GIT_REMOTE_DOWNLOAD_TAGS_NONE, nil))
        }
        git_remote_disconnect(remote)
        guard try current(repository) == tip else {
            throw FetchFault(
                kind: .remote, message: "the remote announced `\(tip.hex)` and delivered something else")
        }
        let progress = exchange.progress
        return FetchResult(
            tip: tip.hex, branch: branch, objects: progress?.receivedObjects ?? 0, bytes: progress?.receivedBytes ?? 0)
    }

    private func current(_ repository: GitRepository) throws(FetchFault) -> ObjectID? {
        do throws(GitFault) {
            guard let id = try repository.resolve(ref: request.reference) else { return nil }
            // A clone that lost the commit must fetch it again.
            _ = try repository.commit(id)
            return id
        } catch  where error.kind == .missingObject {
            return nil
        } catch {
            throw FetchFault(kind: .storage, message: error.message, help: error.help)
        }
    }

    /// The branch that is asked for, and where the remote says it is.
    private func advertised(
        _ remote: OpaquePointer, _ exchange: FetchExchange
    ) throws(FetchFault) -> (branch: String, tip: ObjectID) {
        var branch = request.branch
        if branch == nil {
            var name = git_buf()
            defer { git_buf_dispose(&name) }
            if git_remote_default_branch(&name, remote) == 0, let text = name.ptr {
                let full = String(cString: text)
                branch = full.hasPrefix("refs/heads/") ? String(full.dropFirst("refs/heads/".count)) : nil
            }
        }
        guard let branch else {
            throw FetchFault(
                kind: .notFound, message: "the remote `\(request.url)` names no default branch: it may be empty",
                help: "push to it, or name a branch")
        }
        var valid: Int32 = 0
        guard git_reference_name_is_valid(&valid, "refs/heads/\(branch)") == 0, valid == 1 else {
            throw FetchFault(kind: .configuration, message: "`\(branch)` is no branch name")
        }
        var heads: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
        var count = 0
        try exchange.check(git_remote_ls(&heads, &count, remote))
        let wanted = "refs/heads/\(branch)"
        for head in UnsafeMutableBufferPointer(start: heads, count: count) {
            guard let head, let name = head.pointee.name, strcmp(name, wanted) == 0 else { continue }
            return (branch, RawID(head.pointee.oid).objectID)
        }
        throw FetchFault(
            kind: .notFound,
            message: "the remote `\(request.url)` has no branch `\(branch)`\(others(remote, heads, count))",
            help: "push it, or change the branch that is asked for")
    }

    /// Where the remote's `HEAD` is instead, for a branch that was renamed.
    private func others(
        _ remote: OpaquePointer, _ heads: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?, _ count: Int
    ) -> String {
        var name = git_buf()
        defer { git_buf_dispose(&name) }
        guard git_remote_default_branch(&name, remote) == 0, let text = name.ptr else { return "" }
        for head in UnsafeMutableBufferPointer(start: heads, count: count) {
            guard let head, let other = head.pointee.name, strcmp(other, text) == 0 else { continue }
            let shown = LibGit2.oneLine(UnsafeRawBufferPointer(start: text, count: strlen(text)))
            let short = shown.hasPrefix("refs/heads/") ? String(shown.dropFirst("refs/heads/".count)) : shown
            return "; its default branch is `\(short)`, at `\(RawID(head.pointee.oid).objectID.hex)`"
        }
        return ""
    }
}
