"""The demonstration ends with "demo: ok", and leaves nothing behind, whether it ends or is interrupted."""

import os
import signal
import subprocess
import sys
import time

import pytest

from hotswan_lab import wait_for
from hotswan_lab.lab import STATE, _namespaces, _pids_in

DEMO = os.path.join(os.path.dirname(__file__), "..", "..", "lab", "demo.py")


def start():
    """The demo with fast timers, in a process group of its own, as a terminal would have it."""
    return subprocess.Popen([sys.executable, DEMO, "--timers", "msec 250 msec 750"], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, start_new_session=True)


def left_by(pid):
    """Namespaces and files of a run."""
    prefix = f"hl{pid}x"
    files = [name for name in os.listdir(STATE) if name.startswith(prefix)] if os.path.isdir(STATE) else []
    return _namespaces(prefix + "1") + files


def test_demo_succeeds_and_leaves_nothing():
    demo = start()
    out, _ = demo.communicate(timeout=300)
    assert demo.returncode == 0, out
    assert out.splitlines()[-1] == "demo: ok", out
    for wanted in ("gratuitous ARP", "OSPF route moved", "first packet after", "P#show standby brief", "S#show ip route"):
        assert wanted in out, out
    assert left_by(demo.pid) == []


@pytest.mark.parametrize("signum,whole_group", [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_interrupted_demo_leaves_nothing(signum, whole_group):
    demo = start()
    prefix = f"hl{demo.pid}x1"
    wait_for(lambda: f"{prefix}-p" in _namespaces(prefix) and _pids_in(f"{prefix}-p"), 60, "the demo is under way")
    time.sleep(1)                               # somewhere in the middle
    if whole_group:
        os.killpg(demo.pid, signum)             # as Ctrl-C does
    else:
        demo.send_signal(signum)
    out, _ = demo.communicate(timeout=120)
    assert demo.returncode == 128 + signum, out
    assert left_by(demo.pid) == []
