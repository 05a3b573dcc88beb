import Foundation
import GrantModel
import Proxy
import Reconciler

extension GatewayFile {
    /// The data path's part, secrets read.
    func gatewayConfiguration() throws -> GatewayConfiguration {
        let secrets = try credentials.mapValues { Secret(try $0.secret.read()) }
        return GatewayConfiguration(
            listeners: listeners, credentials: secrets, credentialOrigins: credentials.compactMapValues(\.origins),
            upstreamAuthorities: try upstreamAuthority.map { try String(contentsOfFile: $0, encoding: .utf8) },
            eventLoops: eventLoops, drain: drain, refusalCode: refusalCode)
    }

    /// The reconciler's part, secrets read.
    func reconcilerConfiguration() throws -> ReconcilerConfiguration {
        var credential = grants.sshKey.map { FetchRequest.Credential.sshKey(path: $0) }
        if let token = grants.credential {
            credential = .token(String(decoding: try token.read(), as: UTF8.self))
        }
        return ReconcilerConfiguration(
            stateDirectory: state, url: grants.url, branch: grants.branch, poll: grants.poll, genesis: grants.genesis,
            credential: credential,
            certificateAuthority: try grants.authority.map { try String(contentsOfFile: $0, encoding: .utf8) },
            certificatePin: grants.certificatePin, hostKeys: grants.hostKeys, proxy: grants.proxy,
            fetchDeadline: Double(grants.fetchDeadline.seconds))
    }
}
