import Foundation
import GrantModel
import Identity
import Logging

/// One login at an OpenID provider, by the browser or by a code typed in elsewhere.
struct LoginFlow {
    let provider: IdentityProvider
    /// Says something to the user: standard error, so that nothing of it gets into a pipe.
    let tell: (String) -> Void

    private static let minutes = 10

    // MARK: Authorization code with PKCE (RFC 6749 section 4.1, RFC 7636, RFC 8252)

    func byBrowser(_ browser: Browser?) async throws(CommandFault) -> LoginTokens {
        guard let endpoint = provider.metadata.authorization_endpoint else {
            throw CommandFault(description: "the provider has no login by browser; try --device")
        }
        let (state, nonce, verifier) = (LoginSecret.make(), LoginSecret.make(), LoginSecret.make())
        let issuer = provider.metadata.issuer
        let listener = try await RedirectListener.start(
            provider.settings.redirect, state: state, issuer: issuer,
            requiresIssuer: provider.metadata.authorization_response_iss_parameter_supported == true)
        let address = authorizationAddress(
            endpoint, redirect: listener.address, state: state, nonce: nonce, verifier: verifier)
        let opened = browser?.open(address) == true
        tell(
            (opened
                ? "opening your browser; if nothing happens, open this address:" : "open this address in a browser:"))
        tell("  \(address.printable)")
        let answer: RedirectAnswer
        do throws(CommandFault) {
            answer = try await listener.answer(within: Self.minutes)
        } catch {
            await listener.stop()
            throw error
        }
        await listener.stop()
        switch answer {
        case .code(let code):
            let form = [
                (name: "grant_type", value: "authorization_code"), ("code", code), ("redirect_uri", listener.address),
                ("code_verifier", verifier),
            ]
            return try await tokens(attempt { () throws(OAuthFault) in try provider.token(form) }, nonce: nonce)
        case .refused(let why):
            throw CommandFault(description: "the provider refused the login: \(why)")
        case .ignored:
            throw CommandFault(description: "the login was not answered; run `grantctl login` again")
        }
    }

    private func authorizationAddress(
        _ endpoint: String, redirect: String, state: String, nonce: String, verifier: String
    ) -> String {
        var query = [
            (name: "response_type", value: "code"), ("client_id", provider.clientID), ("redirect_uri", redirect),
            ("scope", provider.scope), ("state", state), ("nonce", nonce),
            ("code_challenge", LoginSecret.challenge(of: verifier)), ("code_challenge_method", "S256"),
        ]
        if let audience = provider.settings.audience { query.append(("audience", audience)) }
        // Google gives refresh tokens by a parameter of its own (Google Identity, "Using OAuth 2.0 for Web Server Applications").
        if provider.metadata.issuer == "https://accounts.google.com" {
            query += [("access_type", "offline"), ("prompt", "consent")]
        }
        return endpoint + (endpoint.contains("?") ? "&" : "?") + WebRequest.encoded(query)
    }

    // MARK: Device authorization (RFC 8628)

    /// RFC 8628 section 3.2.
    private struct DeviceAnswer: Decodable {
        var device_code: String
        var user_code: String
        var verification_uri: String?
        /// How Google spells it.
        var verification_url: String?
        var verification_uri_complete: String?
        var expires_in: IdentityProvider.TokenAnswer.Lenient?
        var interval: IdentityProvider.TokenAnswer.Lenient?
    }

    func byDevice() async throws(CommandFault) -> LoginTokens {
        guard let endpoint = provider.metadata.device_authorization_endpoint else {
            throw CommandFault(
                description: "the provider has no login without a browser here; run `grantctl login --browser`, "
                    + "and open the address it prints in a browser on this machine")
        }
        var form = [(name: "scope", value: provider.scope)]
        if let audience = provider.settings.audience { form.append(("audience", audience)) }
        let device = try attempt { () throws(OAuthFault) in
            try provider.decode(DeviceAnswer.self, try provider.post(form, to: endpoint), at: endpoint)
        }
        guard let place = device.verification_uri ?? device.verification_url else {
            throw CommandFault(description: "the provider does not say where to enter the code; tell its administrator")
        }
        tell("open \(shown(place)) on any device and enter this code:")
        tell("  \(shown(device.user_code))")
        if let complete = device.verification_uri_complete { tell("or open \(shown(complete))") }
        return try await poll(device)
    }

    private func poll(_ device: DeviceAnswer) async throws(CommandFault) -> LoginTokens {
        let form = [
            (name: "grant_type", value: "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", device.device_code),
        ]
        let deadline = ContinuousClock.now + .seconds(min(device.expires_in?.seconds ?? 600, 3_600))
        // Five seconds unless it says otherwise (section 3.2).
        var interval = max(1, min(device.interval?.seconds ?? 5, 60))
        while ContinuousClock.now < deadline {
            try? await Task.sleep(for: .seconds(interval))
            let answer: IdentityProvider.TokenAnswer
            do throws(OAuthFault) {
                answer = try provider.token(form)
            } catch {
                // Section 3.5.
                switch error {
                case .refused("authorization_pending", _): continue
                case .refused("slow_down", _): interval += 5
                case .refused("access_denied", _):
                    throw CommandFault(description: "the login was refused at the provider")
                case .refused("expired_token", _):
                    throw CommandFault(description: "the code was not entered in time; run `grantctl login` again")
                // It may be overloaded: ask less often.
                case .unreachable: interval = min(interval * 2, 60)
                case .refused, .unusable: throw CommandFault(description: "no token was given: \(error.text)")
                }
                continue
            }
            return try await tokens(answer, nonce: nil)
        }
        throw CommandFault(description: "the code was not entered in time; run `grantctl login` again")
    }

    // MARK: What comes back

    /// Checks the ID token and keeps what came.
    private func tokens(_ answer: IdentityProvider.TokenAnswer, nonce: String?) async throws(CommandFault)
        -> LoginTokens
    {
        if let token = answer.id_token {
            try await IDTokenCheck(provider: provider).check(token, nonce: nonce)
        } else if nonce != nil, provider.scope.split(separator: " ").contains("openid") {
            // Without one nothing ties the answer to this login (OpenID Connect Core 1.0 section 3.1.3.3).
            throw CommandFault(description: "the provider gave no ID token; tell its administrator")
        }
        return try LoginTokens(answer, after: nil, use: provider.settings.use)
    }

    private func attempt<Value>(_ body: () throws(OAuthFault) -> Value) throws(CommandFault) -> Value {
        do throws(OAuthFault) {
            return try body()
        } catch {
            throw CommandFault(description: "no token was given: \(error.text)")
        }
    }
}

/// The checks of OpenID Connect Core 1.0 section 3.1.3.7, by the code that the gateway verifies tokens with.
struct IDTokenCheck {
    let provider: IdentityProvider

    func check(_ token: String, nonce: String?) async throws(CommandFault) {
        let verifier = TokenVerifier(logger: Logger(label: "login") { _ in SwiftLogNoOpLogHandler() })
        let algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
        let authority: String? = try provider.settings.authority()
        verifier.update(issuers: [
            Issuer(
                name: "provider", issuer: ByteString(provider.metadata.issuer),
                audience: [ByteString(provider.clientID)],
                algorithms: algorithms.map { ByteString($0) }, longest: .days(3_650), leeway: .minutes(2),
                certificateAuthority: authority)
        ])
        switch await verifier.verify(Array(token.utf8), now: .clock) {
        case .failure(let refusal):
            throw CommandFault(description: "the provider's ID token is not valid (\(refusal.reason)): \(refusal.text)")
        case .success(let caller):
            guard nonce == nil || caller.claims["nonce"] == nonce.map({ ByteString($0) }) else {
                throw CommandFault(
                    description: "the provider's ID token is of another login; run `grantctl login` again")
            }
        }
    }
}
