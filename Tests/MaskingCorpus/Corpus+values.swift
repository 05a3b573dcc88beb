extension Corpus {
    typealias Value = CorpusText.Value

    /// A value of any class, and whether nobody could tell what it is without a name next to it.
    mutating func value() -> (value: Value, needsLabel: Bool) {
        let all: [(inout Corpus) -> (Value, Bool)] = [
            { ($0.email(), false) }, { ($0.email(), false) }, { $0.phone() }, { $0.phone() }, { ($0.card(), false) },
            { ($0.card(), false) }, { ($0.iban(), false) }, { $0.ssn() }, { $0.nino() }, { ($0.nhs(), true) },
            { ($0.taxID(), false) }, { ($0.nir(), false) }, { ($0.nif(), false) }, { ($0.codice(), false) },
            { ($0.aadhaar(), false) }, { ($0.pan(), false) }, { ($0.cpf(), false) }, { ($0.tfn(), true) },
            { ($0.sin(), true) }, { ($0.passport(), true) }, { ($0.address(), false) }, { ($0.mac(), false) },
            { ($0.wallet(), false) }, { ($0.credentials(), false) }, { ($0.webToken(), false) },
            { ($0.privateKey(), false) }, { ($0.secret(), false) }, { ($0.password(), true) }, { ($0.birth(), true) },
        ]
        return all[random.below(all.count)](&self)
    }

    private func made(_ kind: String, _ text: String, _ labels: [String]) -> Value {
        Value(kind: kind, text: text, labels: labels)
    }

    private mutating func email() -> Value {
        let first = random.pick([
            "john", "maria.lopez", "j.smith+news", "anna_b", "k-t", "info", "x99", "o'neil", "jörg.weiß",
        ])
        let host = random.pick([
            "example.com", "mail.acme.co.uk", "corp.example", "uni-köln.de", "foo.museum", "a.b.c.io",
        ])
        return made("email", first + "@" + host, ["email", "mail", "contact", "user", "E-Mail", "correo", "login"])
    }

    private mutating func phone() -> (Value, Bool) {
        let labels = ["phone", "Tel", "mobile", "call me at", "Telefon", "téléphone", "móvil", "phone number", "fax"]
        let d = { (random: inout CorpusRandom, count: Int, from: Int) in random.digits(count, from: from) }
        let area = "\(random.pick([2, 3, 4, 5, 6, 7, 8, 9]))\(random.pick([0, 2, 3, 4, 5, 6]))\(random.below(10))"
        let exchange = d(&random, 1, 2) + random.pick(["02", "55", "34", "87"])
        let line = random.digits(4)
        let two = { (random: inout CorpusRandom) in random.digits(2) }
        let forms: [(String, Bool)] = [
            ("(\(area)) \(exchange)-\(line)", false), ("\(area)-\(exchange)-\(line)", false),
            ("\(area).\(exchange).\(line)", false), ("+1 \(area) \(exchange) \(line)", false),
            ("+1-\(area)-\(exchange)-\(line)", false), ("+1\(area)\(exchange)\(line)", false),
            ("\(area)\(exchange)\(line)", true), ("1-\(area)-\(exchange)-\(line)", false),
            ("+44 20 \(random.digits(4, from: 3)) \(line)", false),
            ("+44 (0)7\(random.digits(3, from: 1)) \(random.digits(6))", false),
            ("07\(random.digits(3, from: 1)) \(random.digits(6))", false),
            ("020 \(random.digits(4, from: 3)) \(line)", false),
            ("+49 30 \(random.digits(7, from: 2))", false), ("+49 (0) 171 \(random.digits(7, from: 2))", false),
            ("030/\(random.digits(7, from: 2))", false), ("0171-\(random.digits(7, from: 2))", false),
            ("06 \(two(&random)) \(two(&random)) \(two(&random)) \(two(&random))", false),
            ("+33 6 \(two(&random)) \(two(&random)) \(two(&random)) \(two(&random))", false),
            ("+33.1.\(two(&random)).\(two(&random)).\(two(&random)).\(two(&random))", false),
            ("+34 6\(random.digits(2)) \(random.digits(3)) \(random.digits(3))", false), ("6\(random.digits(8))", true),
            ("+91 9\(random.digits(4)) \(random.digits(5))", false), ("9\(random.digits(9))", true),
            ("(11) 9\(random.digits(4, from: 1))-\(line)", false), ("+55 11 9\(random.digits(4))-\(line)", false),
            ("04\(random.digits(2)) \(random.digits(3)) \(random.digits(3))", false),
            ("+61 4\(random.digits(8))", false),
            ("090-\(random.digits(4, from: 1))-\(line)", false), ("+81-3-\(random.digits(4, from: 3))-\(line)", false),
            ("+86 138 \(random.digits(4)) \(line)", false), ("0\(random.digits(9, from: 1))", true),
            ("+39 3\(random.digits(2)) \(random.digits(7))", false), ("0049 30 \(random.digits(7, from: 2))", false),
        ]
        let (text, needsLabel) = random.pick(forms)
        return (made("phone", text, labels), needsLabel)
    }

    private mutating func card() -> Value {
        let (prefix, length) = random.pick([
            ("4", 16), ("4", 16), ("51", 16), ("2221", 16), ("34", 15), ("37", 15), ("6011", 16), ("36", 14),
            ("3528", 16),
            ("62", 16), ("5018", 16), ("2200", 16), ("65", 16),
        ])
        let body = prefix + random.digits(length - 1 - prefix.count)
        let number = body + "\(CheckDigits.luhn(body))"
        let text =
            random.below(3) == 0
            ? number : random.grouped(number, length == 15 ? [4, 6, 5] : length == 14 ? [4, 6, 4] : [4, 4, 4])
        return made(
            "payment_card", text, ["card", "credit card", "Kreditkarte", "card number", "pan", "tarjeta", "cc"])
    }

    private mutating func iban() -> Value {
        let (country, account) = random.pick([
            ("DE", random.digits(18)), ("GB", "NWBK" + random.digits(14)),
            ("FR", random.digits(10) + random.alphanumeric(11).uppercased() + random.digits(2)),
            ("ES", random.digits(20)), ("NL", "ABNA" + random.digits(10)), ("IT", "X" + random.digits(22)),
            ("CH", random.digits(17)), ("NO", random.digits(11)), ("BE", random.digits(12)), ("PL", random.digits(24)),
        ])
        let text = CheckDigits.iban(country, account)
        let shown = random.below(2) == 0 ? text : random.grouped(text, [4, 4, 4, 4, 4, 4, 4])
        return made("iban", shown, ["IBAN", "iban", "account", "Konto", "bank account"])
    }

    private mutating func ssn() -> (Value, Bool) {
        let parts = [
            random.pick(["123", "219", "457", "078", "665", "899"]), random.digits(2, from: 1),
            random.digits(4, from: 1),
        ]
        let labels = ["SSN", "social security number", "ssn", "Social Security", "SSN#"]
        if random.below(4) == 0 { return (made("us_ssn", parts.joined(), labels), true) }
        return (made("us_ssn", parts.joined(separator: random.separator()), labels), false)
    }

    private mutating func nino() -> (Value, Bool) {
        let text = random.pick(["AB", "CE", "JG", "LR", "SY"]) + random.digits(6) + random.pick(["A", "B", "C", "D"])
        let shown = random.below(2) == 0 ? text : random.grouped(text, [2, 2, 2, 2, 1])
        return (
            made("uk_nino", shown, ["NINO", "National Insurance number", "NI number", "national insurance"]), false
        )
    }

    private mutating func nhs() -> Value {
        while true {
            let body = random.digits(9, from: 4)
            let check = 11 - CheckDigits.weighted(body, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11
            if check == 10 { continue }
            let text = body + "\(check == 11 ? 0 : check)"
            let shown = random.below(2) == 0 ? text : random.grouped(text, [3, 3, 4])
            return made("uk_nhs", shown, ["NHS number", "NHS No", "nhs", "patient NHS", "NHS"])
        }
    }

    private mutating func taxID() -> Value {
        // Ten digits of which one appears twice and one is missing.
        var digits = Array(0...9).shuffled(using: &random)
        digits[9] = digits[random.below(8)]
        if digits[0] == 0 { digits.swapAt(0, 5) }
        if digits[0] == 0 { digits.swapAt(0, 3) }
        var product = 10
        for digit in digits {
            let sum = (digit + product) % 10
            product = (sum == 0 ? 10 : sum) * 2 % 11
        }
        let check = (11 - product) % 10
        let text = digits.map(String.init).joined() + "\(check)"
        let shown = random.below(2) == 0 ? text : random.grouped(text, [2, 3, 3, 3], by: " ")
        return made("de_tax_id", shown, ["Steuer-ID", "Steueridentifikationsnummer", "IdNr", "tax ID", "Steuernummer"])
    }

    private mutating func nir() -> Value {
        let month = random.pick(["01", "05", "09", "12"])
        let body =
            random.pick(["1", "2"]) + random.digits(2) + month + random.pick(["75", "13", "69"]) + random.digits(6)
        let key = 97 - (Int(body) ?? 0) % 97
        let text = body + (key < 10 ? "0" : "") + "\(key)"
        let shown =
            random.below(2) == 0
            ? text : random.grouped(text, [1, 2, 2, 2, 3, 3, 2], by: random.pick([" ", "\u{A0}"]))
        return made("fr_nir", shown, ["NIR", "numéro de sécurité sociale", "n° sécu", "INSEE"])
    }

    private mutating func nif() -> Value {
        let letters = Array("TRWAGMYFPDXBNJZSQVHLCKE")
        let labels = ["DNI", "NIF", "NIE", "documento", "DNI/NIF"]
        if random.below(3) == 0 {
            let first = random.below(3)
            let body = random.digits(7)
            let letter = letters[(Int("\(first)" + body) ?? 0) % 23]
            return made("es_nif", "\(["X", "Y", "Z"][first])\(body)\(random.pick(["", "-"]))\(letter)", labels)
        }
        let body = random.digits(8)
        let letter = letters[(Int(body) ?? 0) % 23]
        return made("es_nif", body + random.pick(["", "-", ""]) + "\(letter)", labels)
    }

    private mutating func codice() -> Value {
        let odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]
        let body =
            random.letters(6, "BCDFGLMNPRSTV") + random.digits(2) + random.letters(1, "ABCDEHLMPRST")
            + random.pick(["10", "25", "52"])
            + random.pick(["H501", "F205", "A562"])
        let sum = body.enumerated().reduce(0) { sum, pair in
            let value = pair.element.wholeNumberValue ?? Int(pair.element.asciiValue ?? 65) - 65
            return sum + (pair.offset % 2 == 0 ? odd[value] : value)
        }
        let check = Character(UnicodeScalar(UInt8(65 + sum % 26)))
        return made("it_codice_fiscale", body + "\(check)", ["codice fiscale", "CF", "Codice Fiscale", "cod. fisc."])
    }

    private mutating func aadhaar() -> Value {
        let body = random.digits(11, from: 2)
        let text = body + "\(CheckDigits.verhoeff(body))"
        let labels = ["Aadhaar", "aadhaar number", "UIDAI", "आधार"]
        return made("in_aadhaar", random.grouped(text, [4, 4, 4]), labels)
    }

    private mutating func pan() -> Value {
        let text =
            random.letters(3) + random.pick(["P", "C", "H"]) + random.letters(1) + random.digits(4) + random.letters(1)
        return made("in_pan", text, ["PAN", "PAN card", "permanent account number", "pan_no"])
    }

    private mutating func cpf() -> Value {
        let body = random.digits(9)
        let first = CheckDigits.weighted(body, Array((2...10).reversed())) * 10 % 11 % 10
        let second = CheckDigits.weighted(body + "\(first)", Array((2...11).reversed())) * 10 % 11 % 10
        let text = body + "\(first)\(second)"
        let dotted =
            text.prefix(3) + "." + text.dropFirst(3).prefix(3) + "." + text.dropFirst(6).prefix(3) + "-"
            + text.suffix(2)
        return made("br_cpf", random.below(3) == 0 ? text : String(dotted), ["CPF", "cpf", "CPF do cliente"])
    }

    private mutating func tfn() -> Value {
        while true {
            let body = random.digits(8, from: 1)
            let sum = CheckDigits.weighted(body, [1, 4, 3, 7, 5, 8, 6, 9])
            guard let last = (0...9).first(where: { (sum + $0 * 10) % 11 == 0 }) else { continue }
            let text = body + "\(last)"
            return made(
                "au_tfn", random.below(2) == 0 ? text : random.grouped(text, [3, 3, 3], by: " "),
                ["TFN", "tax file number", "Tax File Number", "tfn"])
        }
    }

    private mutating func sin() -> Value {
        let body = random.digits(8, from: 1)
        let text = body + "\(CheckDigits.luhn(body))"
        return made(
            "ca_sin", random.below(3) == 0 ? text : random.grouped(text, [3, 3, 3], by: random.pick([" ", "-"])),
            ["SIN", "social insurance number", "Social Insurance Number", "NAS"])
    }

    private mutating func passport() -> Value {
        let text = random.pick([
            random.digits(9), random.letters(1) + random.digits(8),
            "C" + random.letters(2, "FGHJKLMNPRTVWXYZ") + random.digits(6),
            random.letters(2) + random.digits(7), random.digits(2) + random.letters(2) + random.digits(5),
        ])
        return made(
            "passport", text, ["passport", "passport number", "Reisepass", "passeport n°", "pasaporte", "Passport No."])
    }
}
