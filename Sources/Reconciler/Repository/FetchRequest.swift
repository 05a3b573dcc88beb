/// One fetch of one branch into a bare repository, as the child process is asked for it.
///
/// It travels over the child's standard input: no secret is in an argument or in the environment.
package struct FetchRequest: Codable, Sendable, Hashable {
    /// A path, `file://`, `https://`, `ssh://` or `user@host:path`; see `RemoteAddress`.
    package var url: String
    /// Without `refs/heads/`; nil for the branch that the remote's `HEAD` names.
    package var branch: String?
    /// A bare repository, made when it is not there.
    package var repositoryPath: String
    /// Seconds after which the child is killed, whatever it does.
    package var deadlineSeconds: Double
    package var credential: Credential?
    /// PEM of the only authorities that may vouch for an https remote; nil for the system's.
    package var certificateAuthority: String?
    /// SHA-256 of the https remote's own certificate (DER), as hexadecimal digits with or without colons. With it, no
    /// other certificate is accepted, and this one whoever issued it.
    package var certificatePin: String?
    /// The ssh remote's host keys, any of which is accepted: `ssh-ed25519 AAAA…` (as in `known_hosts` after the host), or
    /// `SHA256:…` as `ssh-keygen -l` prints. An ssh remote without one is refused.
    package var hostKeys: [String]
    /// `http://host:port` of a proxy for https remotes. The environment's is not used.
    package var proxy: String?
    package var limits: Limits
    /// The reference that the fetched tip is kept at; see `incoming`.
    package var reference = FetchRequest.incoming

    package enum Credential: Codable, Sendable, Hashable {
        /// For https; `user` is `x-access-token` unless the URL or this names one, which suits the common forges.
        case token(String, user: String? = nil)
        /// For ssh: the path of a private key file.
        case sshKey(path: String, passphrase: String? = nil)
    }

    /// What the child may use; beyond it, it fails.
    package struct Limits: Codable, Sendable, Hashable {
        /// Most bytes of a pack on the wire and on disk.
        package var packBytes = 4 << 30
        package var objects = 16_000_000
        /// Address space, bytes.
        package var memoryBytes = 8 << 30
        /// Processor time, seconds.
        package var processorSeconds = 600

        package init() {}
    }

    package init(
        url: String, branch: String?, repositoryPath: String, deadlineSeconds: Double = 60,
        credential: Credential? = nil, certificateAuthority: String? = nil, certificatePin: String? = nil,
        hostKeys: [String] = [], proxy: String? = nil, limits: Limits = Limits()
    ) {
        self.url = url
        self.branch = branch
        self.repositoryPath = repositoryPath
        self.deadlineSeconds = deadlineSeconds
        self.credential = credential
        self.certificateAuthority = certificateAuthority
        self.certificatePin = certificatePin
        self.hostKeys = hostKeys
        self.proxy = proxy
        self.limits = limits
    }

    /// Where the fetched tip is kept: never a branch, so that nothing it says is taken for accepted.
    package static let incoming = "refs/grantctl/incoming"
}

extension FetchRequest: CustomStringConvertible {
    /// Without the credential.
    package var description: String { "fetch of `\(branch ?? "HEAD")` from `\(url)` into `\(repositoryPath)`" }
}

/// What a fetch brought.
package struct FetchResult: Codable, Sendable, Hashable {
    /// The branch's tip, now at `FetchRequest.incoming`; 40 hexadecimal digits.
    package var tip: String
    /// The branch it is the tip of.
    package var branch: String
    /// 0 when nothing was new.
    package var objects: Int
    package var bytes: Int

    package init(tip: String, branch: String, objects: Int, bytes: Int) {
        self.tip = tip
        self.branch = branch
        self.objects = objects
        self.bytes = bytes
    }
}

/// How far a fetch is.
package struct FetchProgress: Codable, Sendable, Hashable {
    package var receivedObjects: Int
    package var indexedObjects: Int
    package var totalObjects: Int
    package var receivedBytes: Int

    package init(receivedObjects: Int, indexedObjects: Int, totalObjects: Int, receivedBytes: Int) {
        self.receivedObjects = receivedObjects
        self.indexedObjects = indexedObjects
        self.totalObjects = totalObjects
        self.receivedBytes = receivedBytes
    }
}

/// Why a fetch failed.
package struct FetchFault: Error, Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable {
        /// The request itself cannot be right: a person must change it.
        case configuration
        /// No connection, or it broke.
        case unreachable
        /// Took longer than the deadline, and was killed.
        case deadline
        /// The remote refused the credential, or wants one.
        case authentication
        /// The remote's certificate or host key is not the one to be trusted.
        case identity
        /// The remote sends elsewhere; credentials do not follow.
        case redirect
        /// The remote has no such repository or branch.
        case notFound
        /// More than the limits allow.
        case tooLarge
        /// The remote answered with something that is no git protocol, or with a damaged pack.
        case remote
        /// The disk or the clone is at fault.
        case storage
        /// The child process ended in a way it should not.
        case child
        /// Whoever asked no longer wants it.
        case cancelled
    }

    package var kind: Kind
    /// What happened: lower case, one line, without secrets.
    package var message: String
    /// What to do; empty when the message says it all.
    package var help: String

    package init(kind: Kind, message: String, help: String = "") {
        self.kind = kind
        self.message = message
        self.help = help
    }
}

extension FetchFault: CustomStringConvertible {
    package var description: String { help.isEmpty ? message : "\(message); \(help)" }

    /// Whether the same fetch may succeed later without anybody doing anything.
    package var mayPass: Bool {
        switch kind {
        case .unreachable, .deadline, .remote, .child, .cancelled, .storage: true
        case .configuration, .authentication, .identity, .redirect, .notFound, .tooLarge: false
        }
    }
}

/// One line of what the child process writes to its standard output.
struct FetchMessage: Codable {
    var progress: FetchProgress?
    var result: FetchResult?
    var fault: FetchFault?
}

/// What the child process reads from its standard input.
struct FetchOrder: Codable {
    var request: FetchRequest
    /// The process that asked, so that a child started by one that has died ends at once.
    var parent: Int32
}
