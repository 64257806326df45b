"""What a virtual MAC neither tells nor hears: no IGMP and no MLD from it, through all that can happen to it, on a segment whose switch snoops."""

import re
import signal
import socket
import struct

from hotswan_lab import Capture, wait_for
from hotswan_lab.capture import IPV4
from hotswan_lab.system import inside, run, stays

from hsrp_role import COMMAND_DONE, KEEP, LEAVE, RESIGN, HsrpRole, interface_body

VIP, VIP6, GLOBAL6 = "192.168.0.254", "fe80::5:73ff:fea0:2", "2001:db8:1::1"
VIRTUAL = {"00:00:0c:07:ac:01", "00:00:0c:9f:f0:01", "00:05:73:a0:00:02"}
SOLICITED = "ff02::1:ffa0:2"                    # RFC 4291 2.7.1, of VIP6
FOREIGN, FOREIGN6 = "239.1.2.3", "ff05::1:3"
IGMP, MLD = 2, {130, 131, 132, 143}
TIMERS = (500, 2500)                            # the addresses live for 3 s without renewal
TABLE = "table inet hotswan-hsrp"


def reports(frames, macs):
    """Frames of IGMP or MLD from one of these MACs."""
    return [f for f in frames if f.source_mac in macs and
            (f.icmpv6 in MLD or (f.kind == IPV4 and f.data[23] == IGMP))]


def member(node, device):
    """Sockets by which a program of the node joins groups on a device, as one that does so on all of them."""
    with inside(node.ns):
        index = socket.if_nametoindex(device)
        v4, v6 = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        v4.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                      socket.inet_aton(FOREIGN) + struct.pack("=4si", bytes(4), index))
        try:
            v6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                          socket.inet_pton(socket.AF_INET6, FOREIGN6) + struct.pack("=i", index))
        except OSError:                         # IPv6 is off on a macvlan of IPv4
            v6.close()
            return [v4]
    return [v4, v6]


def snooping(lab):
    """A segment that passes multicast to members only, and asks for them all the time."""
    lab.segment("lan")
    run(["ip", "-n", lab.wire, "link", "set", "lan", "type", "bridge", "mcast_snooping", "1", "mcast_querier", "1",
         "mcast_mld_version", "2", "mcast_igmp_version", "3", "mcast_query_interval", "60", "mcast_startup_query_interval", "60",
         "mcast_query_response_interval", "20", "mcast_startup_query_count", "3"])


def router(lab, name, host, priority):
    node = HsrpRole(lab, name, host)
    both = [dict(group=1, vip=VIP, timers=TIMERS, priority=priority),
            dict(group=2, vip=VIP6, secondary=[GLOBAL6], prefix=64, family=6, timers=TIMERS, priority=priority)]
    node.whole = dict(groups=both, interface=interface_body(node.device, "FastEthernet0/0", node.real, version=2,
                                                            ipv6_routing=True))
    return node


def serve(node):
    node.start(**node.whole)


def wait_both(node, state):
    for group in (1, 2):
        node.wait_state(state, group=group)


def settled(*nodes):
    """The router that is active for both groups, while the other one is standby for both."""
    def found():
        states = [{node.status(group)["state"] for group in (1, 2)} for node in nodes]
        return sorted(map(sorted, states)) == [["Active"], ["Standby"]] and nodes[states.index({"Active"})]
    return wait_for(found, 30, "one is active, one is standby", evidence=nodes[0].lab.evidence)


def table(node):
    return node.run("nft", "list", "ruleset")


def held_back(node):
    """Packets that the rules dropped: IGMP, MLD version 1, MLD version 2, what went to all."""
    return [int(n) for n in re.findall(r"counter packets (\d+)", table(node))]


def members_of(lab, group):
    """Ports of the switch that want a group."""
    found = run(["bridge", "-n", lab.wire, "mdb", "show", "dev", "lan"])
    return {line.split("port ")[1].split()[0] for line in found.splitlines() if f" grp {group} " in line}


def test_nothing_is_reported_from_a_virtual_mac(lab):
    snooping(lab)
    a, b = router(lab, "a", 2, 110), router(lab, "b", 3, 100)
    host = lab.host("host", lan="192.168.0.100/24")
    capture = Capture(lab, "lan")
    strangers = member(host, "eth0")            # a membership elsewhere: the switch asks for it, too
    serve(a)
    wait_both(a, "Active")
    serve(b)
    wait_both(b, "Standby")
    assert TABLE in table(a) and TABLE in table(b)

    # Programs that join on every interface, through several renewals and queries.
    for device in a.macvlans():
        strangers += member(a, device)
    stays(lambda: a.status(2)["state"] == "Active", 5, "renewed twice")
    wait_for(lambda: held_back(a)[0] > 0 and held_back(a)[2] > 0, 30, "the kernel would have told", evidence=lab.evidence)

    # Somebody flushes all rules: back at once.
    a.run("nft", "flush", "ruleset")
    wait_for(lambda: TABLE in table(a), 10, "the table is back", evidence=lab.evidence)
    for chain in ("output", "prerouting"):
        a.run("nft", "flush", "chain", "inet", "hotswan-hsrp", chain)
        wait_for(lambda: len(held_back(a)) == 4, 10, f"so are the rules of {chain}", evidence=lab.evidence)

    # The device is the member: solicitations reach the router that has the address, also after a switchover.
    wait_for(lambda: "a.lan" in members_of(lab, SOLICITED), 30, "a is the member", evidence=lab.evidence)
    host.wait_ping(f"{VIP6}%eth0")
    for group in (1, 2):
        a.command(RESIGN, a.device, group)
        a.receive(COMMAND_DONE)
    wait_both(b, "Active")
    host.ip("neigh", "flush", "all")
    wait_for(lambda: "b.lan" in members_of(lab, SOLICITED), 30, "b is the member", evidence=lab.evidence)
    host.wait_ping(f"{VIP6}%eth0")
    wait_both(a, "Standby")

    # A restart on purpose and a crash with a successor; on a slow machine the other one takes over meanwhile.
    b.command(KEEP)
    assert b.process.wait(30) == 0
    assert TABLE in table(b)
    serve(b)
    active = settled(a, b)
    active.kill()
    assert TABLE in table(active)
    serve(active)
    settled(a, b)
    host.ip("neigh", "flush", "all")
    host.wait_ping(f"{VIP6}%eth0")

    # All processes die for good: the table stays until the last lifetime is over, and after it.
    active = settled(a, b)
    before = held_back(active)[2]
    b.kill()
    a.kill()
    wait_for(lambda: VIP6 not in active.ip("-6", "addr") and GLOBAL6 not in active.ip("-6", "addr"), 30, "the addresses are gone",
             evidence=lab.evidence)
    wait_for(lambda: held_back(active)[2] > before, 30, "what their end would have told", evidence=lab.evidence)
    seen = capture.frames
    assert TABLE in table(a) and TABLE in table(b)

    # The next life; its orderly stop leaves nothing.
    serve(b)
    wait_both(b, "Active")
    b.command(LEAVE)
    b.receive(COMMAND_DONE)
    assert b.process.wait(30) == 0
    assert TABLE not in table(b) and b.macvlans() == []
    frames = capture.stop()
    assert reports(frames, VIRTUAL) == [], [str(f) for f in reports(frames, VIRTUAL)]
    for node in (a, b):                         # and the devices did report, as they were asked to
        ours = reports(frames, {node.mac})
        assert any(f.icmpv6 == 143 and socket.inet_pton(socket.AF_INET6, SOLICITED) in f.data for f in ours)
        assert any(f.kind == IPV4 for f in ours)
    assert len(frames) > len(seen)
    assert any(f.icmpv6 == 130 for f in frames) and any(f.kind == IPV4 and f.data[23] == IGMP and f.data[38] == 0x11
                                                        for f in frames)


def solicit(node):
    """A router solicitation with the sender's MAC."""
    with inside(node.ns):
        s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        mac = bytes.fromhex(node.run("cat", "/sys/class/net/eth0/address").strip().replace(":", ""))
        s.sendto(bytes([133, 0, 0, 0, 0, 0, 0, 0, 1, 1]) + mac, ("ff02::2", 0, 0, socket.if_nametoindex("eth0")))
        s.close()


def test_a_virtual_mac_hears_no_multicast_but_solicitations_for_its_addresses(lab):
    a = router(lab, "a", 2, 110)
    host = lab.host("host", lan="192.168.0.100/24")
    a.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")        # a router, on the macvlan as well
    serve(a)
    wait_both(a, "Active")
    neighbours = lambda: "".join(a.ip("-6", "neigh", "show", "dev", d) for d in a.macvlans() if d.endswith("x"))  # noqa: E731
    dropped = held_back(a)[3]
    solicit(host)
    assert host.ping("ff02::1%eth0", count=1) == 1      # the device answers
    wait_for(lambda: held_back(a)[3] >= dropped + 2, 10, "both were dropped", evidence=lab.evidence)
    assert neighbours() == "", neighbours()
    host.wait_ping(f"{VIP6}%eth0")
    assert neighbours() != ""

    # Without the table it would have heard.
    host.ip("neigh", "flush", "all")
    for device in a.macvlans():
        a.ip("neigh", "flush", "dev", device)
    a.process.send_signal(signal.SIGSTOP)
    a.run("nft", "delete", "table", "inet", "hotswan-hsrp")
    solicit(host)
    wait_for(lambda: neighbours() != "", 10, "a neighbour on the macvlan", evidence=lab.evidence)


def test_without_the_table_the_capture_would_see_it(lab):
    """What the other test relies on: the kernel does report, and a capture shows it."""
    a = router(lab, "a", 2, 110)
    capture = Capture(lab, "lan")
    serve(a)
    wait_both(a, "Active")
    a.process.send_signal(signal.SIGSTOP)       # or it would put the table back
    a.run("nft", "delete", "table", "inet", "hotswan-hsrp")
    strangers = [s for device in a.macvlans() for s in member(a, device)]
    wait_for(lambda: {f.kind for f in reports(capture.frames, VIRTUAL)} == {IPV4, 0x86DD}, 30, "IGMP and MLD from virtual MACs",
             evidence=lab.evidence)
    assert strangers
