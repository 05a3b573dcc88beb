import Foundation
import GrantModel
import Proxy
import Reconciler

extension GatewayFile {
    /// The data path's part, secrets read.
    func gatewayConfiguration() throws -> GatewayConfiguration {
        let secrets = try credentials.mapValues { Secret(try $0.secret.read()) }
        var configuration = GatewayConfiguration(
            listeners: listeners, credentials: secrets, credentialOrigins: credentials.compactMapValues(\.origins),
            upstreamAuthorities: try upstreamAuthority.map { try String(contentsOfFile: $0, encoding: .utf8) },
            eventLoops: eventLoops, drain: drain, refusalCode: refusalCode)
        // However many loops there are; each must take two bodies of the largest size.
        configuration.limits.bufferedBytesPerLoop = max(
            2 * configuration.limits.bodyBytes, Self.bufferedBytes / eventLoops)
        configuration.placeholderSecret =
            try placeholderKey.map(PlaceholderKeyFile.read) ?? PlaceholderKeyFile.own(in: state)
        return configuration
    }

    /// Of request bodies held at once, all event loops together.
    private static let bufferedBytes = 1 << 30

    /// The reconciler's part, secrets read.
    func reconcilerConfiguration() throws -> ReconcilerConfiguration {
        let remote = grants.remote
        var configuration = ReconcilerConfiguration(
            stateDirectory: state, url: remote.url, branch: grants.branch, poll: grants.poll, genesis: grants.genesis,
            commits: grants.commits, credential: try remote.readCredential(),
            certificateAuthority: try remote.readAuthority(), certificatePin: remote.certificatePin,
            hostKeys: remote.hostKeys, proxy: remote.proxy, fetchDeadline: Double(grants.fetchDeadline.seconds))
        configuration.mirror = try grants.mirror.map { mirror in
            ReconcilerConfiguration.Mirror(
                url: mirror.url, credential: try mirror.readCredential(),
                certificateAuthority: try mirror.readAuthority(), certificatePin: mirror.certificatePin,
                hostKeys: mirror.hostKeys, proxy: mirror.proxy)
        }
        return configuration
    }
}

extension GatewayFile {
    /// Reads every secret and file that the configuration names, so that all that is missing is said at once.
    func checkSecrets() throws(GatewayFileFault) {
        var faults: [String] = []
        func check(_ read: () throws -> Void) {
            do {
                try read()
            } catch {
                let fault = "\(error)"
                if !faults.contains(fault) { faults.append(fault) }
            }
        }
        func checkFile(_ path: String) {
            check {
                guard FileManager.default.contents(atPath: path) != nil else {
                    throw SecretSource.Fault(
                        description: "the file `\(path)` cannot be read; check that it is there and its mode")
                }
            }
        }
        for (_, credential) in credentials.sorted(by: { $0.key < $1.key }) {
            check { _ = try credential.secret.read() }
        }
        if let webhookSecret = grants.webhookSecret { check { _ = try webhookSecret.read() } }
        for remote in [grants.remote, grants.mirror].compactMap({ $0 }) {
            if let sshKey = remote.sshKey { checkFile(sshKey) }
            if let passphrase = remote.sshPassphrase { check { _ = try passphrase.read() } }
            if let credential = remote.credential { check { _ = try credential.read() } }
            if let authority = remote.authority { checkFile(authority) }
        }
        if let placeholderKey { check { _ = try PlaceholderKeyFile.read(placeholderKey) } }
        if let upstreamAuthority { checkFile(upstreamAuthority) }
        for tls in listeners.compactMap(\.tls) {
            checkFile(tls.certificate)
            checkFile(tls.key)
        }
        guard faults.isEmpty else { throw GatewayFileFault(missing: faults) }
    }
}

extension GatewayFile.Remote {
    fileprivate func readCredential() throws -> FetchRequest.Credential? {
        if let sshKey {
            let passphrase = try sshPassphrase?.read()
            return .sshKey(path: sshKey, passphrase: passphrase.map { String(decoding: $0, as: UTF8.self) })
        }
        return try credential.map { .token(String(decoding: try $0.read(), as: UTF8.self)) }
    }

    fileprivate func readAuthority() throws -> String? {
        try authority.map { try String(contentsOfFile: $0, encoding: .utf8) }
    }
}
