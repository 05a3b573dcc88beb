import GrantModel
import Records
import Synchronization
import Testing

@testable import Proxy

/// Tool calls in answers, through a whole gateway.
@Suite struct GatewayToolTests {
    private static let grants = [
        "triage": """
        to: [{issuer: corp, group: support}]
        can: {models: ["claude-sonnet-*"], tools: [Read, "mcp__tickets__*"], client_tools: [bash]}
        why: tests
        by: maria

        """
    ]

    private static func block(_ index: Int, _ tool: String) -> String {
        #"{"type":"content_block_start","index":\#(index),"content_block":{"type":"tool_use","id":"t","name":"\#(tool)"}}"#
    }

    @Test(arguments: ["Read", "mcp__tickets__close", "bash"])
    func aCallWithinTheGrantIsDeliveredAsItCame(tool: String) async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.beginEvents()
                responder.event("content_block_start", Self.block(0, tool))
                responder.event("message_stop", "{}")
                responder.endChunks()
            }, grants: Self.grants)
        let client = try await fixture.connect()
        try await client.send(try fixture.message(stream: true))
        let response = try await client.response()
        #expect(response.isComplete)
        #expect(
            response.text
                == "event: content_block_start\ndata: \(Self.block(0, tool))\n\nevent: message_stop\ndata: {}\n\n")
        await fixture.stop()
    }

    @Test func aServiceThatStopsObservingRefusesCallsOfAnswersUnderWay() async throws {
        let upstream = Mutex<TestUpstream.Responder?>(nil)
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                upstream.withLock { $0 = responder }
                responder.beginEvents()
                responder.event("content_block_start", Self.block(0, "Bash"))
                responder.event("content_block_stop", #"{"type":"content_block_stop","index":0}"#)
            }, grants: Self.grants, service: "mode: observe")
        let client = try await fixture.connect()
        try await client.send(try fixture.message(stream: true))
        try await client.wait { bytes, _ in String(decoding: bytes, as: UTF8.self).contains("content_block_stop") }
        await fixture.gateway.publish(fixture.table(grants: Self.grants))
        upstream.withLock { $0 }?.event("content_block_start", Self.block(1, "Write"))
        let response = try await client.response()
        #expect(response.text.contains("\"Bash\"") && !response.text.contains("\"Write\""))
        #expect(response.text.contains("the tool `Write`, which claude/triage does not allow"))
        await fixture.stop()
    }

    @Test func aStreamedCallBeyondTheGrantEndsTheMessageAndTheConnectionGoesOn() async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { received, responder in
                responder.beginEvents()
                responder.event("message_start", #"{"type":"message_start","message":{"content":[]}}"#)
                responder.event("content_block_start", Self.block(0, "Bash"))
                // The upstream does not stop by itself.
                responder.event("content_block_delta", #"{"index":0,"delta":{"partial_json":"{}"}}"#)
            }, grants: Self.grants)
        let client = try await fixture.connect()
        for _ in 1...2 {
            try await client.send(try fixture.message(stream: true))
            let response = try await client.response()
            #expect(response.status == 200 && response.isComplete)
            #expect(response.text.hasPrefix("event: message_start\n"))
            #expect(response.text.contains("the tool `Bash`, which claude/triage does not allow"))
            #expect(response.text.contains(#""stop_reason":"end_turn""#))
            #expect(response.text.hasSuffix("data: {\"type\":\"message_stop\"}\n\n"))
            #expect(!response.text.contains("partial_json") && !response.text.contains(#""name":"Bash""#))
        }
        await fixture.stop()
    }

    @Test func aRefusedCallIsOnRecordBesideTheRequestItAnswers() async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.json(#"{"content":[{"type":"tool_use","name":"Bash"}],"stop_reason":"tool_use"}"#)
            }, grants: Self.grants)
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        let response = try await client.response()
        #expect(response.status == 200)
        #expect(response["content-length"] == String(response.text.utf8.count))
        #expect(response.text.contains(#""stop_reason":"end_turn""#) && response.text.contains("does not allow"))
        let id = try #require(response["x-grantctl-request"])
        await client.close()
        await fixture.gateway.drain()
        fixture.records.close()
        let reader = try RecordReader(path: fixture.directory + "/records.sqlite")
        let all = try reader.latest(filter: RecordFilter(), limit: 10)
        let refused = try #require(all.first { $0.decision.reason == "tool_refused" })
        #expect(refused.decision.verdict == .deny && refused.decision.grant == "claude/triage")
        #expect(refused.decision.facts.text == #"{"tools":["Bash"],"answer_to":"\#(id)","missing":["tools: Bash"]}"#)
        #expect(all.first { $0.decision.id.text == id }?.completion?.end == .toolRefused)
        let asked = try #require(all.first { $0.decision.id.text == id })
        #expect(refused.decision.requestBytes == asked.decision.requestBytes && asked.decision.requestBytes > 50)
        await fixture.stop()
    }

    @Test func resultsOfABatchAreJudgedLineByLine() async throws {
        func line(_ id: String, _ tool: String) -> String {
            #"{"custom_id":"\#(id)","result":{"message":{"content":[{"type":"tool_use","name":"\#(tool)"}],"stop_reason":"tool_use"}}}"#
        }
        let body = line("a", "Bash") + "\n" + line("b", "Read") + "\n"
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.send(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
                )
            },
            grants: [
                "triage": """
                to: [{issuer: corp, group: support}]
                can: {models: ["claude-sonnet-*"], tools: [Read], operations: [messages, batches]}
                why: tests
                by: maria

                """
            ])
        let client = try await fixture.connect()
        try await client.send(
            "GET /claude/v1/messages/batches/b_1/results HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer \(try fixture.token())\r\n\r\n"
        )
        let response = try await client.response()
        let lines = response.text.split(separator: "\n")
        #expect(response.status == 200 && response.isComplete && lines.count == 2)
        #expect(lines.first?.contains("the tool `Bash`, which claude/triage does not allow") == true)
        #expect(lines.first?.contains(#""tool_use""#) == false)
        #expect(lines.last.map(String.init) == line("b", "Read"))
        await client.close()
        await fixture.gateway.drain()
        fixture.records.close()
        let all = try RecordReader(path: fixture.directory + "/records.sqlite").latest(
            filter: RecordFilter(), limit: 10)
        #expect(all.map(\.decision.reason).filter { $0 == "tool_refused" }.count == 1)
        #expect(all.compactMap { $0.completion?.end } == [.complete])
        await fixture.stop()
    }

    @Test func aDocumentWithinTheGrantIsDeliveredAsItCame() async throws {
        let body = #"{"content": [{"type":"tool_use","name":"Read","input":{"n":1.50}}],"stop_reason":"tool_use"}"#
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in responder.json(body) }, grants: Self.grants)
        let client = try await fixture.connect()
        for _ in 1...2 {
            try await client.send(try fixture.message())
            let response = try await client.response()
            #expect(response.status == 200 && response.text == body)
            #expect(response["content-length"] == String(body.utf8.count))
        }
        await fixture.stop()
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{]",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{\"half\":",
    ])
    func anAnswerThatCannotBeJudgedIsA502(answer: String) async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.send(answer)
                responder.close()
            }, grants: Self.grants)
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        let response = try await client.response()
        #expect(response.status == 502, "\(response.text)")
        #expect(response.text.contains(#""type":"error""#))
        await fixture.stop()
    }

    @Test func anUpstreamsErrorIsDeliveredAsItCame() async throws {
        let body = #"{"type":"error","error":{"type":"overloaded_error","message":"tool_use"}}"#
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in responder.json(body, status: 529) }, grants: Self.grants)
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        let response = try await client.response()
        #expect(response.status == 529 && response.text == body)
        await fixture.stop()
    }

    @Test func aStreamThatBeganUnlimitedIsCutWhenItsGrantLimitsTools() async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.beginEvents()
                responder.event("message_start", "{}")
            })
        let client = try await fixture.connect()
        try await client.send(try fixture.message(stream: true))
        try await client.wait { bytes, _ in String(decoding: bytes, as: UTF8.self).contains("message_start") }
        await fixture.gateway.publish(fixture.table(grants: Self.grants))
        let response = try await client.response()
        #expect(response.text.contains("event: error"))
        #expect(response.text.contains("limits which tools"))
        await fixture.stop()
    }
}
