"""A remote gateway by another maker: libreswan's pluto, on kernel ESP only (in the guest)."""

import os

from .lab import Node
from .remote import KEY
from .system import PATIENCE_S, LabError, tail, wait_for

LIBEXEC = "/usr/libexec/ipsec"
CONN = """config setup
 uniqueids=yes
 ikev1-policy=accept
conn hq
 left={local}
 leftid={local}
 leftsubnet={mine}
 right={peer}
 rightid={peer}
 rightsubnet={theirs}
 authby=secret
 ikev2={ikev2}
 ike=aes256-sha2_256-modp2048
 esp=aes256-sha2_256,aes128-sha1
 pfs=no
 type=tunnel
 leftupdown=%disabled
 dpddelay=2
 dpdtimeout=6
 dpdaction=hold
 auto=add
"""


class Libreswan(Node):
    """pluto with one connection "hq"; its protected network is on lo."""

    def __init__(self, lab, name):
        super().__init__(lab, name)
        self.process = None

    def start(self, local, peer, pair, version=1):
        """Start pluto with a connection to the peer; pair is (local network, remote network)."""
        self.forward()
        for folder in ("nss", "run", "ipsec.d"):
            os.makedirs(os.path.join(self.path, folder), exist_ok=True)
        self._write("ipsec.conf", CONN.format(local=local, peer=peer, mine=pair[0], theirs=pair[1],
                                              ikev2="insist" if version == 2 else "no"))
        self._write("ipsec.secrets", f'%any %any : PSK "{KEY}"\n')
        self.run("certutil", "-N", "-d", f"sql:{self.path}/nss", "--empty-password")
        self.process = self.spawn(
            [f"{LIBEXEC}/pluto", "--nofork", "--stderrlog", "--config", self._file("ipsec.conf"), "--secretsfile",
             self._file("ipsec.secrets"), "--nssdir", self._file("nss"), "--ipsecdir", self._file("ipsec.d"), "--rundir",
             self._file("run"), "--use-xfrm"], "pluto.log", private_run=True)
        wait_for(lambda: os.path.exists(self._file("run/pluto.ctl")), PATIENCE_S, f"pluto of {self.name} answers",
                 evidence=self.evidence)
        self.whack("--listen")
        self.run(f"{LIBEXEC}/addconn", "--config", self._file("ipsec.conf"), "--ctlsocket", self._file("run/pluto.ctl"), "hq")
        return self

    def _file(self, name):
        return os.path.join(self.path, name)

    def _write(self, name, text):
        with open(self._file(name), "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(self._file(name), 0o600)

    def whack(self, *words, check=True):
        """Output of a command to pluto."""
        return self.run(f"{LIBEXEC}/whack", "--rundir", self._file("run"), *words, check=check)

    def initiate(self):
        """Bring the tunnel up."""
        return self.whack("--name", "hq", "--initiate", "--asynchronous")

    def terminate(self):
        """Close it, with DELETE on the wire."""
        return self.whack("--name", "hq", "--terminate", check=False)

    def rekey(self):
        """A new IPsec SA."""
        return self.whack("--name", "hq", "--rekey-ipsec", "--asynchronous", check=False)

    def spis(self):
        """SPIs of the kernel's ESP states."""
        return {line.split("spi ")[1].split()[0] for line in self.ip("xfrm", "state").splitlines() if "proto esp spi" in line}

    def tunnels(self):
        """Established IPsec SAs as pluto tells them."""
        lines = self.whack("--trafficstatus", check=False).splitlines()
        return [line for line in lines if '"hq"' in line]

    def wait_tunnel(self, timeout=PATIENCE_S):
        """Until there is one."""
        return wait_for(self.tunnels, timeout, f"{self.name} has a tunnel", every=0.2, evidence=self.lab.evidence)

    def kill(self):
        """A dead box: the process and its kernel state are gone, nobody was told."""
        self.process.kill()
        self.process.wait()
        self.ip("xfrm", "state", "flush")
        self.ip("xfrm", "policy", "flush")

    def evidence(self):
        """Node and the end of pluto's log."""
        try:
            states = self.ip("xfrm", "state", check=False)
        except LabError as silent:
            states = str(silent)
        return super().evidence() + states + tail(self._file("pluto.log"), 60)
