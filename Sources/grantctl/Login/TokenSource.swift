import Foundation
import GrantModel
import Identity

/// Gives a token that is good for a while, refreshing it when it must. One process at a time refreshes a profile; the others
/// wait and use what it got.
struct TokenSource {
    let store: LoginStore
    /// Seconds that the token should still be good for; a token that lives shorter is renewed at half of its life.
    var goodFor: Int64 = 300
    /// Warnings, on standard error.
    var warn: (String) -> Void = { FileHandle.standardError.write(Data("grantctl: \($0)\n".utf8)) }

    /// The token to show the gateway.
    func token() throws(CommandFault) -> String {
        let record = try load()
        if let token = good(record) { return token }
        return try store.locked { () throws(CommandFault) in
            // Whoever held the lock may have done it already.
            var record = try load()
            if let token = good(record) { return token }
            do throws(CommandFault) {
                try renew(&record)
            } catch {
                // A token that still lives is better than none.
                if let (token, _, until) = current(record), until > Instant.clock.seconds + 1 {
                    warn(error.description)
                    return token
                }
                throw error
            }
            guard let (token, _, until) = current(record), until > Instant.clock.seconds else {
                throw ended(record, "it gave a token that has already ended; check the clock of this machine")
            }
            return token
        }
    }

    private func load() throws(CommandFault) -> LoginRecord {
        guard let record = try store.read(), record.tokens != nil else {
            throw CommandFault(description: "nobody is logged in\(named); run `grantctl login\(option)`")
        }
        return record
    }

    private var named: String { store.profile == "default" ? "" : " as `\(store.profile)`" }
    private var option: String { store.profile == "default" ? "" : " --profile \(store.profile)" }

    private func current(_ record: LoginRecord) -> (token: String, from: Int64, until: Int64)? {
        guard let tokens = record.tokens else { return nil }
        guard record.settings.exchange else { return tokens.shown(by: record.settings.use) }
        guard let token = tokens.exchanged, let from = tokens.exchangedAt, let until = tokens.exchangedExpires else {
            return nil
        }
        return (token, from, until)
    }

    private func good(_ record: LoginRecord) -> String? {
        guard let shown = current(record), isGood(shown.from, shown.until) else { return nil }
        return shown.token
    }

    private func isGood(_ from: Int64, _ until: Int64) -> Bool {
        let now = Instant.clock.seconds
        // A clock that was set back makes everything look young.
        guard now >= from - 60 else { return false }
        return until - now > min(goodFor, (until - from) / 2)
    }

    private func renew(_ record: inout LoginRecord) throws(CommandFault) {
        if record.settings.issuer != nil {
            let subject = record.tokens?.shown(by: record.settings.use)
            if !(subject.map { isGood($0.from, $0.until) } ?? false) { try refresh(&record) }
            guard record.settings.exchange else { return }
            guard let token = record.tokens?.shown(by: record.settings.use)?.token else {
                throw ended(record, "there is no token to exchange")
            }
            let isIdentity = token == record.tokens?.idToken
            try exchange(
                &record, subject: token, type: isIdentity ? TokenExchange.idToken : TokenExchange.jwt)
        } else {
            guard let command = record.settings.assertionCommand else {
                throw ended(record, "the assertion's time is over")
            }
            try exchange(&record, subject: try TokenExchange.assertion(by: command), type: TokenExchange.saml2)
        }
    }

    private func refresh(_ record: inout LoginRecord) throws(CommandFault) {
        guard let refreshToken = record.tokens?.refreshToken else {
            throw ended(record, "the provider gave no refresh token")
        }
        do throws(OAuthFault) {
            let provider = try IdentityProvider.discover(record.settings)
            let answer = try provider.token([("grant_type", "refresh_token"), ("refresh_token", refreshToken)])
            try check(answer, record)
            do throws(CommandFault) {
                record.tokens = try LoginTokens(answer, after: record.tokens, use: record.settings.use)
                try store.write(record)
            } catch {
                throw OAuthFault.unusable(error.description)
            }
        } catch {
            switch error {
            case .refused("invalid_grant", _):
                // It will never work again; what still lives of the login stays.
                record.tokens?.refreshToken = nil
                try store.write(record)
                throw ended(record, error.text)
            case .refused, .unusable: throw ended(record, error.text)
            case .unreachable:
                throw CommandFault(description: "the token cannot be refreshed: \(error.text); try again later")
            }
        }
    }

    /// A renewed ID token is about the same person, of the same provider (OpenID Connect Core 1.0 section 12.2).
    private func check(_ answer: IdentityProvider.TokenAnswer, _ record: LoginRecord) throws(OAuthFault) {
        guard let renewed = answer.id_token else {
            guard record.settings.use != .id else {
                throw .unusable("the provider does not renew ID tokens; log in with --use access, if it gives JWTs")
            }
            return
        }
        guard let before = record.tokens?.idToken.flatMap(LoginTokens.claims) else { return }
        let after = LoginTokens.claims(of: renewed)
        for claim in ["iss", "sub"] where (after?[claim] as? String) != (before[claim] as? String) {
            throw .unusable("the provider gave a token of somebody else")
        }
    }

    private func exchange(_ record: inout LoginRecord, subject: String, type: String) throws(CommandFault) {
        let answer = try TokenExchange(settings: record.settings).exchange(subject, type: type)
        let now = Instant.clock.seconds
        record.tokens?.exchanged = answer.token
        record.tokens?.exchangedAt = now
        record.tokens?.exchangedExpires = now + answer.seconds
        try store.write(record)
    }

    private func ended(_ record: LoginRecord, _ why: String) -> CommandFault {
        let place = record.settings.issuer.map { " at `\($0)`" } ?? ""
        return CommandFault(description: "the login\(place) has ended: \(why); run `grantctl login\(option)`")
    }
}
