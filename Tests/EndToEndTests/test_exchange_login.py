"""People whose tokens the gateway exchanges: `grantctl login --exchange`, `--assertion` and `--assertion-command`."""

import json
import shlex
import time

import pytest
from saml_provider import AUDIENCE, RECIPIENT, SAMLProvider, encoded
from test_login import gateway, person, provider  # noqa: F401

EXCHANGE = "exchange: {issuer: https://gateway.acme.example, audience: [grantctl], lifetime: 5m}\n"


def identity_of(provider):
    """Tokens that live for hours are taken at the exchange and not with a call."""
    return (
        f"kind: oidc\nissuer: {provider.issuer}\naudience: [grantctl]\nalgorithms: [RS256]\n"
        "claims: {groups: groups, email: email}\nlongest: 15m\nleeway: 0s\nexchange: {longest: 12h}\n")


def exchanged(person, since, until, **more):
    """As if the gateway's token had come and ended then, in seconds from now."""
    record, now = person.record(), int(time.time())
    record["tokens"] |= {"exchangedAt": now + since, "exchangedExpires": now + until} | more
    person.file.write_text(json.dumps(record))


def test_a_token_that_lives_too_long_is_exchanged_and_the_exchange_renewed(person, provider, gateway):
    gateway = gateway(provider.issuer, identity=identity_of(provider), more=EXCHANGE)
    provider.lifetime = 7200
    person.login(provider, "--gateway", gateway.origin, "--exchange")
    tokens = person.record()["tokens"]
    status, _, body = gateway.ask(tokens["accessToken"])
    assert status == 401 and b"lives longer" in body, body

    token = person.ok("token").strip()
    tokens = person.record()["tokens"]
    assert token == tokens["exchanged"] and token != tokens["accessToken"]
    assert tokens["exchangedExpires"] - tokens["exchangedAt"] == 300
    assert gateway.ask(token)[0] == 200
    assert person.ok("token").strip() == token, "a good one is not exchanged again"

    # What the gateway sees in the token that it is shown.
    seen = json.loads(person.ok("whoami", "--repo", str(gateway.repository), "--json"))
    assert (seen["issuer"], seen["sub"], seen["email"], seen["groups"]) == (
        "corp", "ana", "ana@acme.example", ["engineers"])
    assert [(g["grant"], g["standing"]) for g in seen["grants"]] == [("claude/engineers", "in_force")]


def test_a_token_that_ends_is_renewed_at_the_provider_and_exchanged_anew(person, provider, gateway):
    gateway = gateway(provider.issuer, identity=identity_of(provider), more=EXCHANGE)
    person.login(provider, "--gateway", gateway.origin, "--exchange")
    first = person.ok("token").strip()
    now = int(time.time())
    exchanged(person, -200, 100, obtained=now - 200, accessExpires=now + 100, idExpires=now + 100)
    processes = [person.start("token") for _ in range(6)]
    answers = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert len(answers) == 1 and answers != {first} and len(provider.refreshes()) == 1
    assert gateway.ask(answers.pop())[0] == 200


def test_a_gateway_that_is_away_or_exchanges_nothing_is_said_so_and_what_lives_is_printed(person, provider, gateway):
    gateway = gateway(provider.issuer, identity=identity_of(provider), more=EXCHANGE)
    person.login(provider, "--gateway", gateway.origin, "--exchange")
    first = person.ok("token").strip()
    gateway.kill()
    exchanged(person, -200, 100)
    status, output, errors = person.run("token")
    assert (status, output.strip()) == (0, first) and "the gateway gave no token" in errors, errors
    exchanged(person, -300, -1)
    status, output, errors = person.run("token")
    assert (status, output) == (2, "") and "the gateway gave no token" in errors, errors
    # Another gateway, where the exchange is off.
    gateway.more = ""
    gateway.start()
    gateway.origin = f"http://{gateway.addresses['listen'][0]}"
    person.login(provider, "--gateway", gateway.origin, "--exchange")
    status, output, errors = person.run("token")
    assert (status, output) == (2, "") and "status 404" in errors, errors


@pytest.fixture
def saml(tmp_path):
    provider = SAMLProvider(tmp_path / "idp")
    yield provider
    provider.stop()


def saml_identity(provider):
    return (
        f"kind: saml\nmetadata: {provider.url}\naudience: ['{AUDIENCE}']\nrecipient: {RECIPIENT}\n"
        "claims: {groups: memberOf, email: mail}\nlongest: 1h\n")


def test_an_assertion_logs_somebody_in_once(person, saml, gateway, tmp_path):
    gateway = gateway(None, identity=saml_identity(saml), more=EXCHANGE)
    file = tmp_path / "assertion.xml"
    file.write_text(saml.response())
    assert "logged in as ana@acme.example" in person.ok("login", "--gateway", gateway.origin, "--assertion", str(file))
    token = person.ok("token").strip()
    assert gateway.ask(token)[0] == 200
    assert person.file.stat().st_mode & 0o777 == 0o600
    seen = json.loads(person.ok("whoami", "--repo", str(gateway.repository), "--json"))
    assert (seen["issuer"], seen["sub"], seen["email"], seen["groups"]) == (
        "corp", "ana", "ana@acme.example", ["engineers", "everybody"])
    assert "claude/engineers" in person.ok("whoami", "--repo", str(gateway.repository))

    before = person.file.read_bytes()
    status, output, errors = person.run("login", "--gateway", gateway.origin, "--assertion", str(file))
    assert (status, output) == (2, "") and "the assertion was used before; get a new one" in errors, errors
    file.write_text("nothing of that kind")
    status, output, errors = person.run("login", "--gateway", gateway.origin, "--assertion", str(file))
    assert (status, output) == (2, "") and "holds no SAML assertion" in errors, errors
    assert person.file.read_bytes() == before


def test_a_command_that_gets_assertions_is_run_when_a_new_one_is_needed(person, saml, gateway, tmp_path):
    gateway = gateway(None, identity=saml_identity(saml), more=EXCHANGE)
    file, runs = tmp_path / "assertion", tmp_path / "runs"
    file.write_text(encoded(saml.response()))
    command = f"echo run >> {shlex.quote(str(runs))}; cat {shlex.quote(str(file))}"
    person.ok("login", "--gateway", gateway.origin, "--assertion-command", command)
    first = person.ok("token").strip()
    assert gateway.ask(first)[0] == 200 and runs.read_text() == "run\n"
    exchanged(person, -200, 100)
    file.write_text(encoded(saml.response()))
    second = person.ok("token").strip()
    assert second != first and gateway.ask(second)[0] == 200 and runs.read_text() == "run\n" * 2
    exchanged(person, -300, -1)
    file.unlink()
    status, output, errors = person.run("token")
    assert (status, output) == (2, "") and "the command that gets the assertion ended with 1" in errors, errors
