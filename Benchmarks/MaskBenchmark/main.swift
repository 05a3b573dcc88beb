import Foundation
import GrantModel
import Masking
import MaskingCorpus

// MaskBenchmark corpus COUNT SEED   labelled texts, one JSON object a line
// MaskBenchmark find                reads such lines, writes what is found in each
// MaskBenchmark speed [WORD]        throughput and cost of an event; with a word, only of what is named with it

let arguments = CommandLine.arguments
switch arguments.dropFirst().first {
case "corpus":
    var corpus = Corpus(seed: arguments.count > 3 ? UInt64(arguments[3]) ?? 1 : 1)
    for text in corpus.texts(arguments.count > 2 ? Int(arguments[2]) ?? 1_000 : 1_000) { print(text.json) }
case "find":
    try LabelledTexts.run()
default:
    Speed.run(only: arguments.count > 2 ? arguments[2] : nil)
}
