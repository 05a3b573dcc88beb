import Foundation
import GrantModel
import Identity
import Proxy
import Reconciler
import Records

/// The gateway's own configuration, `gateway.yaml`: what the operator sets outside the grants repository.
///
/// Relative paths count from the file's folder. Secrets stay references until they are asked for, so that they can be
/// read again while the gateway runs.
struct GatewayFile: Sendable {
    struct Grants: Sendable {
        var remote: Remote
        /// A second remote of the same branch.
        var mirror: Remote?
        var branch: String
        var poll: Span
        var genesis: ObjectID?
        var commits: CommitTrust
        var webhookSecret: SecretSource?
        var fetchDeadline: Span
    }

    /// A place that grants are fetched from, and how it is reached.
    struct Remote: Sendable {
        var url: String
        var credential: SecretSource?
        /// PEM of the private authority behind an `https` remote.
        var authority: String?
        /// SHA-256 of the `https` remote's certificate; no other is accepted then.
        var certificatePin: String?
        /// A private key file for an `ssh` remote.
        var sshKey: String?
        var sshPassphrase: SecretSource?
        /// The `ssh` remote's host keys.
        var hostKeys: [String]
        var proxy: String?
    }

    /// A secret for upstreams, and to which of them it may go.
    struct Credential: Sendable, Hashable {
        var secret: SecretSource
        /// Nil for any that a service names.
        var origins: [Service.Upstream]?
    }

    var state: String
    var grants: Grants
    var listeners: [GatewayConfiguration.Listener]
    var admin: (host: String, port: Int)
    var credentials: [ByteString: Credential]
    var durability: RecordStore.Durability
    var keepRecords: Span
    var eventLoops: Int
    var drain: Span
    var refusalCode: String?
    var upstreamAuthority: String?
    /// Nil for a key of this gateway's own, kept in the state directory.
    var placeholderKey: SecretSource?
    /// Nil where no tokens are exchanged.
    var exchange: ExchangeSettings?

    /// Reads a file and checks all of it.
    /// - Throws: `GatewayFileFault` with every error of the file.
    static func read(_ path: String) throws -> GatewayFile {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw GatewayFileFault(diagnostics: [
                Diagnostic(
                    path: path, code: "unreadable", message: "the file cannot be read",
                    help: "give the gateway's configuration with --config")
            ])
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let reading = DocumentReader.read([UInt8](data), path: path) { fields in
            GatewayFile(&fields, folder: folder)
        }
        guard let file = reading.value else { throw GatewayFileFault(diagnostics: reading.diagnostics) }
        return file
    }

    private init?(_ fields: inout Fields, folder: String) {
        let path = ValueReader<String>.path(below: folder)
        let state = fields.required("state", path, help: "add `state: /var/lib/grantctl`")
        let grants = fields.required("grants", .fields { Grants(&$0, folder: folder) })
        let listeners = fields.required(
            "listen", .oneOrMore(of: .fields { fields in Self.listener(&fields, folder: folder) }))
        let admin = fields.optional("admin", .fields { $0.required("address", .address) })
        let credentials = fields.optional("credentials", .mapping(.name, of: .credential(below: folder)))
        let records = fields.optional("records", .fields { RecordSettings(&$0) })
        let eventLoops = fields.optional("event_loops", .number(1...1_024))
        let drain = fields.optional("drain", .span(Span(seconds: 0)...Span.hours(1)))
        let refusalCode = fields.optional("refusal_code", .anyText)
        let authority = fields.optional("upstream_ca", path)
        let exchange = fields.optional("exchange", .exchange)
        let placeholderKey = fields.optional("placeholder_key", .secret(below: folder))
        guard let state, let grants, let listeners else { return nil }
        self.state = state
        self.grants = grants
        self.listeners = listeners
        self.admin = admin ?? ("127.0.0.1", 8444)
        self.credentials = credentials ?? [:]
        durability = records?.durability ?? .power
        keepRecords = records?.keep ?? .days(90)
        self.eventLoops = eventLoops.map(Int.init) ?? ProcessInfo.processInfo.activeProcessorCount
        self.drain = drain ?? Span(seconds: 30)
        // `none` leaves the field out, for clients that read more into it than we mean.
        self.refusalCode = refusalCode.map { $0.text == "none" ? nil : $0.text } ?? "dlp_request_denied"
        upstreamAuthority = authority
        self.exchange = exchange
        self.placeholderKey = placeholderKey
    }

    private static func listener(_ fields: inout Fields, folder: String) -> GatewayConfiguration.Listener? {
        let path = ValueReader<String>.path(below: folder)
        let address = fields.optional("address", .address)
        let socket = fields.optional("socket", path)
        let mode = fields.optional("mode", .fileMode)
        let group = fields.optional("group", .anyText)
        let certificate = fields.optional("certificate", path)
        let key = fields.optional("key", path)
        let tls = fields.optional("tls", .one(of: TLSChoice.self))
        let place = fields.position
        var files: GatewayConfiguration.TLSFiles?
        if let certificate, let key { files = .init(certificate: certificate, key: key) }
        if fields.has("certificate") != fields.has("key") {
            fields.problems.error(
                at: place, "bad-listener", "`certificate` and `key` go together", help: "give both, or neither")
            return nil
        }
        if tls == .off, files != nil {
            fields.problems.error(
                at: place, "bad-listener", "`tls: off` contradicts `certificate`", help: "remove one of them")
            return nil
        }
        switch (fields.has("address"), fields.has("socket")) {
        case (true, false):
            guard let address else { return nil }
            if fields.has("mode") || fields.has("group") {
                fields.problems.error(
                    at: place, "bad-listener", "`mode` and `group` belong to a `socket`", help: "remove them")
                return nil
            }
            if files == nil, !fields.has("certificate") {
                guard tls == .off else {
                    fields.problems.error(
                        at: place, "bad-listener", "the listener has no certificate",
                        help: "add `certificate` and `key`, or `tls: off` on a loopback address")
                    return nil
                }
                guard address.host.isLoopback else {
                    fields.problems.error(
                        at: place, "bad-listener", "`tls: off` on `\(address.host)`, which is not loopback",
                        help: "add `certificate` and `key`, or listen on 127.0.0.1, ::1 or a socket")
                    return nil
                }
            }
            return .init(endpoint: .tcp(host: address.host, port: address.port), tls: files)
        case (false, true):
            guard let socket else { return nil }
            return .init(
                endpoint: .unix(path: socket, mode: mode ?? 0o660, group: group?.text), tls: files)
        case (true, true), (false, false):
            fields.problems.error(
                at: place, "bad-listener", "a listener has either an `address` or a `socket`",
                help: "write `{address: 0.0.0.0:8443, …}` or `{socket: /run/grantctl/agent.sock}`")
            return nil
        }
    }

    private enum TLSChoice: String, CaseIterable, Sendable {
        case on, off
    }

    private struct RecordSettings: Sendable {
        var durability: RecordStore.Durability
        var keep: Span

        init?(_ fields: inout Fields) {
            durability = fields.optional("durability", .one(of: RecordStore.Durability.self)) ?? .power
            keep = fields.optional("keep", .span()) ?? .days(90)
        }
    }
}

/// Everything that is wrong with a gateway's configuration.
struct GatewayFileFault: Error, CustomStringConvertible {
    var diagnostics: [Diagnostic] = []
    /// Secrets and files that it names and that are not there.
    var missing: [String] = []

    var description: String {
        (diagnostics.map(\.text) + missing.map { "error: \($0)" }).joined(separator: "\n")
    }
}
