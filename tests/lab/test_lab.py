"""The lab itself, without hotswan: what the other tests rely on is shown here with plain programs."""

import os
import signal
import subprocess
import sys
import time

import pytest

from hotswan_lab import Capture, Lab, LabError, Node, Remote, Router, wait_for
from hotswan_lab import capture as captures
from hotswan_lab.lab import STATE, _namespaces
from hotswan_lab.netlink import Monitor, Route
from hotswan_lab.router import Frr, shipped
from hotswan_lab.stalls import Stalls

PROTECTED = [("192.168.1.0/24", "10.0.0.0/16")]


def plain_pair(lab, version):
    """A strongSwan headend and a remote with a tunnel between 192.168.1.0/24 and 10.0.0.0/16."""
    head, far = Remote(lab, "head"), Remote(lab, "far")
    head.connect("outside", "192.168.0.2/24")
    head.address("lo", "192.168.1.2/24")
    far.connect("outside", "192.168.0.9/24")
    far.address("lo", "10.0.0.1/16")
    for gateway in (head, far):
        gateway.start()
        gateway.secret()
    head.connection("c", "192.168.0.2", "192.168.0.9", [PROTECTED[0]], version, initiate=False)
    far.connection("c", "192.168.0.9", "192.168.0.2", [PROTECTED[0][::-1]], version)
    return head, far


@pytest.mark.parametrize("version", [1, 2])
def test_plain_tunnel_carries_traffic_and_nothing_in_clear(lab, version):
    """Two strongSwans agree, pings cross, and the audit finds only ESP on the wire."""
    wire = Capture(lab, lab.segment("outside"))
    _, far = plain_pair(lab, version)
    far.wait_tunnel("192.168.0.2")
    assert far.ping("192.168.1.2", "10.0.0.1", count=20, wait=5) == 20
    wait_for(lambda: len(captures.esp_packets(wire.frames)) >= 40, 30, "all of them were seen")
    captures.assert_nothing_clear(wire.stop(), PROTECTED)


def test_audit_catches_one_leaked_packet(lab):
    """The test of the test: without a tunnel the same ping goes in clear, and the audit says so."""
    near, far = Node(lab, "near"), Node(lab, "far")
    wire = Capture(lab, lab.segment("outside"))
    near.connect("outside", "192.168.0.2/24")
    near.address("lo", "192.168.1.2/24")
    far.connect("outside", "192.168.0.9/24")
    far.ip("route", "add", "192.168.1.0/24", "via", "192.168.0.2")
    far.address("lo", "10.0.0.1/16")
    assert far.ping("192.168.1.2", "10.0.0.1", count=1) == 0        # near has no way back
    frames = wire.stop()
    assert len(captures.clear_packets(frames, PROTECTED)) == 1
    with pytest.raises(LabError, match="1 protected packets in clear"):
        captures.assert_nothing_clear(frames, PROTECTED)


def test_audit_wants_to_have_seen_something():
    """An empty capture proves nothing and must not pass."""
    with pytest.raises(LabError, match="no frame"):
        captures.assert_nothing_clear([], PROTECTED)


def test_tagged_kernel_route_moves_through_ospf_at_once(lab):
    """A route of protocol 213 is redistributed; moved to another box, its OSPF route follows before any timer of FRR's defaults.

    The shortest of those is a second (LSA arrival); the kernels' own announcements tell the time.
    """
    boxes = []
    inside = Router(lab, "inside")
    inside.connect("inside", "192.168.1.1/24")
    inside.start("192.168.1.1")
    for name, last in (("p", 2), ("s", 4)):
        box = Node(lab, name)
        box.connect("outside", f"192.168.0.{last}/24")
        box.connect("inside", f"192.168.1.{last}/24")
        box.forward()
        Frr(box, f"192.168.1.{last}", ["eth1"], shipped()).start()
        boxes.append(box)
    inside.frr.wait_full(2)
    route = ["10.0.0.0/16", "via", "192.168.0.1", "proto", "213", "metric", "16777217"]
    boxes[0].ip("route", "add", *route)
    inside.wait_next_hop("10.0.0.0/16", "192.168.1.2")
    assert boxes[0].routes("10.0.0.0/16", protocol=213)[0].metric == 16777217

    def moved(old, new, gateway):
        """Seconds from the new box's route to the inside router's, and the machine's stalls meanwhile."""
        there, seen = Monitor(boxes[new].ns), Monitor(inside.ns)
        with Stalls() as stalls:
            began = time.time()
            boxes[old].ip("route", "del", *route)
            boxes[new].ip("route", "add", *route)
            inside.wait_next_hop("10.0.0.0/16", gateway)
            there.close()
            seen.close()
            late = stalls.seconds()
        added = there.first(began, "add", lambda r: isinstance(r, Route) and r.protocol == 213)
        return seen.first(began, "add", lambda r: isinstance(r, Route) and r.via == [gateway]) - added, late

    for old, new, last in ((0, 1, 4), (1, 0, 2)):
        took, late = moved(old, new, f"192.168.1.{last}")
        assert took < 0.5 + late, (took, late)
        time.sleep(1.2)                         # let the LSA throttle rest, as between real failovers


def test_shipped_frr_lines_advertise_what_they_list_and_nothing_else(lab):
    """Helper routes (214) of peers outside the list and the user's own statics (215) stay on the box."""
    inside, box = Router(lab, "inside"), Node(lab, "p")
    inside.connect("inside", "192.168.1.1/24")
    inside.start("192.168.1.1")
    box.connect("outside", "192.168.0.2/24")
    box.connect("inside", "192.168.1.2/24")
    box.forward()
    Frr(box, "192.168.1.2", ["eth1"], shipped()).start()
    inside.frr.wait_full(1)
    for prefix, protocol in (("198.51.100.7/32", "214"), ("198.51.100.0/24", "215"), ("10.0.0.0/16", "213")):
        box.ip("route", "add", prefix, "via", "192.168.0.1", "proto", protocol, "metric", "16777217")
    inside.wait_next_hop("10.0.0.0/16", "192.168.1.2")
    assert [str(r.prefix) for r in inside.routes(protocol=188)] == ["10.0.0.0/16"]


def test_pulled_cable_is_seen_as_lost_carrier(lab):
    """link(False) takes the carrier of the node's interface away, link(True) gives it back."""
    node = lab.host("h", outside="192.168.0.9/24")
    carrier = lambda: node.run("cat", "/sys/class/net/eth0/carrier").strip()  # noqa: E731
    wait_for(lambda: carrier() == "1", 30, "carrier")
    node.link("outside", False)
    wait_for(lambda: carrier() == "0", 30, "no carrier")
    node.link("outside", True)
    wait_for(lambda: carrier() == "1", 30, "carrier again")


def test_address_lifetime_is_visible(lab):
    """addresses() tells the remaining lifetime, which ip(8) would print as a text."""
    node = lab.host("h", outside="192.168.0.9/24")
    node.ip("addr", "add", "192.168.0.3/32", "dev", "eth0", "valid_lft", "300", "preferred_lft", "300")
    assert node.addresses("192.168.0.9")[0].valid is None
    assert 240 <= node.addresses("192.168.0.3")[0].valid <= 300


def test_pinger_records_a_gap(lab):
    """A cable pulled for a while is a gap of that length and that many lost pings."""
    near, far = lab.host("a", wan="10.9.0.1/24"), lab.host("b", wan="10.9.0.2/24")
    pings = near.pinger("10.9.0.2", interval=0.01)
    pings.wait_reply(count=5)
    far.link("wan", False)
    dark = time.time()
    last = max(when for _, when in pings.replies if when < dark)
    time.sleep(0.5)                             # the length under test
    light = time.time()
    far.link("wan", True)
    first = pings.wait_reply(after=light, count=5)
    gap, before = pings.stop().gap(last)
    assert abs(before + gap - first) < 0.001, (last, light, before, gap)
    assert gap > (light - dark) / 2, (dark, light, gap)
    assert 5 < pings.lost < gap / 0.01 * 1.5, (pings.lost, gap)      # ping itself is not exact at this interval


def test_interrupted_run_is_swept_by_the_next():
    """A killed run leaves namespaces and files; the next Lab removes them and nobody else's."""
    code = ("import sys; sys.path.insert(0, %r); from hotswan_lab import Lab; l = Lab(); "
            "l.host('h', net='10.9.0.1/24').spawn(['sleep', '300'], 'log'); print(l.prefix, flush=True); "
            "import time; time.sleep(300)" % os.path.join(os.path.dirname(__file__), "..", "..", "lab"))
    with Lab() as mine:
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
            prefix = other.stdout.readline().strip()
            assert len(_namespaces(prefix)) == 2
            assert os.path.isdir(f"{STATE}/{prefix}")
            other.send_signal(signal.SIGKILL)   # from now on whoever makes a lab may sweep, a neighbouring test, too
        with Lab():
            assert not _namespaces(prefix)
            assert not os.path.exists(f"{STATE}/{prefix}")
            assert _namespaces(mine.prefix)
    assert not _namespaces(mine.prefix)
