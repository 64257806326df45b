"""Access list lines that name ICMP messages and ranges of ports: what becomes of them in SAs, policies and on the wire."""

import errno
import socket
import struct

import pytest

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.system import kernel_esp, socket_in
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, REMOTE_HOST, REMOTE_NET

pytestmark = pytest.mark.kernel_esp

ICMP, TCP = 1, 6
ECHO_REPLY, ECHO = 0, 8
CONFIG = """access-list 103 permit icmp 192.168.1.0 0.0.0.255 10.0.0.0 0.0.255.255 echo
access-list 103 permit tcp 192.168.1.0 0.0.0.255 10.0.0.0 0.0.255.255 range 8000 8010
crypto map mymap 1 ipsec-isakmp
 set peer 10.1.1.1
 set transform-set esp-aes-sha
 match address 103
 reverse-route
"""
APPLY = """crypto map mymap 1 ipsec-isakmp
 set ikev2-profile lab-profile
interface FastEthernet 0/0
 crypto map mymap
"""


def in_clear(frames, source, destination, protocol):
    """ICMP types, or far ports, of packets that anybody on the segment could read."""
    found = []
    for frame in frames:
        if frame.ends and tuple(map(str, frame.ends)) == (source, destination) and frame.data[23] == protocol:
            at = 14 + (frame.data[14] & 15) * 4
            found.append(frame.data[at] if protocol == ICMP else struct.unpack_from("!H", frame.data, at + 2)[0])
    return found


def is_answered(net, port, wait_s=15):
    """Whether a connection from the host is answered; nobody listens, so by a refusal."""
    with socket_in(net.host.ns, socket.AF_INET, socket.SOCK_STREAM) as s:
        s.settimeout(wait_s)
        return s.connect_ex((REMOTE_HOST, port)) == errno.ECONNREFUSED


def test_icmp_messages_and_port_ranges_of_an_access_list(lab):
    net = topologies.single(lab, start=False)
    message = "[1/2048-2303]" if kernel_esp() else "[1]"    # user-space ESP cannot tell messages: its SAs are for all ICMP
    net.remote.connection("hq", "10.1.1.1", "192.168.0.2", [
        (REMOTE_NET + message, INSIDE_NET + message), (REMOTE_NET + "[6/8000-8010]", INSIDE_NET + "[6]")],
        version=2, initiate=False)                          # IKEv1 has no word for a range
    for prefix, way in ((INSIDE_NET, "192.168.0.2"), (REMOTE_NET, "10.1.1.1")):     # for what no line protects
        net.isp.ip("route", "add", prefix, "via", way)
    net.p.start(configs.prologue("A") + CONFIG + configs.text("ikev2") + APPLY)
    wait_for(lambda: len(net.remote.tunnels()) == 2, 30, "both lines have an SA", evidence=lab.evidence)
    net.host.wait_ping(REMOTE_HOST)
    assert net.host.ping(REMOTE_HOST) == 3
    assert is_answered(net, 8005)
    within, beyond = (is_answered(net, port, 15 if kernel_esp() else 1.5) for port in (8012, 8016))
    if kernel_esp():
        policies = net.p.run("ip", "xfrm", "policy")
        assert f"src {INSIDE_NET} dst {REMOTE_NET} proto icmp type 8" in policies, policies
        assert within and beyond                            # the one by the SA, as the policy's mask covers it, the other in clear
    else:
        assert not within and not beyond                    # the injected route leads to the TUN, and no SA is for them
    frames = net.capture.stop()
    assert ECHO not in in_clear(frames, INSIDE_HOST, REMOTE_HOST, ICMP)
    assert set(in_clear(frames, REMOTE_HOST, INSIDE_HOST, ICMP)) == ({ECHO_REPLY} if kernel_esp() else set())
    assert set(in_clear(frames, INSIDE_HOST, REMOTE_HOST, TCP)) == ({8016} if kernel_esp() else set())
