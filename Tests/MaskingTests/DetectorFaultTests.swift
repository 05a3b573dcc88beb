import GrantModel
import Testing

@testable import Masking

/// A detector that cannot finish masks everything that is pending, and says why.
@Suite struct DetectorFaultTests {
    func masked(_ text: String, _ pattern: String, _ scratch: ScanScratch) throws -> (String, [DetectorFault?]) {
        let own = try OwnPattern(kind: Detector.firstOwn, pattern: pattern, check: nil, context: [])
        let rules = MaskRules(detector: Detector(builtIn: .all, patterns: [own], ownNames: ["own"]))
        var masked = MaskedText(rules, .random(), scratch)
        var output: [UInt8] = []
        Array(text.utf8).withUnsafeBufferPointer { masked.take($0, into: &output) }
        masked.finish(into: &output)
        return (String(decoding: output, as: UTF8.self), masked.takeSpots().map(\.fault))
    }

    @Test func onesThatReachesItsLimitOfStepsDoes() throws {
        // Bounded, and refused by `validate` for what it can cost: 2^24 ways to fail at one place.
        let pattern = "(?:(?:a|aa){1,40}){1,2}b"
        let text = String(repeating: "a", count: 60) + " c"
        let (output, faults) = try masked(text, pattern, ScanScratch())
        #expect(output == "[own]" && faults == [.steps])
    }

    @Test func onesThatTakesTooLongDoes() throws {
        let (output, faults) = try masked("nothing here", "x[0-9]{4}", ScanScratch(budget: .zero))
        #expect(output == "[own]" && faults.allSatisfy { $0 == .time } && !faults.isEmpty)
        let (whole, none) = try masked("nothing here", "x[0-9]{4}", ScanScratch())
        #expect(whole == "nothing here" && none.isEmpty)
    }

    @Test func longTextsAreSearchedInSteps() throws {
        let filler = String(repeating: "ä b ", count: 3_000)
        let (output, faults) = try masked(filler + "x1234" + filler, "x[0-9]{4}", ScanScratch())
        #expect(output == filler + "[own]" + filler && faults == [nil])
    }
}
