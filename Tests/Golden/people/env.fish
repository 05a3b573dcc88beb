set -e ANTHROPIC_API_KEY
set -gx ANTHROPIC_BASE_URL https://gateway.acme.example/claude
set -gx ANTHROPIC_AUTH_TOKEN aaa.bbb.ccc
set -gx CLAUDE_CODE_API_KEY_HELPER_TTL_MS 60000
