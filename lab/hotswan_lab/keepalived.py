"""The headend that people build without hotswan: keepalived moves the addresses, charon runs on both boxes.

charon has the settings that hotswan gives its own. The notify script does what guides tell: it loads the connections.
"""

import os
import signal

from .lab import Node, _pids_in
from .remote import CHARON, ESP_SETS, KEY
from .system import wait_for

CHARON_CONF = """charon-systemd {{
  load = openssl random nonce aes sha1 sha2 md5 hmac kdf cmac xcbc ccm gcm gmp curve25519 kernel-libipsec kernel-netlink socket-default counters vici
  threads = 32
  ikesa_table_size = 4096
  ikesa_table_segments = 64
  cookie_threshold = 512
  block_threshold = 32
  half_open_timeout = 30
  delete_rekeyed = yes
  {retransmit}
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
      enc = 0
      net = 0
      asn = 0
      flush_line = yes
      time_format = %H:%M:%S
      time_add_ms = yes
    }}
  }}
}}
"""
VRRP = """global_defs {{
  script_user root
  enable_script_security
  router_id {name}
}}
vrrp_sync_group both {{
  group {{
    outside
    inside
  }}
  notify_master "{path}/notify master"
}}
"""
INSTANCE = """vrrp_instance {name} {{
  state BACKUP
  interface {interface}
  virtual_router_id {number}
  version 3
  priority {priority}
  advert_int {interval}
  nopreempt
  virtual_ipaddress {{
    {address}
  }}
}}
"""


class KeepalivedHeadend(Node):
    """eth0 outside, eth1 inside, as a hotswan headend."""

    def __init__(self, lab, name, last):
        super().__init__(lab, name)
        self.connect("outside", f"192.168.0.{last}/24")
        self.connect("inside", f"192.168.1.{last}/24")
        self.ip("route", "add", "default", "via", "192.168.0.1")
        self.forward()
        self._file = os.path.join(self.path, "swanctl.conf")
        self._load = ["/usr/sbin/swanctl", "--load-all", "--file", self._file, "--uri", f"unix://{self.path}/vici"]

    def write(self, connections, virtual, priority, interval, retransmit=""):
        """All files; connections is the text of swanctl.conf, virtual the pair of addresses."""
        with open(os.path.join(self.path, "strongswan.conf"), "w", encoding="ascii") as file:
            file.write(CHARON_CONF.format(path=self.path, retransmit=retransmit))
        with open(self._file, "w", encoding="ascii") as file:
            file.write(connections)
        with open(os.path.join(self.path, "keepalived.conf"), "w", encoding="ascii") as file:
            file.write(VRRP.format(name=self.name, path=self.path))
            for number, (name, interface, address) in enumerate(
                    [("outside", "eth0", virtual[0]), ("inside", "eth1", virtual[1])], 51):
                file.write(INSTANCE.format(name=name, interface=interface, number=number, address=f"{address}/24",
                                           priority=priority, interval=interval))
        notify = os.path.join(self.path, "notify")
        with open(notify, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\nexec " + " ".join(self._load) + "\n")
        os.chmod(notify, 0o700)

    def start(self):
        """charon with its connections, then keepalived."""
        environment = dict(os.environ, STRONGSWAN_CONF=os.path.join(self.path, "strongswan.conf"))
        self.spawn([CHARON], "charon.out", environment, private_run=True)
        wait_for(lambda: os.path.exists(os.path.join(self.path, "vici")), 10, f"charon of {self.name}")
        wait_for(lambda: "loaded" in self.run(*self._load), 20, f"connections of {self.name}", every=0.2)
        self.spawn(["/usr/sbin/keepalived", "-n", "-l", "-D", "-f", os.path.join(self.path, "keepalived.conf"),
                    "-p", os.path.join(self.path, "ka.pid"), "-r", os.path.join(self.path, "vrrp.pid")], "keepalived.log")
        return self

    def has(self, address):
        """Whether the virtual address is here."""
        return f" {address}/" in self.ip("-o", "addr")

    def power_off(self):
        """As Headend.power_off."""
        for segment in self.interfaces:
            self.link(segment, False)
        for pid in _pids_in(self.ns):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def swanctl_conf(local, inside, peers, version, ike, dpd):
    """Text of swanctl.conf: peers are (name, address, network); the headend waits to be dialled."""
    out = ["connections {"]
    for name, address, network in peers:
        out.append(f"""  {name} {{
    version = {version}
    local_addrs = {local}
    remote_addrs = {address}
    proposals = {ike}
    mobike = no
    dpd_delay = {dpd}
    local {{
      auth = psk
      id = {local}
    }}
    remote {{
      auth = psk
      id = {address}
    }}
    children {{
      c0 {{
        local_ts = {inside}
        remote_ts = {network}
        esp_proposals = {','.join(ESP_SETS)}
      }}
    }}
  }}""")
    out.append("}\nsecrets {\n  ike-all {\n    secret = \"" + KEY + "\"\n  }\n}\n")
    return "\n".join(out)
