import GrantModel

/// What the operator sets about the grants repository, outside of it. Secrets are already read.
package struct ReconcilerConfiguration: Sendable {
    /// Absolute; its parent exists.
    package var stateDirectory: String
    package var url: String
    package var branch: String
    /// How often the remote is asked without a trigger.
    package var poll: Span
    /// The root of the branch's first-parent line, if it is pinned.
    package var genesis: ObjectID?
    package var commits: CommitTrust
    package var credential: FetchRequest.Credential?
    /// PEM; see `FetchRequest`.
    package var certificateAuthority: String?
    package var certificatePin: String?
    package var hostKeys: [String]
    package var proxy: String?
    /// A second remote of the same branch; see `RemoteViews`.
    package var mirror: Mirror?
    /// Seconds after which a fetch is ended.
    package var fetchDeadline: Double
    /// The binary that is run again to fetch.
    package var executable: String

    package init(
        stateDirectory: String, url: String, branch: String = "main", poll: Span = Span(seconds: 30),
        genesis: ObjectID? = nil, commits: CommitTrust = .any, credential: FetchRequest.Credential? = nil,
        certificateAuthority: String? = nil, certificatePin: String? = nil, hostKeys: [String] = [],
        proxy: String? = nil, fetchDeadline: Double = 60, executable: String = FetchProcess.ownExecutable
    ) {
        self.stateDirectory = stateDirectory
        self.url = url
        self.branch = branch
        self.poll = poll
        self.genesis = genesis
        self.commits = commits
        self.credential = credential
        self.certificateAuthority = certificateAuthority
        self.certificatePin = certificatePin
        self.hostKeys = hostKeys
        self.proxy = proxy
        self.fetchDeadline = fetchDeadline
        self.executable = executable
    }

    /// Another remote that holds the same branch, and how it is reached.
    package struct Mirror: Sendable, Hashable {
        package var url: String
        package var credential: FetchRequest.Credential?
        package var certificateAuthority: String?
        package var certificatePin: String?
        package var hostKeys: [String]
        package var proxy: String?

        package init(
            url: String, credential: FetchRequest.Credential? = nil, certificateAuthority: String? = nil,
            certificatePin: String? = nil, hostKeys: [String] = [], proxy: String? = nil
        ) {
            self.url = url
            self.credential = credential
            self.certificateAuthority = certificateAuthority
            self.certificatePin = certificatePin
            self.hostKeys = hostKeys
            self.proxy = proxy
        }
    }

    /// The fetches into the state directory's clone, one for each remote.
    func fetches(into repositoryPath: String) -> [FetchRequest] {
        var first = FetchRequest(
            url: url, branch: branch, repositoryPath: repositoryPath, deadlineSeconds: fetchDeadline,
            credential: credential, certificateAuthority: certificateAuthority, certificatePin: certificatePin,
            hostKeys: hostKeys, proxy: proxy)
        guard let mirror else { return [first] }
        var second = FetchRequest(
            url: mirror.url, branch: branch, repositoryPath: repositoryPath, deadlineSeconds: fetchDeadline,
            credential: mirror.credential, certificateAuthority: mirror.certificateAuthority,
            certificatePin: mirror.certificatePin, hostKeys: mirror.hostKeys, proxy: mirror.proxy)
        // By place, so that what one remote said is never taken for another's after the list was changed.
        first.reference = Self.reference(url)
        second.reference = Self.reference(mirror.url)
        return [first, second]
    }

    private static func reference(_ url: String) -> String {
        "refs/grantctl/remotes/\(AcceptedMark.fingerprint(url: url).prefix(32))"
    }

    /// Whether a mark was made with one of the remotes.
    func isAccepted(from fingerprint: String) -> Bool {
        ([url] + (mirror.map { [$0.url] } ?? [])).contains { AcceptedMark.fingerprint(url: $0) == fingerprint }
    }
}
