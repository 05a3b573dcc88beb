import Foundation

/// The user's web browser, where there is one to open.
struct Browser {
    /// A shell command; `%s` or a last argument takes the address.
    private let command: String

    /// Nil on a machine that shows no windows to its user: over ssh, without a display.
    init?(environment: [String: String] = ProcessInfo.processInfo.environment) {
        if let named = environment["BROWSER"]?.split(separator: ":").first {
            command = String(named)
            return
        }
        #if os(macOS)
            guard environment["SSH_CONNECTION"] == nil else { return nil }
            command = "open"
        #else
            let hasDisplay =
                environment["DISPLAY"]?.isEmpty == false || environment["WAYLAND_DISPLAY"]?.isEmpty == false
            guard hasDisplay, environment["SSH_CONNECTION"] == nil else { return nil }
            command = "xdg-open"
        #endif
    }

    /// - Returns: whether a program was started.
    func open(_ address: String) -> Bool {
        let call = command.contains("%s") ? command.replacingOccurrences(of: "%s", with: "\"$1\"") : "\(command) \"$1\""
        let program = command.split(separator: " ").first.map(String.init) ?? command
        // The shell ends at once; the browser goes on without this terminal. The address is never part of the script.
        return ProgramRun(
            program: "sh",
            arguments: [
                "-c", "command -v \"$2\" >/dev/null || exit 127; \(call) >/dev/null 2>&1 </dev/null &", "sh", address,
                program,
            ],
            outputChannel: .none, errorChannel: .none
        ).run().status == 0
    }
}
