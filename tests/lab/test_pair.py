"""H9, H10: groups that move together, objects that are tracked, preemption that waits for IPsec."""

import json
import re
import time

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.stalls import Stalls
from hotswan_lab.topologies import REMOTE_HOST, VIRTUAL

INSIDE_VIRTUAL, FOLLOWER = "192.168.1.3", "192.168.1.5"
PAIR = f"""interface eth1
 standby 1 ip {INSIDE_VIRTUAL}
 standby 1 name inside
 standby 1 timers {configs.FAST_TIMERS}
 standby 4 ip {FOLLOWER}
 standby 4 follow group1
!
hotswan redundancy pair group1 inside
"""


def standby(head):
    return {(e["interface"], e["group"]): e for e in json.loads(head.show("show standby | json"))["entries"]}


def active_for(head):
    return {key for key, entry in standby(head).items() if entry["serving"]}


ALL = {("FastEthernet0/0", 0), ("eth1", 1), ("eth1", 4)}


def wait_all(lab, head, other):
    wait_for(lambda: active_for(head) == ALL and not active_for(other), 30, "one router has all groups",
             evidence=lab.evidence)


def silence(net, what, act, moved):
    """What a move costs the hosts: no detection of the remote's own, which takes 6 s."""
    pings = net.host.pinger(REMOTE_HOST, interval=0.01)
    pings.wait_reply(count=30)
    with Stalls() as stalls:
        act()
        moved()
        pings.wait_reply(after=time.time(), count=30)
        late = stalls.seconds()
    gap, _ = pings.stop().gap()
    print(f"{what}: hosts were silent for {gap * 1000:.0f} ms")
    assert gap < 5 + late, (gap, late)


def test_v14_h10_a_pair_moves_as_one_and_never_splits(lab):
    net = topologies.pair(lab, extra=PAIR, start=False)
    p, s = net.headends
    # P has the lower address outside and the higher one inside: by themselves the two groups would split.
    for head, last in ((p, 9), (s, 4)):
        text = open(head.config, encoding="utf-8").read()
        head.write_config(text.replace(f"192.168.1.{2 if head is p else 4} 255", f"192.168.1.{last} 255"))
    for head in net.headends:
        head.start()
    wait_for(lambda: any(active_for(h) == ALL for h in net.headends), 30, "one router has all", evidence=lab.evidence)
    first, second = (p, s) if active_for(p) else (s, p)
    wait_all(lab, first, second)
    net.host.ip("route", "replace", "default", "via", INSIDE_VIRTUAL)
    net.remote.wait_tunnel(VIRTUAL)
    net.host.wait_ping(REMOTE_HOST)

    # The outside link is lost: nothing is tracked, and the inside does not wait for a hold time.
    silence(net, "pair", lambda: first.link("outside", False), lambda: wait_all(lab, second, first))
    assert net.host.ping(FOLLOWER, wait=5) == 3
    waiting = standby(first)[("eth1", 1)]
    assert waiting["state"] != "Active" and waiting["pair"] == "group1", waiting
    first.link("outside", True)
    wait_for(lambda: standby(first)[("FastEthernet0/0", 0)]["state"] == "Standby", 30, "back as standby",
             evidence=lab.evidence)
    assert active_for(second) == ALL and not active_for(first)          # and it takes nothing back

    # A planned hand-over takes both along.
    silence(net, "force-switchover", lambda: second.show("redundancy force-switchover"), lambda: wait_all(lab, first, second))

    # What the pair prevented is said once it is taken away: on both, from the hellos of the other one.
    for head in net.headends:
        head.configure(["no hotswan redundancy pair group1 inside"])
    for head in net.headends:
        head.wait_show("show redundancy", "WARNING: An election would split")
        wait_for(lambda h=head: "%CRYPTO-4-SPLIT: " in h.show("show logging"), 30, "split logged", evidence=lab.evidence)
        assert "may split from eth1 Grp 1)" in head.show("show standby FastEthernet0/0")
    net.audit()


def ipv6(outside, inside):
    """IPv6 groups of their own on both sides, with these link-local addresses."""
    return f"""ipv6 unicast-routing
interface FastEthernet0/0
 ipv6 address FE80::{outside} link-local
 standby version 2
 standby 20 ipv6 autoconfig
 standby 20 timers {configs.FAST_TIMERS}
interface eth1
 ipv6 address FE80::{inside} link-local
 standby version 2
 standby 30 ipv6 autoconfig
 standby 30 timers {configs.FAST_TIMERS}
"""


def test_h10_link_local_addresses_that_cross_are_said(lab):
    net = topologies.pair(lab, start=False)
    p, s = net.headends
    for head, outside, inside, peer in ((p, 2, 9, "fe80::4"), (s, 4, 3, "fe80::9")):
        head.start(open(head.config, encoding="utf-8").read() + ipv6(outside, inside))
        head.crossing = f"{peer}, by address"
    for head in net.headends:
        found = "WARNING: An election would split "
        text = head.wait_show("show redundancy", found, timeout=20).split(found)[1].splitlines()[0]
        assert "FastEthernet0/0 Grp 20" in text and "eth1 Grp 30" in text and head.crossing in text, text
        wait_for(lambda h=head: "%CRYPTO-4-SPLIT: " in h.show("show logging"), 5, "split logged", evidence=lab.evidence)
        assert "may split from eth1 Grp 30)" in head.show("show standby FastEthernet0/0 20")


TRACK = f"""track 1 interface FastEthernet0/0 line-protocol
track 2 ip route 10.99.0.0 255.255.0.0 reachability
track 3 list boolean and
 object 1
 object 2
!
interface eth1
 standby 1 ip {INSIDE_VIRTUAL}
 standby 1 timers {configs.FAST_TIMERS}
 standby 1 preempt
 standby 1 priority {{one}}
 standby 1 track 1 decrement 20
 standby 7 ip 192.168.1.7
 standby 7 timers {configs.FAST_TIMERS}
 standby 7 preempt
 standby 7 priority {{seven}}
 standby 7 track 3 shutdown
"""


def object_state(head, number):
    entries = json.loads(head.show(f"show track {number} | json"))["entries"]
    return entries[0]["state"] if entries else None


def test_h10_tracked_objects_move_groups_that_share_the_load(lab):
    net = topologies.pair(lab, start=False)
    p, s = net.headends
    for head, one, seven in ((p, 110, 100), (s, 100, 110)):
        text = open(head.config, encoding="utf-8").read()
        head.write_config(text.replace("end\n", "") + TRACK.format(one=one, seven=seven))
        head.start()
        head.ip("route", "replace", "10.99.0.0/16", "dev", "eth1", "proto", "ospf")    # as a routing daemon's
    p.wait_state("Active", group=1)
    s.wait_state("Active", group=7)                                     # MHSRP: each has one
    wait_for(lambda: object_state(p, 3) == "Up", 30, "route tracked", evidence=lab.evidence)

    # The route of one router goes: its group is shut, the other one has both.
    s.ip("route", "del", "10.99.0.0/16", "dev", "eth1")
    wait_for(lambda: object_state(s, 2) == "Down", 30, "route tracked", evidence=lab.evidence)
    p.wait_state("Active", group=7)
    s.wait_state("Init", group=7)
    assert "%TRACK-6-STATE: 2 ip route 10.99.0.0/16 reachability Up -> Down" in s.show("show logging")
    assert "Track object 3 state Down shutdown" in s.show("show standby eth1 7")
    s.ip("route", "add", "10.99.0.0/16", "dev", "eth1", "proto", "bgp")
    s.wait_state("Active", group=7)

    # The line protocol of the other one goes: priority 90 is said at once, and the peer takes over.
    p.link("outside", False)
    s.wait_state("Active", group=1)
    assert "%TRACK-6-STATE: 1 interface Fa0/0 line-protocol Up -> Down" in p.show("show logging")
    entry = standby(p)[("eth1", 1)]
    assert (entry["priority"], entry["configured_priority"]) == (90, 110), entry
    p.link("outside", True)
    p.wait_state("Active", group=1)


def test_h9_preemption_waits_until_ipsec_is_ready(lab):
    net = topologies.pair(lab)
    p, s = net.headends
    p.wait_state("Active")
    s.wait_state("Standby")
    # S would be the better one from now on, but its binding waits for a group that does not exist.
    s.configure(["interface FastEthernet0/0", "crypto map mymap redundancy nosuch",
                 "standby preempt delay sync 300", "standby priority 120"])
    wait_for(lambda: standby(s)[("FastEthernet0/0", 0)].get("preempts_in_ms", 0) > 240000, 30, "held back",
             evidence=lab.evidence)
    assert re.search(r"preempts in (2\d\d|300) secs\)", s.show("show standby"))
    assert "Preemption enabled, delay sync 300 secs" in s.show("show standby")
    assert p.standby_state() == "Active"
    bound = time.time()
    s.configure(["interface FastEthernet0/0", "crypto map mymap redundancy group1"])
    s.wait_state("Active")                      # and not in 300 s
    print(f"preempted {time.time() - bound:.1f} s after the binding")
    net.remote.wait_tunnel(VIRTUAL)
    s.configure(["interface FastEthernet0/0", "no standby preempt delay"])
    s.wait_show("show redundancy", "WARNING: FastEthernet0/0 Grp 0: priority 120 here and 100 on 192.168.0.2")
    s.wait_show("show logging", "%CRYPTO-4-PREEMPT: ")  # said once the hellos have settled, a second later
    net.audit()
