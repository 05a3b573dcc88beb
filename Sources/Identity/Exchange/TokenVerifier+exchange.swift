import Foundation
import GrantModel

/// What is answered to a token request, with what the record says of it.
package struct ExchangeAnswer: Sendable {
    package var status: Int
    package var body: [UInt8]
    /// Kebab-case, as in `TokenRefusal`; `token-issued` for none.
    package var reason: String
    /// Whom the token is for.
    package var caller: Caller?
}

extension TokenVerifier {
    /// The largest form that is read, in bytes: an assertion of 256 KiB in base64, its signs escaped.
    package static let longestForm = 1 << 20

    /// Exchanges an assertion or a token of somebody else for one of the gateway's own (RFC 8693 section 2). Runs on the
    /// cooperative pool; signatures of assertions are checked elsewhere. Nil when exchange is off.
    package func exchange(form body: [UInt8], now: Instant) async -> ExchangeAnswer? {
        guard let issuer = own else { return nil }
        let form: ExchangeForm
        do throws(ExchangeForm.Fault) {
            form = try ExchangeForm(body, audience: issuer.settings.audience, issuer: issuer.settings.issuer)
        } catch {
            let answer = error.answer
            return .refused(400, error: answer.error, reason: answer.reason, answer.text)
        }
        do throws(TokenRefusal) {
            let caller = try await subject(of: form, issuer, now: now)
            let issued: (token: String, expires: Instant)
            do throws(TokenFault) {
                issued = try issuer.token(for: caller, now: now)
            } catch {
                throw error.refusal
            }
            return .issued(
                issued.token, type: form.issuedType, lifetime: issued.expires.seconds - now.seconds, for: caller)
        } catch {
            // What cannot be checked now may be good later; everything else is the request's own fault.
            return .refused(
                error.isTemporary ? 503 : 400, error: error.isTemporary ? "temporarily_unavailable" : "invalid_request",
                reason: error.reason, error.text)
        }
    }

    private func subject(
        of form: ExchangeForm, _ issuer: TokenIssuer, now: Instant
    ) async throws(TokenRefusal) -> Caller {
        switch form.subject {
        case .token: return try await exchangeable(form.token, now: now).get()
        case .assertion:
            do throws(SAMLFault) {
                guard let document = Self.document(form.token) else { throw .encoding }
                return try await issuer.saml.verify(document, now: now)
            } catch {
                throw error.refusal
            }
        }
    }

    /// An assertion in base64url (RFC 7522 section 2.1) or base64 as providers post it, with or without line ends and padding.
    static func document(_ text: [UInt8]) -> [UInt8]? {
        var digits: [UInt8] = []
        digits.reserveCapacity(text.count)
        for byte in text {
            switch byte {
            case UInt8(ascii: "-"): digits.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): digits.append(UInt8(ascii: "/"))
            case 0x0A, 0x0D: continue
            case let other: digits.append(other)
            }
        }
        while digits.last == UInt8(ascii: "=") { digits.removeLast() }
        guard !digits.isEmpty else { return nil }
        return Base64.decode(digits, padded: false)
    }
}

extension ExchangeAnswer {
    private struct Issued: Encodable {
        var access_token: String
        var issued_token_type: String
        let token_type = "Bearer"
        var expires_in: Int64
    }

    private struct Refused: Encodable {
        var error: String
        var error_description: String
    }

    fileprivate static func issued(
        _ token: String, type: String, lifetime: Int64, for caller: Caller
    ) -> ExchangeAnswer {
        ExchangeAnswer(
            status: 200, body: text(Issued(access_token: token, issued_token_type: type, expires_in: lifetime)),
            reason: "token-issued", caller: caller)
    }

    package static func refused(
        _ status: Int, error: String, reason: String, _ text: String
    ) -> ExchangeAnswer {
        ExchangeAnswer(
            status: status, body: self.text(Refused(error: error, error_description: text)), reason: reason, caller: nil
        )
    }

    private static func text(_ answer: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(answer)).map { [UInt8]($0) } ?? []
    }
}
