"""`deny` lines of a crypto map's list on a kernel with ESP: what they exempt leaves in clear, and nothing else does."""

import pytest

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, REMOTE_HOST, REMOTE_NET

pytestmark = pytest.mark.guest          # user-space ESP has policies that protect only

EXEMPT = "10.0.77.1"
CONFIG = """access-list 102 deny ip 192.168.1.0 0.0.0.255 10.0.77.0 0.0.0.255
access-list 102 permit ip 192.168.1.0 0.0.0.255 10.0.0.0 0.0.255.255
crypto map mymap 1 ipsec-isakmp
 set peer 10.1.1.1
 set transform-set esp-aes-sha
 match address 102
interface FastEthernet 0/0
 crypto map mymap
"""


def in_clear(frames, destination):
    """Packets from the host inside to an address that anybody on the segment could read."""
    return [frame for frame in frames if frame.ends and tuple(map(str, frame.ends)) == (INSIDE_HOST, destination)]


def test_a_denied_part_leaves_in_clear_and_the_rest_by_the_tunnel(lab):
    net = topologies.single(lab, start=False)
    net.remote.connection("hq", "10.1.1.1", "192.168.0.2", [(REMOTE_NET, INSIDE_NET)], initiate=False)
    net.p.start(configs.prologue("A") + CONFIG)
    net.remote.wait_tunnel("192.168.0.2")
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    assert net.host.ping(EXEMPT) == 0                       # nobody answers out there
    assert net.host.ping(REMOTE_HOST) == 3
    policies = net.p.run("ip", "xfrm", "policy")
    assert "dst 10.0.77.0/24" in policies

    # Another entry that wants a part of it takes the exemption away: nothing of it leaves in clear any more.
    net.p.configure(["access-list 103 permit ip 192.168.1.0 0.0.0.255 host 10.0.77.1",
                     "crypto map mymap 2 ipsec-isakmp", "set peer 10.1.1.2", "set transform-set esp-aes-sha",
                     "match address 103"])
    wait_for(lambda: "10.0.77.0/24" not in net.p.run("ip", "xfrm", "policy"), 30, "the exemption is gone",
             evidence=lab.evidence)
    before = len(in_clear(net.capture.frames, EXEMPT))
    assert before >= 3
    net.host.ping(EXEMPT)                                   # by the other entry's tunnel, if by any
    frames = net.capture.stop()
    assert len(in_clear(frames, EXEMPT)) == before
    assert in_clear(frames, REMOTE_HOST) == []
