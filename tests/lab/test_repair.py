"""What a clumsy hand takes away from a running active router comes back within a bounded time (design rule 2)."""

import pytest

from hotswan_lab import topologies, wait_for
from hotswan_lab.topologies import INSIDE_HOST, REMOTE_HOST, REMOTE_NET, VIRTUAL

pytestmark = pytest.mark.kernel_esp
HEALED = 10  # s, of a machine that does other things beside this: nothing here needs a second


@pytest.fixture
def net(lab):
    """P active with a tunnel, S standby."""
    made = topologies.pair(lab)
    made.host.ip("route", "replace", "default", "via", "192.168.1.2")
    made.remote.wait_tunnel(VIRTUAL)
    made.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    return made


def test_what_is_taken_away_by_hand_comes_back(net):
    p = net.p
    macvlan = p.ip("-o", "link", "show", "type", "macvlan").split(":")[1].split("@")[0].strip()

    def healed(what, act, stands):
        act()
        wait_for(stands, HEALED, f"{what} is put right", evidence=net.lab.evidence)
        net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST, timeout=HEALED)

    healed("filter", lambda: p.run("nft", "flush", "ruleset"), lambda: REMOTE_NET in p.run("nft", "list", "ruleset"))
    healed("route", lambda: p.ip("route", "flush", "proto", "213"), lambda: p.rri() == [REMOTE_NET])
    healed("`ip route`", lambda: p.ip("route", "del", "default"), lambda: "default" in p.ip("route"))
    healed("virtual address", lambda: p.ip("addr", "del", f"{VIRTUAL}/32", "dev", macvlan),
           lambda: len(p.addresses(VIRTUAL)) == 1)
    healed("virtual MAC", lambda: p.ip("link", "set", macvlan, "down"),
           lambda: ",UP" in p.ip("-o", "link", "show", macvlan))
    assert net.s.standby_state() == "Standby" and p.standby_state() == "Active"
    net.audit()


def test_a_route_of_others_wins_while_it_is_there(net):
    p = net.p
    p.ip("route", "add", REMOTE_NET, "via", "192.168.1.10")
    p.wait_rri(timeout=HEALED)
    assert "a route of another origin is preferred" in p.show("show crypto route")
    p.ip("route", "del", REMOTE_NET, "via", "192.168.1.10")
    p.wait_rri(REMOTE_NET, timeout=HEALED)
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST, timeout=HEALED)
    net.audit()
