import GrantModel
import Records
import Testing

@testable import Proxy

/// Protected data in answers and requests, through a whole gateway.
@Suite struct GatewayMaskTests {
    private static let service = "protects: [email, payment_card]"

    private static func grants(see: String = "", can: String = "") -> [String: String] {
        [
            "triage": """
            to: [{issuer: corp, group: support}]
            can: {models: ["claude-sonnet-*"]\(can)}
            \(see.isEmpty ? "" : "see: [\(see)]")
            why: tests
            by: maria

            """
        ]
    }

    private static func delta(_ text: String) -> String {
        #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\#(text)"}}"#
    }

    private func answer(
        service: String = Self.service, see: String = "", can: String = "", stream: Bool = false, body: String? = nil,
        _ respond: @escaping @Sendable (TestUpstream.Received, TestUpstream.Responder) -> Void
    ) async throws -> (response: ReceivedResponse, fixture: GatewayFixture) {
        let fixture = try await GatewayFixture(
            upstream: .start(respond), grants: Self.grants(see: see, can: can), service: service)
        let client = try await fixture.connect()
        try await client.send(try fixture.message(stream: stream, body: body))
        return (try await client.response(), fixture)
    }

    @Test func aDocumentIsMaskedAndItsLengthFits() async throws {
        let (response, fixture) = try await answer { _, responder in
            responder.json(#"{"content":[{"type":"text","text":"a@b.io has 4111 1111 1111 1111"}]}"#)
        }
        #expect(response.status == 200 && response.isComplete)
        #expect(response.text == #"{"content":[{"type":"text","text":"[email] has [payment_card]"}]}"#)
        await fixture.stop()
    }

    @Test func whoMaySeeAClassReceivesIt() async throws {
        let (response, fixture) = try await answer(see: "email") { _, responder in
            responder.json(#"{"content":[{"type":"text","text":"a@b.io has 4111111111111111"}]}"#)
        }
        #expect(response.text == #"{"content":[{"type":"text","text":"a@b.io has [payment_card]"}]}"#)
        await fixture.stop()
    }

    @Test(arguments: ["email", "email, payment_card", ""])
    func whatACallerMaySeeIsCountedByClassOnly(see: String) async throws {
        let (response, fixture) = try await answer(see: see) { _, responder in
            responder.json(#"{"content":[{"type":"text","text":"a@b.io, c@d.io has 4111111111111111"}]}"#)
        }
        #expect(response.isComplete)
        await fixture.gateway.drain()
        fixture.records.close()
        let reader = try RecordReader(path: fixture.directory + "/records.sqlite")
        let notes = try reader.latest(filter: RecordFilter(reason: "seen"), limit: 10).map(\.decision)
        #expect(notes.count == (see.isEmpty ? 0 : 1))
        for note in notes {
            #expect(note.facts.text.hasPrefix(#"{"seen":[{"class":"email","count":2}"#) || see.hasSuffix("card"))
            #expect(note.facts.text.contains(#"{"class":"payment_card","count":1}"#) == see.hasSuffix("card"))
            #expect(note.facts.text.contains(#"{"class":"email","count":2}"#))
            #expect(!note.facts.text.contains("b.io") && note.grant.text.hasSuffix("triage"))
        }
        let data = try reader.protectedData(since: Instant(seconds: 0))
        #expect(data.contains { $0.place == .seen && $0.dataClass == "email" && $0.values == 2 } == !see.isEmpty)
        await fixture.stop()
    }

    @Test func aStreamIsMaskedAcrossItsEvents() async throws {
        let (response, fixture) = try await answer(stream: true) { _, responder in
            responder.beginEvents()
            for text in ["mail jo", "hn@exam", "ple.com or pay 4111", " 1111 1111 1111 now"] {
                responder.event("content_block_delta", Self.delta(text))
            }
            responder.event("message_stop", #"{"type":"message_stop"}"#)
            responder.endChunks()
        }
        #expect(response.isComplete)
        #expect(!response.text.contains("john") && !response.text.contains("1111") && !response.text.contains("exam"))
        #expect(response.text.contains("[email]") && response.text.contains("[payment_card]"))
        #expect(response.text.hasSuffix("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"))
        await fixture.stop()
    }

    @Test func anErrorBodyIsMasked() async throws {
        let (response, fixture) = try await answer { _, responder in
            responder.json(#"{"type":"error","error":{"type":"api_error","message":"no a@b.io"}}"#, status: 500)
        }
        #expect(response.status == 500)
        #expect(response.text.contains("no [email]"))
        await fixture.stop()
    }

    @Test func whatCannotBeLookedIntoIsRefusedUnlessGranted() async throws {
        for isGranted in [false, true] {
            let (response, fixture) = try await answer(see: isGranted ? "opaque" : "") { _, responder in
                responder.json(#"{"content":[{"type":"redacted_thinking","data":"EmwKAhgB"}]}"#)
            }
            #expect(response.status == (isGranted ? 200 : 403))
            #expect(response.text.contains("EmwKAhgB") == isGranted)
            #expect(isGranted || response.text.contains("see: [opaque]"))
            await fixture.stop()
        }
    }

    @Test func requestsAreRecordedMaskedOrRefusedAsTheServiceSays() async throws {
        let body =
            #"{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"I am a@b.io"}]}"#
        for mode in ["record", "mask", "deny"] {
            let (response, fixture) = try await answer(
                service: Self.service + "\nprotect_requests: \(mode)", body: body
            ) { received, responder in
                responder.json(
                    #"{"content":[],"masked":\#(String(decoding: received.body, as: UTF8.self).contains("[email]"))}"#)
            }
            #expect(response.status == (mode == "deny" ? 403 : 200), "\(mode): \(response.text)")
            if mode == "deny" { #expect(response.text.contains("`email`")) }
            if mode == "mask" { #expect(response.text.contains(#""masked":true"#)) }
            if mode == "record" { #expect(response.text.contains(#""masked":false"#)) }
            await fixture.stop()
        }
    }
}
