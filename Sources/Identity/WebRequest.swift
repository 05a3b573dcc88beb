import GrantModel

/// One request of a client to an identity provider or a gateway, by libcurl: TLS is verified, redirects are not followed, at
/// most 256 KiB are read, and it takes at most five seconds. Blocks its thread.
package struct WebRequest: Sendable {
    /// Why there is no answer: lower case, one line, without anything of the request but its address.
    package struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
        package var description: String
    }

    package struct Answer: Sendable, Hashable {
        package var status: Int
        package var body: [UInt8]
    }

    /// `https`, or `http` on this machine.
    package let url: String
    /// PEM of what to trust besides the system's store.
    package var certificateAuthority: String?
    /// Sent by POST as `application/x-www-form-urlencoded`, in this order; nil for GET.
    package var form: [(name: String, value: String)]?
    /// Sent as HTTP Basic, each percent-encoded first (RFC 6749 section 2.3.1).
    package var basic: (user: String, password: String)?

    package init(
        _ url: String, certificateAuthority: String? = nil, form: [(name: String, value: String)]? = nil,
        basic: (user: String, password: String)? = nil
    ) {
        self.url = url
        self.certificateAuthority = certificateAuthority
        self.form = form
        self.basic = basic
    }

    package func send() throws(Fault) -> Answer {
        var fields = ["Accept: application/json"]
        if let basic {
            let pair = Self.encoded(basic.user) + ":" + Self.encoded(basic.password)
            fields.append("Authorization: Basic " + Base64.encode(Array(pair.utf8), padded: true))
        }
        do throws(IssuerFault) {
            // The address is one that its user wrote or that the provider they chose named: any sound URL does.
            let address = try IssuerAddress(keys: ByteString(url), of: IssuerAddress(issuer: "http://127.0.0.1"))
            let (status, body) = try CurlFetch(certificateAuthority: certificateAuthority)
                .answer(of: address, form: form.map(Self.encoded), fields: fields)
            return Answer(status: status, body: body)
        } catch {
            throw Fault(description: error.text)
        }
    }

    /// `application/x-www-form-urlencoded`, in UTF-8 (RFC 6749 appendix B).
    package static func encoded(_ form: [(name: String, value: String)]) -> String {
        form.map { encoded($0.name) + "=" + encoded($0.value) }.joined(separator: "&")
    }

    /// Everything but RFC 3986's unreserved characters as percent signs and digits.
    package static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
