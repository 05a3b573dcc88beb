"""The walk-through as it is written, and a person at a terminal: request, review, merge, enforcement by a running gateway."""

import os
import pathlib
import re
import shutil
import subprocess
import time
import urllib.error

import pytest
from conftest import GRANTCTL, ROOT

SECONDS = 60
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def environment(home):
    kept = {k: os.environ[k] for k in ("LANG", "TMPDIR") if k in os.environ}
    return kept | {
        "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "TERM": "xterm",
        "PATH": f"{pathlib.Path(GRANTCTL).parent}:{os.environ['PATH']}"}


def fits(expected, output):
    """Whether the output has the expected lines, in order; `…` stands for anything, alone on a line for any lines."""
    pattern = "".join(
        r"(?:.*\n)*" if line == "…" else re.escape(line).replace("…", ".*") + r"\n" for line in expected.splitlines())
    return re.fullmatch(pattern, output) is not None


def test_the_walkthrough_as_it_is_written(tmp_path):
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir(), work.mkdir()
    blocks = BLOCK.findall((ROOT / "examples/walkthrough.md").read_text())
    assert sum(kind == "sh" for kind, _ in blocks) > 6
    output = None
    for kind, text in blocks:
        if kind == "text":
            assert fits(text, output), f"expected:\n{text}\ngot:\n{output}"
            continue
        ran = subprocess.run(
            ["bash", "-euc", text], cwd=work, env=environment(home), text=True, timeout=SECONDS, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output = ran.stdout
        assert ran.returncode == 0, f"{text}\n{output}"


class Terminal:
    """A person at tmux: types, and reads what is on the screen."""

    def __init__(self, folder, variables):
        self.socket = folder / "tmux"
        self.variables = variables
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "180", "-y", "50", "env", "PS1=ready> ", "bash", "--norc")
        self.wait("ready>")

    def tmux(self, *arguments):
        return subprocess.run(
            ["tmux", "-S", self.socket, *arguments], env=self.variables, check=True, capture_output=True, text=True,
            timeout=SECONDS).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p", "-J", "-S", "-500")

    def wait(self, text, times=1):
        deadline = time.monotonic() + SECONDS
        while self.screen().count(text) < times:
            assert time.monotonic() < deadline, f"no `{text}` on:\n{self.screen()}"
            time.sleep(0.05)

    def type(self, line):
        self.tmux("send-keys", "-l", line)
        self.tmux("send-keys", "Enter")

    def command(self, line, expect):
        before = self.screen().count("ready>")
        self.type(line)
        self.wait(expect)
        self.wait("ready>", before + 1)

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], env=self.variables, capture_output=True)


@pytest.fixture
def terminal(tmp_path):
    if not shutil.which("tmux"):
        pytest.fail("tmux is not installed")
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\nname = Maria\nemail = maria@acme.example\n")
    terminal = Terminal(tmp_path, environment(home))
    yield terminal
    terminal.close()


def test_a_person_at_a_terminal_starts_a_repository(terminal, tmp_path):
    ssh = tmp_path / "home/.ssh"
    ssh.mkdir(mode=0o700)
    for name in ["id_ed25519", "id_ecdsa"]:
        subprocess.run(
            ["ssh-keygen", "-q", "-t", name[3:], "-N", "", "-C", f"maria's {name}", "-f", ssh / name], check=True)
    terminal.command(f"cd {tmp_path} && echo there", "there\n")
    terminal.type("grantctl init access")
    for question, answer in [
        ("the key you sign with", "2"),
        ("your e-mail address [maria@acme.example]:", ""),
        ("your identity provider's issuer URL", "login.acme.example"),
        ("write a URL that begins with https://", "https://login.acme.example"),
        ("the repository's name [access]:", "Acme Access"),
        ("use a-z, 0-9 and `-`", "acme-access"),
        ("your name in people/ [maria]:", ""),
        ("where `claude` is [https://api.anthropic.com]:", ""),
    ]:
        terminal.wait(question)
        assert not (tmp_path / "access").exists()
        terminal.type(answer)
    terminal.wait("started `acme-access` with 21 files in access")
    terminal.command("cd access && grantctl validate && git status --porcelain && git log --oneline | wc -l", "1\n")
    person = (tmp_path / "access/people/maria.yaml").read_text()
    assert (ssh / "id_ecdsa.pub").read_text().split()[1] in person
    # Given up half-way: nothing is there.
    before = terminal.screen().count("ready>")
    terminal.type("cd .. && grantctl init other")
    terminal.wait("the key you sign with", 2)
    terminal.tmux("send-keys", "C-d")
    terminal.wait("cancelled; nothing was written")
    terminal.wait("ready>", before + 1)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["access", "home"]


def test_a_person_at_a_terminal_asks_a_colleague_reviews_and_the_gateway_enforces(demo, terminal, tmp_path):
    origin = demo.about["repository"] + ".git"
    keys = pathlib.Path(demo.about["repository"]).parent / "keys"
    token = demo.token("stranger")

    def ask():
        import json
        import urllib.request
        request = urllib.request.Request(
            demo.plain_url + "/v1/messages",
            json.dumps({"model": "claude-haiku-4-5", "max_tokens": 10, "messages": [{"role": "user", "content": "hi"}]}).encode(),
            {"authorization": f"Bearer {token}", "content-type": "application/json", "anthropic-version": "2023-06-01"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    assert ask() == 403
    terminal.command(f"git clone -q {origin} {tmp_path}/maria && cd {tmp_path}/maria && echo cloned", "cloned\n")

    # What is asked, and what is typed.
    terminal.type("grantctl request")
    for question, answer in [
        ("which service", "claude"),
        ("who, e.g. group=", "sub=stranger"),
        ("which models", "claude-haiku-4-5*"),
        ("tools that run at the provider", ""),
        ("largest max_tokens", "lots"),
        ("write a number", "1024"),
        ("protected data to see unmasked", ""),
        ("what for", "Trying it out, OPS-7"),
        ("last day", ""),
        ("a name for the grant", "Stranger!"),
        ("use a-z, 0-9", "stranger"),
    ]:
        terminal.wait(question)
        terminal.type(answer)
    terminal.wait("needs 1 reviewer (of ines, tom)")
    terminal.wait("write, commit and push this? [Y/n]")
    terminal.type("y")
    terminal.wait("pushed to `origin`")
    shown = terminal.screen()
    assert "asked for claude/stranger in grants/claude/stranger.yaml" in shown
    assert ask() == 403, "asking changes nothing"

    # A colleague reviews on the branch and lands it.
    terminal.command(f"git clone -q {origin} {tmp_path}/ines && cd {tmp_path}/ines && echo again", "again\n")
    terminal.command("git switch -q request/claude-stranger && echo switched", "switched\n")
    terminal.command(
        f"grantctl attest claude/stranger --keep --note 'fits' --as ines --key {keys}/ines", "kept claude/stranger")
    assert ask() == 403, "a branch changes nothing"
    terminal.command(
        "git switch -q main && git merge -q --no-edit request/claude-stranger && git push -q && echo landed", "landed\n")
    deadline = time.monotonic() + SECONDS
    while ask() != 200:
        assert time.monotonic() < deadline, "the gateway did not take the merge"
        time.sleep(0.1)

    # Ctrl-D in the middle: nothing is left behind.
    before = terminal.screen().count("ready>")
    terminal.type("grantctl request")
    terminal.wait("which service", 2)
    terminal.tmux("send-keys", "C-d")
    terminal.wait("cancelled; nothing was written")
    terminal.wait("ready>", before + 1)
    terminal.command("git status --porcelain; git branch --list; echo unchanged", "unchanged\n")
