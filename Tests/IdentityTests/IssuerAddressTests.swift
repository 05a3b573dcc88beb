import Foundation
import GrantModel
import TestSupport
import Testing

@testable import Identity

struct IssuerAddressTests {
    @Test(
        "the configuration lies below the issuer's path",
        arguments: [
            ("https://acme.example", "https://acme.example/.well-known/openid-configuration"),
            ("https://acme.example/", "https://acme.example/.well-known/openid-configuration"),
            ("https://acme.example/a/b", "https://acme.example/a/b/.well-known/openid-configuration"),
            ("https://acme.example:8443/a/", "https://acme.example:8443/a/.well-known/openid-configuration"),
            ("http://127.0.0.1:1/x", "http://127.0.0.1:1/x/.well-known/openid-configuration"),
            ("http://[::1]:1", "http://[::1]:1/.well-known/openid-configuration"),
            ("http://localhost", "http://localhost/.well-known/openid-configuration"),
        ])
    func configuration(issuer: String, configuration: String) throws {
        #expect(try IssuerAddress(issuer: ByteString(issuer)).configuration.text == configuration)
    }

    @Test(
        "what is not plain https, or http on this machine, is refused",
        arguments: [
            "", "acme.example", "https://", "https:///x", "ftp://acme.example", "file:///etc/passwd",
            "HTTPS://acme.example",
            "http://acme.example", "http://127.0.0.1.evil.example", "http://127.1", "http://localhost.evil.example",
            "http://127.0.0.1@evil.example", "http://evil.example\\@127.0.0.1", "https://acme.example/?x",
            "https://acme.example/#x", "https://acme.example:", "https://acme.example:80x",
            "https://acme.example:1234567",
            "https://acme.example/ x", "https://acme.example/\n", "https://acme.example/\u{e9}", "https://%6c/",
            "https://a_b/",
            "https://[::1", "https://[fe80::1%25eth0]/", "http://0x7f.0.0.1", "http://127.0.0.256",
            "https://" + String(repeating: "a", count: 2_000),
        ])
    func refused(_ issuer: String) {
        #expect(throws: IssuerFault.self) { try IssuerAddress(issuer: ByteString(issuer)) }
    }

    @Test("keys may have a query, and plain http only beside an issuer on this machine")
    func keys() throws {
        let remote = try IssuerAddress(issuer: "https://acme.example")
        let local = try IssuerAddress(issuer: "http://127.0.0.1:1")
        #expect(try IssuerAddress(keys: "https://keys.example/k?v=1", of: remote).text == "https://keys.example/k?v=1")
        #expect(throws: Never.self) { try IssuerAddress(keys: "http://127.0.0.1:2/k", of: local) }
        #expect(throws: IssuerFault.self) { try IssuerAddress(keys: "http://127.0.0.1:2/k", of: remote) }
        #expect(throws: IssuerFault.self) { try IssuerAddress(keys: "https://keys.example/k#f", of: remote) }
    }

    @Test("base64url has one spelling for each sequence of bytes, and no other is read")
    func base64URL() {
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let text = Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
                .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
            #expect(Base64URL.decoded(Array(text.utf8)) == bytes)
            // Any other text of the alphabet is either refused or decodes to what encodes to it.
            let other = (0..<Int.random(in: 0..<12, using: &random)).compactMap { _ in
                alphabet.randomElement(using: &random)
            }
            if let decoded = Base64URL.decoded(other) {
                let again = Data(decoded).base64EncodedString().replacingOccurrences(of: "+", with: "-")
                    .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
                #expect(Array(again.utf8) == other)
            }
        }
        for byte in UInt8.min ... .max where !alphabet.contains(byte) {
            #expect(Base64URL.decoded([byte, 0x41]) == nil)
        }
    }
}
