"""Completions, loaded by the shells that they are for and asked as somebody at a keyboard asks."""

import os
import pathlib
import shutil
import subprocess
import time
import uuid

import pytest
from conftest import GRANTCTL

SECONDS = 60
# Types into an interactive zsh, has it list what fits, and reads that.
ZSH = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT= RPROMPT=; stty rows 50 cols 200; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D"
zpty -w shell "bindkey '^T' list-choices; LISTMAX=0; zle-line-init() { print REA\"\"DY }; zle -N zle-line-init; print STAR\"\"TED"
while zpty -r shell line; do [[ $line == *STARTED* ]] && break; done
# What is typed before the line editor reads is the terminal's.
while zpty -r shell line; do [[ $line == *READY* ]] && break; done
zpty -w -n shell "$2"$'\C-t\C-u'
zpty -w shell "print EN\"\"D"
while zpty -r shell line; do print -r -- "$line"; [[ $line == *END* ]] && break; done
zpty -d shell
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("completions") / "access"
    (folder / "grants/claude/team").mkdir(parents=True)
    (folder / "services").mkdir()
    for file in ["policy.yaml", "services/claude.yaml", "grants/claude/reports.yaml", "grants/claude/team/triage-bot.yaml"]:
        (folder / file).write_text("")
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", "-C", folder, *command], check=True)
    return folder


def run(arguments, clone, **more):
    path = f"{pathlib.Path(GRANTCTL).parent}:{os.environ['PATH']}"
    ran = subprocess.run(
        arguments, cwd=clone, env={"PATH": path, "HOME": str(clone.parent), "TERM": "dumb", "LANG": "C.UTF-8"} | more,
        text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def script(shell, clone):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed, so its completions are not tried")
    return run([GRANTCTL, "completions", shell], clone)


def bash(line, clone):
    file = clone.parent / "grantctl.bash"
    file.write_text(script("bash", clone))
    words = line.split(" ")
    ask = (
        f"source {file}; COMP_WORDS=({' '.join(word or chr(39) * 2 for word in words)}); COMP_CWORD={len(words) - 1}; "
        f"COMP_LINE='{line}'; COMP_POINT={len(line)}; _grantctl grantctl '{words[-1]}' '{words[-2]}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    return run(["bash", "--norc", "-c", ask], clone)


def zsh(line, clone):
    folder = clone.parent / "zsh"
    folder.mkdir(exist_ok=True)
    (folder / "_grantctl").write_text(script("zsh", clone))
    return run(["zsh", "-f", "-c", ZSH, "zsh", str(folder), line], clone)


def fish(line, clone):
    """At a terminal: what fish asks a program for it asks with the line that is being typed."""
    file = clone.parent / "grantctl.fish"
    file.write_text(script("fish", clone))
    server = ["tmux", "-L", f"grantctl-{uuid.uuid4().hex[:12]}"]
    path = f"{pathlib.Path(GRANTCTL).parent}:{os.environ['PATH']}"

    def tmux(*arguments):
        return subprocess.run([*server, *arguments], check=True, capture_output=True, text=True, timeout=SECONDS).stdout

    def wait(condition):
        deadline = time.monotonic() + SECONDS
        while not condition(text := tmux("capture-pane", "-p", "-J")):
            assert time.monotonic() < deadline, text
            time.sleep(0.05)
        return text

    try:
        tmux("-f", "/dev/null", "new-session", "-d", "-x", "150", "-y", "50", "-c", str(clone), "env", "-i", f"PATH={path}",
             f"HOME={clone.parent}", "TERM=xterm", "LANG=C.UTF-8", "fish", "--no-config", "-C",
             f"source {file}; function fish_prompt; printf 'ready> '; end")
        wait(lambda text: "ready>" in text)
        tmux("send-keys", "-l", line)
        wait(lambda text: line.rstrip() in text)
        tmux("send-keys", "Tab")
        before = f"ready> {line}".rstrip()
        # Several are listed below the line, one is put into it.
        return wait(lambda text: text.rstrip() != before and settled(tmux, text))
    finally:
        subprocess.run([*server, "kill-server"], capture_output=True)


def settled(tmux, text):
    """Whether nothing changes any more."""
    time.sleep(0.5)
    return tmux("capture-pane", "-p", "-J") == text


@pytest.mark.parametrize("shell", [bash, zsh, fish])
@pytest.mark.parametrize("line, offered, other", [
    ("grantctl re", ["request", "review", "revoke", "remind"], "validate"),
    ("grantctl request --se", ["--see", "--service", "--server-tools"], "--why"),
    ("grantctl completions ", ["bash", "zsh", "fish"], "tcsh"),
    ("grantctl review ", ["claude/reports", "claude/team/triage-bot"], "policy.yaml"),
    ("grantctl request --service ", ["claude"], "reports"),
])
def test_completions_offer_what_fits(shell, line, offered, other, clone):
    answer = shell(line, clone)
    for word in offered:
        assert word in answer, answer
    assert other not in answer, answer


def test_manual_pages_are_read_by_man(clone):
    if not shutil.which("man"):
        pytest.skip("man is not installed, so the pages are not tried")
    folder = clone.parent / "man1"
    run([GRANTCTL, "man", "--all", str(folder)], clone)
    for page in sorted(folder.iterdir()):
        shown = run(["man", "--warnings", "-l", str(page)], clone, MANPAGER="cat", PAGER="cat", MANWIDTH="100")
        assert "NAME" in shown and "SYNOPSIS" in shown, page
