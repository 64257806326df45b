"""`set security-association level per-host`: an SA for each pair of hosts, on a kernel with ESP."""

import pytest

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, REMOTE_HOST, REMOTE_NET

pytestmark = pytest.mark.guest          # user-space ESP closes a child without an own address in its local selector

SECOND_HOST, THIRD, IDLE_S = "192.168.1.11", "10.0.0.3", 60
CONFIG = f"""hotswan reverse-route static-maps per-sa
access-list 105 permit ip 192.168.1.0 0.0.0.255 10.0.0.0 0.0.255.255
crypto map mymap 1 ipsec-isakmp
 set peer 10.1.1.1
 set transform-set esp-aes-sha
 set security-association idle-time {IDLE_S}
 set security-association level per-host
 match address 105
 reverse-route
interface FastEthernet 0/0
 crypto map mymap
"""


def pairs(remote):
    """Pairs of hosts that have a tunnel, as (inside, far)."""
    return sorted((theirs[0], mine[0]) for _, mine, theirs in remote.tunnels())


def test_each_pair_of_hosts_has_an_sa_and_a_route_while_it_talks(lab):
    net = topologies.single(lab, start=False)
    net.host.address("eth0", f"{SECOND_HOST}/24")
    net.remote.address("lo", f"{THIRD}/32")
    net.remote.connection("hq", "10.1.1.1", "192.168.0.2", [(REMOTE_NET, INSIDE_NET), (f"{THIRD}/32", f"{INSIDE_HOST}/32")],
                          initiate=False)
    net.p.start(configs.prologue("A") + CONFIG)
    wait_for(lambda: "out.eth0.w" in net.p.run("nft", "list", "table", "inet", "hotswan"), 20, "the line waits", evidence=lab.evidence)
    assert net.remote.tunnels() == []

    first, second = (f"{INSIDE_HOST}/32", f"{REMOTE_HOST}/32"), (f"{SECOND_HOST}/32", f"{REMOTE_HOST}/32")
    net.host.wait_ping(REMOTE_HOST)
    assert pairs(net.remote) == [first]
    net.host.wait_ping(REMOTE_HOST, SECOND_HOST)
    assert pairs(net.remote) == [first, second]
    policies = net.p.run("ip", "xfrm", "policy")
    for inside, far in (first, second):
        assert f"src {inside} dst {far}" in policies, policies
    net.p.wait_rri(f"{REMOTE_HOST}/32")                     # held twice
    assert net.remote.ping(SECOND_HOST, REMOTE_HOST) == 3 and net.host.ping(REMOTE_HOST) == 3

    # The far end may ask, too, for less than the line says; that needs no SA of ours.
    net.remote.initiate("hq", "c1")
    third = (f"{INSIDE_HOST}/32", f"{THIRD}/32")
    assert pairs(net.remote) == sorted([first, second, third])
    assert net.host.ping(THIRD) == 3
    assert len(net.remote.tunnels()) == 3
    net.p.wait_rri(f"{REMOTE_HOST}/32", f"{THIRD}/32")

    # One pair goes on; the others rest after their idle time, and their share of the routes goes with them.
    pinger = net.host.pinger(REMOTE_HOST, SECOND_HOST, interval=1)
    wait_for(lambda: pairs(net.remote) == [second], IDLE_S + 30, "idle pairs are closed", every=0.5, evidence=lab.evidence)
    net.p.wait_rri(f"{REMOTE_HOST}/32")
    pinger.stop()
    net.host.wait_ping(REMOTE_HOST)
    assert pairs(net.remote) == [first, second]
    net.audit()
