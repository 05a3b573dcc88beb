import CLibCurl
import Crypto
import Foundation
import GrantModel

/// Posts a document somewhere with libcurl: notifications. Blocks its thread.
///
/// TLS is verified against the system's store; redirects are not followed; proxies come from the environment, but not for
/// addresses on this machine. Faults never quote the address: of many chat services it is the secret.
package struct CurlPost {
    /// Why nothing was delivered, as far as is known: lower case, one line.
    package struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
        package var description: String
    }

    private let address: IssuerAddress
    /// Milliseconds.
    private static let connectTimeout = 5_000
    private static let timeout = 20_000
    private static let isReady = grantctl_curl_global_init() == CURLE_OK

    /// - Parameter url: https, or http to this machine.
    package init(url: ByteString) throws(Fault) {
        do throws(IssuerFault) {
            address = try IssuerAddress(keys: url, field: "address")
        } catch {
            throw Fault(description: error.text)
        }
    }

    /// Sends `body` and waits for an answer with a status from 200 to 299; what the answer says is not read.
    /// - Parameter secret: with one, `X-Signature-256: sha256=HMAC` over the body comes along.
    package func send(json body: [UInt8], secret: [UInt8]? = nil) throws(Fault) {
        guard Self.isReady, let handle = curl_easy_init() else { throw Fault(description: "libcurl cannot be used") }
        defer { curl_easy_cleanup(handle) }
        var list: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(list) }
        // Without `Expect`, libcurl does not wait for a server's leave before it sends a larger body.
        var headers = ["Content-Type: application/json", "Expect:"]
        if let secret {
            let code = HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: secret))
            headers.append("X-Signature-256: sha256=\(Digest(bytes: Array(code)).hex)")
        }
        for header in headers {
            guard let longer = curl_slist_append(list, header) else { throw Fault(description: "no memory") }
            list = longer
        }
        let codes = options(handle, body, list)
        guard codes.allSatisfy({ $0 == CURLE_OK }) else { throw Fault(description: "libcurl refused an option") }
        let code = curl_easy_perform(handle)
        guard code == CURLE_OK else {
            // libcurl's longer message may name the address.
            let text = curl_easy_strerror(code).map { String(cString: $0) } ?? "error \(code.rawValue)"
            throw Fault(description: text.prefix(1).lowercased() + text.dropFirst())
        }
        var status = 0
        guard grantctl_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK, (200...299).contains(status)
        else { throw Fault(description: "it answered with status \(status)") }
    }

    private func options(
        _ handle: UnsafeMutableRawPointer, _ body: [UInt8], _ headers: UnsafeMutablePointer<curl_slist>?
    ) -> [CURLcode] {
        // The size comes before the bytes: they are copied by it.
        var codes = [
            grantctl_curl_set_string(handle, CURLOPT_URL, address.text),
            grantctl_curl_set_string(handle, CURLOPT_PROTOCOLS_STR, address.isSecure ? "https" : "http"),
            grantctl_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0),
            grantctl_curl_set_long(handle, CURLOPT_SSL_VERIFYPEER, 1),
            grantctl_curl_set_long(handle, CURLOPT_SSL_VERIFYHOST, 2),
            grantctl_curl_set_long(handle, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
            grantctl_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, Self.connectTimeout),
            grantctl_curl_set_long(handle, CURLOPT_TIMEOUT_MS, Self.timeout),
            grantctl_curl_set_long(handle, CURLOPT_NOSIGNAL, 1),
            grantctl_curl_set_string(handle, CURLOPT_USERAGENT, "grantctl"),
            grantctl_curl_set_pointer(handle, CURLOPT_HTTPHEADER, headers),
            grantctl_curl_set_long(handle, CURLOPT_POST, 1),
            grantctl_curl_set_long(handle, CURLOPT_POSTFIELDSIZE, body.count),
            body.withUnsafeBytes {
                grantctl_curl_set_pointer(
                    handle, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
            },
            grantctl_curl_set_write(handle, { _, size, count, _ in size * count }, nil),
        ]
        if address.isLoopback { codes.append(grantctl_curl_set_string(handle, CURLOPT_NOPROXY, "*")) }
        return codes
    }
}
