import Foundation
import GrantModel
import Reconciler

/// `grants:`, where the grants repository is and what its history must show.
extension GatewayFile.Grants {
    init?(_ fields: inout Fields, folder: String) {
        let urls = fields.optional("urls", .nonEmptyList(of: .remote(below: folder)))
        let branch = fields.optional("branch", .branch)
        let poll = fields.optional("poll", .span(Span(seconds: 1)...Span.days(1)))
        let genesis = fields.optional("genesis", .objectID)
        let webhookSecret = fields.optional("webhook_secret", .secret(below: folder))
        let deadline = fields.optional("fetch_deadline", .span(Span(seconds: 1)...Span.hours(6)))
        let commits = CommitTrust(&fields, folder: folder)
        let remotes: [GatewayFile.Remote]
        if fields.has("urls") {
            fields.passOver(["url"])
            for name in GatewayFile.Remote.names where fields.has(name) {
                fields.problems.error(
                    at: fields.place(of: name), "bad-remote", "`\(name)` does not say which of the `urls` it is for",
                    help: "write `urls: [{url: …, \(name): …}, …]`")
                fields.passOver([name])
            }
            fields.passOver(GatewayFile.Remote.names)
            guard let urls else { return nil }
            guard urls.count <= 2, Set(urls.map(\.url)).count == urls.count else {
                fields.problems.error(
                    at: fields.place(of: "urls"), "bad-remote", "`urls` lists more than two remotes, or one twice",
                    help: "list one or two places that hold the same branch")
                return nil
            }
            remotes = urls
        } else {
            guard let remote = GatewayFile.Remote(&fields, folder: folder) else { return nil }
            remotes = [remote]
        }
        guard let first = remotes.first else { return nil }
        self.init(
            remote: first, mirror: remotes.count > 1 ? remotes[1] : nil, branch: branch?.text ?? "main",
            poll: poll ?? Span(seconds: 30), genesis: genesis, commits: commits, webhookSecret: webhookSecret,
            fetchDeadline: deadline ?? .minutes(2))
    }
}

extension CommitTrust {
    private enum Kind: String, CaseIterable, Sendable {
        case any, signed
    }

    fileprivate init(_ fields: inout Fields, folder: String) {
        let kind = fields.optional("commits", .one(of: Kind.self)) ?? .any
        let forgeKeys = fields.optional("forge_keys", .nonEmptyList(of: .forgeKey(below: folder)))
        let after = fields.optional("signed_after", .objectID)
        for name in ["forge_keys", "signed_after"] where kind == .any && fields.has(name) {
            fields.problems.error(
                at: fields.place(of: name), "bad-commits", "`\(name)` means nothing while unsigned commits are taken",
                help: "add `commits: signed`, or remove it")
        }
        guard kind == .signed else {
            self = .any
            return
        }
        var keys = ForgeKeys()
        for key in forgeKeys ?? [] {
            switch key {
            case .ssh(let key): keys.ssh.append(key)
            case .openPGP(let more): keys.openPGP = keys.openPGP?.adding(more) ?? more
            }
        }
        self = .signed(keys, after: after)
    }
}

extension GatewayFile.Remote {
    /// All but the URL.
    fileprivate static let names = [
        "credential", "ca", "certificate_pin", "ssh_key", "ssh_passphrase", "host_keys", "proxy",
    ]

    fileprivate init?(_ fields: inout Fields, folder: String) {
        let path = ValueReader<String>.path(below: folder)
        let address = fields.required("url", .remoteAddress)
        let credential = fields.optional("credential", .secret(below: folder))
        let authority = fields.optional("ca", path)
        let pin = fields.optional("certificate_pin", .certificatePin)
        let sshKey = fields.optional("ssh_key", path)
        let passphrase = fields.optional("ssh_passphrase", .secret(below: folder))
        let hostKeys = fields.optional("host_keys", .nonEmptyList(of: .anyText))
        let proxy = fields.optional("proxy", .anyText)
        guard let address else { return nil }
        let unfit: [(name: String, schemes: Set<RemoteAddress.Scheme>)] = [
            ("credential", [.https, .http]), ("ca", [.https]), ("certificate_pin", [.https]), ("ssh_key", [.ssh]),
            ("ssh_passphrase", [.ssh]), ("host_keys", [.ssh]),
        ]
        for (name, schemes) in unfit where fields.has(name) && !schemes.contains(address.scheme) {
            fields.problems.error(
                at: fields.place(of: name), "bad-remote", "`\(name)` is of no use for `\(address.url)`",
                help:
                    "https remotes take `credential`, `ca` and `certificate_pin`, ssh remotes `ssh_key` and `host_keys`"
            )
        }
        if address.scheme == .ssh, !fields.has("host_keys") {
            fields.problems.error(
                at: fields.place(of: "url"), "bad-remote", "the host key of `\(address.host)` is not pinned",
                help:
                    "add `host_keys: [ssh-ed25519 AAAA…]`: what `ssh-keyscan \(address.host)` prints, once you compared it"
            )
        }
        self.init(
            url: address.url, credential: credential, authority: authority, certificatePin: pin, sshKey: sshKey,
            sshPassphrase: passphrase, hostKeys: hostKeys.map { $0.map(\.text) } ?? [], proxy: proxy?.text)
    }
}

extension ValueReader where Value == GatewayFile.Remote {
    /// A URL, or `{url: …, credential: …}`.
    fileprivate static func remote(below folder: String) -> ValueReader {
        let whole = ValueReader.fields { GatewayFile.Remote(&$0, folder: folder) }
        return ValueReader { node, problems in
            if case .mapping = node.content { return whole.read(node, problems) }
            return ValueReader<RemoteAddress>.remoteAddress.then { address, position, problems in
                guard address.scheme != .ssh else {
                    problems.error(
                        at: position, "bad-remote", "the host key of `\(address.host)` is not pinned",
                        help: "write `{url: …, ssh_key: …, host_keys: [ssh-ed25519 AAAA…]}`")
                    return nil
                }
                return GatewayFile.Remote(url: address.url, hostKeys: [])
            }.read(node, problems)
        }
    }
}

extension ValueReader where Value == RemoteAddress {
    fileprivate static var remoteAddress: ValueReader {
        ValueReader<ByteString>.anyText.then { text, position, problems in
            do throws(FetchFault) {
                return try RemoteAddress(text.text)
            } catch {
                problems.error(
                    at: position, "bad-remote", error.message,
                    help: error.help.isEmpty ? "write an absolute path, an https:// or an ssh:// URL" : error.help)
                return nil
            }
        }
    }
}

extension ValueReader where Value == String {
    /// SHA-256 of a certificate, with or without colons.
    fileprivate static var certificatePin: ValueReader {
        .text(
            "bad-pin", "the SHA-256 of a certificate",
            help: "write the 64 hexadecimal digits that `openssl x509 -noout -fingerprint -sha256` prints"
        ) { text in
            let digits = text.text.filter { $0 != ":" }
            return digits.utf8.count == 64
                && digits.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || 97...102 ~= $0 | 0x20 }
                ? digits : nil
        }
    }
}

/// One of `forge_keys`.
private enum ForgeKey {
    case ssh(Person.Key)
    case openPGP(OpenPGPKeyring)
}

extension ValueReader where Value == ForgeKey {
    /// A public key's line, or `file:PATH` of OpenPGP keys; a relative path counts from `folder`.
    fileprivate static func forgeKey(below folder: String) -> ValueReader {
        ValueReader<ByteString>.anyText.then { text, position, problems in
            let prefix = "file:"
            guard text.text.hasPrefix(prefix) else {
                do throws(PublicKeyFault) {
                    return .ssh(try Person.Key(line: text))
                } catch {
                    problems.error(
                        at: position, "bad-public-key", error.message,
                        help: "write the line of a `.pub` file, or `file:PATH` of OpenPGP keys in armour")
                    return nil
                }
            }
            let written = String(text.text.dropFirst(prefix.count))
            let path = written.hasPrefix("/") ? written : folder + "/" + written
            guard let file = FileManager.default.contents(atPath: path) else {
                problems.error(
                    at: position, "bad-public-key", "the file `\(path)` cannot be read",
                    help: "check that it is there and its mode")
                return nil
            }
            do throws(OpenPGPKeyring.Fault) {
                return .openPGP(try OpenPGPKeyring([UInt8](file)))
            } catch {
                problems.error(
                    at: position, "bad-public-key", "the file `\(path)` \(error.message)", help: error.help)
                return nil
            }
        }
    }
}
