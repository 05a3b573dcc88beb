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

    /// The fetch into the state directory's clone.
    func fetch(into repositoryPath: String) -> FetchRequest {
        FetchRequest(
            url: url, branch: branch, repositoryPath: repositoryPath, deadlineSeconds: fetchDeadline,
            credential: credential, certificateAuthority: certificateAuthority, certificatePin: certificatePin,
            hostKeys: hostKeys, proxy: proxy)
    }
}
