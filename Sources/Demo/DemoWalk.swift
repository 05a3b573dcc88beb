/// The walk that `grantctl demo` prints and `grantctl demo --check` takes: shell commands with what they must show.
package struct DemoWalk {
    package struct Step {
        package var title: String
        /// What a person should see.
        package var shows: String
        /// For `sh`, after the demo's `env` file was read.
        package var command: String
        /// Texts that the output must contain, and must not.
        package var contains: [String]
        package var lacks: [String]
    }

    /// Callers that the demo's issuer knows, with what their tokens say.
    package struct Caller {
        package var name: String
        package var groups: [String]
        package var roles: [String]
        package var about: String
    }

    package static let callers = [
        Caller(
            name: "triage-bot", groups: ["support-agents"], roles: ["triage"],
            about: "sonnet and haiku, at most 8192 tokens; reads tickets"),
        Caller(
            name: "engineer", groups: ["engineers"], roles: [],
            about: "sonnet and haiku; revoked at the end of the walk"),
        Caller(name: "researcher", groups: ["research"], roles: [], about: "sonnet and haiku; gets opus by a merge"),
        Caller(name: "quarterly-report", groups: [], roles: [], about: "had haiku; its review lapsed ten days ago"),
        Caller(
            name: "old-laptop", groups: ["engineers"], roles: [], about: "would have what engineers have, but is denied"
        ),
        Caller(name: "stranger", groups: [], roles: [], about: "has a valid token and no grant"),
    ]

    /// Names of the shell functions and variables, defined by `environment`.
    package static func environment(
        gateway: String, authority: String, repository: String, issuer: String, secrets: [String: String]
    ) -> String {
        let cases = secrets.sorted { $0.key < $1.key }.map { "    \($0.key)) secret='\($0.value)' ;;" }
        return """
            # Read by `.`: what the demo's commands use.
            GATEWAY='\(gateway)'
            CA='\(authority)'
            REPO='\(repository)'
            # token CALLER: a fresh OIDC token from the demo's issuer.
            token() {
              case "$1" in
            \(cases.joined(separator: "\n"))
                *) echo "no such caller: $1" >&2; return 1 ;;
              esac
              curl -sS -d grant_type=client_credentials -d "client_id=$1" -d "client_secret=$secret" '\(issuer)/token' |
                sed -n 's/.*"access_token" *: *"\\([^"]*\\)".*/\\1/p'
            }
            # ask CALLER MODEL PROMPT [true]: one call of the Messages API through the gateway, streamed if asked.
            ask() {
              curl -sS -N --cacert "$CA" -w '\\nHTTP %{http_code}\\n' "$GATEWAY/claude/v1/messages" \\
                -H "authorization: Bearer $(token "$1")" -H 'content-type: application/json' \\
                -H 'anthropic-version: 2023-06-01' \\
                -d "{\\"model\\":\\"$2\\",\\"max_tokens\\":2000,\\"stream\\":${4:-false},\\"messages\\":[{\\"role\\":\\"user\\",\\"content\\":\\"$3\\"}]}"
            }
            # land BRANCH: merges a reviewed branch into main and pushes it.
            land() { git -C "$REPO" merge -q --no-ff --no-edit "$1" && git -C "$REPO" push -q origin main; }

            """
    }

    /// - Parameter longAnswer: a prompt that keeps the upstream talking for at least ten seconds.
    package static func steps(longAnswer: String) -> [Step] {
        [
            Step(
                title: "an allowed call",
                shows: "HTTP 200 and the upstream's answer; no key was sent by the caller",
                command: "ask triage-bot claude-sonnet-4-5 'Say hello.'",
                contains: ["HTTP 200", #""role":"assistant""#], lacks: ["permission_error"]),
            Step(
                title: "the same, streamed",
                shows: "server-sent events as the upstream sends them",
                command: "ask triage-bot claude-haiku-4-5 'Say hello.' true",
                contains: ["HTTP 200", "event: message_start", "event: message_stop"], lacks: ["event: error"]),
            Step(
                title: "refused for its model",
                shows: "HTTP 403 that names the model, the nearest grant and how to ask",
                command: "ask triage-bot claude-opus-4-5 'Say hello.'",
                contains: ["HTTP 403", "permission_error", "claude-opus-4-5", "claude/triage-bot"], lacks: []),
            Step(
                title: "refused because its grant lapsed",
                shows: "HTTP 403: the last review is over, nobody had to switch anything off",
                command: "ask quarterly-report claude-haiku-4-5 'Say hello.'",
                contains: ["HTTP 403", "claude/quarterly-report", "lapsed"], lacks: []),
            Step(
                title: "refused because it is denied",
                shows: "HTTP 403 although the group has a grant",
                command: "ask old-laptop claude-haiku-4-5 'Say hello.'",
                contains: ["HTTP 403", "denied"], lacks: []),
            Step(
                title: "refused because nothing names the caller",
                shows: "HTTP 403 for a valid token without a grant",
                command: "ask stranger claude-haiku-4-5 'Say hello.'",
                contains: ["HTTP 403", "permission_error"], lacks: []),
            Step(
                title: "refused without a token",
                shows: "HTTP 401",
                command: "curl -sS --cacert \"$CA\" -w '\\nHTTP %{http_code}\\n' \"$GATEWAY/claude/v1/models\"",
                contains: ["HTTP 401", "authentication_error"], lacks: []),
            Step(
                title: "an internal HTTP service, allowed",
                shows: "HTTP 200 and a ticket",
                command: "curl -sS --cacert \"$CA\" -w '\\nHTTP %{http_code}\\n' "
                    + "-H \"authorization: Bearer $(token triage-bot)\" \"$GATEWAY/tickets/v1/tickets/17\"",
                contains: ["HTTP 200", "Printer on fire"], lacks: []),
            Step(
                title: "the same service, beyond the routes granted",
                shows: "HTTP 403 for a DELETE",
                command: "curl -sS --cacert \"$CA\" -w '\\nHTTP %{http_code}\\n' -X DELETE "
                    + "-H \"authorization: Bearer $(token triage-bot)\" \"$GATEWAY/tickets/v1/tickets/17\"",
                contains: ["HTTP 403", "DELETE"], lacks: ["Printer on fire"]),
            Step(
                title: "starts to work seconds after a merge",
                shows: "HTTP 403 first; after a branch with a grant and two sign-offs landed on main: HTTP 200",
                command: """
                    ask researcher claude-opus-4-5 'Say hello.' | tail -n 1
                    land ask/opus-for-research
                    for i in $(seq 100); do
                      answer=$(ask researcher claude-opus-4-5 'Say hello.' | tail -n 1)
                      [ "$answer" = 'HTTP 200' ] && break; sleep 0.1
                    done
                    echo "after the merge: $answer"
                    """,
                contains: ["HTTP 403", "after the merge: HTTP 200"], lacks: []),
            Step(
                title: "cut off mid-stream by a revocation",
                shows: "words arrive until the revocation lands, then `event: error`; the answer never completes",
                command: """
                    ask engineer claude-sonnet-4-5 '\(longAnswer)' true & stream=$!
                    sleep 3; land revoke/engineers; wait $stream || true
                    echo
                    """,
                contains: ["event: content_block_delta", "event: error", "permission_error"],
                lacks: ["event: message_stop"]),
            Step(
                title: "and refused from then on",
                shows: "HTTP 403: revoked, by whom",
                command: "ask engineer claude-sonnet-4-5 'Say hello.'",
                contains: ["HTTP 403", "claude/engineers", "revoked"], lacks: []),
        ]
    }
}
