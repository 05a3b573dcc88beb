import ArgumentParser
import Foundation
import FoundationNetworking

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what a running gateway enforces and how it stands.",
        discussion: """
            Asks the admin listener.

            EXAMPLES
              grantctl status
              grantctl status --admin http://127.0.0.1:8444 --json

            Exit 0 when a table is live and nothing is wrong, 1 when a condition is not as it should be, 2 when the gateway \
            cannot be reached.
            """
    )

    @Option(help: "The admin listener's address.")
    var admin = "http://127.0.0.1:8444"

    @Flag(help: "The document as the gateway answers it.")
    var json = false

    func run() async throws {
        let body: Data
        do {
            guard let url = URL(string: admin + "/status"), url.scheme?.hasPrefix("http") == true else {
                throw ValidationError("`\(admin)` is not an http address")
            }
            let (data, response) = try await URLSession.shared.data(for: URLRequest(url: url, timeoutInterval: 5))
            guard (response as? HTTPURLResponse)?.statusCode == 200 else {
                throw StatusFault(description: "it answered without a status")
            }
            body = data
        } catch let error as ValidationError {
            throw error
        } catch {
            let reason = (error as? StatusFault)?.description ?? (error as NSError).localizedDescription
            FileHandle.standardError.write(
                Data("grantctl: no gateway at \(admin): \(reason); is it running, and is --admin right?\n".utf8))
            throw ExitCode(2)
        }
        let status = try JSONDecoder().decode(StatusDocument.self, from: body)
        print(json ? String(decoding: body, as: UTF8.self) : status.text)
        guard status.isGood else { throw ExitCode(1) }
    }
}

private struct StatusFault: Error {
    var description: String
}

extension StatusDocument {
    /// Whether a table is live and every condition is as it should be.
    var isGood: Bool {
        live != nil
            && conditions.allSatisfy { condition in
                condition.status == (["degraded", "stalled"].contains(condition.type) ? "False" : "True")
            }
    }
}
