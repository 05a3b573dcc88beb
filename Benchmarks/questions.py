#!/usr/bin/env python3
"""How long questions about a large repository take: the first one, which reads every commit, and those after it.

    questions.py --grantctl PATH --generator PATH [--grants 100000] [--rounds 5] [--json FILE]

Everything is the whole process, from start to exit, on a repository that the generator wrote.
"""

import argparse
import atexit
import json
import os
import pathlib
import pty
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("--grantctl", required=True, type=os.path.abspath)
parser.add_argument("--generator", required=True, type=os.path.abspath)
parser.add_argument("--grants", type=int, default=100_000)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--json")
arguments = parser.parse_args()

folder = pathlib.Path(tempfile.mkdtemp(prefix="grantctl-questions-"))
atexit.register(shutil.rmtree, folder, ignore_errors=True)
repository = folder / "access.git"
at = subprocess.run(
    [arguments.generator, "--generate", repository, "--grants", str(arguments.grants)],
    check=True, capture_output=True, text=True).stdout.strip()


def git(*command, **more):
    return subprocess.run(
        ["git", "-C", repository, "-c", "user.name=tom", "-c", "user.email=tom@acme.example", *command],
        check=True, capture_output=True, text=True, **more).stdout


def branch(name, path, change):
    """A branch off main whose only commit changes one file."""
    text = git("show", f"main:{path}")
    changed = change(text)
    assert changed != text
    blob = git("hash-object", "-w", "--stdin", input=changed).strip()
    index = {"GIT_INDEX_FILE": str(folder / "index")}
    for command in (["read-tree", "main"], ["update-index", "--cacheinfo", f"100644,{blob},{path}"]):
        subprocess.run(["git", "-C", repository, *command], check=True, env=index)
    tree = subprocess.run(
        ["git", "-C", repository, "write-tree"], check=True, env=index, capture_output=True, text=True).stdout.strip()
    git("update-ref", f"refs/heads/{name}", git("commit-tree", "-p", "main", "-m", "change one file", tree).strip())


one = arguments.grants // 14 * 4 + 1        # an agent's own grant, by its subject
branch("grant", f"grants/claude/f{one // 1000}/agent-{one}.yaml", lambda text: text.replace("max_tokens: 8192", "max_tokens: 9000")
       .replace("max_tokens: 4096", "max_tokens: 9000"))
branch("person", "people/person-3.yaml", lambda text: text.replace("person-3@", "somebody@"))
branch("service", "services/claude.yaml", lambda text: text.replace("protects: [email, payment_card]", "protects: [email]"))

caller = f'{{"issuer":"corp","sub":"agent-{one}"}}'
request = '{"model":"claude-opus-4-5","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}'
explain = ["explain", "--service", "claude", "--caller", caller, "--request", request]
stranger = ["explain", "--service", "claude", "--caller", '{"issuer":"corp","sub":"x","groups":["team-3"]}', "--request", request]
questions = {
    "explain": explain,
    "explain, nobody named": stranger,
    "explain, an hour earlier": explain + ["--at", None],
    "who-can, a model few may use": ["who-can", "claude", "--model", "claude-opus-4-5"],
    "who-can, a model most may use": ["who-can", "claude", "--model", "claude-haiku-4-5"],
    "who-can, all as JSON": ["who-can", "claude", "--model", "claude-haiku-4-5", "--json"],
    "due within 30 days": ["due"],
    "due within 90 days, all": ["due", "--within", "91d"],
    "due within 90 days, all as JSON": ["due", "--within", "91d", "--json"],
    "standing, all as JSON": ["standing", "--json"],
    "diff, one grant": ["diff", "main...grant"],
    "diff, one person": ["diff", "main...person"],
    "diff, one service": ["diff", "main...service"],
}


def run(command):
    start = time.monotonic()
    ran = subprocess.run([arguments.grantctl, *command], capture_output=True, text=True)
    took = (time.monotonic() - start) * 1000
    assert ran.returncode in (0, 1, 3, 4), (command, ran.returncode, ran.stderr[-500:])
    return took


def complete(command):
    earlier = at[:11] + "01:00:00Z"
    command = [earlier if part is None else part for part in command]
    return command + ([] if "--at" in command else ["--at", at]) + ["--repo", str(repository)]


figures = {"first question of all": run(complete(explain))}
for name, command in questions.items():
    run(complete(command))
    figures[name] = statistics.median(run(complete(command)) for _ in range(arguments.rounds))
figures["kept beside the repository, MB"] = sum(
    file.stat().st_size for file in (repository / "grantctl").iterdir()) / 1e6



def clone_of_a_reviewer():
    """A clone with every file, whose owner has a key that the repository lists."""
    home, clone = folder / "home", folder / "clone"
    (home / ".ssh").mkdir(parents=True)
    key = home / ".ssh/id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "tom", "-f", key], check=True)
    (home / ".gitconfig").write_text("[user]\nname = tom\nemail = tom@acme.example\n[commit]\ngpgsign = false\n")
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "xterm", "GIT_CONFIG_NOSYSTEM": "1"}

    def run(*command):
        subprocess.run(command, check=True, env=environment, capture_output=True)

    run("git", "clone", "-q", "-b", "main", repository, clone)
    (clone / "people/tom.yaml").write_text(
        f"email: tom@acme.example\nkeys:\n  - {key.with_suffix('.pub').read_text()}")
    run("git", "-C", clone, "commit", "-q", "-am", "Another key")
    run("git", "-C", clone, "push", "-q")
    return clone, environment


def opens(clone, environment, *grants):
    """Until the first grant is on the screen and the keys are offered."""
    start = time.monotonic()
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(clone)
        os.execve(arguments.grantctl, ["grantctl", "review", *grants], environment)
    shown, took = b"", None
    while True:
        try:
            shown += os.read(terminal, 1 << 16)
        except OSError:
            break
        if took is None and b"k keep" in shown:
            took = (time.monotonic() - start) * 1000
            # A key pressed now could be thrown away when the terminal's mode changes.
            os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    os.close(terminal)
    assert took is not None, shown[-1000:]
    return took


place = clone_of_a_reviewer()
# The repository was attested long ago: by now all of it waits.
for name, grants in {"review opens, everything waits": [], "review opens, one grant": [f"claude/f{one // 1000}/agent-{one}"]}.items():
    opens(*place, *grants)
    figures[name] = statistics.median(opens(*place, *grants) for _ in range(arguments.rounds))

if arguments.json:
    pathlib.Path(arguments.json).write_text(json.dumps(figures, indent=2) + "\n")
print(f"| {arguments.grants:,} grants | ms |\n|---|---|")
for name, figure in figures.items():
    print(f"| {name} | {figure:.0f} |")
