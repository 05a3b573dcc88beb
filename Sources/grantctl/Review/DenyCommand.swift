import ArgumentParser
import Foundation
import GrantModel

struct DenyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deny",
        abstract: "Stop a caller or grants now: written, committed and pushed in one command.",
        discussion: """
            A denial takes effect when it is on main, wins over everything, and needs no signature. Name grants, or describe \
            callers: every condition given must hold, and an issuer alone means everybody it knows. Deleting the file lifts \
            it.

            EXAMPLES
              grantctl deny claude/triage-bot --why 'answers with customer data, SEC-93'
              grantctl deny --issuer corp --sub old-laptop --why 'laptop stolen, SEC-88'
              grantctl deny --issuer github --claim repository=acme/fork --why 'not ours'

            \(AttestCommand.endings)
            """
    )

    @Argument(help: "Grants by id.", completion: .grants)
    var grants: [String] = []

    @Option(help: "Callers of this issuer, a name in identity/.")
    var issuer: String?

    @Option(help: "Callers with this subject.")
    var sub: String?

    @Option(help: "Callers with this e-mail address.")
    var email: String?

    @Option(help: "Callers in this group.")
    var group: String?

    @Option(help: "Callers with this role.")
    var role: String?

    @Option(help: "Callers with this claim, as NAME=VALUE; may be given several times.")
    var claim: [String] = []

    @Option(help: "Why; callers are told.")
    var why: String

    @Option(help: "The file's name in denied/, without .yaml; made of what is denied otherwise.")
    var name: String?

    @OptionGroup var place: CloneOptions

    @Flag(help: "A JSON object.")
    var json = false

    func run() async throws {
        let submitted: Submitted
        let path: String
        do throws(CommandFault) {
            let clone = try place.clone()
            let now = Instant.clock
            let desk = try CheckedOutHistory.desk(of: clone, now: now)
            let denial = try denial(desk, clone)
            path = "denied/\(denial.name).yaml"
            let submission = Submission(
                files: [path: try Self.bytes(of: denial, at: path)], message: "Deny \(denial.name)\n\n\(denial.why)",
                push: !place.keepsHere)
            submitted = try clone.submit(submission)
        } catch {
            throw error.exitCode()
        }
        if json {
            let answer: [String: String?] = [
                "path": path, "commit": submitted.commit, "branch": submitted.branch, "remote": submitted.remote,
            ]
            print(prettyJSON(answer))
        } else {
            print("denied by \(path), from the merge on; delete the file to lift it")
            print(AttestReport.place(of: submitted))
        }
        try submitted.requirePushed()
    }

    private func denial(_ desk: ReviewDesk, _ clone: GrantsClone) throws(CommandFault) -> Denial {
        let ids = grants.map { argument in
            let trimmed = argument.hasPrefix("grants/") ? String(argument.dropFirst(7)) : argument
            return ByteString(trimmed.hasSuffix(".yaml") ? String(trimmed.dropLast(5)) : trimmed)
        }
        for id in ids where !desk.hasGrant(id) {
            let nearest = desk.nearestGrant(to: id.text).map { "did you mean `\($0)`?" } ?? "check the name"
            throw CommandFault(description: "there is no grant `\(id.text.printable)`; \(nearest)")
        }
        let condition = try condition(desk)
        guard condition != nil || !ids.isEmpty else {
            throw CommandFault(description: "nothing says who or what is denied; name a grant, or give --issuer")
        }
        let suggested = sub ?? email ?? group ?? role ?? grants.first ?? issuer ?? "denial"
        let name = try fileName(suggested, clone)
        return Denial(name: ByteString(name), to: condition.map { [$0] } ?? [], grants: ids, why: why.trimmedNote)
    }

    private func condition(_ desk: ReviewDesk) throws(CommandFault) -> CallerCondition? {
        guard let issuer else {
            guard sub == nil, email == nil, group == nil, role == nil, claim.isEmpty else {
                throw CommandFault(
                    description: "callers are denied by issuer; add --issuer, one of "
                        + "\(desk.issuerNames.map { "`\($0)`" }.joined(separator: ", "))")
            }
            return nil
        }
        guard desk.hasIssuer(ByteString(issuer)) else {
            throw CommandFault(
                description: "there is no issuer `\(issuer.printable)` in identity/; known: "
                    + desk.issuerNames.map { "`\($0)`" }.joined(separator: ", "))
        }
        var claims: [ByteString: ByteString] = [:]
        for each in claim {
            guard let equals = each.firstIndex(of: "="), equals != each.startIndex else {
                throw CommandFault(description: "`--claim \(each.printable)` names no value; write NAME=VALUE")
            }
            claims[ByteString(String(each[..<equals]))] = ByteString(String(each[each.index(after: equals)...]))
        }
        return CallerCondition(
            issuer: ByteString(issuer), subject: sub.map { ByteString($0) }, email: email.map { ByteString($0) },
            group: group.map { ByteString($0) }, role: role.map { ByteString($0) }, claims: claims)
    }

    private func fileName(_ suggested: String, _ clone: GrantsClone) throws(CommandFault) -> String {
        if let name {
            guard ByteString(name).isName else {
                throw CommandFault(
                    description: "`\(name.printable)` is no name for a file; use a-z, 0-9 and `-`, at most 63")
            }
            return name
        }
        var slug = ""
        for byte in suggested.utf8 {
            let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            let fits = (0x61...0x7A).contains(lower) || (0x30...0x39).contains(lower)
            if fits {
                slug.unicodeScalars.append(Unicode.Scalar(lower))
            } else if slug.last != "-", !slug.isEmpty {
                slug += "-"
            }
        }
        let base = String(slug.prefix(50)).trimmingCharacters(in: CharacterSet(charactersIn: "-"))
        var name = base.isEmpty ? "denial" : base
        var number = 2
        while clone.bytes(of: "denied/\(name).yaml") != nil {
            name = "\(base.isEmpty ? "denial" : base)-\(number)"
            number += 1
        }
        return name
    }

    /// What a gateway will read must be what was meant.
    private static func bytes(of denial: Denial, at path: String) throws(CommandFault) -> [UInt8] {
        let bytes = denial.fileBytes
        let file = FileContent(path: ByteString(path), bytes: bytes)
        let parsed = ParsedDocument(path: .denial(denial.name), file: file, mentions: false)
        guard case .denial(let read)? = parsed.document, read == denial else {
            let message = parsed.diagnostics.first?.message ?? "it would not be read as it was meant"
            throw CommandFault(description: "the denial cannot be written down: \(message); write it otherwise")
        }
        return bytes
    }
}
