import Foundation

/// Where a forge lets somebody open a pull request of a branch.
enum ForgeLink {
    /// Nil for a remote that no forge is known behind.
    /// - Parameter remote: as git has it: `https://host/owner/name.git`, `git@host:owner/name.git`, `ssh://…`.
    static func pullRequest(remote: String, branch: String, base: String) -> String? {
        guard let (host, path) = parts(of: remote) else { return nil }
        let branch = escaped(branch)
        let base = escaped(base)
        let web = "https://\(host)/\(path)"
        let name = host.lowercased()
        if name == "ssh.dev.azure.com" || name == "dev.azure.com" { return azure(path, branch, base) }
        if name.contains("gitlab") {
            return "\(web)/-/merge_requests/new?merge_request%5Bsource_branch%5D=\(branch)"
                + "&merge_request%5Btarget_branch%5D=\(base)"
        }
        if name.contains("bitbucket") { return "\(web)/pull-requests/new?source=\(branch)&dest=\(base)" }
        if name.contains("github") { return "\(web)/compare/\(base)...\(branch)?expand=1" }
        if ["gitea", "forgejo", "codeberg"].contains(where: name.contains) {
            return "\(web)/compare/\(base)...\(branch)"
        }
        return nil
    }

    /// The link that the forge itself printed when the branch was pushed.
    static func said(_ lines: [String]) -> String? {
        lines.lazy.compactMap { line in
            line.split(separator: " ").first { $0.hasPrefix("https://") || $0.hasPrefix("http://") }.map(String.init)
        }.first
    }

    private static func azure(_ path: String, _ branch: String, _ base: String) -> String? {
        // git@ssh.dev.azure.com:v3/organisation/project/name, https://dev.azure.com/organisation/project/_git/name
        let parts = path.split(separator: "/").map(String.init).filter { $0 != "v3" && $0 != "_git" }
        guard parts.count == 3 else { return nil }
        return "https://dev.azure.com/\(parts[0])/\(parts[1])/_git/\(parts[2])/pullrequestcreate"
            + "?sourceRef=\(branch)&targetRef=\(base)"
    }

    private static func parts(of remote: String) -> (host: String, path: String)? {
        var text = remote
        if text.hasSuffix("/") { text.removeLast() }
        if text.hasSuffix(".git") { text.removeLast(4) }
        if text.contains("://") {
            guard let url = URLComponents(string: text), ["https", "http", "ssh", "git"].contains(url.scheme),
                let host = url.host, !host.isEmpty
            else { return nil }
            let path = url.path.drop { $0 == "/" }
            return path.isEmpty ? nil : (host, String(path))
        }
        // scp's form: user@host:path, where the colon comes before any slash.
        guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") else { return nil }
        let host = text[..<colon].split(separator: "@").last.map(String.init) ?? ""
        let path = text[text.index(after: colon)...].drop { $0 == "/" }
        return host.isEmpty || path.isEmpty ? nil : (host, String(path))
    }

    private static func escaped(_ text: String) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~/")
        return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text
    }
}
