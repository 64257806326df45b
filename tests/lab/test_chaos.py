"""Chaos: what can die or change does, at random moments; afterwards desired equals actual, and nothing of others was touched.

The share that every run does takes about a minute, in the guest as well. HOTSWAN_CHAOS_FULL=1 runs the whole (some minutes);
HOTSWAN_CHAOS_SEED=N repeats a run. A failure prints the seed and the column of what was done.
"""

import os
import random
import re
import signal
import time

import pytest

from hotswan_lab import LabError, netlink, topologies, wait_for
from hotswan_lab.capture import assert_nothing_clear
from hotswan_lab.system import PATIENCE_S, kernel_esp
from hotswan_lab.topologies import (INSIDE_HOST, INSIDE_NET, OTHER_HOST, OTHER_NET, PROTECTED, REMOTE_HOST, REMOTE_NET,
                                    VIRTUAL)

FULL = os.environ.get("HOTSWAN_CHAOS_FULL") == "1"
SEED = int(os.environ.get("HOTSWAN_CHAOS_SEED", "1"))
# How often each happens: every run, every run in the guest (some times slower), the whole.
SHARES = {
    "charon dies": (3, 1, 20), "a process dies": (3, 2, 20), "zebra dies": (1, 1, 5), "routing dies": (1, 0, 5),
    "netlink overrun": (1, 1, 3), "peer restarts": (1, 0, 4), "peer moves": (1, 1, 4), "peer rekeys": (2, 1, 6),
    "peer rekeys IKE": (1, 0, 6), "peer disappears": (1, 0, 4),
}
COLUMN = 2 if FULL else 1 if kernel_esp() else 0
DYNAMIC = """crypto dynamic-map spokes 1
 set transform-set my-transform-set
 reverse-route
crypto map mymap 3 ipsec-isakmp dynamic spokes
"""
SETTLE = 150                                    # seconds: a peer that was silent is asked again after 60 at most, and has 12 to answer
FOREIGN = [("198.51.100.0/24", "192.168.1.10", "100"), ("172.17.0.0/16", "192.168.1.10", "4000000000"),
           ("203.0.113.7/32", "192.168.0.1", "16777217")]


class Chaos:
    """The pair of figure 2 with a static and a dynamic peer, and everything that can happen to it."""

    def __init__(self, lab, seed):
        self.random = random.Random(seed)
        self.story = []
        net = self.net = topologies.figure2(lab, start=False)
        for head in net.headends:
            with open(head.config, "a", encoding="ascii") as config:
                config.write(DYNAMIC)
        topologies.start_pair(net)
        self.spoke_address = 2
        self.spoke = topologies.make_remote(lab, "spoke", 2, (f"{OTHER_HOST}/25",))
        net.remotes.append(self.spoke)
        self.connect_spoke()
        for head in net.headends:
            for prefix, gateway, metric in FOREIGN:
                head.ip("route", "add", prefix, "via", gateway, "metric", metric, "proto", "static")
        self.foreign = {head.name: self.foreign_routes(head) for head in net.headends}
        assert all(len(routes) == len(FOREIGN) for routes in self.foreign.values()), self.foreign

    @staticmethod
    def foreign_routes(head):
        """The routes of others, as the kernel has them."""
        return sorted(line.strip() for line in head.ip("route", "show", "proto", "static").splitlines())

    def connect_spoke(self):
        """A spoke's own view: it initiates, and again whenever it goes down."""
        self.spoke.connection("hq", f"10.1.1.{self.spoke_address}", VIRTUAL, [(OTHER_NET, INSIDE_NET)])
        self.spoke.vici.command("initiate", {"child": "c0", "timeout": -1}, check=False)

    # --- what happens

    def some_head(self):
        """P or S, dead or alive."""
        return self.random.choice(self.net.headends)

    def charon_dies(self):
        """SIGKILL, wherever it is just now."""
        self.some_head().kill_role("ike")

    def a_process_dies(self):
        """engine, hsrp, or the launcher, after which somebody starts it anew."""
        head, role = self.some_head(), self.random.choice(["engine", "hsrp", "launcher"])
        self.story[-1] += f" {head.name} {role}"
        head.kill_role(role)
        if role == "launcher":
            head.process.wait()
            wait_for(lambda: head.start(wait=False), 30, "started again")

    def routing_dies(self):
        """zebra and ospfd of a headend, by SIGKILL; whoever watches them starts them again."""
        head = self.some_head()
        head.frr.kill()
        time.sleep(self.random.uniform(0, 1))
        head.frr.start()

    def zebra_dies(self):
        """zebra alone; the daemons that lost it find its successor."""
        head = self.some_head()
        head.frr.kill("zebra")
        time.sleep(self.random.uniform(0, 1))
        head.frr.start()

    @staticmethod
    def overruns(head):
        """How often the kernel had to drop notifications to the engine; None while that does not answer."""
        found = re.search(r"overruns of the notifications: (\d+)", head.show("show hotswan internal"))
        return int(found.group(1)) if found else None

    def netlink_overrun(self):
        """While the engine has no processor more comes than its socket holds; what is taken from it then it must find itself.

        zebra dies first: an overrun of its own is more than it can stand, and whoever watches it starts it again.
        """
        head = self.some_head()
        before = wait_for(lambda: (lambda n: None if n is None else [n])(self.overruns(head)), 2 * PATIENCE_S,
                          f"{head.name} answers")[0]
        head.frr.kill("zebra")
        engine = head.role_pid("engine")
        os.kill(engine, signal.SIGSTOP)
        try:
            netlink.flood_listeners(head.ns)
            head.ip("route", "flush", "proto", "213")
        finally:
            os.kill(engine, signal.SIGCONT)
        head.frr.start()
        wait_for(lambda: (self.overruns(head) or 0) > before or head.role_pid("engine") != engine, 2 * PATIENCE_S,
                 f"{head.name} was overrun, or stopped for so long that it was replaced")

    def peer_restarts(self):
        """The spoke's charon dies and comes back."""
        self.spoke.kill()
        self.spoke.start()
        self.spoke.secret()
        self.connect_spoke()

    def peer_moves(self):
        """The spoke has another address from now on."""
        self.spoke.vici.command("unload-conn", {"name": "hq"}, check=False)
        old, self.spoke_address = self.spoke_address, 5 - self.spoke_address
        self.spoke.ip("addr", "del", f"10.1.1.{old}/24", "dev", "eth0")
        self.spoke.ip("addr", "add", f"10.1.1.{self.spoke_address}/24", "dev", "eth0")
        self.spoke.ip("route", "replace", "default", "via", "10.1.1.254")
        self.spoke.vici.command("terminate", {"ike": "hq", "force": "yes", "timeout": -1}, check=False)
        self.connect_spoke()

    def peer_rekeys(self):
        """A child of one of the peers."""
        self.random.choice(self.net.remotes).vici.command("rekey", {"child": "c0"}, check=False)

    def peer_rekeys_ike(self):
        """IKEv1: a new authentication."""
        self.random.choice(self.net.remotes).vici.command("rekey", {"ike": "hq", "reauth": "yes"}, check=False)

    def peer_disappears(self):
        """Its line is cut for longer than its own detection takes, or shorter."""
        peer = self.random.choice(self.net.remotes)
        peer.link("wan", False)
        time.sleep(self.random.uniform(0.5, 9))
        peer.link("wan", True)

    def traffic(self):
        """Both peers talk all the time: what sends into an SA that only it knows shows itself by that."""
        self.net.remote.pinger(INSIDE_HOST, REMOTE_HOST, interval=0.5)
        self.spoke.pinger(INSIDE_HOST, OTHER_HOST, interval=0.5)

    def happen(self, what):
        """One of SHARES."""
        self.story.append(f"{time.strftime('%H:%M:%S')} {what}")
        try:
            getattr(self, what.lower().replace(" ", "_"))()
        except LabError as not_there:           # killed a moment ago: nothing to kill yet
            if "no process with role" not in str(not_there):
                raise
            self.story[-1] += ": was dead already"

    # --- what must hold

    def converged(self):
        """The active headend, when it has everything and the other one stands by with nothing."""
        heads = {head.standby_state(): head for head in self.net.headends}
        if heads.keys() != {"Active", "Standby"}:
            return None
        active, standby = heads["Active"], heads["Standby"]
        done = (active.rri() == sorted([REMOTE_NET, OTHER_NET]) and standby.rri() == []
                and len(active.addresses(VIRTUAL)) == 1 and standby.addresses(VIRTUAL) == []
                and self.peers(active) == 2 and standby.ike_sas() == [])
        return active if done else None

    @staticmethod
    def peers(head):
        """How many peers have an IKE_SA: a called one that authenticates anew may have two (doc/redundancy.md)."""
        return len({frozenset(row.split()[:2]) for row in head.ike_sas()})

    def settle(self):
        """Converges, and then both peers are reached through the active headend, and nothing stands twice; that headend."""
        active = wait_for(self.converged, SETTLE, "one active with everything, one standby with nothing", every=0.3,
                          evidence=self.net.lab.evidence)
        last = "2" if active is self.net.p else "4"
        self.net.host.ip("route", "replace", "default", "via", f"192.168.1.{last}")
        self.net.host.wait_ping(REMOTE_HOST)
        self.net.host.wait_ping(OTHER_HOST)
        for head in self.net.headends:
            assert self.foreign_routes(head) == self.foreign[head.name], f"{head.name}: routes of others were touched"
            assert head.run("nft", "list", "tables").split().count("hotswan") == 1
            assert len([line for line in head.ip("rule").splitlines() if line.startswith("213:")]) <= 1
        return active

    def announced(self, active):
        """The inside router sends what is injected to the active headend: the routing daemons found back, too."""
        for prefix in (REMOTE_NET, OTHER_NET):
            self.net.inside.wait_next_hop(prefix, "192.168.1.2" if active is self.net.p else "192.168.1.4")

    def end(self):
        """Stopped in order, both leave nothing."""
        for head in self.net.headends:
            assert head.stop_daemon() == 0
            for protocol in ("213", "214"):
                assert head.ip("route", "show", "table", "all", "proto", protocol) == ""
            assert "hotswan" not in head.run("nft", "list", "tables")
            assert head.ip("link", "show", "type", "macvlan") == ""
            assert "213:" not in head.ip("rule")
            assert self.foreign_routes(head) == self.foreign[head.name]
            if kernel_esp():
                assert head.ip("xfrm", "state") == "" and "tmpl" not in head.ip("xfrm", "policy")


@pytest.mark.kernel_esp
def test_chaos_desired_equals_actual_afterwards(lab):
    chaos = Chaos(lab, SEED)
    events = [what for what, times in SHARES.items() for _ in range(times[COLUMN])]
    chaos.random.shuffle(events)
    try:
        chaos.settle()
        chaos.traffic()
        for number, what in enumerate(events, 1):
            chaos.happen(what)
            time.sleep(chaos.random.uniform(0, 2))  # the moment is the point
            if number % 8 == 0:
                chaos.settle()
        chaos.announced(chaos.settle())
        assert_nothing_clear(chaos.net.capture.stop(), PROTECTED, topologies.TUNNEL_ENDS)
        chaos.end()
    except (LabError, AssertionError) as failure:
        pytest.fail(f"seed {SEED}:\n" + "\n".join(chaos.story) + f"\n{failure}")
