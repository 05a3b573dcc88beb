import StrictJSON

extension JSONText {
    /// Appends a parsed value: the same value, in the writer's own spelling.
    mutating func value(_ element: JSONElement) {
        if let members = element.object {
            raw("{")
            var isFirst = true
            for (key, value) in members {
                if !isFirst { raw(",") }
                isFirst = false
                string(String(decoding: key, as: UTF8.self))
                raw(":")
                self.value(value)
            }
            raw("}")
        } else if let entries = element.array {
            raw("[")
            var isFirst = true
            for entry in entries {
                if !isFirst { raw(",") }
                isFirst = false
                value(entry)
            }
            raw("]")
        } else if let text = element.string {
            string(String(decoding: text, as: UTF8.self))
        } else if let whole = element.int64 {
            literal("\(whole)")
        } else if let whole = element.uint64 {
            literal("\(whole)")
        } else if let number = element.number {
            literal("\(number)")
        } else if let bool = element.bool {
            raw(bool ? "true" : "false")
        } else {
            raw("null")
        }
    }

    /// Appends an object with another value for one of its members.
    /// - Parameter write: appends that value.
    mutating func object(_ object: JSONObject, replacing name: StaticString, _ write: (inout JSONText) -> Void) {
        raw("{")
        var isFirst = true
        for (key, value) in object {
            if !isFirst { raw(",") }
            isFirst = false
            string(String(decoding: key, as: UTF8.self))
            raw(":")
            if key.equals(name) { write(&self) } else { self.value(value) }
        }
        raw("}")
    }
}
