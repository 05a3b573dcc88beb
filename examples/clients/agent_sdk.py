"""The Claude Agent SDK through the gateway. The SDK's command-line program inherits the variables."""

import asyncio
import os

from claude_agent_sdk import AssistantMessage, ClaudeAgentOptions, ResultMessage, TextBlock, query


def options():
    environment = {
        # Nothing but the gateway: no update checks, no telemetry.
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    socket = os.environ.get("GATEWAY_SOCKET")
    if socket:
        environment["ANTHROPIC_UNIX_SOCKET"] = socket
        environment["ANTHROPIC_BASE_URL"] = os.environ.get("ANTHROPIC_BASE_URL", "http://gateway/claude")
    authority = os.environ.get("SSL_CERT_FILE")
    if authority:
        environment["NODE_EXTRA_CA_CERTS"] = authority
    # A project's own settings file could point the agent elsewhere: none is read.
    return ClaudeAgentOptions(
        model="claude-haiku-4-5", max_turns=2, allowed_tools=["Read"], setting_sources=[], env=environment)


async def main():
    async for message in query(prompt="hello", options=options()):
        if isinstance(message, AssistantMessage):
            for block in message.content:
                if isinstance(block, TextBlock):
                    print(block.text)
        if isinstance(message, ResultMessage) and message.is_error:
            raise SystemExit(message.result)


if __name__ == "__main__":
    asyncio.run(main())
