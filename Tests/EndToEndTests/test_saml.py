"""Assertions of pysaml2 exchanged for tokens at `POST /token`, and what it takes to be refused there."""

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
from authlib.jose import JsonWebKey, JsonWebToken
from conftest import GRANTCTL
from gateway import Gateway
from saml2.xmldsig import DIGEST_SHA1, SIG_RSA_SHA1
from saml_provider import AUDIENCE, RECIPIENT, SAMLProvider, encoded

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
SAML2 = "urn:ietf:params:oauth:token-type:saml2"
ISSUER = "https://gateway.acme.example"


@pytest.fixture
def provider(tmp_path):
    provider = SAMLProvider(tmp_path / "idp")
    yield provider
    provider.stop()


@pytest.fixture
def gateway(demo, tmp_path, provider):
    """A gateway that knows the provider as `corp` instead of the demo's own issuer, so that the demo's grants are for it."""
    folder = tmp_path / "gateway"
    folder.mkdir()
    gateway = Gateway(GRANTCTL, demo, folder)
    gateway.more = f"exchange: {{issuer: {ISSUER}, audience: [grantctl], lifetime: 5m}}\n"
    gateway.work = folder / "work"
    subprocess.run(["git", "clone", "-q", gateway.remote, gateway.work], check=True)

    def configure(metadata):
        (gateway.work / "identity/corp.yaml").write_text(
            f"kind: saml\nmetadata: {metadata}\naudience: ['{AUDIENCE}']\nrecipient: {RECIPIENT}\n"
            "claims: {groups: memberOf, email: mail}\nlongest: 1h\n")
        git = ["git", "-C", gateway.work, "-c", "user.name=Tom", "-c", "user.email=tom@acme.example",
               "-c", "commit.gpgsign=false"]
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", "A SAML provider"], check=True)
        subprocess.run([*git, "push", "-q"], check=True)

    gateway.configure = configure
    configure(provider.url)
    gateway.start()
    yield gateway
    gateway.kill()


def post(gateway, **form):
    """Returns (status, members of the answer)."""
    request = urllib.request.Request(
        f"http://{gateway.addresses['listen'][0]}/token", urllib.parse.urlencode(form).encode())
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def exchange(gateway, document):
    return post(gateway, grant_type=GRANT, subject_token_type=SAML2, subject_token=encoded(document))


def test_an_assertion_becomes_a_token_that_calls_and_that_others_can_verify(gateway, provider):
    status, answer = exchange(gateway, provider.response())
    assert status == 200, answer
    assert answer["token_type"] == "Bearer" and 0 < answer["expires_in"] <= 300
    assert gateway.ask(answer["access_token"])[0] == 200

    with urllib.request.urlopen(
            f"http://{gateway.addresses['listen'][0]}/.well-known/jwks.json", timeout=10) as keys:
        key_set = JsonWebKey.import_key_set(json.load(keys))
    claims = JsonWebToken(["EdDSA"]).decode(answer["access_token"], key_set)
    claims.validate()
    assert (claims["iss"], claims["sub"], claims["idp"]) == (ISSUER, "ana", "corp")
    assert claims["groups"] == ["engineers", "everybody"] and claims["email"] == "ana@acme.example"


def test_an_assertion_is_good_once_also_after_a_crash(gateway, provider):
    document = provider.response()
    status, answer = exchange(gateway, document)
    assert status == 200, answer
    token = answer["access_token"]
    gateway.kill()
    gateway.start()
    status, answer = exchange(gateway, document)
    assert status == 400 and answer["error"] == "invalid_request" and "used before" in answer["error_description"]
    assert gateway.ask(token)[0] == 200


def test_what_pysaml2_signs_otherwise_is_refused(gateway, provider):
    for document, text in [
        (provider.response(sign_alg=SIG_RSA_SHA1, digest_alg=DIGEST_SHA1),
         "signed with SHA-1, which can be forged; have the identity provider sign and digest with SHA-256"),
        (provider.response(sign_assertion=False), "not signed"),
        (provider.response(sign_assertion=False, sign_response=True), "not signed"),
        (provider.response(sign_response=True), "more than one signature"),
        (provider.response(recipient="https://other.example/token"), "token endpoint"),
        (provider.response().replace(">ana<", ">ceo<"), "signature is not valid"),
        (provider.response().replace(">engineers<", ">engineers<!-- -->x<"), "comments"),
    ]:
        status, answer = exchange(gateway, document)
        assert status == 400 and text in answer["error_description"], answer
    recorded = subprocess.run(
        [GRANTCTL, "decisions", "--state", gateway.state, "--limit", "100", "--json"],
        check=True, capture_output=True, text=True, timeout=60).stdout
    reasons = [json.loads(line)["reason"] for line in recorded.splitlines()]
    assert reasons == [
        "weak_signature_algorithm", "unsigned_assertion", "unsigned_assertion", "several_signatures",
        "wrong_assertion_recipient", "bad_assertion_signature", "assertion_comments"]


def test_a_new_certificate_in_the_metadata_is_found_and_the_old_one_goes(gateway, provider):
    assert exchange(gateway, provider.response())[0] == 200
    old = provider.response()
    provider.rotate()
    assert exchange(gateway, provider.response())[0] == 200
    status, answer = exchange(gateway, old)
    assert status == 400 and "signature is not valid" in answer["error_description"]


def test_metadata_lies_beside_its_file_as_well(gateway, provider):
    gateway.kill()
    (gateway.work / "identity/corp.xml").write_text(provider.metadata)
    gateway.configure("corp.xml")
    provider.stop()
    assert subprocess.run([GRANTCTL, "validate", gateway.work], capture_output=True).returncode == 0
    gateway.start()
    # The table of before serves until the new commit was taken in.
    tip = subprocess.run(
        ["git", "-C", gateway.remote, "rev-parse", "main"], check=True, capture_output=True, text=True).stdout.strip()
    deadline = time.monotonic() + 60
    while gateway.status()["live"]["commit"] != tip and time.monotonic() < deadline:
        time.sleep(0.05)
    status, answer = exchange(gateway, provider.response())
    assert status == 200, answer
    assert gateway.ask(answer["access_token"])[0] == 200
