/// Makes texts as they pass through a gateway, with and without protected data in them. The same seed makes the same texts.
///
/// Values have valid check digits and the spellings people use; what looks like one and is none is as frequent.
package struct Corpus {
    var random: CorpusRandom

    package init(seed: UInt64) {
        random = CorpusRandom(seed: seed)
    }

    package mutating func texts(_ count: Int) -> [CorpusText] {
        (0..<count).map { _ in text() }
    }

    package mutating func text() -> CorpusText {
        switch random.below(6) {
        case 0: json()
        case 1: log()
        case 2: code()
        default: sentences()
        }
    }

    mutating func sentences() -> CorpusText {
        var text = CorpusText()
        for _ in 0..<1 + random.below(4) {
            switch random.below(5) {
            case 0: text.add(filler())
            case 1, 2: negative(into: &text)
            default: positive(into: &text)
            }
            text.add(random.pick([" ", "\n", " "]))
        }
        return text
    }

    private mutating func positive(into text: inout CorpusText) {
        let value = value()
        // Most values have a name next to them; those that need none sometimes go without.
        if value.needsLabel || random.below(3) > 0 {
            text.add(random.pick(Self.openings).replacingName(with: random.pick(value.value.labels)))
        } else {
            text.add(random.pick(Self.bareOpenings))
        }
        text.add(value.value)
        text.add(random.pick(Self.endings))
    }

    private mutating func negative(into text: inout CorpusText) {
        let value = lookalike()
        text.add(random.pick(value.labels))
        text.add(value)
        text.add(random.pick(Self.endings))
    }

    mutating func json() -> CorpusText {
        var text = CorpusText()
        text.add("{\"status\": \"\(random.pick(["ok", "open", "closed"]))\", \"count\": \(random.below(10_000))")
        for _ in 0..<1 + random.below(4) {
            if random.below(2) == 0 {
                let value = lookalike()
                text.add(", \"\(random.pick(["order_id", "reference", "request_id", "build", "trace"]))\": \"")
                text.add(value)
            } else {
                let value = value().value
                text.add(", \"\(key(random.pick(value.labels)))\": \"")
                text.add(value)
            }
            text.add("\"")
        }
        text.add("}")
        return text
    }

    private func key(_ label: String) -> String {
        String(label.lowercased().map { $0 == " " ? "_" : $0 }.filter { $0 != ":" && $0 != "\"" })
    }

    mutating func log() -> CorpusText {
        var text = CorpusText()
        text.add("2026-\(random.digits(1, from: 1))\(random.below(3))-1\(random.below(10))T0\(random.below(10)):")
        text.add(
            "\(10 + random.below(50)):\(10 + random.below(50)).\(random.digits(3))Z \(random.pick(["INFO", "WARN"])) ")
        text.add("[\(random.hex(8))] \(random.pick(["worker", "http", "auth"])): ")
        let value = random.below(2) == 0 ? value().value : lookalike()
        text.add(random.pick(["handled ", "rejected ", "saved ", "retry for "]))
        text.add("\(key(random.pick(value.labels)))=")
        text.add(value)
        text.add(" duration_ms=\(random.below(4_000)) trace=\(random.hex(16))")
        return text
    }

    mutating func code() -> CorpusText {
        var text = CorpusText()
        let value = value().value
        text.add(random.pick(["const ", "let ", "", "self."]))
        text.add(key(random.pick(value.labels)).filter { $0.isASCII && ($0.isLetter || $0 == "_") })
        text.add(random.pick([" = \"", " = '"]))
        let quote = text.bytes.last == 0x22 ? "\"" : "'"
        text.add(value)
        text.add("\(quote);\n// \(filler())")
        return text
    }

    mutating func filler() -> String {
        random.pick(Self.fillers)
    }

    private static let openings = [
        "%: ", "The % is ", "% ", "my % is ", "Please note the new %: ", "(% ", "We have % ", "customer's %: ", "%=",
        "% - ", "Here is the %:\n", "Ihre %: ", "su %: ", "votre % : ", "— % ",
    ]
    private static let bareOpenings = [
        "They sent us ", "It says ", "Found ", "see ", "value ", "and then ", "请记录", "получили ", "→ ", "\"", "(", "",
    ]
    private static let endings = [".", ",", "", " today.", " (verified)", ";", " thanks!", "。", " and more", ")", "\n"]
    private static let fillers = [
        "The deployment finished without errors.", "Can you check the second paragraph again?",
        "Version 2.14.3 fixes the crash on start.", "Wir melden uns bis Freitag, 14:30 Uhr.",
        "It took 1,234.56 seconds and 12 retries.", "La réunion est à 10h15 en salle 204.", "Siehe Abschnitt 3.2.1.",
        "def add(a, b): return a + b  # 42", "See https://docs.example.com/v2/guide#section-12 for details.",
        "password is required", "the token count is 4096", "max_tokens: 8192, temperature: 0.7",
        "El pedido llegó ayer.", "Le mot de passe est obligatoire.", "会議は午後三時からです。", "Всё готово к запуску.",
    ]
}

extension String {
    fileprivate func replacingName(with name: String) -> String {
        split(separator: "%", omittingEmptySubsequences: false).joined(separator: name)
    }
}
