"""Crypto maps of a running headend: several peers, edited access lists, entries taken away and put back."""

import pytest

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.system import stays
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, REMOTE_HOST, REMOTE_NET

SECOND_NET, SECOND_HOST = "10.99.0.0/16", "10.99.0.1"
ENTRY = """access-list 102 permit ip 192.168.1.0 0.0.0.255 10.0.0.0 0.0.255.255
crypto map mymap 1 ipsec-isakmp
 set peer {peers}
 set transform-set esp-aes-sha
 match address 102
 reverse-route
interface FastEthernet 0/0
 crypto map mymap
"""


def entry(peers):
    return configs.prologue("A") + ENTRY.format(peers="\n set peer ".join(peers))


def listening(lab, peers):
    """A headend with one static entry, and the remote 10.1.1.1 that only answers."""
    net = topologies.single(lab, start=False)
    pairs = [(REMOTE_NET, INSIDE_NET), (SECOND_NET, INSIDE_NET)]
    net.remote.address("lo", f"{SECOND_HOST}/32")
    net.remote.connection("hq", "10.1.1.1", "192.168.0.2", pairs, dpd=0, initiate=False)    # it knows from us alone that an SA ended
    net.p.start(entry(peers))
    return net


def test_the_next_peer_is_asked_when_the_first_is_silent(lab):
    net = listening(lab, ["10.1.1.99", "10.1.1.1"])
    net.p.wait_rri(REMOTE_NET)
    net.remote.wait_tunnel("192.168.0.2")
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    net.p.wait_show("show crypto map", "Current peer: 10.1.1.1\n")
    net.audit()


@pytest.mark.kernel_esp
def test_an_edited_access_list_takes_effect_at_once_and_never_in_clear(lab):
    net = listening(lab, ["10.1.1.1"])
    net.remote.wait_tunnel("192.168.0.2")
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)

    net.p.configure(["access-list 102 permit ip 192.168.1.0 0.0.0.255 10.99.0.0 0.0.255.255"])
    net.p.wait_rri(REMOTE_NET, SECOND_NET)
    wait_for(lambda: len(net.remote.tunnels()) == 2, 30, "the second line has its SA", evidence=lab.evidence)
    net.remote.wait_ping(INSIDE_HOST, SECOND_HOST)
    assert net.remote.ping(INSIDE_HOST, REMOTE_HOST) == 3              # the first line's SA was left alone

    net.p.configure(["no access-list 102 permit ip 192.168.1.0 0.0.0.255 10.99.0.0 0.0.255.255"])
    net.p.wait_rri(REMOTE_NET)
    wait_for(lambda: len(net.remote.tunnels()) == 1, 30, "the removed line's SA ends on both sides",
             evidence=lab.evidence)
    assert net.remote.ping(INSIDE_HOST, REMOTE_HOST) == 3
    net.audit()


@pytest.mark.kernel_esp
def test_a_map_taken_off_tells_the_peer_and_comes_back_when_typed_again(lab):
    net = listening(lab, ["10.1.1.1"])
    net.remote.wait_tunnel("192.168.0.2")
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)

    # Off and on in one breath: the same connections go and come.
    net.p.configure(["interface FastEthernet 0/0", "no crypto map mymap", "crypto map mymap"])
    net.p.wait_rri(REMOTE_NET)
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    wait_for(lambda: len(net.remote.tunnels()) == 1, 30, "one tunnel", evidence=lab.evidence)

    net.p.configure(["interface FastEthernet 0/0", "no crypto map mymap"])
    wait_for(lambda: net.remote.tunnels() == [], 30, "DELETE reached the peer", evidence=lab.evidence)
    net.p.wait_rri()
    stays(lambda: net.remote.tunnels() == [], 2, "nothing is initiated any more", evidence=lab.evidence)
    wait_for(lambda: "192.168.1.0" not in net.p.run("nft", "list", "ruleset"), 30, "the filter went last", evidence=lab.evidence)


@pytest.mark.kernel_esp
def test_an_entry_taken_away_tells_the_peer(lab):
    net = listening(lab, ["10.1.1.1"])
    net.remote.wait_tunnel("192.168.0.2")
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    net.p.configure(["no crypto map mymap 1"])
    wait_for(lambda: net.remote.tunnels() == [], 30, "DELETE reached the peer", evidence=lab.evidence)
    net.p.wait_rri()
    wait_for(lambda: "10.0.0.0" not in net.p.run("nft", "list", "ruleset"), 30, "the filter went last",
             evidence=lab.evidence)
