"""V11 and V13: figure 1. Each remote's traffic is drawn to the headend that holds its SA, in bounded time."""

import time

import pytest

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.stalls import Stalls
from hotswan_lab.system import SLOW
from hotswan_lab.topologies import OTHER_HOST, OTHER_NET, REMOTE_HOST, REMOTE_NET

pytestmark = pytest.mark.kernel_esp

BOTH_IKE = (configs.text("ikev2") + "crypto dynamic-map mydynmap 2\n set transform-set my-transform-set\n"
            " set ikev2-profile lab-profile\n reverse-route\n")
BOUND = 10 + 5 * 2 + 1                          # R3: S + 5 R + 1 s with crypto isakmp keepalive 10 2


def test_v11_each_peers_traffic_goes_to_its_headend_and_follows_it(lab):
    net = topologies.figure1(lab)
    ra, rb = net.remotes
    for head in net.headends:
        head.wait_connection()
    ra.initiate("a")
    rb.initiate("b")
    net.inside.wait_next_hop(REMOTE_NET, "192.168.1.2")
    net.inside.wait_next_hop(OTHER_NET, "192.168.1.4")
    net.host.wait_ping(REMOTE_HOST)
    net.host.wait_ping(OTHER_HOST)
    assert net.p.rri() == [REMOTE_NET] and net.s.rri() == [OTHER_NET]   # R2

    ra.terminate("a")
    net.inside.wait_next_hop(REMOTE_NET, None)
    ra.initiate("b")
    net.inside.wait_next_hop(REMOTE_NET, "192.168.1.4")
    net.host.wait_ping(REMOTE_HOST)
    rb.initiate("a")                            # a peer that has the new tunnel before it gives up the old one
    rb.terminate("b")
    net.inside.wait_next_hop(OTHER_NET, "192.168.1.2")
    net.host.wait_ping(OTHER_HOST)
    net.audit()


def test_v13_routes_of_dead_peers_and_dead_headends_move_within_the_bound(lab):
    net = topologies.figure1(lab, config=lambda name, last: configs.dynamic(name, last) + BOTH_IKE)
    ra, rb = net.remotes
    for name, peer in (("a", "192.168.0.2"), ("b", "192.168.0.4")):
        rb.connection(name, "10.1.1.2", peer, [(OTHER_NET, "192.168.1.0/24")], 2, initiate=False)
    for head in net.headends:
        head.wait_connection(2)
    ra.initiate("a")                            # IKEv1
    rb.initiate("a")                            # IKEv2
    net.p.wait_rri(REMOTE_NET, OTHER_NET)
    net.host.wait_ping(REMOTE_HOST)
    net.host.wait_ping(OTHER_HOST)

    with Stalls() as stalls:
        killed = time.monotonic()
        ra.kill()
        rb.kill()
        net.p.wait_rri(timeout=BOUND + 15)
        took, late = time.monotonic() - killed, stalls.seconds()
    assert took <= BOUND + 0.5 * SLOW + late, (took, late)
    assert took > 2, f"routes went after {took} s, before any keepalive could have failed"
    net.inside.wait_next_hop(REMOTE_NET, None)

    ra.start(), ra.secret()
    for name, peer in (("a", "192.168.0.2"), ("b", "192.168.0.4")):
        ra.connection(name, "10.1.1.1", peer, [(REMOTE_NET, "192.168.1.0/24")], 1, initiate=False)
    ra.follow(["a", "b"])
    ra.initiate("a")
    net.inside.wait_next_hop(REMOTE_NET, "192.168.1.2")
    cut = time.monotonic()
    net.p.power_off()
    net.inside.wait_next_hop(REMOTE_NET, "192.168.1.4", timeout=BOUND + 10)
    print(f"V13: moved to the other headend {time.monotonic() - cut:.1f} s after the first one's death")
    net.host.wait_ping(REMOTE_HOST)
    wait_for(lambda: net.s.rri() == [REMOTE_NET], 30, "route on B")
    net.audit()
