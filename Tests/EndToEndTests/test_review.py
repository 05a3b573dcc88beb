"""A reviewer at a real terminal (tmux), from the request on a branch to what a running gateway enforces."""

import os
import pathlib
import shlex
import shutil
import subprocess
import time
import uuid

import pytest
from conftest import GRANTCTL
from gateway import Gateway

WAIT_SECONDS = 60


class Terminal:
    """A shell in tmux, typed into and read like a person does."""

    def __init__(self, folder, home):
        self.socket = f"grantctl-{uuid.uuid4().hex[:12]}"
        self.tmux("new-session", "-d", "-s", "review", "-x", "110", "-y", "70", "-c", str(folder),
                  "env", "-i", f"HOME={home}", f"PATH={os.environ['PATH']}", "TERM=xterm-256color", "LANG=C.UTF-8",
                  "GIT_CONFIG_NOSYSTEM=1", "GIT_PAGER=cat", "PS1=ready$ ", "sh")
        self.wait("ready$")

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-L", self.socket, *arguments], check=True, capture_output=True, text=True).stdout

    @property
    def text(self):
        return self.tmux("capture-pane", "-p", "-J", "-S", "-2000", "-t", "review")

    def type(self, text, enter=True):
        self.tmux("send-keys", "-t", "review", "-l", text)
        if enter:
            self.tmux("send-keys", "-t", "review", "Enter")

    def key(self, key):
        self.tmux("send-keys", "-t", "review", key)

    def wait(self, text, times=1):
        deadline = time.monotonic() + WAIT_SECONDS
        while self.text.count(text) < times:
            assert time.monotonic() < deadline, f"no `{text}` in\n{self.text}"
            time.sleep(0.05)
        return self.text

    def clear(self):
        self.tmux("send-keys", "-t", "review", "-R")
        self.tmux("clear-history", "-t", "review")

    def stop(self):
        subprocess.run(["tmux", "-L", self.socket, "kill-server"], check=False, capture_output=True)


@pytest.fixture
def gateway(demo, tmp_path):
    gateway = Gateway(GRANTCTL, demo, tmp_path)
    gateway.start()
    yield gateway
    gateway.kill()


class Person:
    """Somebody with a home, a key and a clone."""

    def __init__(self, demo, gateway, folder, name, passphrase=""):
        self.home = folder / f"home-{name}"
        ssh = self.home / ".ssh"
        ssh.mkdir(parents=True, mode=0o700)
        for ending in ["", ".pub"]:
            shutil.copy(pathlib.Path(demo.folder) / "keys" / (name + ending), ssh / ("id_ed25519" + ending))
        os.chmod(ssh / "id_ed25519", 0o600)
        subprocess.run(
            ["ssh-keygen", "-q", "-p", "-P", "", "-N", passphrase, "-f", ssh / "id_ed25519"], check=True,
            capture_output=True)
        (self.home / ".gitconfig").write_text(
            f"[user]\n\tname = {name}\n\temail = {name}@acme.example\n[commit]\n\tgpgsign = false\n")
        self.clone = folder / f"clone-{name}"
        self.environment = dict(os.environ, HOME=str(self.home), GIT_CONFIG_NOSYSTEM="1")
        self.environment.pop("SSH_AUTH_SOCK", None)
        subprocess.run(["git", "clone", "-q", gateway.remote, self.clone], check=True, env=self.environment)

    def git(self, *arguments):
        return subprocess.run(
            ["git", *arguments], cwd=self.clone, env=self.environment, check=True, capture_output=True, text=True).stdout


def until(condition):
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def sign(terminal, pushed):
    terminal.wait("y signs, u goes back, q leaves")
    terminal.key("y")
    terminal.wait("Enter passphrase")
    terminal.type("open sesame")
    terminal.wait(pushed)


def test_a_request_is_reviewed_at_a_terminal_merged_enforced_narrowed_and_revoked(demo, gateway, tmp_path):
    maria = Person(demo, gateway, tmp_path, "maria")
    # ssh-keygen asks for it, at the terminal that Tom sits at.
    tom = Person(demo, gateway, tmp_path, "tom", passphrase="open sesame")
    token = demo.token("quarterly-report")

    def status(model):
        return gateway.ask(token, model=model)[0]

    assert status("claude-haiku-4-5") == 403 and status("claude-sonnet-4-5") == 403

    # Maria asks on a branch.
    maria.git("switch", "-q", "-c", "ask/sonnet-for-reports")
    (maria.clone / "grants/claude/reports.yaml").write_text(
        "to:\n  - {issuer: corp, sub: quarterly-report}\ncan:\n  models: [claude-sonnet-4-5*, claude-haiku-4-5*]\n"
        "why: Longer reports, FIN-231\nby: maria\n")
    maria.git("add", "-A")
    maria.git("commit", "-q", "-m", "Let reports use sonnet")
    maria.git("push", "-q", "-u", "origin", "HEAD")

    # Tom reviews it there.
    tom.git("fetch", "-q")
    tom.git("switch", "-q", "ask/sonnet-for-reports")
    terminal = Terminal(tom.clone, tom.home)
    try:
        terminal.type(f"{shlex.quote(GRANTCTL)} review")
        terminal.wait("1 of 2  claude/reports")
        card = terminal.wait("k keep  r revoke")
        assert "nobody attested these bytes" in card and "never: all of it is new" in card
        assert "maria <maria@acme.example> is accountable" in card and "Let reports use sonnet" in card
        terminal.key("c")
        terminal.wait("comment, empty for none:")
        terminal.type("as asked in FIN-231")
        terminal.wait("comment noted")
        terminal.key("k")
        terminal.wait("2 of 2  claude/quarterly-report")
        terminal.key("s")
        summary = terminal.wait("y signs, u goes back, q leaves")
        assert "as asked in FIN-231" in summary
        # Ctrl-C loses nothing.
        terminal.key("C-c")
        terminal.wait("what you decided is kept for the next `grantctl review`")
        assert tom.git("status", "--porcelain") == ""
        terminal.clear()
        terminal.type(f"{shlex.quote(GRANTCTL)} review")
        terminal.wait("1 decision of an earlier sitting that was not signed still stands")
        terminal.wait("2 of 2  claude/quarterly-report")
        terminal.key("s")
        terminal.wait("y signs, u goes back, q leaves")
        terminal.key("y")
        terminal.wait("Enter passphrase")
        terminal.type("open barley")
        terminal.wait("the sitting was not signed")
        terminal.wait("what you decided is kept: run `grantctl review` again to sign it")
        assert tom.git("status", "--porcelain") == ""
        terminal.clear()
        terminal.type(f"{shlex.quote(GRANTCTL)} review")
        terminal.wait("2 of 2  claude/quarterly-report")
        terminal.key("q")
        sign(terminal, "to `origin/ask/sonnet-for-reports`")
        assert "kept claude/reports: in force until" in terminal.text

        # Nothing counts before it is on main.
        assert status("claude-sonnet-4-5") == 403
        maria.git("fetch", "-q")
        maria.git("switch", "-q", "main")
        maria.git("merge", "-q", "--no-ff", "-m", "Merge the request", "origin/ask/sonnet-for-reports")
        maria.git("push", "-q", "origin", "main")
        until(lambda: status("claude-sonnet-4-5") == 200)
        assert status("claude-haiku-4-5") == 200

        # Tom makes it smaller on main, in his editor.
        tom.git("switch", "-q", "main")
        tom.git("pull", "-q", "--rebase")
        terminal.clear()
        editor = tmp_path / "editor"
        editor.write_text("#!/bin/sh\nsed -i 's/claude-sonnet-4-5\\*, //' \"$1\"\n")
        editor.chmod(0o755)
        terminal.type(f"EDITOR={editor} {shlex.quote(GRANTCTL)} review claude/reports")
        terminal.wait("1 of 1  claude/reports")
        terminal.key("n")
        terminal.wait("once narrowed: in force until")
        sign(terminal, "to `origin/main`")
        until(lambda: status("claude-sonnet-4-5") == 403)
        assert status("claude-haiku-4-5") == 200
        assert "-  models: [claude-sonnet-4-5*, claude-haiku-4-5*]" in tom.git("show", "HEAD")

        # A narrowing that widens is not taken.
        editor.write_text("#!/bin/sh\nsed -i 's/claude-haiku-4-5\\*/claude-*/' \"$1\"\n")
        terminal.clear()
        terminal.type(f"EDITOR={editor} {shlex.quote(GRANTCTL)} review claude/reports")
        terminal.wait("1 of 1  claude/reports")
        terminal.key("n")
        terminal.wait("that would give more than before")
        terminal.key("x")
        terminal.wait("nothing was changed")

        # And revokes it.
        terminal.key("r")
        sign(terminal, "to `origin/main`")
        until(lambda: status("claude-haiku-4-5") == 403)
        assert tom.git("status", "--porcelain") == ""
        told = subprocess.run(
            [GRANTCTL, "log", "claude/reports"], cwd=tom.clone, env=tom.environment, capture_output=True, text=True,
            check=True).stdout
        events = [line.split("\t")[1] for line in told.splitlines()]
        assert events == ["asked", "landed", "keep", "in_force", "asked", "changed", "keep", "revoke", "revoked"], told
        assert "as asked in FIN-231 (read for " in told
    finally:
        print(terminal.text)
        terminal.stop()
