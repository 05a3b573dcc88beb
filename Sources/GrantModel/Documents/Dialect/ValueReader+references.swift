/// Names that other files must back: each is read as a name and remembered with its place.
extension ValueReader where Value == ByteString {
    /// Somebody in `people/`.
    static func person(_ role: String) -> ValueReader {
        .name.then { name, position, problems in
            problems.mention(.person(role: role), name, at: position)
            return name
        }
    }

    /// Something in `identity/`.
    static var issuer: ValueReader {
        .name.then { name, position, problems in
            problems.mention(.issuer, name, at: position)
            return name
        }
    }

    /// The same, remembered with its place.
    func mentioned(as kind: Mention.Kind) -> ValueReader {
        then { text, position, problems in
            problems.mention(kind, text, at: position)
            return text
        }
    }

    /// A tier of the policy.
    static var tier: ValueReader {
        .name.then { name, position, problems in
            problems.mention(.tier, name, at: position)
            return name
        }
    }

    /// A data class, built in or in `data/`.
    static var dataClass: ValueReader {
        ValueReader.text(
            "bad-name", "the name of a data class", help: "use a-z, 0-9, `-` and `_`, starting with a letter or digit"
        ) {
            $0.isClassName ? $0 : nil
        }.then { name, position, problems in
            problems.mention(.dataClass, name, at: position)
            return name
        }
    }

    /// A grant's id, whether or not there is such a file.
    static var grantID: ValueReader {
        ValueReader.text(
            "bad-grant-id", "the id of a grant",
            help: "write its path below `grants/` without `.yaml`, e.g. `claude/triage-bot`"
        ) { id in
            if case .grant = DocumentPath(ByteString(Array("grants/".utf8) + id.bytes + Array(".yaml".utf8))) {
                id
            } else {
                nil
            }
        }.then { id, position, problems in
            problems.mention(.grant, id, at: position)
            return id
        }
    }
}
