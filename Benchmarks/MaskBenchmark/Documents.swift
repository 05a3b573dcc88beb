import MaskingCorpus

/// JSON of several kinds in which nothing is found.
enum Documents {
    private static let sentences = [
        "Sure, here's what I'd do first: check the logs, then restart the worker.",
        "The function doesn't return early (see above), so the loop runs 12 times instead of 3.",
        "It's a well-known trade-off; most teams pick the simpler option & move on!",
        "Version 2.4.1 changed the default timeout from 30s to 60s - you may want to pin it.",
        "**Step 1:** open `settings.json` and set `retries` to 5.",
        "Revenue grew by 4.5% in Q3, while costs fell to $1.2M.",
        "Grüße aus München; das Wetter ist schön, aber es war gestern kälter.",
        "What would you like to do next? I can summarise, translate or expand the text.",
    ]

    /// Answers of a model: sentences, lists and line ends.
    static func prose(megabytes: Int) -> [UInt8] {
        make(megabytes) { random in
            var text = ""
            for _ in 0..<6 + random.next() % 20 {
                text += sentences[Int(random.next() % UInt64(sentences.count))]
                text += random.next() % 4 == 0 ? "\\n\\n- " : " "
            }
            return "{\"role\":\"assistant\",\"content\":\"\(text)\",\"stop_reason\":\"end_turn\"}"
        }
    }

    /// Lists of an interface: identifiers, times, short words, addresses of pages.
    static func identifiers(megabytes: Int) -> [UInt8] {
        make(megabytes) { random in
            let uuid = [8, 4, 4, 4, 12].map { size in
                "a" + String(String(random.next() | 1 << 63, radix: 16).prefix(size - 1))
            }.joined(separator: "-")
            return """
                {"id":"\(uuid)","object":"invoice_item","created":"2026-11-\(10 + random.next() % 20)T08:15:30Z",\
                "updated_at":"2026-11-22 19:12:34","status":"in_progress","url":"https://api.example.com/v1/items/\
                \(random.next() % 100_000)?expand=lines&limit=20","etag":"W/\\"\(String(random.next() | 1 << 63, radix: 16))\\"",\
                "tags":["beta","eu-west-1","x86_64"],"parent":null,"archived":false,"sha":"\(
                    (0..<3).map { _ in "a" + String(random.next() | 1 << 60, radix: 16).prefix(12) }.joined())"}
                """
        }
    }

    static func numbers(megabytes: Int) -> [UInt8] {
        make(megabytes) { random in
            let points = (0..<20).map { _ in
                "[\(random.next() % 90).\(random.next() % 1_000_000),-\(random.next() % 90).\(random.next() % 1_000_000)]"
            }
            return """
                {"t":\(1_700_000_000 + random.next() % 100_000_000),"n":\(random.next() % 5_000),"p":[\
                \(points.joined(separator: ","))],"ok":true}
                """
        }
    }

    static func code(megabytes: Int) -> [UInt8] {
        let lines = [
            "func load(_ path: String) throws -> [UInt8] {", "    let size = try file.size(at: path)",
            "    if (index >= 0x1F && flags[i] != 0) { return nil }", "    // see https://example.com/docs#anchor",
            "for (int i = 0; i < n; i++) sum += a[i] * b[i];", "import { useState } from 'react';",
            "const result = await client.messages.create({ model, max_tokens: 1024 });", "}",
            "SELECT name, count(*) FROM items WHERE price > 10 GROUP BY name;",
        ]
        return make(megabytes) { random in
            var text = ""
            for _ in 0..<10 + random.next() % 40 {
                text += lines[Int(random.next() % UInt64(lines.count))] + "\\n"
            }
            return "{\"path\":\"Sources/App/main.swift\",\"text\":\"\(text)\",\"lines\":\(random.next() % 500)}"
        }
    }

    private static func make(_ megabytes: Int, _ item: (inout CorpusRandom) -> String) -> [UInt8] {
        var random = CorpusRandom(seed: 11)
        var json = "{\"items\":["
        json.reserveCapacity((megabytes + 1) << 20)
        while json.utf8.count < megabytes << 20 { json += item(&random) + "," }
        return Array((json + "null]}").utf8)
    }
}
