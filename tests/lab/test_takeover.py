"""After a failover all tunnels are back at once, without waiting for the far end; and nothing sends the far end away."""

import os
import shutil
import signal
import time

from hotswan_lab import Capture, Headend, topologies, wait_for
from hotswan_lab.crowd import Crowd, echo, inner, outer
from hotswan_lab.lab import Node
from hotswan_lab.topologies import INSIDE_HOST, REMOTE_HOST, VIRTUAL

INSIDE_GROUP = """interface eth1
 standby 1 name inside
 standby 1 ip 192.168.1.3
 standby 1 timers msec 250 msec 750
"""


def ike_from(frames, address):
    """IKE messages of an address as (time, destination); on port 4500 they begin with four zeros."""
    found = []
    for frame in frames:
        udp = frame.udp
        if udp and str(frame.ends[0]) == address and (
                500 in udp[:2] or (4500 in udp[:2] and udp[2][:4] == b"\0\0\0\0" and len(udp[2]) > 4)):
            found.append((frame.time, str(frame.ends[1])))
    return found


def test_h05_planned_handovers_send_no_delete_and_cost_little(lab):
    net = topologies.pair(lab, ike=2, extra=INSIDE_GROUP)
    p, s = net.headends
    net.remote.wait_tunnel(VIRTUAL)
    net.host.ip("route", "replace", "default", "via", "192.168.1.3")
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    pings = net.remote.pinger(INSIDE_HOST, REMOTE_HOST)
    sides = {p: Capture(lab, "p.outside"), s: Capture(lab, "s.outside")}

    def handover(what, old, new, act):
        for node in (old, new):                 # both groups are where they should be
            node.wait_state("Active" if node is old else "Standby", 1, timeout=20)
        pings.wait_reply(after=time.time(), count=20)
        began = time.time()
        act()
        new.wait_state("Active", timeout=20)
        pings.wait_reply(after=time.time(), timeout=20, count=50)
        gap, _ = pings.gap(began - 0.1)
        left = max(when for when, *_ in old_resigns(sides[old], began))
        after = [sent for sent in ike_from(sides[old].frames, VIRTUAL) if sent[0] > left]
        assert after == [], f"{what}: the old active spoke for the virtual address after its Resign"
        print(f"{what}: {gap * 1000:.0f} ms")
        assert gap < 1.5, what

    def old_resigns(capture, since):
        return [h for h in capture.hsrp() if h[0] > since and h[2] == 2]

    handover("force-switchover", p, s, lambda: p.cli("enable\nredundancy force-switchover\n"))
    s.wait_state("Active", 1)
    p.wait_state("Standby", timeout=20)
    handover("preempt", s, p, lambda: p.configure(
        ["interface FastEthernet 0/0", "standby priority 110", "standby preempt",
         "interface eth1", "standby 1 priority 110", "standby 1 preempt"]))
    s.wait_state("Standby", timeout=20)
    handover("stop", p, s, p.stop_daemon)
    log = open(os.path.join(net.remote.path, "charon.log"), encoding="utf-8", errors="replace").read()
    assert "received DELETE" not in log         # a peer that is told to hang up dials the box that is leaving
    assert len(net.remote.tunnels()) == 1
    net.audit()
