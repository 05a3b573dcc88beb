import Foundation
import GrantModel
import Testing

@testable import Proxy

@Suite struct RefusalTests {
    private let denied = Refusal(
        status: 403, reason: "beyond_scope", message: "`claude-opus-4-1` is not granted\n  ask: \"grantctl ask\"",
        errorCode: "dlp_request_denied", request: "1a2b"
    )

    @Test func `a denial has the shape of the Anthropic API`() {
        let body = String(decoding: denied.body(for: .anthropic), as: UTF8.self)
        #expect(
            body == #"""
                {"type":"error","error":{"type":"permission_error","message":"`claude-opus-4-1` is not granted\n  ask: \"grantctl ask\"","details":{"error_code":"dlp_request_denied"}},"request_id":"1a2b"}
                """#
        )
    }

    @Test func `a denial without a code has no details`() {
        var denied = denied
        denied.errorCode = nil
        denied.message = "no"
        #expect(
            String(decoding: denied.body(for: .anthropic), as: UTF8.self)
                == #"{"type":"error","error":{"type":"permission_error","message":"no"},"request_id":"1a2b"}"#
        )
    }

    @Test func `a plain HTTP service's refusal is plain`() {
        var denied = denied
        denied.errorCode = nil
        denied.message = "no"
        #expect(
            String(decoding: denied.body(for: .http), as: UTF8.self)
                == #"{"error":{"code":"beyond_scope","message":"no","request":"1a2b"}}"#
        )
    }

    @Test func `a cut stream ends with an error event of its own`() {
        let event = String(decoding: denied.event(for: .anthropic), as: UTF8.self)
        #expect(event.hasPrefix("\n\nevent: error\ndata: {\"type\":\"error\","))
        #expect(event.hasSuffix("}\n\n"))
        // Line breaks of the text stay inside the one data line.
        #expect(event.split(separator: "\n").count == 2)
    }

    @Test(arguments: [
        (400, "invalid_request_error"), (401, "authentication_error"), (402, "billing_error"),
        (403, "permission_error"),
        (404, "not_found_error"), (405, "invalid_request_error"), (409, "conflict_error"), (413, "request_too_large"),
        (415, "invalid_request_error"), (429, "rate_limit_error"), (500, "api_error"), (502, "api_error"),
        (503, "api_error"), (504, "timeout_error"), (529, "overloaded_error"),
    ])
    func `the error's type follows the status`(status: Int, type: String) throws {
        let refusal = Refusal(status: status, reason: "r", message: "m", request: "1")
        let json = try JSONSerialization.jsonObject(with: Data(refusal.body(for: .anthropic))) as? [String: Any]
        #expect((json?["error"] as? [String: Any])?["type"] as? String == type)
    }

    @Test(
        arguments: [
            (400, nil, "false"), (401, nil, nil), (403, nil, "false"), (404, nil, "false"), (413, nil, "false"),
            (429, nil, "false"), (429, 3, nil), (502, nil, nil), (503, 1, nil), (504, nil, nil),
        ] as [(Int, Int?, String?)])
    func `clients retry only what may succeed`(status: Int, retryAfter: Int?, expected: String?) {
        let refusal = Refusal(status: status, reason: "r", message: "m", retryAfter: retryAfter, request: "1")
        let headers = refusal.headers(for: .anthropic)
        #expect(headers.first { $0.name == "x-should-retry" }?.value == expected)
        #expect(headers.first { $0.name == "retry-after" }?.value == retryAfter.map(String.init))
        #expect(headers.contains { $0.name == "www-authenticate" } == (status == 401))
    }

    @Test func `every answer names its record`() {
        for kind in [Service.Kind.anthropic, .http] {
            let headers = denied.headers(for: kind)
            #expect(headers.first { $0.name == "x-grantctl-request" }?.value == "1a2b")
            #expect(headers.first { $0.name == "content-type" }?.value == "application/json")
        }
    }

    @Test func `a fault keeps its code`() {
        let fault = RequestFault(
            status: 400, reason: "thread_unsupported", message: "m", errorCode: "thread_unsupported_request")
        let body = String(decoding: Refusal(fault, request: "1").body(for: .anthropic), as: UTF8.self)
        #expect(body.contains(#""details":{"error_code":"thread_unsupported_request"}"#))
    }

    @Test func `any text survives as a JSON string`() throws {
        var texts = ["", "\"\\/", "é😀\u{2028}\u{2029}\u{7F}", "a\r\n\tb", "</script>", "x\u{FEFF}"]
        texts += (0...0x20).compactMap { Unicode.Scalar($0).map { "x\($0)y" } }
        for text in texts {
            var json = JSONText()
            json.raw("[")
            json.string(text)
            json.raw("]")
            let read = try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String]
            #expect(read.map { Array($0[0].utf8) } == Array(text.utf8))
            #expect(!json.bytes.contains { $0 < 0x20 })
        }
    }
}
