"""D6 by the filter table: what an access list protects passes neither way without IPsec, packet by packet."""

import socket
import struct

import pytest

from hotswan_lab import Capture, configs, topologies, wait_for
from hotswan_lab.system import socket_in
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, REMOTE_HOST, REMOTE_NET

pytestmark = pytest.mark.kernel_esp

ICMP, TCP, UDP = 1, 6, 17
INSIDE_OWN = "192.168.1.2"
# Lines with protocols, ports and denials; what no line permits is none of the filter's business.
RULES = """ip access-list extended PORTS
 deny udp 192.168.1.0 0.0.0.255 10.0.0.0 0.0.255.255 eq 53
 deny ip 192.168.1.0 0.0.0.255 host 10.0.0.77
 permit icmp 192.168.1.0 0.0.0.255 10.0.0.0 0.0.255.255
 permit udp 192.168.1.0 0.0.0.255 10.0.0.0 0.0.255.255
 permit tcp 192.168.1.0 0.0.0.255 10.0.0.0 0.0.255.255 eq 80
crypto map ports 1 ipsec-isakmp
 set peer 10.1.1.1
 set transform-set esp-aes-sha
 match address PORTS
crypto map ports 2 ipsec-isakmp
 set peer 10.1.1.1
 set transform-set esp-aes-sha
 match address SECOND
ip access-list extended SECOND
 permit udp host 192.168.1.10 host 10.0.0.77 eq 99
interface FastEthernet 0/0
 crypto map ports
"""
# (protocol, far port, far address): passes in clear
PASSES = {
    (UDP, 53, "10.0.0.1"): True, (UDP, 54, "10.0.0.1"): False, (UDP, 54, "10.0.0.77"): True,
    (UDP, 99, "10.0.0.77"): False,              # denied by entry 1, protected by entry 2
    (TCP, 80, "10.0.0.1"): False, (TCP, 81, "10.0.0.1"): True,
    (ICMP, 0, "10.0.0.1"): False, (ICMP, 0, "10.0.0.77"): True, (UDP, 54, "10.1.0.1"): True,
}


def checksum(data):
    """Internet checksum."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


def payload(protocol, source_port, far_port):
    """Head of a transport packet."""
    if protocol == UDP:
        return struct.pack("!4H", source_port, far_port, 16, 0) + b"in clear"
    if protocol == TCP:
        return struct.pack("!HHLLBBHHH", source_port, far_port, 1, 0, 0x50, 2, 1024, 0, 0)
    return struct.pack("!BBHHH", 8, 0, 0, 7, 1) + b"in clear"


def send(node, source, destination, protocol, source_port, far_port):
    """One packet with a given source, from a raw socket."""
    data = payload(protocol, source_port, far_port)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(data), 0, 0, 64, protocol, 0,
                       socket.inet_aton(source), socket.inet_aton(destination))
    if protocol == ICMP:
        data = data[:2] + struct.pack("!H", checksum(data)) + data[4:]
    with socket_in(node.ns, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        try:
            raw.sendto(head + data, (destination, 0))
        except PermissionError:
            pass                                # our own, and dropped


def seen(frames, source, destination, protocol, port, inbound):
    """Whether the frames have this packet."""
    for frame in frames:
        if not frame.ends or (str(frame.ends[0]), str(frame.ends[1])) != (source, destination) or frame.data[23] != protocol:
            continue
        at = 14 + (frame.data[14] & 15) * 4
        if protocol == ICMP or struct.unpack_from("!HH", frame.data, at)[0 if inbound else 1] == port:
            return True
    return False


def dropped(head):
    """(out, in) packets that the filter of eth0 has dropped."""
    listed = head.run("nft", "list", "counters", "table", "inet", "hotswan").split()
    return tuple(int(listed[listed.index("packets", listed.index(f"{way}.eth0")) + 1]) for way in ("out", "in"))


def test_d6_each_packet_by_protocol_port_and_line_in_both_directions(lab):
    net = topologies.single(lab, configs.prologue("P") + RULES, remotes=False)
    p, isp, marker = net.p, net.isp, (UDP, 54, "10.1.0.1")
    p.wait_show("show crypto map", "FastEthernet0/0")
    wait_for(lambda: "PORTS" in p.show("show crypto map") and "10.0.0.0" in p.run("nft", "list", "ruleset"), 30,
             "the filter stands", evidence=lab.evidence)
    inside = Capture(lab, "inside")
    isp.ip("route", "add", INSIDE_NET, "via", "192.168.0.2")
    cases = [case for case in PASSES if case != marker] + [marker]      # it passes, and comes last
    before = dropped(p)
    for protocol, port, far in cases:
        send(net.host, INSIDE_HOST, far, protocol, 4000, port)          # forwarded out
        send(p, INSIDE_OWN, far, protocol, 4001, port)                  # our own
        send(isp, far, INSIDE_HOST, protocol, port, 4000)               # forwarded in
        send(isp, far, INSIDE_OWN, protocol, port, 4001)                # to us
    for source in (INSIDE_HOST, INSIDE_OWN):
        wait_for(lambda s=source: seen(net.capture.frames, s, marker[2], UDP, 54, False), 30, "the last packet is out")
    wait_for(lambda: seen(inside.frames, marker[2], INSIDE_HOST, UDP, 54, True), 30, "the last packet is in")
    outside, entered = net.capture.frames, inside.stop()
    for (protocol, port, far), passes in PASSES.items():
        what = (protocol, port, far)
        assert seen(outside, INSIDE_HOST, far, protocol, port, False) == passes, f"forwarded out: {what}"
        own_passes = passes or port == 99       # that line names the host alone
        assert seen(outside, INSIDE_OWN, far, protocol, port, False) == own_passes, f"own out: {what}"
        assert seen(entered, far, INSIDE_HOST, protocol, port, True) == passes, f"forwarded in: {what}"
    drops = [case for case, passes in PASSES.items() if not passes]
    after = wait_for(lambda: (lambda now: now if now[1] - before[1] >= 2 * len(drops) - 1 else None)(dropped(p)), 30,
                     "all drops are counted", evidence=lab.evidence)
    # Our own answers to what came in may be dropped as well, hence "at least" outbound.
    assert after[1] - before[1] == 2 * len(drops) - 1, (before, after)
    assert after[0] - before[0] >= 2 * len(drops) - 1, (before, after)
    p.wait_show("show logging", "%CRYPTO-4-RECVD_PKT_NOT_IPSEC: Rec'd packet not an IPSEC packet. (ip) "
                f"vrf/dest_addr= /{INSIDE_HOST}, src_addr= 10.0.0.1, prot= 17")
    for _ in range(40):
        send(isp, REMOTE_HOST, INSIDE_HOST, ICMP, 0, 0)
    wait_for(lambda: dropped(p)[1] - after[1] >= 40, 30, "all of them are dropped and counted")
    with open(f"{p.path}/hotswand.log", encoding="utf-8") as log:
        assert log.read().count("NOT_IPSEC") < 15, "a flood must not fill the log"


def test_d6_a_list_that_covers_both_endpoints_does_not_drop_our_own_ike_and_esp(lab):
    wide = """access-list 150 permit ip 192.168.0.0 0.0.255.255 10.0.0.0 0.255.255.255
crypto map wide 1 ipsec-isakmp
 set peer 10.1.1.1
 set transform-set esp-aes-sha
 match address 150
interface FastEthernet 0/0
 crypto map wide
"""
    net = topologies.single(lab, start=False)
    net.remote.connection("hq", "10.1.1.1", "192.168.0.2", [("10.0.0.0/8", "192.168.0.0/16")], initiate=False)
    net.p.start(configs.prologue("P") + wide)
    net.remote.wait_tunnel("192.168.0.2")
    net.host.wait_ping(REMOTE_HOST)
    before = dropped(net.p)
    assert net.host.ping(REMOTE_HOST, count=5) == 5 and net.remote.ping(INSIDE_HOST, REMOTE_HOST, count=5) == 5
    net.p.show("clear crypto sa")
    net.remote.wait_tunnel("192.168.0.2")
    net.host.wait_ping(REMOTE_HOST)
    assert dropped(net.p)[1] == before[1], "something of our own was dropped"
    net.isp.ip("route", "add", INSIDE_NET, "via", "192.168.0.2")
    send(net.isp, "10.1.1.1", INSIDE_HOST, ICMP, 0, 0)                  # from the peer itself, but in clear
    wait_for(lambda: dropped(net.p)[1] == before[1] + 1, 30, "what is not IKE or ESP is dropped", evidence=lab.evidence)


def test_d6_what_an_sa_of_a_dynamic_map_protected_stays_protected_until_the_entry_goes(lab):
    net = topologies.single(lab, configs.dynamic("P"))
    p = net.p
    net.remote.connection("hq", "10.1.1.1", "192.168.0.2", [(REMOTE_NET, INSIDE_NET)], initiate=False)

    def leaves():
        """Whether a packet of the host to the remote's network leaves in clear now."""
        before = len(net.capture.frames)
        send(net.host, INSIDE_HOST, REMOTE_HOST, UDP, 4000, 54)
        send(net.host, INSIDE_HOST, "10.200.0.1", UDP, 4000, 54)        # protected by nobody: tells that the first has passed
        wait_for(lambda: seen(net.capture.frames[before:], INSIDE_HOST, "10.200.0.1", UDP, 54, False), 30, "the marker")
        return seen(net.capture.frames[before:], INSIDE_HOST, REMOTE_HOST, UDP, 54, False)

    net.host.wait_ping("192.168.1.2")
    wait_for(leaves, 30, "nothing tells yet that this is protected")     # as on IOS
    net.remote.get_in()
    p.wait_rri(REMOTE_NET)
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    assert not leaves()
    net.remote.terminate("hq")
    p.wait_rri()
    assert not leaves(), "the SA died: what it protected leaves in clear"
    net.isp.ip("route", "add", INSIDE_NET, "via", "192.168.0.2")
    before = dropped(p)
    send(net.isp, REMOTE_HOST, INSIDE_HOST, ICMP, 0, 0)
    wait_for(lambda: dropped(p)[1] == before[1] + 1, 30, "nor enters", evidence=lab.evidence)
    p.kill_role("engine")
    assert not leaves(), "the filter stands without an engine"
    wait_for(lambda: "set dev-eth0.2." in p.run("nft", "list", "table", "inet", "hotswan"), 30, "the next engine wrote the filter",
             evidence=lab.evidence)
    assert not leaves(), "the next engine does not know what was protected"
    p.wait_show("show crypto map", "mydynmap")
    p.configure(["crypto dynamic-map mydynmap 1", "no reverse-route", "reverse-route"])
    assert not leaves(), "an edit of the entry is not its end"
    p.configure(["no crypto dynamic-map mydynmap 1"])
    wait_for(leaves, 30, "the entry is gone", evidence=lab.evidence)
