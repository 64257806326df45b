"""V12, V14 to V16: figure 2, and what surrounds it."""

import time

import pytest

from hotswan_lab import Capture, Node, configs, timeline, topologies, wait_for
from hotswan_lab.stalls import Stalls
from hotswan_lab.system import SLOW
from hotswan_lab.timeline import Watch
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, REMOTE_HOST, REMOTE_NET, VIRTUAL

INSIDE_VIRTUAL = "192.168.1.3"


@pytest.mark.parametrize("ike", [pytest.param(1, marks=pytest.mark.kernel_esp), 2])
def test_v12_traffic_and_the_inside_route_move_from_p_to_s(lab, ike):
    net = topologies.figure2(lab, ike=ike)
    net.inside.wait_next_hop(REMOTE_NET, "192.168.1.2")
    net.remote.wait_tunnel(VIRTUAL)
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)

    watch = Watch(net, net.s, "192.168.1.4", "192.168.0.4")
    watch.pings.wait_reply(count=30)
    with Stalls() as stalls:
        cut = time.time()
        net.p.power_off()
        net.inside.wait_next_hop(REMOTE_NET, "192.168.1.4")
        watch.pings.wait_reply(after=time.time(), count=30)
        late = stalls.seconds()
    wait_for(lambda: net.remote.events.first_up(cut), 30, "charon's event is read")
    steps = watch.steps(cut)
    print(timeline.text(steps))
    assert all(step.ms is not None for step in steps), timeline.text(steps)
    at = {step.name: step.ms for step in steps}
    heard = max(when for when, source, _, _, _ in net.capture.hsrp() if source == "192.168.0.2")
    silent = cut + at["detection: hold time over, Hello(Active)"] / 1000 - heard
    assert 0.7 * SLOW < silent < (0.75 + 0.25 + 0.1) * SLOW + late, (silent, late, timeline.text(steps))
    assert at["first packet after"] < (5 * SLOW + late) * 1000, (late, timeline.text(steps))
    net.audit()


@pytest.mark.kernel_esp
def test_v14_inside_and_outside_groups_move_together(lab):
    inside = ("interface eth1\n standby 1 ip {vip}\n standby 1 name inside\n standby 1 timers {timers}\n"
              " standby 1 preempt\n standby 1 track FastEthernet0/0 20\n").format(
                  vip=INSIDE_VIRTUAL, timers=configs.FAST_TIMERS)
    net = topologies.pair(lab, extra=inside)
    p, s = net.headends
    net.host.ip("route", "replace", "default", "via", INSIDE_VIRTUAL)
    # Equal priorities: the address decides inside, so S would preempt there; the pair must agree (H10).
    for head in (p, s):
        wait_for(lambda h=head: h.standby_state(1) in ("Active", "Standby"), 30, "inside group settled",
                 evidence=lab.evidence)
    p.configure(["interface eth1", "standby 1 priority 110"])
    p.wait_state("Active", group=1)
    s.wait_state("Standby", group=1)
    net.remote.wait_tunnel(VIRTUAL)
    net.host.wait_ping(REMOTE_HOST)

    pings = net.host.pinger(REMOTE_HOST, interval=0.01)
    pings.wait_reply(count=30)
    with Stalls() as stalls:
        p.link("outside", False)
        s.wait_state("Active", group=0)
        s.wait_state("Active", group=1)
        p.wait_state("Standby", group=1)
        pings.wait_reply(after=time.time(), count=30)
        late = stalls.seconds()
    gap, _ = pings.stop().gap()
    print(f"V14: hosts were silent for {gap * 1000:.0f} ms")
    assert gap < 5 * SLOW + late, (gap, late)
    net.audit()


@pytest.mark.kernel_esp
def test_v15_only_protected_traffic_comes_to_us(lab):
    net = topologies.figure2(lab)
    topologies.calm(net)
    far_end = "203.0.113.5"
    exit_router = Node(lab, "exit")
    exit_router.connect("inside", "192.168.1.250/24")
    exit_router.address("lo", f"{far_end}/32")
    net.inside.ip("route", "add", "default", "via", "192.168.1.250")
    net.inside.wait_next_hop(REMOTE_NET, "192.168.1.2")
    net.remote.wait_tunnel(VIRTUAL)
    wire = Capture(lab, "inside")
    net.host.wait_ping(REMOTE_HOST)
    assert net.host.ping(far_end, wait=5) == 3
    ours = {head.run("cat", "/sys/class/net/eth1/address").strip() for head in net.headends}
    frames = wire.stop()
    sent_to_us = [f for f in frames if f.ends and str(f.ends[0]) == INSIDE_HOST and f.data[:6].hex(":") in ours]
    assert sent_to_us and {str(f.ends[1]) for f in sent_to_us} == {REMOTE_HOST}, list(map(str, sent_to_us))
    net.audit()


@pytest.mark.kernel_esp
def test_v16_the_standby_drops_protected_traffic_in_both_directions(lab):
    net = topologies.pair(lab)
    topologies.calm(net)
    p, s = net.headends
    net.remote.wait_tunnel(VIRTUAL)
    inside = Capture(lab, "inside")
    net.host.ip("route", "replace", "default", "via", "192.168.1.4")    # straight to the standby
    assert net.host.ping(REMOTE_HOST, count=5) == 0
    net.audit()                                                         # nothing of it outside

    # The other direction: a packet that looks like the remote's content, in clear on the outside segment.
    for gateway, head in (("192.168.0.4", s), ("192.168.0.2", p)):
        net.isp.ip("route", "replace", INSIDE_NET, "via", gateway)
        net.isp.ip("addr", "replace", "10.0.0.99/32", "dev", "lo")
        net.isp.ping(INSIDE_HOST, "10.0.0.99", count=3, wait=0.3)
        assert head.standby_state() is not None
    seen = [str(f) for f in inside.stop() if f.ends and str(f.ends[0]) == "10.0.0.99"]
    assert seen == [], seen


def test_v16_no_clear_packet_while_the_tunnel_does_not_exist(lab):
    """D6 on the active: the remote is silent, so no SA ever comes up, and nothing may leave in clear."""
    net = topologies.single(lab, configs.hsrp("P"), remotes=False)
    net.p.wait_state("Active")
    net.p.wait_rri(REMOTE_NET)
    assert net.host.ping(REMOTE_HOST, count=5) == 0
    net.audit()


@pytest.mark.kernel_esp
def test_v16_clear_packets_to_the_virtual_mac_are_dropped_too(lab):
    """D6: what hosts send to the virtual MAC enters by the macvlan, and is looked at as what enters by the device."""
    net = topologies.single(lab, configs.hsrp("P"), remotes=False)
    net.p.wait_state("Active")
    net.p.wait_rri(REMOTE_NET)
    inside = Capture(lab, "inside")
    net.isp.ip("route", "replace", INSIDE_NET, "via", VIRTUAL)
    for source in ("10.0.0.99", "172.31.0.99"):                         # protected, and not
        net.isp.ip("addr", "replace", f"{source}/32", "dev", "lo")
        net.isp.ping(INSIDE_HOST, source, count=3, wait=0.3)
    senders = lambda: {str(f.ends[0]) for f in inside.frames if f.ends}  # noqa: E731
    wait_for(lambda: "172.31.0.99" in senders(), 30, "the way through the macvlan is open")
    inside.stop()
    assert "10.0.0.99" not in senders()
