import Foundation
import Proxy

/// The key that placeholders are made with where a service says `replace: token`: kept, so that a session that goes on over a
/// restart has the same placeholder for the same value.
enum PlaceholderKeyFile {
    /// Below the state directory; mode 0600.
    static let name = "placeholder-key"
    static let leastBytes = 32

    /// The operator's own, which several gateways can share.
    static func read(_ source: SecretSource) throws -> Secret {
        let bytes = try source.read()
        guard bytes.count >= leastBytes else {
            throw SecretSource.Fault(
                description:
                    "`placeholder_key` is shorter than \(leastBytes) characters; make one with `openssl rand -hex 32`")
        }
        return Secret(bytes)
    }

    /// The one made at the first start. A file that is too short is none of ours, and is replaced.
    static func own(in state: String) throws -> Secret {
        let path = state + "/" + name
        if let kept = FileManager.default.contents(atPath: path), kept.count >= leastBytes {
            return Secret([UInt8](kept))
        }
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<leastBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let beside = path + ".new"
        try? FileManager.default.removeItem(atPath: beside)
        guard
            FileManager.default.createFile(
                atPath: beside, contents: Data(bytes), attributes: [.posixPermissions: 0o600]),
            rename(beside, path) == 0
        else {
            throw SecretSource.Fault(
                description: "the key of placeholders cannot be kept in `\(path)`; check the folder and its permissions"
            )
        }
        return Secret(bytes)
    }
}
