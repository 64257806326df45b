"""When each step of a failover happened, taken from the wire and from the kernels, not from our logs."""

import dataclasses
import ipaddress

from . import topologies
from .headend import PROTOCOL_RRI
from .netlink import Address, Monitor, Route

ACTIVE, HELLO = 16, 0                           # HSRP version 1, RFC 2281 5.1


@dataclasses.dataclass
class Step:
    """One line of the timeline; milliseconds after the cut, None if it was not seen."""
    name: str
    ms: float


class Watch:
    """Records what a timeline needs, from construction to steps()."""

    def __init__(self, network, heir, heir_inside, heir_outside):
        self.network = network
        self._heir = Monitor(heir.ns)
        self._inside = Monitor(network.inside.ns) if network.inside else None
        self._heir_inside, self._heir_outside = heir_inside, heir_outside
        self.pings = network.remote.pinger(topologies.INSIDE_HOST, topologies.REMOTE_HOST, 0.01)

    def steps(self, cut):
        """The timeline of a failover whose cause happened at `cut` (time of day)."""
        self.pings.stop()
        self._heir.close()
        net = ipaddress.ip_network(topologies.REMOTE_NET)
        found = [
            ("last packet before", self._last_before(cut)),
            ("detection: hold time over, Hello(Active)", self._first_active_hello(cut)),
            ("virtual address confirmed by the kernel", self._heir.first(
                cut, "add", lambda a: isinstance(a, Address) and a.address == topologies.VIRTUAL)),
            ("gratuitous ARP", self._first_garp(cut)),
            ("route in the kernel", self._heir.first(
                cut, "add", lambda r: isinstance(r, Route) and r.protocol == PROTOCOL_RRI and r.prefix == net)),
        ]
        if self._inside:
            self._inside.close()
            found.append(("OSPF route moved", self._inside.first(
                cut, "add", lambda r: isinstance(r, Route) and r.prefix == net and r.via == [self._heir_inside])))
        found.append(("IKE and IPsec up", self.network.remote.events.first_up(cut)))
        found.append(("first packet after", self._first_after(cut)))
        return [Step(name, None if when is None else (when - cut) * 1000) for name, when in found]

    def _edges(self, cut):
        """Replies on both sides of the longest silence that ends after the cut."""
        times = sorted(when for _, when in self.pings.replies)
        gaps = [(b - a, a, b) for a, b in zip(times, times[1:]) if b > cut]
        return max(gaps, default=(0, None, None))

    def _last_before(self, cut):
        return self._edges(cut)[1]

    def _first_after(self, cut):
        return self._edges(cut)[2]

    def _first_active_hello(self, cut):
        return next((when for when, source, op, state, _ in self.network.capture.hsrp()
                     if when >= cut and source == self._heir_outside and op == HELLO and state == ACTIVE), None)

    def _first_garp(self, cut):
        return next((when for when, _ in self.network.capture.gratuitous_arps(topologies.VIRTUAL) if when >= cut), None)


def text(steps):
    """The timeline as a table in milliseconds after the cut."""
    lines = ["      ms  step"]
    for step in steps:
        lines.append(f"{'     --' if step.ms is None else f'{step.ms:8.0f}'}  {step.name}")
    return "\n".join(lines)
