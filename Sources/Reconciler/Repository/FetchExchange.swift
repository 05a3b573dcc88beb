import CLibGit2
import Crypto
import Foundation

/// What libgit2 asks and tells while it fetches. Lives on one thread, as long as the remote.
final class FetchExchange {
    private let request: FetchRequest
    private let address: RemoteAddress
    private let report: (FetchProgress) -> Void
    private var reported: ContinuousClock.Instant?
    private var credentialGiven = false
    /// Why a callback refused to go on; libgit2 only knows that it did.
    private var refusal: FetchFault?
    private(set) var progress: FetchProgress?

    init(request: FetchRequest, address: RemoteAddress, progress: @escaping (FetchProgress) -> Void) {
        self.request = request
        self.address = address
        report = progress
    }

    /// The callbacks hold `self` unretained.
    func fill(_ callbacks: inout git_remote_callbacks) {
        callbacks.payload = Unmanaged.passUnretained(self).toOpaque()
        callbacks.credentials = { credential, url, user, allowed, payload in
            FetchExchange.from(payload)?.giveCredential(credential, url: url, user: user, allowed: allowed)
                ?? GIT_EUSER.rawValue
        }
        callbacks.certificate_check = { certificate, valid, _, payload in
            FetchExchange.from(payload)?.judge(certificate, valid: valid == 1) ?? GIT_EUSER.rawValue
        }
        callbacks.transfer_progress = { progress, payload in
            FetchExchange.from(payload)?.advance(progress) ?? GIT_EUSER.rawValue
        }
    }

    private static func from(_ payload: UnsafeMutableRawPointer?) -> FetchExchange? {
        payload.map { Unmanaged<FetchExchange>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Throws what a status of libgit2 means. Must be called right after what returned it.
    func check(_ status: Int32) throws(FetchFault) {
        guard status < 0 else { return }
        throw refusal ?? FetchFault(status: status, request: request, address: address)
    }

    private func refuse(_ fault: FetchFault) -> Int32 {
        refusal = refusal ?? fault
        return GIT_EUSER.rawValue
    }

    // MARK: Credentials

    private func giveCredential(
        _ credential: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?, url: UnsafePointer<CChar>?,
        user: UnsafePointer<CChar>?,
        allowed: UInt32
    ) -> Int32 {
        let asked = url.map { String(cString: $0) } ?? ""
        // Redirects are off; should one slip through all the same, the secret stays here.
        guard let asking = try? RemoteAddress(asked), asking.host == address.host, asking.port == address.port,
            asking.scheme == address.scheme
        else {
            return refuse(
                FetchFault(kind: .redirect, message: "the remote wants the credential sent to another host"))
        }
        let name = user.map { String(cString: $0) } ?? address.user
        if allowed & GIT_CREDENTIAL_USERNAME.rawValue != 0 {
            return git_credential_username_new(credential, name ?? "git")
        }
        guard let secret = request.credential else {
            return refuse(
                FetchFault(
                    kind: .authentication,
                    message: "the remote `\(request.url)` wants a credential, and none is configured",
                    help: "configure `credential`"))
        }
        guard !credentialGiven else {
            return refuse(
                FetchFault(
                    kind: .authentication, message: "the remote `\(request.url)` refused the credential",
                    help: "check that it is current and may read the repository"))
        }
        credentialGiven = true
        switch secret {
        case .token(let token, let tokenUser):
            guard allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT.rawValue != 0, address.scheme != .ssh else { break }
            return git_credential_userpass_plaintext_new(credential, name ?? tokenUser ?? "x-access-token", token)
        case .sshKey(let path, let passphrase):
            guard allowed & GIT_CREDENTIAL_SSH_KEY.rawValue != 0 else { break }
            return git_credential_ssh_key_new(credential, name ?? "git", nil, path, passphrase)
        }
        return refuse(
            FetchFault(
                kind: .authentication, message: "the remote does not accept this kind of credential",
                help: "use a token for https:// and a key file for ssh"))
    }

    // MARK: The remote's identity

    /// Decides alone: libgit2 1.5.1 documents that 1 leaves the judgement to its own check, and then goes on with a
    /// certificate that failed it (measured: self-signed, foreign authority, other host). 0 goes on, negative ends.
    private func judge(_ certificate: UnsafeMutablePointer<git_cert>?, valid: Bool) -> Int32 {
        guard let certificate else { return refuse(unidentified) }
        switch certificate.pointee.cert_type {
        case GIT_CERT_X509:
            guard let pin = request.certificatePin else { return valid ? 0 : refuse(untrusted) }
            return certificate.withMemoryRebound(to: git_cert_x509.self, capacity: 1) { judge($0.pointee, pin: pin) }
        case GIT_CERT_HOSTKEY_LIBSSH2:
            return certificate.withMemoryRebound(to: git_cert_hostkey.self, capacity: 1) { judge($0.pointee) }
        default: return refuse(unidentified)
        }
    }

    private var unidentified: FetchFault {
        FetchFault(kind: .identity, message: "the remote `\(request.url)` showed no certificate that can be checked")
    }

    private var untrusted: FetchFault {
        // Mbed TLS 2.28 compares names only.
        let isAddress = address.host.utf8.allSatisfy { $0 < UInt8(ascii: "A") }
        return FetchFault(
            kind: .identity,
            message:
                "the certificate of `\(address.host)` is expired, for another host, or of an authority that is not trusted",
            help: isAddress
                ? "use the host's name, for certificates of an address cannot be checked here, or pin the certificate"
                : "configure the authority that issued it, or pin it")
    }

    private func judge(_ certificate: git_cert_x509, pin: String) -> Int32 {
        let bytes = UnsafeRawBufferPointer(start: certificate.data, count: certificate.len)
        let shown = SHA256.hash(data: bytes).map { FetchExchange.hex($0) }.joined()
        guard shown == pin.lowercased().filter({ $0 != ":" }) else {
            return refuse(
                FetchFault(
                    kind: .identity,
                    message: "the certificate of `\(address.host)` is not the pinned one: its SHA-256 is `\(shown)`",
                    help: "if it was renewed, and you know that this is it, change the pin"))
        }
        return 0
    }

    private func judge(_ key: git_cert_hostkey) -> Int32 {
        let hasHash = key.type.rawValue & GIT_CERT_SSH_SHA256.rawValue != 0
        let fingerprint =
            hasHash ? "SHA256:" + FetchExchange.base64(withUnsafeBytes(of: key.hash_sha256) { Data($0) }) : ""
        var blob = ""
        if key.type.rawValue & GIT_CERT_SSH_RAW.rawValue != 0, let raw = key.hostkey {
            blob = FetchExchange.base64(Data(bytes: raw, count: key.hostkey_len))
        }
        for pin in request.hostKeys {
            let parts = pin.split(separator: " ")
            if !fingerprint.isEmpty, parts.count == 1, parts[0].filter({ $0 != "=" }) == fingerprint { return 0 }
            // `ssh-ed25519 AAAA… comment`, with or without the host in front.
            if !blob.isEmpty, parts.count > 1, parts.contains(where: { $0.filter { $0 != "=" } == blob }) { return 0 }
        }
        return refuse(
            FetchFault(
                kind: .identity,
                message: "the host key of `\(address.host)` is none of those configured: it is `\(fingerprint)`",
                help: "if it was changed, and you know that this is it, add it"))
    }

    private static func base64(_ data: Data) -> String { data.base64EncodedString().filter { $0 != "=" } }
    private static func hex(_ byte: UInt8) -> String { String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }

    // MARK: Progress

    private func advance(_ step: UnsafePointer<git_indexer_progress>?) -> Int32 {
        guard let step = step?.pointee else { return 0 }
        let now = FetchProgress(
            receivedObjects: Int(step.received_objects), indexedObjects: Int(step.indexed_objects),
            totalObjects: Int(step.total_objects), receivedBytes: step.received_bytes)
        progress = now
        let limits = request.limits
        guard now.totalObjects <= limits.objects, now.receivedBytes <= limits.packBytes else {
            return refuse(
                FetchFault(
                    kind: .tooLarge,
                    message: "the remote sends \(now.totalObjects) objects, \(now.receivedBytes) bytes so far; "
                        + "at most \(limits.objects) objects and \(limits.packBytes) bytes are taken",
                    help: "remove large files from the repository's history, or raise the limit"))
        }
        let clock = ContinuousClock.now
        if reported.map({ clock - $0 >= .milliseconds(100) }) ?? true {
            reported = clock
            report(now)
        }
        return 0
    }
}
