import ArgumentParser
import Foundation
import GrantModel
import Identity
import Logging
import Proxy
import Reconciler
import Records
import ServiceLifecycle

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the gateway.",
        discussion: """
            Follows the grants repository, enforces it on every request, records every decision. SIGTERM drains and ends; \
            SIGHUP reads certificates and secrets again and looks at the remote at once.

            EXAMPLES
              grantctl serve --config gateway.yaml

            Exit 0 after a drain, 1 when something failed, 2 when the configuration is wrong (with all its errors).
            """
    )

    @Option(name: .customLong("config"), help: "The gateway's configuration file.")
    var configuration = "gateway.yaml"

    @Option(help: "Write the addresses listened on to this file, as JSON, once requests can be decided.")
    var readyFile: String?

    @Option(help: "How much to log: debug, info, warning, error.")
    var logLevel = LogLevel.info

    enum LogLevel: String, ExpressibleByArgument, CaseIterable {
        case debug, info, warning, error
    }

    func run() async throws {
        let level = Logger.Level(rawValue: logLevel.rawValue) ?? .info
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let serving: Serving
        do {
            let file = try GatewayFile.read(configuration)
            try file.checkSecrets()
            serving = try Serving(file, path: configuration, readyFile: readyFile)
        } catch let fault as GatewayFileFault {
            FileHandle.standardError.write(Data((fault.description + "\n").utf8))
            throw ExitCode(2)
        }
        try await serving.run()
    }
}

/// What a gateway listens on, as `--ready-file` says it.
struct ServeAddresses: Codable {
    /// `host:port`, or the path of a socket, in the configuration's order.
    var listen: [String]
    var admin: String
}
