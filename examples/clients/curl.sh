#!/bin/sh
# One message by curl: over TLS, or over the gateway's socket where GATEWAY_SOCKET names it.
set -eu
: "${ANTHROPIC_BASE_URL:?set it to https://GATEWAY/claude}"
: "${ANTHROPIC_AUTH_TOKEN:?set it to a token of your identity provider}"

set --
[ -z "${GATEWAY_SOCKET:-}" ] || set -- --unix-socket "$GATEWAY_SOCKET"
[ -z "${SSL_CERT_FILE:-}" ] || set -- "$@" --cacert "$SSL_CERT_FILE"

# The token goes in by a file descriptor: arguments can be read by every process of the machine.
printf 'header = "Authorization: Bearer %s"\n' "$ANTHROPIC_AUTH_TOKEN" |
    curl --config - --silent --show-error --fail-with-body "$@" \
        --header 'Content-Type: application/json' --header 'anthropic-version: 2023-06-01' \
        --data '{"model": "claude-haiku-4-5", "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]}' \
        "$ANTHROPIC_BASE_URL/v1/messages"
echo
