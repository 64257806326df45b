"""FRR (zebra and ospfd) in a node: an inside router, or the routing half of a headend."""

import json
import os
import shutil
import signal

from .lab import Node
from .system import PATIENCE_S, run, tail, wait_for

DAEMONS = "/usr/lib/frr"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FAST = "ip ospf dead-interval minimal hello-multiplier 5"
WHOLE_SECONDS = "ip ospf hello-interval 1\n ip ospf dead-interval 4"        # what BIRD can match


def shipped(name="hotswan.conf"):
    """A configuration that the package ships for a headend's FRR: what is tested is what is delivered."""
    with open(os.path.join(ROOT, "packaging", "frr", name), encoding="ascii") as file:
        return file.read()


class Frr:
    """zebra and ospfd of one node, with sockets and files of their own; `more` ends ospfd's configuration.

    `bgp` are the lines of bgpd, which runs only where there are some.

    Dead interval 1 s by default: after a power cut the old active stays in the LSDB, at equal
    cost, until its neighbours miss its hellos.
    """

    def __init__(self, node, router_id, interfaces, more="", priority=1, bgp="", hello=FAST):
        self.node = node
        self.path = os.path.join(node.path, "frr")
        self._processes = {}                    # by daemon
        os.makedirs(self.path, exist_ok=True)
        shutil.chown(self.path, "frr", "frr")
        self._write("zebra", f"hostname {node.name}\n")
        self._daemons = ["zebra", "ospfd"] + (["bgpd"] if bgp else [])
        self._write("bgpd", bgp)
        self._write("ospfd", self._ospf(router_id, interfaces, more, priority, hello))

    @staticmethod
    def _ospf(router_id, interfaces, more, priority, hello):
        lines = []
        for interface in interfaces:
            lines += [f"interface {interface}", " ip ospf area 0", f" {hello}", f" ip ospf priority {priority}"]
        lines += ["router ospf", f" ospf router-id {router_id}", " timers throttle spf 0 50 1000",
                  " timers throttle lsa all 0", " timers lsa min-arrival 0", more, ""]
        return "\n".join(lines)

    def _write(self, daemon, text):
        path = os.path.join(self.path, f"{daemon}.conf")
        with open(path, "w", encoding="ascii") as conf:
            conf.write(text)
        shutil.chown(path, "frr", "frr")

    def start(self):
        """Start the daemons that do not run, in the foreground, as children of ours."""
        for daemon in self._daemons:
            if daemon in self._processes:
                continue
            self._processes[daemon] = self.node.spawn(
                [f"{DAEMONS}/{daemon}", "-N", self.node.ns, "--vty_socket", self.path,
                 "-z", f"{self.path}/zserv.api", "-i", f"{self.path}/{daemon}.pid",
                 "-f", f"{self.path}/{daemon}.conf", "-P", "0", "-u", "frr", "-g", "frr", "--log", "stdout"],
                f"{daemon}.log", private_run=True)
            wait_for(lambda d=daemon: os.path.exists(f"{self.path}/{d}.vty"), PATIENCE_S, f"{daemon} of {self.node.name}",
                     evidence=lambda d=daemon: tail(os.path.join(self.node.path, f"{d}.log")))
        return self

    def kill(self, *daemons):
        """SIGKILL, as a power cut would; without names all of them."""
        for daemon in daemons or list(self._processes):
            self.node.stop(self._processes.pop(daemon), signal.SIGKILL)
            for name in (f"{daemon}.vty", f"{daemon}.pid", *(["zserv.api"] if daemon == "zebra" else [])):
                if os.path.exists(os.path.join(self.path, name)):
                    os.unlink(os.path.join(self.path, name))

    def load(self, text):
        """A configuration for all daemons at once, as an administrator loads it."""
        path = os.path.join(self.path, "loaded.conf")
        with open(path, "w", encoding="ascii") as conf:
            conf.write(text)
        run(["vtysh", "--vty_socket", self.path, "-f", path])

    def vtysh(self, *commands, check=True):
        """Output of vtysh commands."""
        argv = ["vtysh", "--vty_socket", self.path]
        for command in commands:
            argv += ["-c", command]
        return run(argv, check=check)

    def full_neighbors(self):
        """Router ids of the neighbours in state Full."""
        listed = json.loads(self.vtysh("show ip ospf neighbor json") or "{}").get("neighbors", {})
        return sorted(peer for peer, states in listed.items()
                      if any(state.get("nbrState", state.get("state", "")).startswith("Full") for state in states))

    def wait_full(self, count, timeout=2 * PATIENCE_S):
        """Until that many neighbours are Full."""
        wait_for(lambda: len(self.full_neighbors()) >= count, timeout, f"{self.node.name}: {count} OSPF neighbours",
                 every=0.1, evidence=lambda: self.vtysh("show ip ospf neighbor", "show ip ospf interface"))


class Router(Node):
    """A plain router that runs OSPF on all its interfaces but the passive ones."""

    def __init__(self, lab, name):
        super().__init__(lab, name)
        self.frr = None

    def start(self, router_id, passive=()):
        """Forward, and speak OSPF."""
        self.forward()
        lines = "\n".join(f" passive-interface {self.interfaces[segment]}" for segment in passive)
        self.frr = Frr(self, router_id, self.interfaces.values(), lines).start()
        return self

    def next_hops(self, prefix):
        """Gateways of the kernel's route of lowest metric for exactly this prefix."""
        found = sorted(self.routes(prefix), key=lambda route: route.metric)
        return found[0].via if found else []

    def wait_next_hop(self, prefix, gateway, timeout=PATIENCE_S):
        """Until the kernel sends the prefix to that gateway alone (None: has no route)."""
        wanted = [gateway] if gateway else []
        wait_for(lambda: self.next_hops(prefix) == wanted, timeout, f"{self.name}: {prefix} via {gateway}",
                 evidence=self.lab.evidence)

    def evidence(self):
        """Node and OSPF's view."""
        seen = self.frr.vtysh("show ip ospf neighbor", "show ip ospf route", check=False) if self.frr else ""
        return super().evidence() + seen
