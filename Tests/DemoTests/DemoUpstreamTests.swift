import Foundation
import FoundationNetworking
import Testing

@testable import Demo

@Suite("The demo's upstream")
struct DemoUpstreamTests {
    private func ask(
        _ upstream: DemoUpstream, _ body: String, key: String? = "k", path: String = "/v1/messages"
    ) async throws -> (status: Int, body: String) {
        var request = URLRequest(url: try #require(URL(string: upstream.url + path)))
        request.httpMethod = "POST"
        request.httpBody = Data(body.utf8)
        if let key { request.setValue(key, forHTTPHeaderField: "x-api-key") }
        let (data, response) = try await URLSession.shared.data(for: request)
        return (try #require(response as? HTTPURLResponse).statusCode, String(decoding: data, as: UTF8.self))
    }

    private func message(_ text: String, stream: Bool = false) throws -> String {
        let body: [String: Any] = [
            "model": "claude-haiku-4-5", "max_tokens": 10, "stream": stream,
            "messages": [["role": "user", "content": text]],
        ]
        return String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
    }

    @Test("demands its key, and only in x-api-key")
    func key() async throws {
        let upstream = try await DemoUpstream.start(key: "k")
        #expect(try await ask(upstream, try message("hello"), key: nil).status == 401)
        #expect(try await ask(upstream, try message("hello"), key: "other").status == 401)
        #expect(try await ask(upstream, try message("hello")).status == 200)
        await upstream.stop()
    }

    @Test("answers by the last user message: text, a tool, an error")
    func replies() async throws {
        let upstream = try await DemoUpstream.start(key: "k")
        #expect(try await ask(upstream, try message("hello")).body.contains("Hello from the demo"))
        let tool = try await ask(upstream, try message(#"!tool Read {"file_path": "/x"}"#)).body
        #expect(tool.contains(#""stop_reason":"tool_use""#) && tool.contains(#""name":"Read""#))
        let error = try await ask(upstream, try message("!error 529"))
        #expect(error.status == 529 && error.body.contains("overloaded_error"))
        #expect(try await ask(upstream, "[]").status == 400)
        #expect(try await ask(upstream, "{}", path: "/v1/nothing").status == 404)
        await upstream.stop()
    }

    @Test("streams whole events from message_start to message_stop")
    func streams() async throws {
        let upstream = try await DemoUpstream.start(key: "k")
        let body = try await ask(upstream, try message("hello", stream: true)).body
        let events = body.components(separatedBy: "\n\n").filter { !$0.isEmpty }
        #expect(events.first?.hasPrefix("event: message_start\ndata: {") == true)
        #expect(events.last?.hasPrefix("event: message_stop\ndata: {") == true)
        #expect(events.allSatisfy { $0.hasPrefix("event: ") && $0.contains("\ndata: {") })
        await upstream.stop()
    }

    @Test("remembers what arrived byte for byte")
    func received() async throws {
        let upstream = try await DemoUpstream.start(key: "k")
        let sent = try message("Grüße \u{1F600}")
        _ = try await ask(upstream, sent)
        #expect(upstream.received.map(\.body) == [Array(sent.utf8)])
        upstream.forgetReceived()
        #expect(upstream.received.isEmpty)
        await upstream.stop()
    }
}
