"""libreswan as the remote, on kernel ESP: another maker's IKE and the same requirements (V1, V4, V5)."""

import os
import time

import pytest

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.libreswan import Libreswan
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, REMOTE_HOST, REMOTE_NET, VIRTUAL
from hotswan_lab.vici import Vici

pytestmark = [pytest.mark.guest, pytest.mark.skipif("libreswan" in os.environ.get("HOTSWAN_GUEST_LACKS", ""),
                                                   reason="cannot be downloaded: libreswan")]

LISTED = """access-list 150 permit ip 192.168.1.0 0.0.0.255 10.0.0.0 0.0.255.255
crypto dynamic-map mydynmap 1
 match address 150
"""
DYNAMIC_IKEV2 = configs.text("ikev2") + "crypto dynamic-map mydynmap 1\n set ikev2-profile lab-profile\n"


def make_libreswan(net, peer, ike):
    """10.1.1.1 behind the provider's router, its protected network on lo; net's remote from now on."""
    remote = Libreswan(net.lab, "remote")
    remote.connect("wan", "10.1.1.1/24")
    remote.ip("route", "add", "default", "via", "10.1.1.254")
    remote.address("lo", f"{REMOTE_HOST}/16")
    net.remotes[:] = [remote.start("10.1.1.1", peer, (REMOTE_NET, INSIDE_NET), ike)]
    return remote


@pytest.mark.parametrize("ike", [1, 2])
def test_v01_libreswan_behind_a_dynamic_map(lab, ike):
    net = topologies.single(lab, configs.dynamic("A") + (DYNAMIC_IKEV2 if ike == 2 else ""), remotes=False)
    remote, head = make_libreswan(net, "192.168.0.2", ike), net.p
    assert head.rri() == []
    remote.initiate()
    head.wait_rri(REMOTE_NET)
    remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    assert net.host.ping(REMOTE_HOST, wait=5) == 3
    assert "proto esp" in head.ip("xfrm", "state"), "this is about kernel ESP"

    ours = Vici(f"{head.run_dir}/charon/charon.vici")
    rekeys = [lambda: ours.command("rekey", {"child": "d1"})] + ([remote.rekey] if ike == 2 else [])
    for rekey in rekeys:                        # by us, and by libreswan
        before = remote.spis()
        rekey()
        wait_for(lambda b=before: len(remote.spis() - b) >= 2, 30, "a rekey brings new SAs", evidence=lab.evidence)
        remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
        assert head.rri() == [REMOTE_NET]       # the successor holds the route
    ours.close()

    remote.terminate()
    head.wait_rri()
    net.audit()


@pytest.mark.parametrize("ike", [1, 2])
def test_v05_a_pair_fails_over_with_a_libreswan_remote(lab, ike):
    net = topologies.pair(lab, ike=ike, start=False, remotes=False)
    remote = make_libreswan(net, VIRTUAL, ike)
    p, s = net.headends
    topologies.start_pair(net)
    p.wait_rri(REMOTE_NET)
    remote.wait_tunnel()
    net.host.ip("route", "replace", "default", "via", "192.168.1.2")
    net.host.wait_ping(REMOTE_HOST)
    assert s.ike_sas() == [] and s.rri() == []

    before = remote.spis()
    p.show("clear crypto sa")                   # the headend begins anew
    wait_for(lambda: remote.tunnels() and remote.spis() - before, 40, "new SAs after clear", evidence=lab.evidence)
    net.host.wait_ping(REMOTE_HOST)

    net.host.ip("route", "replace", "default", "via", "192.168.1.4")
    p.link("outside", False)
    s.wait_state("Active")
    s.wait_rri(REMOTE_NET)
    p.wait_rri()
    net.host.wait_ping(REMOTE_HOST)
    # With IKEv1 libreswan ignores our INITIAL_CONTACT: when its detection finds the old SA dead it closes the new one with it,
    # and we bring up another.
    wait_for(lambda: p.ike_sas() == [] and len(s.ike_sas()) == 1, 30, "one SA, on the new active", evidence=lab.evidence)
    net.host.wait_ping(REMOTE_HOST)
    net.audit()


@pytest.mark.parametrize("ike, listed", [(1, True), (1, False), (2, False)])
def test_h05_a_libreswan_peer_of_a_dynamic_map_is_called_when_our_charon_died(lab, ike, listed):
    net = topologies.single(lab, configs.dynamic("A") + (DYNAMIC_IKEV2 if ike == 2 else "") + (LISTED if listed else ""),
                            remotes=False)
    remote, head = make_libreswan(net, "192.168.0.2", ike), net.p
    remote.initiate()
    head.wait_rri(REMOTE_NET)
    remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    pings = remote.pinger(INSIDE_HOST, REMOTE_HOST, interval=0.1)
    pings.wait_reply(time.time())
    head.kill_role("ike")
    died = time.time()
    back = pings.wait_reply(after=died + 0.5) - died
    print(f"IKEv{ike}{' with a list' if listed else ''}: {back:.1f} s")

    def refused():
        return "cannot respond to IPsec SA request" in open(f"{remote.path}/pluto.log", encoding="utf-8").read()

    def called():
        ours = Vici(f"{head.run_dir}/charon/charon.vici")
        sas = ["yes" in ike_sa.get("initiator", "") for sa in ours.stream("list-sas", "list-sa") for ike_sa in sa.values()]
        ours.close()
        return sas

    if ike == 1 and not listed:                 # it does not narrow what we propose: its own detection (6 s) brings it back
        wait_for(refused, 30, "our call is refused", evidence=lab.evidence)
    else:                                       # IKEv2: it refuses, too, but drops its dead SAs, and asks for one of its own
        wait_for(lambda: called() == [True], 30, "it did not come by itself", evidence=lab.evidence)
        assert not refused()
    head.wait_rri(REMOTE_NET)
    net.audit()
