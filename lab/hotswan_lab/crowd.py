"""Many remote gateways in one charon: an address, a protected network and a connection each, and their traffic."""

import os
import sys

from .remote import ESP_SETS, RETRANSMIT, Remote
from .system import PATIENCE_S, kernel_esp, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
PORT = 7007


def outer(number):
    """Address of a peer; the wan is 10.1.0.0/16."""
    return f"10.1.{number // 200}.{number % 200 + 1}"


def inner(number, last=1):
    """A host behind a peer; last 0: its network, without the length (24)."""
    return f"10.{100 + number // 250}.{number % 250}.{last}"


class Crowd(Remote):
    """`count` peers. libipsec's single TUN device carries them all."""

    def __init__(self, lab, count, name="crowd"):
        super().__init__(lab, name)
        self.count = count
        self.connect("wan")
        lines = [f"addr add {outer(n)}/16 dev eth0" for n in range(count)]
        lines += [f"addr add {inner(n)}/24 dev lo" for n in range(count)]
        lines += ["route add default via 10.1.255.254"]
        self.run("ip", "-batch", "-", stdin="\n".join(lines) + "\n")

    def start(self, forward=True, retransmit=RETRANSMIT):
        """charon without the limits that a real gateway would not meet: here one process stands for all of them."""
        return super().start(forward, retransmit + "\n  cookie_threshold = 10000\n  cookie_threshold_ip = 10000\n  block_threshold = 20000\n  threads = 32")

    def connections(self, peer, inside, version, ike, dpd="10s", **children):
        """One connection a peer towards the headends; nobody dials.

        Each child has a reqid of its own: left to charon, two of them may come to share one after a dead peer's detection,
        and libipsec, which looks SAs up by it, then sends both flows into one SA.
        """
        for n in range(self.count):
            child = dict(local_ts=[f"{inner(n, 0)}/24"], remote_ts=[inside], esp_proposals=ESP_SETS, reqid=n + 1, **children)
            self.vici.command("load-conn", {f"p{n}": {
                "version": version, "local_addrs": [outer(n)], "remote_addrs": [peer], "proposals": [ike],
                "mobike": "no", "dpd_delay": dpd, "local": {"auth": "psk", "id": outer(n)},
                "remote": {"auth": "psk", "id": peer}, "children": {"c0": child}}})

    def dial(self):
        """Every peer initiates."""
        for n in range(self.count):
            self.vici.command("initiate", {"ike": f"p{n}", "child": "c0", "timeout": -1})

    def flows(self, destination, rate):
        """Traffic of every peer towards an inside host that runs Echo; rate(n): packets a second."""
        return Flows(self, destination, [(inner(n), rate(n)) for n in range(self.count)])

    def route_inside(self, inside):
        """All peers share the route to the inside: charon would take it away with the SA that put it there first.

        On kernel ESP policies take the packets, whatever the route.
        """
        if kernel_esp():
            return
        wait_for(lambda: "ipsec0" in self.ip("-br", "link"), PATIENCE_S, "charon's TUN")
        self.ip("route", "replace", inside, "dev", "ipsec0")


def echo(node):
    """The other end of the flows."""
    return node.spawn([sys.executable, os.path.join(HERE, "udp_flows.py"), "echo", str(PORT)], "echo.log")


class Flows:
    """Running flows, and what came back."""

    def __init__(self, node, destination, rates):
        self.count = len(rates)
        self._node = node
        self._log = os.path.join(node.path, "flows.log")
        listed = os.path.join(node.path, "flows.list")
        with open(listed, "w", encoding="ascii") as file:
            file.writelines(f"{address} {rate}\n" for address, rate in rates)
        script = f'exec "{sys.executable}" "{HERE}/udp_flows.py" send {destination} {PORT} <"{listed}"'
        self._process = node.spawn(["sh", "-c", script], "flows.log")
        self._read = 0
        self._rest = ""
        self._replies = []                      # (flow, sent, received)
        wait_for(lambda: os.path.getsize(self._log) > 0, PATIENCE_S, "the flows run")

    def replies(self):
        """All replies so far, as (flow, sent, received)."""
        with open(self._log, encoding="ascii") as log:
            log.seek(self._read)
            text = log.read()
            self._read = log.tell()
        lines = (self._rest + text).split("\n")
        self._rest = lines.pop()
        for line in lines:
            words = line.split()
            if len(words) == 3:
                self._replies.append((int(words[0]), float(words[1]), float(words[2])))
        return self._replies

    def first_after(self, moment):
        """{flow: time of the first reply to a packet that was sent after the moment}."""
        first = {}
        for flow, sent, received in self.replies():
            if sent > moment and flow not in first:
                first[flow] = received
        return first

    def wait_all(self, after, timeout, count=None):
        """Until every flow has had a reply to a packet sent after the moment; what first_after() says."""
        count = count or self.count
        return wait_for(lambda: (lambda f: f if len(f) >= count else None)(self.first_after(after)), timeout,
                        f"{count} flows run", every=0.1, evidence=lambda: f"{len(self.first_after(after))} run\n")

    def stop(self):
        """End them."""
        self._node.stop(self._process)
