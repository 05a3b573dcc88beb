import Foundation
import GrantModel
import Identity

/// Turns a token or an assertion into one of the gateway's own (RFC 8693), at `POST /token`.
struct TokenExchange {
    // RFC 8693 section 3.
    static let saml2 = "urn:ietf:params:oauth:token-type:saml2"
    static let jwt = "urn:ietf:params:oauth:token-type:jwt"
    static let idToken = "urn:ietf:params:oauth:token-type:id_token"
    static let accessToken = "urn:ietf:params:oauth:token-type:access_token"

    /// RFC 8693 section 2.2.1.
    private struct Answer: Decodable {
        var access_token: String
        var token_type: String
        var expires_in: IdentityProvider.TokenAnswer.Lenient?
    }

    let settings: LoginSettings

    /// - Parameter type: of `subject`, which for an assertion is its XML in base64url.
    func exchange(_ subject: String, type: String) throws(CommandFault) -> (token: String, seconds: Int64) {
        let address = try settings.exchangeAddress()
        let request = WebRequest(
            address, certificateAuthority: try settings.authority(),
            form: [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", subject),
                ("subject_token_type", type), ("requested_token_type", Self.accessToken),
            ])
        do throws(OAuthFault) {
            let answer: WebRequest.Answer
            do throws(WebRequest.Fault) {
                answer = try request.send()
            } catch {
                throw OAuthFault.unreachable(error.description)
            }
            try OAuthFault.check(answer, at: address)
            guard let read = try? JSONDecoder().decode(Answer.self, from: Data(answer.body)),
                read.token_type.lowercased() == "bearer"
            else {
                throw OAuthFault.unusable("`\(address)` gave an answer that cannot be read; does it exchange tokens?")
            }
            return (read.access_token, read.expires_in?.seconds ?? 300)
        } catch {
            throw CommandFault(description: "the gateway gave no token: \(error.text)")
        }
    }

    /// Reads an assertion: XML as it is or in base64, from a file or `-`.
    static func assertion(from path: String) throws(CommandFault) -> String {
        let data: Data?
        if path == "-" {
            data = try? FileHandle.standardInput.readToEnd()
        } else {
            data = FileManager.default.contents(atPath: path)
        }
        guard let data, !data.isEmpty else {
            throw CommandFault(
                description: "`\(path)` cannot be read; give the assertion's file, or - for standard input")
        }
        return try subject(Array(data), from: path)
    }

    /// The assertion that a shell command prints.
    static func assertion(by command: String) throws(CommandFault) -> String {
        let ending = ProgramRun(
            program: "sh", arguments: ["-c", command], inputChannel: .inherited, errorChannel: .inherited
        ).run()
        guard ending.status == 0, !ending.output.isEmpty else {
            throw CommandFault(
                description: "the command that gets the assertion ended with \(ending.status); "
                    + "run it by hand, or give another one with `grantctl login --assertion-command`")
        }
        return try subject(ending.output, from: "the command's output")
    }

    private static func subject(_ bytes: [UInt8], from place: String) throws(CommandFault) -> String {
        let trimmed = bytes.filter { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }
        if trimmed.first == UInt8(ascii: "<") { return LoginSecret.base64URL(bytes) }
        let standard = trimmed.filter { $0 != UInt8(ascii: "=") }.map { byte in
            byte == UInt8(ascii: "-") ? UInt8(ascii: "+") : byte == UInt8(ascii: "_") ? UInt8(ascii: "/") : byte
        }
        guard let decoded = Base64.decode(standard, padded: false),
            decoded.first(where: { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }) == UInt8(ascii: "<")
        else {
            throw CommandFault(description: "\(place) holds no SAML assertion; give its XML, as it is or in base64")
        }
        return LoginSecret.base64URL(decoded)
    }
}
