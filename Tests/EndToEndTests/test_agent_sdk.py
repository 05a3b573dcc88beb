"""The Claude Agent SDK with its own CLI, unchanged, against the gateway."""

import asyncio
import os

import pytest
from claude_agent_sdk import AssistantMessage, ClaudeAgentOptions, ClaudeSDKClient, ResultMessage, TextBlock, ToolUseBlock

TURN_SECONDS = 120


def options(demo, tmp_path, url, caller="engineer", model="claude-sonnet-4-5", **more):
    environment = {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_AUTH_TOKEN": demo.token(caller),
        "NODE_EXTRA_CA_CERTS": demo.ca,
        "CLAUDE_CONFIG_DIR": str(tmp_path / "config"),
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "NO_PROXY": "127.0.0.1",
    }
    return ClaudeAgentOptions(
        model=model, cwd=str(tmp_path), env=environment, max_turns=4, setting_sources=[],
        **({"allowed_tools": ["Read"]} | more))


async def turn(client, prompt):
    """Sends a prompt and returns the texts, the tools used and the result of the turn."""
    texts, tools, result = [], [], None
    await client.query(prompt)
    async with asyncio.timeout(TURN_SECONDS):
        async for message in client.receive_response():
            if isinstance(message, AssistantMessage):
                texts += [block.text for block in message.content if isinstance(block, TextBlock)]
                tools += [block.name for block in message.content if isinstance(block, ToolUseBlock)]
            if isinstance(message, ResultMessage):
                result = message
    return texts, tools, result


@pytest.fixture(autouse=True)
def no_key_of_our_own(monkeypatch):
    for name in [name for name in os.environ if name.startswith(("ANTHROPIC_", "CLAUDE"))]:
        monkeypatch.delenv(name)


def test_a_session_of_two_turns_with_a_tool_call(demo, relay, tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("the password of the printer is on its back\n")
    demo.forget()

    async def session():
        async with ClaudeSDKClient(options(demo, tmp_path, relay.url + "/claude")) as client:
            first = await turn(client, f'!tool Read {{"file_path": "{note}"}}')
            second = await turn(client, "and now just say hello")
        return first, second

    (texts, tools, result), (more, _, after) = asyncio.run(session())
    assert tools == ["Read"]
    assert any("printer" in text for text in texts), texts
    assert not result.is_error and not after.is_error
    assert any("Hello" in text for text in more)
    assert sorted(request["body"] for request in demo.received() if request["body"]) == sorted(relay.bodies())
    verdicts = [decision["verdict"] for decision in demo.decisions("engineer")]
    assert verdicts and set(verdicts) == {"allow"}


def test_over_tls(demo, tmp_path):
    async def session():
        async with ClaudeSDKClient(options(demo, tmp_path, demo.base_url)) as client:
            return await turn(client, "hello")

    texts, _, result = asyncio.run(session())
    assert not result.is_error and any("Hello" in text for text in texts)


def test_a_refusal_is_shown_whole_and_asked_once(demo, tmp_path):
    before = len(demo.decisions("researcher"))

    async def session():
        refused = options(demo, tmp_path, demo.base_url, caller="researcher", model="claude-opus-4-5")
        async with ClaudeSDKClient(refused) as client:
            return await turn(client, "hello")

    texts, _, result = asyncio.run(session())
    shown = "\n".join(texts + [result.result or ""])
    assert "403" in shown and "claude-opus-4-5" in shown and "claude/research/assistant" in shown, shown
    denied = [d for d in demo.decisions("researcher")[before:] if d["verdict"] == "deny" and d["model"] == "claude-opus-4-5"]
    assert 1 <= len(denied) <= 3, "a refusal must not set off a storm of retries"


def test_a_tool_beyond_the_grant_does_not_run_and_the_session_goes_on(demo, tmp_path):
    trace = tmp_path / "trace"

    async def session():
        limited = options(
            demo, tmp_path, demo.base_url, caller="researcher", tools=["Read"], allowed_tools=["Read", "Bash"])
        async with ClaudeSDKClient(limited) as client:
            first = await turn(client, f'!tool Bash {{"command": "touch {trace}"}}')
            second = await turn(client, "and now just say hello")
        return first, second

    (texts, tools, result), (more, _, after) = asyncio.run(session())
    assert tools == [] and not trace.exists()
    assert any("grantctl stopped" in text and "`Bash`" in text for text in texts), texts
    assert not result.is_error and not after.is_error
    assert any("Hello" in text for text in more)
