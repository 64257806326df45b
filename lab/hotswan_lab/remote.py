"""A remote gateway: plain strongSwan, which knows nothing of hotswan."""

import os
import shutil

from .lab import Node
from .system import PATIENCE_S, LabError, kernel_esp, tail, wait_for
from .vici import Events, Vici

CHARON = "/usr/sbin/charon-systemd"
PLUGINS = ("random nonce aes sha1 sha2 md5 hmac kdf openssl des gmp pubkey x509 constraints "
           "{kernel} socket-default vici updown counters")
CONF = """charon-systemd {{
  load = {plugins}
  install_routes = no
  {retransmit}
  half_open_timeout = 10
  delete_rekeyed = yes
  plugins {{
    vici {{
      socket = unix://{path}/vici
    }}
    kernel-netlink {{
      roam_events = no
    }}
  }}
  journal {{
    default = -1
  }}
  filelog {{
    log {{
      path = {path}/charon.log
      default = 1
      time_format = %H:%M:%S
      time_add_ms = yes
      flush_line = yes
    }}
  }}
}}
"""
RETRANSMIT = "retransmit_timeout = 1.0\n  retransmit_base = 1.4\n  retransmit_tries = 3"
KEY = "hotswan-lab"
IKE = "aes256-sha256-modp2048"
ESP_SETS = ["aes256-sha256", "aes128-sha1"]     # the lab's my-transform-set and esp-aes-sha


class Remote(Node):
    """charon on the data plane that the kernel has, and a protected network on lo.

    libipsec wants an own address inside the local selector, hence the address on lo.
    """

    def __init__(self, lab, name):
        super().__init__(lab, name)
        self.process = None
        self.vici = None
        self.events = None
        self._order = []

    def start(self, forward=True, retransmit=RETRANSMIT):
        """Start charon and connect to it; retransmit: lines of its configuration, "": charon's defaults."""
        if forward:
            self.forward()
        with open(os.path.join(self.path, "strongswan.conf"), "w", encoding="ascii") as conf:
            kernel = "kernel-netlink" if kernel_esp() else "kernel-libipsec kernel-netlink"
            conf.write(CONF.format(plugins=PLUGINS.format(kernel=kernel), path=self.path, retransmit=retransmit))
        environment = dict(os.environ, STRONGSWAN_CONF=os.path.join(self.path, "strongswan.conf"))
        self.process = self.spawn([CHARON], "charon.out", environment, private_run=True)
        self.vici = wait_for(self._connect, PATIENCE_S, f"charon of {self.name} answers", evidence=self.evidence)
        self.events = Events(os.path.join(self.path, "vici"), self._next_peer)
        return self

    def _connect(self):
        if self.process.poll() is not None:
            raise LabError(f"charon ended with {self.process.returncode}")
        return Vici(os.path.join(self.path, "vici"))

    def secret(self, key=KEY, owners=()):
        """A pre-shared key, for everybody or for the given identities."""
        self.vici.command("load-shared", {"id": f"psk-{'-'.join(owners) or 'any'}", "type": "IKE",
                                          "data": key, "owners": list(owners)})

    def connection(self, name, local, peer, pairs, version=1, dpd=2, dpd_timeout=6, initiate=True, **more):
        """Load a connection; pairs are (local network, remote network), one child each.

        dpd 0 switches dead peer detection off. initiate: start at once and again when it goes down.
        """
        action = {"start_action": "start", "close_action": "start", "dpd_action": "restart"} if initiate else {}
        children = {f"c{number}": dict(local_ts=[mine], remote_ts=[theirs], esp_proposals=ESP_SETS, **action)
                    for number, (mine, theirs) in enumerate(pairs)}
        setup = {"version": version, "local_addrs": [local], "remote_addrs": [peer], "proposals": [IKE],
                 "mobike": "no", "fragmentation": "yes", "keyingtries": 0 if initiate else 1,
                 "local": {"auth": "psk", "id": local}, "remote": {"auth": "psk", "id": peer},
                 "children": children}
        if dpd:
            setup.update(dpd_delay=f"{dpd}s", dpd_timeout=f"{dpd_timeout}s")
        setup.update(more)
        self.vici.command("load-conn", {name: setup})

    def initiate(self, name, child="c0", timeout=10):
        """Bring a child up and wait for it."""
        self.vici.command("initiate", {"ike": name, "child": child, "timeout": timeout * 1000})

    def get_in(self, name="hq", child="c0", timeout=2 * PATIENCE_S):
        """Until a call of ours succeeds; how many it took.

        Each ends before the next begins, or two answers of a headend that was slow would make two tunnels.
        """
        calls = []

        def call():
            calls.append(name)
            self.initiate(name, child)
            return True
        wait_for(call, timeout, f"{self.name} gets in", every=0.3, evidence=self.lab.evidence)
        return len(calls)

    def terminate(self, name, timeout=15):
        """Close the SAs of a connection, with DELETE on the wire."""
        self.vici.command("terminate", {"ike": name, "timeout": timeout * 1000})

    def follow(self, names, child="c0"):
        """Use the connections as a peer list: when one goes down, initiate the next."""
        self._order = [(name, child) for name in names]

    def _next_peer(self, _when, event, data):
        if event != "ike-updown" or data.get("up") == "yes" or not self._order:
            return
        names = [name for name, _ in self._order]
        down = next((name for name in data if name in names), None)
        if down is None:
            return
        name, child = self._order[(names.index(down) + 1) % len(names)]
        caller = Vici(os.path.join(self.path, "vici"))
        try:
            caller.command("initiate", {"ike": name, "child": child, "timeout": -1}, check=False)
        finally:
            caller.close()

    def sas(self):
        """[{connection: details}] of all IKE SAs."""
        return self.vici.stream("list-sas", "list-sa")

    def tunnels(self, peer=None):
        """Installed child SAs as (peer, local selectors, remote selectors)."""
        found = []
        for listed in self.sas():
            for ike in listed.values():
                if ike["state"] != "ESTABLISHED" or (peer and ike["remote-host"] != peer):
                    continue
                found += [(ike["remote-host"], child["local-ts"], child["remote-ts"])
                          for child in ike["child-sas"].values() if child["state"] == "INSTALLED"]
        return found

    def wait_tunnel(self, peer=None, timeout=PATIENCE_S):
        """Until a child SA is installed (to the given peer)."""
        return wait_for(lambda: self.tunnels(peer), timeout, f"{self.name} has a tunnel to {peer or 'somebody'}",
                        every=0.05, evidence=self.lab.evidence)

    def kill(self):
        """SIGKILL: no DELETE leaves, the peer must find out by itself; what a dead box would no longer carry goes with it."""
        self.process.kill()
        self.process.wait()
        if kernel_esp():
            self.run("ip", "xfrm", "state", "flush")
            self.run("ip", "xfrm", "policy", "flush")
        self.events.close()
        self.vici.close()

    def evidence(self):
        """Node, SAs and the end of charon's log."""
        return super().evidence() + tail(os.path.join(self.path, "charon.log"), 30)


def available():
    """Whether strongSwan's charon-systemd is installed."""
    return shutil.which(CHARON) is not None
