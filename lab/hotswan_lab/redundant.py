"""The same job done three ways: one virtual address on a segment, kept by hotswan, keepalived or FRR's vrrpd.

A Contender starts, watches and kills one of them in a node; benchmarks treat all alike.
"""

import os
import signal
import struct

from .headend import Headend
from .lab import _pids_in
from .router import DAEMONS
from .system import tail, wait_for

VIRTUAL, LENGTH = "10.99.0.1", 16
# A skew of 20 centiseconds to the millisecond: RFC 5798's integer arithmetic and exact arithmetic agree.
HELLO_MS, HOLD_MS = 320, 960
PRIORITY_FIRST, PRIORITY_SECOND = 200, 96
UDP, VRRP = 17, 112
HSRP_ACTIVE, VRRP_MAC = 6, "00:00:5e:00:01:01"      # state of version 2's Group State TLV; RFC 5798 7.3


class Box(Headend):
    """A router of the comparison: eth0 on the segment, whatever keeps the virtual address."""

    def __init__(self, lab, name, last):
        super().__init__(lab, name)
        self.own = f"10.99.0.{last}"
        self.connect("lan")

    def serves(self, address=VIRTUAL):
        """Whether the virtual address is on this box, on an interface that passes packets (vrrpd's backup: protodown)."""
        return any(line.split()[1] in ("UP", "UNKNOWN") and any(word.startswith(address + "/") for word in line.split()[2:])
                   for line in self.ip("-4", "-br", "addr").splitlines())

    def cut(self):
        """SIGKILL to everything, then the cable."""
        for pid in _pids_in(self.ns):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.link("lan", False)

    def clean(self):
        """As new for the next contender."""
        for pid in _pids_in(self.ns):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_for(lambda: not _pids_in(self.ns), 10, f"{self.name} is dead")
        self.process = None
        for line in self.ip("-br", "link", "show", "type", "macvlan", check=False).splitlines():
            self.ip("link", "del", line.split("@")[0], check=False)
        self.ip("addr", "flush", "dev", "eth0", "scope", "global")     # the kernel makes no other link-local one
        self.run("nft", "flush", "ruleset", check=False)
        for folder in (self.run_dir, os.path.join(self.path, "run")):
            self.run("rm", "-rf", folder)
        self.link("lan", True)


class Hotswan:
    """hotswand, HSRP version 2; a hold time under a second has no jitter."""
    name = "hotswan"

    @staticmethod
    def config(box, priority, groups=1, hello_ms=HELLO_MS, hold_ms=HOLD_MS, more="", ipv6=False):
        """The startup configuration; group N has the virtual address 10.99.N/256.N%256, group 1 the common one.

        With ipv6 each group has the link-local address of its virtual MAC.
        """
        lines = [f"hostname {box.name.upper()}", *["ipv6 unicast-routing"] * ipv6, "interface eth0",
                 f" ip address {box.own} 255.255.0.0", *[" ipv6 enable"] * ipv6, " standby version 2"]
        timers = (f"msec {hello_ms} msec {hold_ms}" if hello_ms < 1000 else f"{hello_ms // 1000} {hold_ms // 1000}")
        for group in range(1, groups + 1):
            address = VIRTUAL if group == 1 else f"10.99.{64 + group // 250}.{group % 250 + 1}"
            lines += [f" standby {group} ipv6 autoconfig" if ipv6 else f" standby {group} ip {address}",
                      f" standby {group} timers {timers}",
                      f" standby {group} priority {priority}"]
        return "\n".join(lines) + "\n" + more

    def start(self, box, priority, **options):
        """Until the CLI answers."""
        box.start(self.config(box, priority, **options))

    @staticmethod
    def wait_backup(box):
        """Until it would take over."""
        box.wait_state("Standby", group=1, timeout=30)

    @staticmethod
    def deadline_s(_priority):
        """Seconds from the active's last hello to the moment the other may take over."""
        return HOLD_MS / 1000

    @staticmethod
    def is_hello(frame, source):
        """A Hello of an active router."""
        udp = frame.udp
        return (udp is not None and udp[1] == 1985 and len(udp[2]) >= 42 and udp[2][0] == 1 and udp[2][3] == 0
                and udp[2][4] == HSRP_ACTIVE and str(frame.ends[0]) == source)


class _Vrrp:
    """What both VRRP version 3 speakers share (RFC 5798)."""

    @staticmethod
    def deadline_s(priority):
        """Master_Down_Interval: 3 intervals and the skew, 5798 6.1."""
        return 3 * HELLO_MS / 1000 + (256 - priority) * HELLO_MS / 256 / 1000

    @staticmethod
    def is_hello(frame, source):
        """An advertisement of a master that does not resign (priority 0)."""
        return (frame.kind == 0x0800 and len(frame.data) >= 42 and frame.data[23] == VRRP and str(frame.ends[0]) == source
                and frame.data[14 + (frame.data[14] & 15) * 4 + 2] != 0)


class Keepalived(_Vrrp):
    """keepalived with use_vmac."""
    name = "keepalived"

    @staticmethod
    def config(priority, groups=1, hello_ms=HELLO_MS, more=""):
        """One instance a group."""
        text = ["global_defs {", "  vrrp_version 3", "}"]
        for group in range(1, groups + 1):
            address = VIRTUAL if group == 1 else f"10.99.{64 + group // 250}.{group % 250 + 1}"
            text += [f"vrrp_instance I{group} {{", "  state BACKUP", "  interface eth0", f"  use_vmac kv{group}",
                     f"  virtual_router_id {group}", f"  priority {priority}", f"  advert_int {hello_ms / 1000:g}",
                     f"  virtual_ipaddress {{ {address}/32 }}", more, "}"]
        return "\n".join(text) + "\n"

    def start(self, box, priority, **options):
        """In the foreground, with a /run of its own."""
        box.address("eth0", f"{box.own}/{LENGTH}")
        box.sysctl(conf__all__rp_filter=0)
        path = os.path.join(box.path, "keepalived.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(self.config(priority, **options))
        self.log = f"keepalived-{len(os.listdir(box.path))}.log"
        box.spawn(["keepalived", "-n", "-l", "-P", "-f", path], self.log, private_run=True)

    def wait_backup(self, box):
        """Until it says so."""
        wait_for(lambda: "Entering BACKUP STATE" in tail(os.path.join(box.path, self.log), 400), 30, "keepalived is backup")


class Vrrpd(_Vrrp):
    """FRR's vrrpd, with the macvlan that its documentation has one make."""
    name = "FRR vrrpd"

    def start(self, box, priority):
        """zebra and vrrpd."""
        box.address("eth0", f"{box.own}/{LENGTH}")
        box.sysctl(conf__all__rp_filter=0)
        box.ip("link", "add", "vrrp4-1", "link", "eth0", "type", "macvlan", "mode", "bridge")
        box.ip("link", "set", "dev", "vrrp4-1", "address", VRRP_MAC)
        box.ip("addr", "add", f"{VIRTUAL}/{LENGTH}", "dev", "vrrp4-1")
        box.sysctl(conf__eth0__arp_ignore=1, **{"conf__vrrp4-1__rp_filter": 0})
        box.ip("link", "set", "dev", "vrrp4-1", "up")
        self.path = os.path.join(box.path, "frr")
        box.run("sh", "-c", f"rm -rf {self.path} && mkdir -p {self.path} && chown frr:frr {self.path}")
        with open(os.path.join(self.path, "conf"), "w", encoding="ascii") as file:
            file.write(f"interface eth0\n vrrp 1 version 3\n vrrp 1 priority {priority}\n"
                       f" vrrp 1 advertisement-interval {HELLO_MS}\n vrrp 1 ip {VIRTUAL}\n")
        for daemon in ("zebra", "vrrpd"):
            box.spawn([f"{DAEMONS}/{daemon}", "-N", box.ns, "--vty_socket", self.path, "-z", f"{self.path}/zserv.api",
                       "-i", f"{self.path}/{daemon}.pid", "-f", f"{self.path}/conf" if daemon == "vrrpd" else "/dev/null",
                       "-P", "0", "-u", "frr", "-g", "frr", "--log", "stdout"], f"{daemon}.log", private_run=True)
            wait_for(lambda d=daemon: os.path.exists(f"{self.path}/{d}.vty"), 10, daemon,
                     evidence=lambda d=daemon: tail(os.path.join(box.path, f"{d}.log")))

    def wait_backup(self, box):
        """Until vtysh says so."""
        wait_for(lambda: "Backup" in box.run("vtysh", "--vty_socket", self.path, "-c", "show vrrp interface eth0 1"), 30,
                 "vrrpd is backup", every=0.1)


def echo_reply(frame, address):
    """Whether the frame answers a ping to the address."""
    return (frame.kind == 0x0800 and len(frame.data) >= 42 and frame.data[23] == 1 and frame.data[34] == 0
            and frame.ends[0] == address)


def cpu_seconds(box):
    """User and system time of all processes of a box; without charon, which has no part in this and no counterpart there."""
    total = 0
    for pid in _pids_in(box.ns):
        try:
            with open(f"/proc/{pid}/comm", encoding="ascii", errors="replace") as comm:
                if comm.read().startswith("charon"):
                    continue
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def hello_key(frame):
    """(group, source) of an HSRP version 2 Hello of either family, None for anything else."""
    udp, ends = (frame.udp, frame.ends) if frame.kind == 0x0800 else (frame.udp_ipv6, frame.ends_ipv6)
    if udp is None or udp[1] not in (1985, 2029) or len(udp[2]) < 42 or udp[2][0] != 1 or udp[2][3] != 0:
        return None
    return struct.unpack_from("!H", udp[2], 6)[0], str(ends[0])
