unset ANTHROPIC_API_KEY
export ANTHROPIC_BASE_URL=https://gateway.acme.example/claude
export ANTHROPIC_AUTH_TOKEN=aaa.bbb.ccc
export CLAUDE_CODE_API_KEY_HELPER_TTL_MS=60000
