"""A grants repository made on the spot: the caller's own grant among many others, all signed."""

import datetime
import hashlib
import os
import subprocess


def _run(arguments, folder):
    environment = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1")
    subprocess.run(arguments, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)


def make(folder, issuer, upstream, streaming, others):
    """Returns the path of a bare repository. `others` grants of other callers lie beside the one that is used."""
    work, keys = folder / "access", folder / "keys"
    work.mkdir()
    keys.mkdir(mode=0o700)

    def write(path, text):
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text(text)

    write("policy.yaml", """\
name: benchmark-access
version: 1
admins: [tom]
tiers:
  standard: {longest: 180d, review: 90d, reviewers: 1, stale: 24h, first_review: attestation}
""")
    for person in ("tom", "maria"):
        key = keys / person
        _run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "laptop", "-f", key], folder)
        public = key.with_suffix(".pub").read_text().strip()
        write(f"people/{person}.yaml", f"email: {person}@acme.example\nkeys:\n  - {public}\n")
    write("identity/corp.yaml", f"""\
kind: oidc
issuer: {issuer}
audience: [grantctl]
algorithms: [ES256]
claims: {{groups: groups}}
longest: 1h
""")
    for name, url in (("claude", upstream), ("stream", streaming)):
        write(f"services/{name}.yaml", f"""\
kind: anthropic
upstream: {url}
credential: anthropic
prefix: /{name}
owners: [tom]
tier: standard
""")

    def grant(group):
        return f"""\
to:
  - {{issuer: corp, group: {group}}}
can:
  models: [claude-sonnet-4-5*, claude-haiku-4-5*]
  max_tokens: 8192
why: Measures what the gateway costs
by: maria
"""

    files = []
    for path, group in (
        [("grants/claude/bench.yaml", "bench"), ("grants/stream/bench.yaml", "bench")]
        + [(f"grants/claude/others/team-{number}.yaml", f"team-{number}") for number in range(others)]
    ):
        write(path, grant(group))
        files.append(path)
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%MZ")
    for number in range(0, len(files), 1_000):
        sitting = f"attestations/sitting-{number}.yaml"
        lines = [f"repo: benchmark-access\nby: tom\nat: {now}\ndecisions:\n"]
        for path in files[number:number + 1_000]:
            digest = hashlib.sha256((work / path).read_bytes()).hexdigest()
            lines.append(f"  - file: {path}\n    sha256: {digest}\n    decision: keep\n")
        write(sitting, "".join(lines))
        _run(["ssh-keygen", "-q", "-Y", "sign", "-n", "grantctl-attestation", "-f", keys / "tom", work / sitting],
             folder)
    for command in (
        ["init", "-q", "-b", "main"], ["add", "-A"],
        ["-c", "user.name=Benchmark", "-c", "user.email=benchmark@acme.example", "-c", "commit.gpgsign=false",
         "commit", "-q", "-m", "Start"],
    ):
        _run(["git", *command], work)
    _run(["git", "clone", "-q", "--bare", work, folder / "access.git"], folder)
    return folder / "access.git"
