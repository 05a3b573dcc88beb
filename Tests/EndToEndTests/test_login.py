"""People log in: `grantctl login`, `token`, `env`, `whoami` against providers that nobody here wrote, and the Agent SDK on top."""

import asyncio
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error

import oidc_provider_mock
import pytest
from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient
from conftest import GRANTCTL
from gateway import Gateway
from provider import CLIENT, Provider
from test_agent_sdk import turn

BROWSER = pathlib.Path(__file__).with_name("browser.py")
SECONDS = 60


class Person:
    """Somebody's home with nothing in it but what grantctl puts there."""

    def __init__(self, home):
        self.home = home
        self.page = home / "page"
        self.environment = {
            k: v for k, v in os.environ.items()
            if not k.startswith(("ANTHROPIC_", "CLAUDE", "XDG_", "GRANTCTL_")) and k not in ("DISPLAY", "WAYLAND_DISPLAY")}
        self.environment |= {
            "HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "BROWSER_LOG": str(self.page),
            "BROWSER": f"{sys.executable} {BROWSER} %s"}

    def start(self, *arguments, **environment):
        variables = {k: v for k, v in (self.environment | environment).items() if v is not None}
        return subprocess.Popen(
            [GRANTCTL, *arguments], env=variables, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, cwd=self.home)

    def run(self, *arguments, **environment):
        process = self.start(*arguments, **environment)
        output, errors = process.communicate(timeout=SECONDS)
        return process.returncode, output, errors

    def ok(self, *arguments, **environment):
        status, output, errors = self.run(*arguments, **environment)
        assert status == 0, errors
        return output

    def login(self, provider, *more, **environment):
        return self.ok("login", "--issuer", provider.issuer, "--client-id", CLIENT, *more, **environment)

    @property
    def file(self):
        return self.home / "state/grantctl/default.json"

    def record(self):
        return json.loads(self.file.read_text())


@pytest.fixture
def person(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    return Person(home)


@pytest.fixture
def provider():
    provider = Provider()
    yield provider
    provider.stop()


@pytest.fixture
def gateway(demo, tmp_path):
    """A gateway that knows the provider as `corp` instead of the demo's own issuer."""
    started = []

    def start(issuer, audience="grantctl", identity=None, more=""):
        folder = tmp_path / "gateway"
        folder.mkdir()
        gateway = Gateway(GRANTCTL, demo, folder)
        gateway.more = more
        work = folder / "work"
        subprocess.run(["git", "clone", "-q", gateway.remote, work], check=True)
        (work / "identity/corp.yaml").write_text(
            identity or f"kind: oidc\nissuer: {issuer}\naudience: [{audience}]\nalgorithms: [RS256]\n"
            "claims: {groups: groups, email: email}\nlongest: 2h\nleeway: 0s\n")
        identity = ["-c", "user.name=Tom", "-c", "user.email=tom@acme.example", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", work, *identity, "commit", "-q", "-am", "Another provider"], check=True)
        subprocess.run(["git", "-C", work, "push", "-q"], check=True)
        gateway.start()
        started.append(gateway)
        gateway.origin = f"http://{gateway.addresses['listen'][0]}"
        gateway.repository = work
        return gateway

    yield start
    for gateway in started:
        gateway.kill()


def test_the_code_flow_in_full_and_the_gateway_takes_the_token(person, provider, gateway):
    gateway = gateway(provider.issuer)
    output = person.login(provider, "--gateway", gateway.origin)
    assert "logged in as ana@acme.example" in output
    assert person.page.read_text().startswith("200 ") and "You are logged in" in person.page.read_text()
    asked = provider.authorizations[0]
    assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43
    assert len(asked["state"]) == 43 and len(asked["nonce"]) == 43 and asked["state"] != asked["nonce"]
    assert asked["scope"] == "openid profile email offline_access"
    assert len(provider.token_requests[0]["code_verifier"]) == 43

    assert person.file.stat().st_mode & 0o777 == 0o600
    assert person.file.parent.stat().st_mode & 0o777 == 0o700
    token = person.ok("token")
    assert token.count("\n") == 1 and token.count(".") == 2
    assert gateway.ask(token.strip())[0] == 200

    seen = json.loads(person.ok("whoami", "--repo", str(gateway.repository), "--json"))
    assert (seen["issuer"], seen["sub"], seen["email"], seen["groups"]) == (
        "corp", "ana", "ana@acme.example", ["engineers"])
    assert [(g["grant"], g["standing"]) for g in seen["grants"]] == [("claude/engineers", "in_force")]
    assert "claude/engineers" in person.ok("whoami", "--repo", str(gateway.repository))
    # Again, with nothing said: as before.
    assert "logged in as ana@acme.example" in person.ok("login")


def test_the_code_flow_of_oidc_provider_mock_whose_access_tokens_say_nothing(person, gateway):
    user = oidc_provider_mock.User(sub="ana", claims={"groups": ["engineers"]})
    with oidc_provider_mock.run_server_in_thread(user_claims=[user], require_nonce=True) as server:
        issuer = f"http://localhost:{server.server_port}"
        gateway = gateway(issuer, audience=CLIENT)
        person.environment |= {"BROWSER_SUBJECT": "ana", "SECRET": "of a native application"}
        person.ok(
            "login", "--issuer", issuer, "--client-id", CLIENT, "--client-secret", "env:SECRET", "--gateway", gateway.origin)
        token = person.ok("token").strip()
        assert token == person.record()["tokens"]["idToken"], "the access token is no JWT, so the ID token is shown"
        assert gateway.ask(token)[0] == 200
        assert "of a native application" not in person.file.read_text()
        person.ok("login", "--use", "access")
        assert person.ok("token").strip() == person.record()["tokens"]["accessToken"]
        status, _, errors = person.run("whoami", "--repo", str(gateway.repository))
        assert status == 1 and "malformed-token" in errors, errors


def test_a_page_that_sends_the_browser_back_with_a_forged_answer_changes_nothing(person, provider):
    person.login(provider, BROWSER_FORGES="1")
    assert person.ok("token").count(".") == 2


@pytest.mark.parametrize("fault, sentence", [
    ("refused", "the provider refused the login: access_denied, not today"),
    ("nonce", "the provider's ID token is of another login"),
    ("issuer", "calls itself"),
    ("down", "cannot be fetched"),
    ("client", "no token was given"),
])
def test_a_login_that_fails_says_why_and_leaves_the_last_one(person, provider, fault, sentence):
    person.login(provider)
    before = person.file.read_bytes()
    arguments = ["login"]
    if fault == "refused":
        provider.refuse = "access_denied"
    elif fault == "nonce":
        provider.wrong_nonce = True
    elif fault == "issuer":
        arguments += ["--issuer", provider.issuer + "/"]
    elif fault == "client":
        arguments += ["--device", "--client-id", "nobody"]
    else:
        provider.server.server_close()
        provider.stop()
        arguments += ["--issuer", "http://127.0.0.1:9"]
    status, output, errors = person.run(*arguments)
    assert status == 2 and output == ""
    assert sentence in errors, errors
    assert person.file.read_bytes() == before


def test_the_device_flow_waits_slows_down_and_ends(person, provider, gateway):
    gateway = gateway(provider.issuer)
    provider.slow_downs = 1
    login = person.start(
        "login", "--issuer", provider.issuer, "--client-id", CLIENT, "--gateway", gateway.origin, BROWSER=None)
    deadline = time.monotonic() + SECONDS
    while len(provider.polls) < 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    provider.decision = True
    output, errors = login.communicate(timeout=SECONDS)
    assert login.returncode == 0, errors
    code = next(iter(provider.devices.values()))["user_code"]
    assert code in errors and provider.issuer + "/device" in errors and "logged in" in output
    # Told to slow down, it waits five seconds longer (RFC 8628 section 3.5).
    assert provider.polls[1] - provider.polls[0] >= 5.9
    assert gateway.ask(person.ok("token").strip())[0] == 200


@pytest.mark.parametrize("outcome, sentence", [
    (False, "the login was refused at the provider"), (None, "the code was not entered in time")])
def test_the_device_flow_that_is_refused_or_forgotten(person, provider, outcome, sentence):
    provider.decision = outcome
    provider.device_seconds = 60 if outcome is False else 1
    status, _, errors = person.run("login", "--device", "--issuer", provider.issuer, "--client-id", CLIENT)
    assert status == 2 and sentence in errors, errors
    assert not person.file.exists()


def wait_for_half_of_life(person):
    """Until the token is due: half of its life is over."""
    tokens = person.record()["tokens"]
    middle = (tokens["obtained"] + tokens["accessExpires"]) / 2
    while time.time() < middle + 0.5:
        time.sleep(0.1)


def test_a_token_is_renewed_once_however_many_ask_and_refresh_tokens_rotate(person, provider):
    provider.lifetime = 4
    person.login(provider)
    first = person.ok("token")
    used = person.record()["tokens"]["refreshToken"]
    wait_for_half_of_life(person)
    provider.lifetime = 300
    processes = [person.start("token") for _ in range(8)]
    answers = {process.communicate(timeout=SECONDS)[0] for process in processes}
    assert [process.returncode for process in processes] == [0] * 8
    assert len(answers) == 1 and answers != {first}
    assert len(provider.refreshes()) == 1 and provider.reused == 0
    assert person.record()["tokens"]["refreshToken"] != used
    assert [path.name for path in sorted(person.file.parent.iterdir())] == ["default.json", "default.lock"]


def test_a_login_that_ended_says_so_and_a_provider_away_does_not_end_it(person, provider):
    provider.lifetime = 6
    person.login(provider)
    wait_for_half_of_life(person)
    token = person.record()["tokens"]["accessToken"]
    metadata = provider.issuer
    provider.stop()
    provider.server.server_close()
    status, output, errors = person.run("token")
    assert status == 0 and output.strip() == token, "what still lives is better than nothing"
    assert "cannot be refreshed" in errors and metadata in errors
    while time.time() < person.record()["tokens"]["accessExpires"]:
        time.sleep(0.1)
    status, output, errors = person.run("token")
    assert status == 2 and output == "" and "try again later" in errors


def test_a_revoked_login_asks_for_a_new_one(person, provider):
    provider.lifetime = 2
    person.login(provider)
    provider.revoke_everything()
    while time.time() < person.record()["tokens"]["accessExpires"]:
        time.sleep(0.1)
    status, output, errors = person.run("token")
    assert (status, output) == (2, "") and "has ended" in errors and "run `grantctl login`" in errors, errors
    assert "refreshToken" not in person.record()["tokens"], "it would never work again"


def test_logging_out_ends_it_at_the_provider_as_well(person, provider):
    person.login(provider)
    person.ok("logout")
    assert all(token["revoked"] for token in provider.refresh_tokens.values())
    assert "tokens" not in person.record()
    status, output, errors = person.run("token")
    assert (status, output) == (2, "") and "nobody is logged in; run `grantctl login`" in errors


def test_a_file_that_others_can_read_is_not_used(person, provider):
    person.login(provider)
    person.file.chmod(0o644)
    status, output, errors = person.run("token")
    assert (status, output) == (2, "") and "can be read by others" in errors


def test_the_environment_in_each_form(person, provider, demo):
    person.login(provider, "--gateway", "https://gateway.acme.example/", "--ca", demo.ca)
    variables = json.loads(person.ok("env", "--format", "json"))
    assert variables["ANTHROPIC_BASE_URL"] == "https://gateway.acme.example/claude"
    assert variables["NODE_EXTRA_CA_CERTS"] == demo.ca
    bundle = pathlib.Path(variables["SSL_CERT_FILE"]).read_text()
    assert pathlib.Path(demo.ca).read_text().strip() in bundle
    assert bundle.count("BEGIN CERTIFICATE") > 20, "the system's own are trusted as well"
    shell = person.ok("env", "--token")
    script = shell + '\nprintf "%s|%s|%s" "$ANTHROPIC_BASE_URL" "$ANTHROPIC_AUTH_TOKEN" "${ANTHROPIC_API_KEY-unset}"'
    output = subprocess.run(["sh", "-c", script], env=person.environment | {"ANTHROPIC_API_KEY": "mine"}, text=True,
                            capture_output=True, check=True).stdout
    assert output == f"https://gateway.acme.example/claude|{person.ok('token').strip()}|unset"
    settings = json.loads(person.ok("env", "--format", "settings"))
    assert settings["env"]["ANTHROPIC_BASE_URL"] == "https://gateway.acme.example/claude"
    assert "ANTHROPIC_AUTH_TOKEN" not in settings["env"]
    helped = subprocess.run(["sh", "-c", settings["apiKeyHelper"]], env=person.environment, text=True,
                            capture_output=True, check=True).stdout
    assert helped == person.ok("token")


def test_whoami_says_why_a_gateway_would_refuse(person, provider, gateway):
    gateway = gateway("https://login.acme.example")
    person.login(provider)
    status, output, errors = person.run("whoami", "--repo", str(gateway.repository))
    assert (status, output) == (1, "")
    assert "unknown-issuer" in errors and provider.issuer in errors and "https://login.acme.example" in errors


def test_the_agent_sdk_goes_on_with_a_fresh_token_when_its_own_expires(person, provider, gateway, demo, tmp_path):
    gateway = gateway(provider.issuer)
    provider.lifetime = 8
    person.login(provider, "--gateway", gateway.origin)
    settings = tmp_path / "settings.json"
    settings.write_text(person.ok("env", "--format", "settings"))
    environment = {name: "" for name in os.environ if name.startswith(("ANTHROPIC_", "CLAUDE"))} | {
        "HOME": person.environment["HOME"], "XDG_STATE_HOME": person.environment["XDG_STATE_HOME"],
        "CLAUDE_CONFIG_DIR": str(tmp_path / "config"), "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "NO_PROXY": "127.0.0.1"}
    options = ClaudeAgentOptions(
        model="claude-sonnet-4-5", cwd=str(tmp_path), env=environment, max_turns=2, setting_sources=[],
        settings=str(settings))

    async def session():
        async with ClaudeSDKClient(options) as client:
            first = await turn(client, "hello")
            spent = person.record()["tokens"]["accessToken"]
            while gateway.ask(spent)[0] != 401:
                await asyncio.sleep(0.2)
            return spent, first, await turn(client, "hello again")

    spent, (texts, _, result), (more, _, after) = asyncio.run(session())
    assert not result.is_error and any("Hello" in text for text in texts), (texts, result)
    assert not after.is_error and any("Hello" in text for text in more), (more, after)
    assert provider.refreshes() and provider.reused == 0
    assert person.record()["tokens"]["accessToken"] != spent
