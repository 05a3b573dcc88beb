import CLibCurl
import Foundation

/// Fetches an issuer's documents with libcurl. Blocks its thread, so it is never called on the cooperative pool.
///
/// TLS is verified against the system's store and the issuer's own authority; redirects are not followed; proxies come
/// from the environment (https://curl.se/libcurl/c/libcurl-env.html), but not for addresses on this machine.
struct CurlFetch {
    /// PEM of what to trust besides the system's store.
    let certificateAuthority: String?

    /// Milliseconds.
    private static let connectTimeout = 3_000
    private static let timeout = 5_000
    /// Of one document, in bytes.
    static let longestDocument = 256 << 10

    /// libcurl wants this once, before any thread uses it.
    private static let isReady = grantctl_curl_global_init() == CURLE_OK

    /// What libcurl hands over while it runs.
    private final class Sink {
        var bytes: [UInt8] = []
        var isFull = false
    }

    /// The body of a 200.
    func document(at address: IssuerAddress) throws(IssuerFault) -> [UInt8] {
        let (status, bytes) = try answer(of: address)
        guard status == 200 else {
            throw IssuerFault(
                "`\(address.text)` answered with status \(status) instead of 200; redirects are not followed")
        }
        return bytes
    }

    /// Whatever is answered, with its status.
    /// - Parameters:
    ///   - form: sent by POST as `application/x-www-form-urlencoded`; nil for GET.
    ///   - fields: header fields, `Name: value`. They go to this address only, since redirects are not followed.
    func answer(
        of address: IssuerAddress, form: String? = nil, fields: [String] = []
    ) throws(IssuerFault) -> (status: Int, body: [UInt8]) {
        guard Self.isReady, let handle = curl_easy_init() else {
            throw IssuerFault("libcurl cannot be used")
        }
        defer { curl_easy_cleanup(handle) }
        // One byte more than libcurl asks for, so that the text always ends.
        var message = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE) + 1)
        let sink = Sink()
        var list: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(list) }
        for field in fields {
            guard let longer = curl_slist_append(list, field) else { throw IssuerFault("libcurl has no memory") }
            list = longer
        }
        let code: CURLcode = try message.withUnsafeMutableBufferPointer { buffer throws(IssuerFault) in
            try configure(handle, for: address, errors: buffer.baseAddress)
            try configure(handle, form: form, fields: list)
            let write = grantctl_curl_set_write(
                handle,
                { data, size, count, context in
                    guard let data, let context else { return 0 }
                    let sink = Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
                    let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
                    guard sink.bytes.count + bytes.count <= CurlFetch.longestDocument else {
                        sink.isFull = true
                        return 0
                    }
                    sink.bytes.append(contentsOf: bytes)
                    return bytes.count
                }, Unmanaged.passUnretained(sink).toOpaque())
            guard write == CURLE_OK else { throw IssuerFault("libcurl refused an option") }
            return withExtendedLifetime(sink) { curl_easy_perform(handle) }
        }
        guard !sink.isFull else {
            throw IssuerFault("`\(address.text)` answered with more than \(Self.longestDocument >> 10) KiB")
        }
        guard code == CURLE_OK else {
            throw IssuerFault("`\(address.text)` cannot be fetched: \(Self.text(of: code, message))")
        }
        var status = 0
        guard grantctl_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK else {
            throw IssuerFault("`\(address.text)` gave no answer")
        }
        return (status, sink.bytes)
    }

    private func configure(
        _ handle: UnsafeMutableRawPointer, form: String?, fields: UnsafeMutablePointer<curl_slist>?
    ) throws(IssuerFault) {
        var codes: [CURLcode] = []
        if let fields { codes.append(grantctl_curl_set_pointer(handle, CURLOPT_HTTPHEADER, fields)) }
        // Copied by libcurl; also what makes the request a POST.
        if let form { codes.append(grantctl_curl_set_string(handle, CURLOPT_COPYPOSTFIELDS, form)) }
        guard codes.allSatisfy({ $0 == CURLE_OK }) else { throw IssuerFault("libcurl refused an option") }
    }

    private func configure(
        _ handle: UnsafeMutableRawPointer, for address: IssuerAddress, errors: UnsafeMutablePointer<CChar>?
    ) throws(IssuerFault) {
        let scheme = address.isSecure ? "https" : "http"
        var codes = [
            grantctl_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errors),
            grantctl_curl_set_string(handle, CURLOPT_URL, address.text),
            grantctl_curl_set_string(handle, CURLOPT_PROTOCOLS_STR, scheme),
            grantctl_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0),
            grantctl_curl_set_long(handle, CURLOPT_SSL_VERIFYPEER, 1),
            grantctl_curl_set_long(handle, CURLOPT_SSL_VERIFYHOST, 2),
            grantctl_curl_set_long(handle, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
            grantctl_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, Self.connectTimeout),
            grantctl_curl_set_long(handle, CURLOPT_TIMEOUT_MS, Self.timeout),
            grantctl_curl_set_long(handle, CURLOPT_NOSIGNAL, 1),
            grantctl_curl_set_long(handle, CURLOPT_MAXFILESIZE, Self.longestDocument),
            grantctl_curl_set_string(handle, CURLOPT_USERAGENT, "grantctl"),
        ]
        if address.isLoopback {
            codes.append(grantctl_curl_set_string(handle, CURLOPT_NOPROXY, "*"))
        }
        if let certificateAuthority {
            codes.append(trust(certificateAuthority, handle))
        }
        guard codes.allSatisfy({ $0 == CURLE_OK }) else { throw IssuerFault("libcurl refused an option") }
    }

    /// A blob takes the place of the system's bundle file but leaves its directory of certificates in use; where libcurl
    /// was built without such a directory, the bundle is put into the blob.
    private func trust(_ authority: String, _ handle: UnsafeMutableRawPointer) -> CURLcode {
        var pem = Array(authority.utf8)
        let version = grantctl_curl_version()
        if let version, version.pointee.capath == nil, let bundle = version.pointee.cainfo,
            let system = FileManager.default.contents(atPath: String(cString: bundle))
        {
            pem.append(UInt8(ascii: "\n"))
            pem.append(contentsOf: system)
        }
        return grantctl_curl_set_blob(handle, CURLOPT_CAINFO_BLOB, pem, pem.count)
    }

    private static func text(of code: CURLcode, _ message: [CChar]) -> String {
        let detail = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard detail.isEmpty else { return detail }
        return curl_easy_strerror(code).map { String(cString: $0) } ?? "error \(code.rawValue)"
    }
}
