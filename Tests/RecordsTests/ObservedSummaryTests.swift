import Foundation
import GrantModel
import Testing

@testable import Records

@Suite struct ObservedSummaryTests {
    private func decision(
        _ number: Int64, subject: String = "maria", verdict: Decision.Verdict = .deny, facts: String
    ) -> DecisionRecord {
        var record = sample(
            RecordID(value: number), time: 1_795_305_600_000 + number, subject: subject, verdict: verdict)
        record.facts = ByteString(facts)
        return record
    }

    @Test func `counts what was let pass, and nothing else`() {
        var summary = ObservedSummary()
        let observed = #"{"models":["m"],"missing":["models: m","betas: b","models: m"],"observed":true}"#
        for number in 1...3 { summary.add(decision(Int64(number) * 60_000, facts: observed)) }
        summary.add(decision(5, facts: #"{"missing":["models: m"]}"#))
        summary.add(decision(6, facts: #"{"missing":["models: m"],"observed":false}"#))
        summary.add(decision(7, verdict: .allow, facts: observed))
        summary.add(decision(8, facts: "no JSON"))
        // Without a list it is the reason.
        summary.add(decision(9, subject: "bot", facts: #"{"observed":true}"#))
        #expect(
            summary.jsonLines == """
                {"service":"claude","issuer":"corp","subject":"bot","missing":"beyond_scope","requests":1,"first":"2026-11-22T00:00:00Z","last":"2026-11-22T00:00:00Z"}
                {"service":"claude","issuer":"corp","subject":"maria","missing":"betas: b","requests":3,"first":"2026-11-22T00:01:00Z","last":"2026-11-22T00:03:00Z"}
                {"service":"claude","issuer":"corp","subject":"maria","missing":"models: m","requests":3,"first":"2026-11-22T00:01:00Z","last":"2026-11-22T00:03:00Z"}

                """)
    }

    @Test func `what a caller sent moves no cursor`() {
        var summary = ObservedSummary()
        summary.add(
            decision(
                1, subject: "a\u{1B}[2J\u{202E}b", facts: #"{"missing":["models: \u001b]0;x\u0007\n"],"observed":true}"#
            ))
        #expect(summary.table.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value < 0x7F })
        #expect(summary.table.split(separator: "\n").count == 2)
        #expect(ObservedSummary().table == "nothing was let pass that a grant does not give\n")
    }
}
