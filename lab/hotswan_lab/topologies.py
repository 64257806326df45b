"""The figures of the documentation, and the small networks of single tests.

    remote 10.1.1.1 -- wan -- isp .1 -- outside 192.168.0.0/24 -- headends .2 .4 (virtual .3)
                                                                       |
                   host .10 -- inside 192.168.1.0/24 ------------------+-- inside router .1
"""

import dataclasses

from . import configs
from .capture import Capture, assert_nothing_clear
from .headend import Headend
from .lab import Node
from .remote import Remote
from .router import Frr, Router, shipped

VIRTUAL = "192.168.0.3"
REMOTE_NET, REMOTE_HOST = "10.0.0.0/16", "10.0.0.1"
OTHER_NET, OTHER_HOST = "172.17.11.0/24", "172.17.11.129"
INSIDE_NET = "192.168.1.0/24"
INSIDE_ROUTER, INSIDE_HOST = "192.168.1.1", "192.168.1.10"
PROTECTED = [(INSIDE_NET, REMOTE_NET), (INSIDE_NET, OTHER_NET)]


@dataclasses.dataclass
class Network:
    """What a topology returns: its lab and the nodes tests speak of."""
    lab: object
    headends: list
    remotes: list
    capture: Capture
    isp: Node
    inside: Router = None
    host: Node = None

    @property
    def p(self):
        """The first headend, 192.168.0.2 (router A of figure 1)."""
        return self.headends[0]

    @property
    def s(self):
        """The second headend, 192.168.0.4 (router B of figure 1)."""
        return self.headends[1]

    @property
    def remote(self):
        """The first remote."""
        return self.remotes[0]

    def audit(self):
        """End the capture of the outside segment and prove that nothing protected was in clear."""
        frames = self.capture.stop()
        assert_nothing_clear(frames, PROTECTED, TUNNEL_ENDS)
        return frames


# Example 2's peer lies inside the prefix that it protects; so do its IKE and ESP packets towards us.
TUNNEL_ENDS = [(f"192.168.0.{last}", "172.17.11.1") for last in (2, 3, 4)]


def make_isp(lab):
    """The provider's router between outside and the remotes; it has no route to anything inside."""
    isp = Node(lab, "isp")
    isp.connect("outside", "192.168.0.1/24")
    isp.connect("wan", "10.1.1.254/24")
    isp.connect("wan2", "172.17.11.254/24")
    isp.forward()
    return isp


def make_headend(lab, name, inside=True):
    """A headend with eth0 outside and eth1 inside, not started."""
    headend = Headend(lab, name)
    headend.connect("outside")
    headend.connect("inside" if inside else f"{name}-in")
    return headend


def make_remote(lab, name="remote", last=1, hosts=(f"{REMOTE_HOST}/16",)):
    """A remote gateway 10.1.1.<last> with protected addresses on lo, charon running, no connection."""
    remote = Remote(lab, name)
    remote.connect("wan", f"10.1.1.{last}/24")
    remote.ip("route", "add", "default", "via", "10.1.1.254")
    for host in hosts:
        remote.address("lo", host)
    remote.start()
    remote.secret()
    return remote


def make_other_remote(lab, name="remote2"):
    """Example 2's first peer: 172.17.11.1, inside its own protected network."""
    remote = Remote(lab, name)
    remote.connect("wan2", "172.17.11.1/24")
    remote.ip("route", "add", "default", "via", "172.17.11.254")
    remote.address("lo", f"{OTHER_HOST}/32")
    remote.start()
    remote.secret()
    return remote


def make_inside(lab, router=True):
    """The inside router (OSPF) and a host whose default gateway it is."""
    host = Node(lab, "host")
    host.connect("inside", f"{INSIDE_HOST}/24")
    host.ip("route", "add", "default", "via", INSIDE_ROUTER)
    if not router:
        return None, host
    inside = Router(lab, "inside")
    inside.connect("inside", f"{INSIDE_ROUTER}/24")
    inside.start(INSIDE_ROUTER)
    return inside, host


def add_ospf(headend, last):
    """The routing half of a headend: FRR on the inside interface, redistributing injected routes.

    Priority 0: a headend is never designated router, so that its death costs no election.
    """
    headend.frr = Frr(headend, f"192.168.1.{last}", ["eth1"], shipped(), priority=0).start()


def single(lab, config=None, remotes=True, start=True):
    """One headend, its remote 10.1.1.1, a host inside (the headend is its gateway)."""
    network = Network(lab, [make_headend(lab, "p")], [], Capture(lab, lab.segment("outside")), make_isp(lab))
    _, network.host = make_inside(lab, router=False)
    network.host.ip("route", "replace", "default", "via", "192.168.1.2")
    if remotes:
        network.remotes.append(make_remote(lab))
    if start:
        network.p.start(config)
    return network


def pair(lab, timers=configs.FAST_TIMERS, ike=1, ospf=False, extra="", start=True, remotes=True):
    """Example 3 on P and S with one remote that knows only the virtual address; the remote waits.

    With ospf this is figure 2.
    """
    network = Network(lab, [], [], Capture(lab, lab.segment("outside")), make_isp(lab))
    network.inside, network.host = make_inside(lab, router=ospf)
    for name, last in (("p", 2), ("s", 4)):
        headend = make_headend(lab, name)
        headend.write_config(configs.hsrp(name.upper(), last, timers, ike, extra))
        network.headends.append(headend)
        if ospf:
            headend.address("eth1", f"192.168.1.{last}/24")
            add_ospf(headend, last)
    if remotes:
        network.remotes.append(make_remote(lab))
        network.remote.connection("hq", "10.1.1.1", VIRTUAL, [(REMOTE_NET, INSIDE_NET)], ike, initiate=False)
    if start:
        start_pair(network)
    return network


def start_pair(network, timeout=60):
    """P first, so that it is active; then S, until it is standby."""
    network.p.start()
    network.p.wait_state("Active", timeout=timeout)
    network.s.start()
    network.s.wait_state("Standby", timeout=timeout)


def calm(network):
    """A started pair gets a long hold time, so that roles change by what a test does and not by what else the machine does.

    A start would last for three of them. The active router is the last: nobody may miss its hellos meanwhile.
    """
    for headend in sorted(network.headends, key=lambda h: h.standby_state() == "Active"):
        headend.configure(["interface FastEthernet 0/0", f"standby timers {configs.CALM_TIMERS}"])


def figure2(lab, timers=configs.FAST_TIMERS, ike=1, start=True):
    """HSRP pair outside, inside OSPF router, remote, inside host."""
    network = pair(lab, timers, ike, ospf=True, start=start)
    if start:
        network.inside.frr.wait_full(2)
    return network


def figure1(lab, ike=1, config=configs.dynamic):
    """Headends A and B with dynamic maps, remotes A and B, inside OSPF router; no HSRP.

    Each remote has a connection to each headend ("a", "b") but initiates none by itself.
    """
    network = Network(lab, [], [], Capture(lab, lab.segment("outside")), make_isp(lab))
    network.inside, network.host = make_inside(lab)
    for name, last in (("p", 2), ("s", 4)):
        headend = make_headend(lab, name)
        headend.address("eth1", f"192.168.1.{last}/24")
        add_ospf(headend, last)
        headend.start(config("A" if name == "p" else "B", last))
        network.headends.append(headend)
    for name, last, net, host in (("ra", 1, REMOTE_NET, f"{REMOTE_HOST}/16"), ("rb", 2, OTHER_NET, f"{OTHER_HOST}/25")):
        remote = make_remote(lab, name, last, (host,))
        for peer, headend in (("a", "192.168.0.2"), ("b", "192.168.0.4")):
            remote.connection(peer, f"10.1.1.{last}", headend, [(net, INSIDE_NET)], ike, initiate=False)
        network.remotes.append(remote)
    network.inside.frr.wait_full(2)
    return network
