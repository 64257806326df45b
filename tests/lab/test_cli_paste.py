"""The guide's configurations pasted into an interactive shell, and the round trip of show running-config."""

import os
import pty
import re
import select
import subprocess
import time

import pytest

from hotswan_lab import Headend, configs
from hotswan_lab.headend import HOTSWAN
from hotswan_lab.system import LabError

EXAMPLES = {
    "example 1": configs.text("example1-dynamic"),
    "example 2": configs.text("example2-route") + configs.text("example2-static"),
    "example 3": configs.text("example3-hsrp"),
    "example 3 with IKEv2": configs.text("example3-hsrp") + configs.text("ikev2"),
}
FIRST_PROMPT = re.compile(rb"(^|[\r\n])Router[#>]$")
EXEC_PROMPT = re.compile(rb"[\r\n]GUIDE#$")


def headend(lab, name, config=""):
    """A headend without neighbours."""
    head = Headend(lab, name)
    head.connect("outside")
    head.connect("inside")
    return head.start(config)


def paste(head, text, end=EXEC_PROMPT, timeout=60):
    """Everything the shell prints when a terminal user pastes the text in one go at the first prompt."""
    master, slave = pty.openpty()
    with subprocess.Popen([HOTSWAN, "--run-dir", head.run_dir], stdin=slave, stdout=slave, stderr=slave,
                          start_new_session=True) as shell:
        os.close(slave)
        seen, deadline, pending, prompted = b"", time.monotonic() + timeout, text.encode(), False
        while not (end.search(seen) and not pending):
            readable, writable, _ = select.select([master], [master] if pending and prompted else [], [], 0.5)
            if readable:
                seen += os.read(master, 65536)
                prompted = prompted or bool(FIRST_PROMPT.search(seen))
            if writable:
                pending = pending[os.write(master, pending[:256]):]
            if time.monotonic() > deadline:
                shell.kill()
                raise LabError(f"no exec prompt after the paste:\n{seen.decode(errors='replace')}")
        os.write(master, b"exit\n")
        shell.wait(30)
    os.close(master)
    return seen.decode(errors="replace")


def running(head):
    """The running configuration without the two lines that are not configuration."""
    text = head.show("show running-config", check=True)
    return text[text.index("!"):] if "!" in text else text


@pytest.mark.parametrize("example", EXAMPLES)
def test_pasted_example_gives_no_error_and_survives_the_round_trip(lab, example):
    first = headend(lab, "first")
    seen = paste(first, "enable\nconfigure terminal\n" + configs.prologue("GUIDE") + EXAMPLES[example] + "end\n")
    for error in ("% Invalid", "% Incomplete", "% Ambiguous", "'^'"):
        assert error not in seen, seen

    written = running(first)
    for line in EXAMPLES[example].splitlines():
        word = line.split()[-1]
        assert word in written, f"{line!r} is not in\n{written}"
    second = headend(lab, "second", written)
    assert running(second) == written
    fourth = headend(lab, "fourth")             # as a script: the exit status tells of refused lines
    fourth.cli("configure terminal\n" + configs.prologue("GUIDE") + EXAMPLES[example], check=True)
    assert running(fourth) == written

    assert "[OK]" in first.show("write memory")
    assert oct(os.stat(first.config).st_mode & 0o777) == "0o600"        # D16
    with open(first.config, encoding="utf-8") as startup:
        third = headend(lab, "third", startup.read())
    assert running(third) == written


def test_pasted_lines_are_echoed_once_behind_their_prompts(lab):
    """Type-ahead is not lost and each line is echoed once behind its prompt."""
    head = headend(lab, "first")
    seen = paste(head, "enable\nconfigure terminal\nhostname GUIDE\naccess-list 101 permit ip host 10.1.1.1 host 10.2.2.2\nend\n")
    assert seen.count("access-list 101 permit ip host 10.1.1.1 host 10.2.2.2") == 1, seen
    assert "GUIDE(config)#access-list 101" in seen, seen
