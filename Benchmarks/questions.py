#!/usr/bin/env python3
"""How long questions about a large repository take: the first one, which reads every commit, and those after it.

    questions.py --grantctl PATH --generator PATH [--grants 100000] [--rounds 5] [--json FILE]

Everything is the whole process, from start to exit, on a repository that the generator wrote.
"""

import argparse
import atexit
import json
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("--grantctl", required=True)
parser.add_argument("--generator", required=True)
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
    "due within 90 days, all": ["due", "--within", "91d", "--json"],
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

if arguments.json:
    pathlib.Path(arguments.json).write_text(json.dumps(figures, indent=2) + "\n")
print(f"| {arguments.grants:,} grants | ms |\n|---|---|")
for name, figure in figures.items():
    print(f"| {name} | {figure:.0f} |")
