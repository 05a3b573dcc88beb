"""More of what the Claude Agent SDK and its CLI do: tools of one's own, subagents, sessions that are resumed, a socket file."""

import asyncio
import json
import pathlib

from claude_agent_sdk import AgentDefinition, ClaudeSDKClient, create_sdk_mcp_server, tool
from conftest import GRANTCTL
from gateway import Gateway, documents
from relay import Relay
from test_agent_sdk import no_key_of_our_own, options, turn  # noqa: F401: the fixture is used by its name


def bodies_agree(demo, relay):
    assert sorted(r["body"] for r in demo.received() if r["body"]) == sorted(relay.bodies())


def test_a_tool_of_an_mcp_server_in_the_client_runs(demo, relay, tmp_path):
    closed = []

    @tool("close", "Closes a ticket.", {"id": int})
    async def close(arguments):
        closed.append(arguments["id"])
        return {"content": [{"type": "text", "text": f"closed {arguments['id']} – fertig"}]}

    server = create_sdk_mcp_server("tickets", tools=[close])
    demo.forget()

    async def session():
        wanted = options(
            demo, tmp_path, relay.url + "/claude", mcp_servers={"tickets": server}, allowed_tools=["mcp__tickets__close"])
        async with ClaudeSDKClient(wanted) as client:
            return await turn(client, '!tool mcp__tickets__close {"id": 7}')

    texts, tools, result = asyncio.run(session())
    assert tools == ["mcp__tickets__close"] and closed == [7]
    assert any("closed 7" in text for text in texts), texts
    assert not result.is_error
    bodies_agree(demo, relay)


def test_a_subagent_asks_through_the_gateway_too(demo, relay, tmp_path):
    demo.forget()
    helper = AgentDefinition(description="Helps.", prompt="You are the helper who says hello.", tools=["Read"])

    async def session():
        wanted = options(demo, tmp_path, relay.url + "/claude", agents={"helper": helper}, allowed_tools=["Task", "Agent", "Read"])
        async with ClaudeSDKClient(wanted) as client:
            call = {"description": "say hello", "prompt": "please say hello", "subagent_type": "helper", "run_in_background": False}
            return await turn(client, f"!tool Agent {json.dumps(call)}")

    texts, tools, result = asyncio.run(session())
    assert "Agent" in tools and not result.is_error
    asked = [r for r in demo.received() if r["body"] and b"You are the helper who says hello." in r["body"]]
    assert asked, "the subagent asked nothing"
    assert any("The tool said:" in text for text in texts), texts
    bodies_agree(demo, relay)


def test_a_session_is_resumed_with_its_history(demo, relay, tmp_path):
    async def session(prompt, **more):
        async with ClaudeSDKClient(options(demo, tmp_path, relay.url + "/claude", **more)) as client:
            return await turn(client, prompt)

    demo.forget()
    note = tmp_path / "note.txt"
    note.write_text("the kettle is blue\n")
    _, tools, first = asyncio.run(session(f'!tool Read {{"file_path": "{note}"}}'))
    assert tools == ["Read"]
    before = len(demo.received())
    texts, _, second = asyncio.run(session("and now just say hello", resume=first.session_id))
    assert not second.is_error and any("Hello" in text for text in texts)
    last = [r["body"] for r in demo.received()[before:] if b"and now just say hello" in r["body"]][-1]
    history = json.loads(last)["messages"]
    assert "the kettle is blue" in json.dumps(history) and len(history) >= 4
    bodies_agree(demo, relay)


def test_over_a_socket_file_with_tools(demo, tmp_path):
    gateway = Gateway(GRANTCTL, demo, tmp_path, documents(
        demo, demo.about["upstream"], "{models: ['claude-*']}", to="{issuer: corp, sub: engineer}"))
    # Paths of socket files are short.
    file = f"/tmp/grantctl-{gateway.folder.name[-20:]}.sock"
    gateway.listen = f"{{socket: {file}, mode: '0600'}}"
    relay = None
    try:
        gateway.start()
        relay = Relay(file=file + ".relay", target=file)
        demo.forget()
        note = tmp_path / "note.txt"
        note.write_text("the kettle is green\n")

        async def session():
            wanted = options(demo, tmp_path, "http://localhost/claude")
            wanted.env["ANTHROPIC_UNIX_SOCKET"] = file + ".relay"
            async with ClaudeSDKClient(wanted) as client:
                first = await turn(client, f'!tool Read {{"file_path": "{note}"}}')
                return first, await turn(client, "and now just say hello")

        (texts, tools, result), (more, _, after) = asyncio.run(session())
        assert tools == ["Read"] and any("kettle is green" in text for text in texts), texts
        assert not result.is_error and not after.is_error and any("Hello" in text for text in more)
        bodies_agree(demo, relay)
    finally:
        gateway.stop()
        if relay:
            relay.stop()
        for name in (file, file + ".relay"):
            pathlib.Path(name).unlink(missing_ok=True)
