"""The files in examples/ do what they say: configurations start, units verify, clients run."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import urllib.request

import pytest
import yaml

from conftest import GRANTCTL, ROOT

DEPLOY = ROOT / "examples/deploy"
CLIENTS = ROOT / "examples/clients"
START_SECONDS = 60


@pytest.fixture
def certificate(tmp_path):
    """A certificate and its key, as files of the names that configurations use."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=gateway", "-keyout", tmp_path / "tls.key", "-out", tmp_path / "tls.crt"],
        check=True, capture_output=True)
    return tmp_path


def configurations():
    """Every gateway configuration of the examples, by where it stands."""
    found = {"gateway.yaml": (DEPLOY / "gateway.yaml").read_text()}
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    found["compose.yaml"] = compose["configs"]["gateway"]["content"]
    for document in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()):
        if document["kind"] == "ConfigMap":
            found["kubernetes.yaml"] = document["data"]["gateway.yaml"]
    return found


def moved_here(text, folder, repository):
    """The same configuration with the paths, ports and remote of this machine."""
    for name in ["git-token", "webhook", "anthropic"]:
        (folder / name).write_text("secret\n")
    shutil.copy(folder / "tls.crt", folder / "tls-crt")
    shutil.copy(folder / "tls.key", folder / "tls-key")
    text = re.sub(r"(certificate|key|credential|webhook_secret): (file:)?/[\w./-]*/([\w.-]+)",
                  lambda found: f"{found[1]}: {found[2] or ''}{folder}/{found[3]}", text)
    text = re.sub(r"'file:/[\w./-]*/([\w.-]+)'", lambda found: f"'file:{folder}/{found[1]}'", text)
    text = re.sub(r"^state: .*", f"state: {folder}/state", text, flags=re.M)
    text = re.sub(r"socket: .*", f"socket: {folder}/agent.sock", text)
    # A remote on this disk takes no credential.
    text = re.sub(r"^ *credential: file:.*\n", "", text, flags=re.M)
    text = text.replace("https://git.acme.example/access.git", str(repository))
    return text.replace(":8443", ":0").replace(":8444", ":0")


@pytest.mark.parametrize("name", ["gateway.yaml", "compose.yaml", "kubernetes.yaml"])
def test_a_gateway_starts_with_the_configuration(name, demo, certificate):
    folder = certificate
    repository = folder / "access.git"
    subprocess.run(["git", "clone", "-q", "--bare", demo.about["repository"], repository], check=True)
    (folder / "g.yaml").write_text(moved_here(configurations()[name], folder, repository))
    ready = folder / "ready.json"
    with open(folder / "gateway.log", "wb") as log:
        gateway = subprocess.Popen(
            [GRANTCTL, "serve", "--config", folder / "g.yaml", "--ready-file", ready], stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            assert gateway.poll() is None and time.monotonic() < deadline, (folder / "gateway.log").read_text()
            time.sleep(0.05)
        admin = json.loads(ready.read_text())["admin"].replace("0.0.0.0", "127.0.0.1")
        for path in ["/healthz", "/readyz"]:
            deadline = time.monotonic() + START_SECONDS
            while True:
                try:
                    assert urllib.request.urlopen(f"http://{admin}{path}", timeout=10).status == 200
                    break
                except urllib.error.HTTPError:
                    assert time.monotonic() < deadline, path
                    time.sleep(0.05)
    finally:
        gateway.terminate()
        gateway.wait(30)


def test_the_probes_ask_what_the_admin_listener_answers():
    documents = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))
    deployment = next(document for document in documents if document["kind"] == "Deployment")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    configuration = yaml.safe_load(configurations()["kubernetes.yaml"])
    assert configuration["admin"]["address"] == f"0.0.0.0:{ports['admin']}"
    assert configuration["listen"][0]["address"] == f"0.0.0.0:{ports['https']}"
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "admin"}
    for probe in ["livenessProbe", "startupProbe"]:
        assert container[probe]["httpGet"] == {"path": "/healthz", "port": "admin"}
    mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
    for path in re.findall(r"/(?:etc|var)/[\w/-]+", configurations()["kubernetes.yaml"]):
        assert any(path.startswith(mount) for mount in mounts), path
    policy = next(document for document in documents if document["metadata"]["name"] == "only-the-gateway")
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    reached = [port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]]
    assert sorted(reached) == [53, 53, ports["https"]]


def test_the_agents_network_leads_nowhere_else():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    assert compose["services"]["agent"]["networks"] == ["agents"]
    assert compose["networks"]["agents"]["internal"] is True
    named = set(compose["secrets"])
    for service in compose["services"].values():
        assert set(service["secrets"]) <= named


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_the_unit_verifies_and_exposes_little(tmp_path):
    unit = tmp_path / "grantctl.service"
    unit.write_text((DEPLOY / "grantctl.service").read_text().replace("/usr/local/bin/grantctl", GRANTCTL))
    verified = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60)
    assert verified.returncode == 0 and unit.name not in verified.stderr, verified.stderr
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", unit],
        capture_output=True, text=True, timeout=60)
    assert judged.returncode == 0, judged.stdout[-300:]


@pytest.mark.skipif(not shutil.which("nft") or os.geteuid() != 0, reason="needs nft and root")
def test_the_rules_of_nftables_are_read(tmp_path):
    # A namespace of its own: even a check asks the kernel.
    checked = subprocess.run(
        ["unshare", "--net", "nft", "--check", "--file", DEPLOY / "agent-egress.nft"], capture_output=True, text=True, timeout=60)
    if "Operation not permitted" in checked.stderr or "Protocol not supported" in checked.stderr:
        pytest.skip("this kernel has no nftables")
    assert checked.returncode == 0, checked.stderr


@pytest.mark.skipif(not shutil.which("dpkg"), reason="needs dpkg")
def test_the_image_installs_every_library_that_the_program_is_linked_with():
    needed = subprocess.run(["objdump", "-p", GRANTCTL], check=True, capture_output=True, text=True, timeout=60).stdout
    names = [name for name in re.findall(r"NEEDED\s+(\S+)", needed)
             if not name.startswith(("libswift", "libFoundation", "lib_Foundation", "libdispatch", "libBlocks", "ld-linux"))]
    final_stage = (DEPLOY / "Containerfile").read_text().split("FROM ")[-1]
    for name in names:
        found = subprocess.run(["dpkg", "-S", f"*/{name}"], capture_output=True, text=True, timeout=60).stdout
        packages = {line.split(":")[0] for line in found.splitlines() if "diversion" not in line}
        # Part of every Debian image.
        if packages & {"libc6", "libstdc++6", "libgcc-s1"}:
            continue
        assert any(package in final_stage for package in packages), f"{name} is in {packages}"
    installed = set(re.findall(r"lib[\w.+-]+-dev", (ROOT / "scripts/setup.sh").read_text()))
    build_stage = (DEPLOY / "Containerfile").read_text().split("FROM ")[1]
    assert installed <= set(re.findall(r"lib[\w.+-]+-dev", build_stage)) | {"libstdc++-12-dev"}


def variables(demo, caller, socket):
    ours = {key: value for key, value in os.environ.items() if not key.startswith(("ANTHROPIC_", "CLAUDE", "SSL_CERT"))}
    ours |= {"ANTHROPIC_AUTH_TOKEN": demo.token(caller), "NO_PROXY": "127.0.0.1,gateway"}
    if socket:
        return ours | {"ANTHROPIC_BASE_URL": "http://gateway/claude", "GATEWAY_SOCKET": demo.about["socket"]}
    return ours | {"ANTHROPIC_BASE_URL": demo.base_url, "SSL_CERT_FILE": demo.ca}


@pytest.mark.parametrize("socket", [False, True], ids=["tls", "socket"])
@pytest.mark.parametrize("command", [["sh", "curl.sh"], [sys.executable, "python_sdk.py"], [sys.executable, "agent_sdk.py"]],
                         ids=["curl", "python", "agent"])
def test_the_client_runs(command, socket, demo, tmp_path):
    caller = "engineer" if "agent" in command[1] else "triage-bot"
    environment = variables(demo, caller, socket) | {"CLAUDE_CONFIG_DIR": str(tmp_path / "config"), "HOME": str(tmp_path)}
    demo.forget()
    ran = subprocess.run(
        [command[0], CLIENTS / command[1]], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=180)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Hello" in ran.stdout, ran.stdout + ran.stderr
    if "python" in command[1]:
        assert "claude-opus-4-5" in ran.stdout and "request " in ran.stdout
    assert demo.received(), "the upstream was reached through the gateway"
    assert environment["ANTHROPIC_AUTH_TOKEN"] not in ran.stdout + ran.stderr
