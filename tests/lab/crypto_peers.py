"""One headend and its peers: a static one, one of a dynamic map, and one by IKEv2; for the tests of sessions and of outputs."""

from hotswan_lab import configs, topologies
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, REMOTE_HOST, REMOTE_NET, make_remote

DYNAMIC_NET, DYNAMIC_HOST = "10.98.0.0/16", "10.98.0.1"
SECOND_NET, SECOND_HOST = "10.97.0.0/16", "10.97.0.1"
OUTSIDE = "192.168.0.2"
CONFIG = """access-list 102 permit ip 192.168.1.0 0.0.0.255 10.0.0.0 0.0.255.255
crypto dynamic-map dyn 10
 set transform-set my-transform-set
 set security-association replay window-size 128
 reverse-route
crypto map mymap 1 ipsec-isakmp
 set peer 10.1.1.1
 set transform-set esp-aes-sha
 match address 102
crypto map mymap 9 ipsec-isakmp dynamic dyn
interface FastEthernet 0/0
 crypto map mymap
"""
IKEV2 = configs.text("ikev2") + """access-list 103 permit ip 192.168.1.0 0.0.0.255 10.97.0.0 0.0.255.255
crypto map mymap 2 ipsec-isakmp
 set peer 10.1.1.3
 set transform-set my-transform-set
 set ikev2-profile lab-profile
 match address 103
 reverse-route
"""
IDLE_FLOW = "access-list 103 permit ip 192.168.1.0 0.0.0.255 host 10.96.0.1\n"       # the peer's list lacks it


def two_peers(lab):
    """A static peer that only answers, and one of a dynamic map that calls; both tunnels stand.

    No peer asks whether we live: that an SA ended it knows from us alone.
    """
    net = topologies.single(lab, start=False)
    net.remote.connection("hq", "10.1.1.1", OUTSIDE, [(REMOTE_NET, INSIDE_NET)], dpd=0, initiate=False)
    other = make_remote(lab, "other", 2, (f"{DYNAMIC_HOST}/16",))
    other.connection("hq", "10.1.1.2", OUTSIDE, [(DYNAMIC_NET, INSIDE_NET)], dpd=0, initiate=False)
    net.remotes.append(other)
    net.p.start(configs.prologue("A") + CONFIG)
    net.remote.wait_tunnel(OUTSIDE)
    other.get_in()
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    other.wait_ping(INSIDE_HOST, DYNAMIC_HOST)
    return net, other


def add_ikev2_peer(net, more=""):
    """A third one: static, by IKEv2."""
    third = make_remote(net.lab, "third", 3, (f"{SECOND_HOST}/16",))
    third.connection("hq", "10.1.1.3", OUTSIDE, [(SECOND_NET, INSIDE_NET)], 2, dpd=0, initiate=False)
    net.remotes.append(third)
    net.p.configure(IKEV2 + more)
    third.wait_tunnel(OUTSIDE)
    third.wait_ping(INSIDE_HOST, SECOND_HOST)
    return third
