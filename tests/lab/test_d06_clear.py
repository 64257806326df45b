"""D6: no protected packet in clear, whatever happens to processes, SAs, configuration and roles, with traffic both ways."""

import os
import signal

import pytest

from hotswan_lab import topologies, wait_for
from hotswan_lab.capture import clear_packets
from hotswan_lab.system import SLOW
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, PROTECTED, REMOTE_HOST, REMOTE_NET, TUNNEL_ENDS, VIRTUAL

pytestmark = pytest.mark.kernel_esp

PAUSE = 0.005 * SLOW ** 2                       # between pings, s: four streams are much for an emulated machine
ADD, REMOVE = "permit ip 192.168.1.0 0.0.0.255 10.9.0.0 0.0.255.255", "no permit ip 192.168.1.0 0.0.0.255 10.9.0.0 0.0.255.255"


class Story:
    """Steps with traffic; each is audited by itself, so that a failure names its step."""

    def __init__(self, lab, ike):
        self.net = topologies.pair(lab, ike=ike, start=False)
        self.net.host.ip("route", "replace", "default", "via", "192.168.1.2")
        self.both = [self.net.remote.pinger(INSIDE_HOST, REMOTE_HOST, PAUSE), self.net.host.pinger(REMOTE_HOST, interval=PAUSE)]
        topologies.start_pair(self.net)         # the traffic was there before
        topologies.calm(self.net)
        self.net.remote.wait_tunnel(VIRTUAL)
        p, s = self.net.headends
        self.own = [p.pinger(REMOTE_HOST, "192.168.1.2", PAUSE), s.pinger(REMOTE_HOST, "192.168.1.4", PAUSE)]
        self.audited = 0
        for pinger in self.both:
            pinger.wait_reply()

    def control(self):
        """A packet in clear on the watched segment is seen: the capture would have shown the others."""
        isp = self.net.isp
        isp.ip("addr", "add", "10.0.0.99/32", "dev", "lo")
        isp.ip("route", "add", INSIDE_NET, "via", "192.168.0.2")
        isp.ping(INSIDE_HOST, "10.0.0.99", count=1, wait=0.1)
        isp.ip("route", "del", INSIDE_NET)
        wait_for(lambda: clear_packets(self.net.capture.frames[self.audited:], PROTECTED, TUNNEL_ENDS), 30,
                 "the control packet is captured")
        seen = clear_packets(self.net.capture.frames[self.audited:], PROTECTED, TUNNEL_ENDS)
        assert {str(frame.ends[0]) for frame in seen} == {"10.0.0.99"}, list(map(str, seen))
        self.audited = len(self.net.capture.frames)

    def step(self, name, act, again=True):
        """Do it, wait until traffic flows again, look at every frame since the step before."""
        act()
        if again:
            for pinger in self.both:
                pinger.wait_reply(after=pinger.replies[-1][1], timeout=60, count=10)
        self.audit(name)

    def audit(self, name):
        """No clear packet among the new frames."""
        frames = self.net.capture.frames
        clear = clear_packets(frames[self.audited:], PROTECTED, TUNNEL_ENDS)
        assert clear == [], f"{name}: {len(clear)} packets in clear:\n" + "\n".join(map(str, clear[:10]))
        self.audited = len(frames)


def replaced(head, role):
    """Kill a process and wait for its successor."""
    old = head.role_pid(role)
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: head.role_pid(role) != old, 30, f"{role} is back", evidence=head.evidence)


def killed_and_started(head):
    """The launcher takes its children along, but not charon; the table and the SAs are the kernel's."""
    head.stop(head.process, signal.SIGKILL)
    head.start()


def peer_dies(story):
    """The peer falls silent: its SAs go within the bound, and what comes afterwards is dropped."""
    net, p = story.net, story.net.p
    net.remote.kill()
    wait_for(lambda: p.ike_sas() == [], 10 + 5 * 2 + 1 + 10, "the SA of the dead peer is gone", evidence=story.net.lab.evidence)
    net.host.ping(REMOTE_HOST, count=5)
    story.audit("peer dead")
    assert p.rri() == [REMOTE_NET]              # R7: the route stays, the filter drops


def started_again(remote):
    """Its charon comes back with nothing but its configuration."""
    remote.start()
    remote.secret()
    remote.connection("hq", "10.1.1.1", VIRTUAL, [(REMOTE_NET, INSIDE_NET)], 2, initiate=False)


def test_d6_nothing_in_clear_while_everything_happens(lab):
    story = Story(lab, 2)
    net, (p, s) = story.net, story.net.headends
    story.control()
    interface = "interface FastEthernet 0/0\n"
    story.step("rekey of the child", lambda: net.remote.vici.command("rekey", {"child": "c0"}))
    story.step("rekey of IKE", lambda: net.remote.vici.command("rekey", {"ike": "hq"}))
    story.step("clear crypto sa", lambda: p.show("clear crypto sa"))
    for role in ("ike", "engine", "hsrp"):
        story.step(f"{role} killed", lambda r=role: replaced(p, r))
    story.step("all of hotswand killed and started again", lambda: killed_and_started(p))
    story.step("clear crypto session", lambda: p.show("clear crypto session"))
    peer_dies(story)
    story.step("peer started again", lambda: started_again(net.remote))
    story.step("access list edited", lambda: p.configure(f"ip access-list extended 102\n{ADD}\n{REMOVE}"))
    story.step("map typed again", lambda: p.configure(interface + "crypto map mymap redundancy group1"))
    story.step("redundancy off and on",
               lambda: p.configure(interface + "crypto map mymap\ncrypto map mymap redundancy group1"))

    def to_s():
        p.link("outside", False)
        s.wait_state("Active")
        net.host.ip("route", "replace", "default", "via", "192.168.1.4")

    def back_to_p():
        p.link("outside", True)
        p.wait_state("Standby")
        s.link("outside", False)
        p.wait_state("Active")
        net.host.ip("route", "replace", "default", "via", "192.168.1.2")

    def handed_over(to, last):
        """By hand, from the one to the other."""
        to.wait_state("Standby")
        (s if to is p else p).show("redundancy force-switchover")
        to.wait_state("Active")
        net.host.ip("route", "replace", "default", "via", f"192.168.1.{last}")

    story.step("failover", to_s)
    story.step("failover back", back_to_p)
    s.link("outside", True)
    story.step("handed over", lambda: handed_over(s, 4))
    story.step("handed back", lambda: handed_over(p, 2))
    for head in net.headends:                   # a handover takes its route along with the address, which is no fault
        assert "ROUTE_REFUSED" not in head.show("show logging"), head.show("show logging")

    def start_again():
        """At the start, with the static default route that the stop left: the filter stands before packets pass."""
        net.p.stop(story.own[0]._process, signal.SIGINT)    # a stopped router protects nothing of its own
        for _ in range(3):
            assert p.stop_daemon() == 0
            p.start()
            p.wait_show("show crypto map", "binding bound")

    story.step("stop and start", start_again, again=False)


def test_d6_nothing_in_clear_after_the_peer_died(lab):
    story = Story(lab, 1)
    story.control()
    peer_dies(story)
